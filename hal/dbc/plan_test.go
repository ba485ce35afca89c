package dbc_test

import (
	"errors"
	"fmt"
	"math"
	"testing"

	"glovebox/hal/dbc"
	"pgregory.net/rapid"
)

// signals parses SG_ lines of one message of 8 bytes.
func signals(t testing.TB, lines string) *dbc.Message {
	t.Helper()
	file, _ := dbc.Parse("t.dbc", []byte("BO_ 100 M: 8 X\n"+lines))
	if file.Message("M") == nil {
		t.Fatal("no message M")
	}
	return file.Message("M")
}

func TestPlan(t *testing.T) {
	tests := []struct {
		name, line string
		data       []byte
		want       float64
		ok         bool
	}{
		{"speed of the RAV4", "47|16@0+ (0.01,0)", []byte{0, 0, 0, 0, 0, 0x0B, 0x7A, 0}, 29.38, true},
		{"negative", "7|16@0- (0.78125,0)", []byte{0xFF, 0xFE}, -1.5625, true},
		{"negative, little-endian", "4|12@1- (1,0)", []byte{0xE0, 0xFF}, -2, true},
		{"offset", "0|8@1+ (1,-40)", []byte{0}, -40, true},
		{"blanks inside", "8|8@1- ( 0.5 , -40 )", []byte{0, 0xFE}, -41, true},
		{"no blanks", "16|8@1+(1,0)", []byte{0, 0, 7}, 7, true},
		{"twelve bits to the end of the frame", "52|12@1- (0.5,-3)", []byte{0, 0, 0, 0, 0, 0, 0, 0x19}, 197, true},
		{"thirteen bits over three bytes", "35|13@0- (0.25,0)", []byte{0, 0, 0, 0, 1, 8, 0, 0}, 132, true},
		{"one byte short", "47|16@0+ (0.01,0)", []byte{0, 0, 0, 0, 0, 0x0B}, 0, false},
		{"64 bits without sign", "0|64@1+ (1,0)", []byte{255, 255, 255, 255, 255, 255, 255, 255}, math.MaxUint64, true},
		{"nothing", "0|8@1+ (1,0)", nil, 0, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			plan := signals(t, " SG_ A : "+test.line+" [0|1] \"\" X\n").Signal("A").Plan()
			if got, ok := plan.Value(test.data); math.Abs(got-test.want) > 1e-9 || ok != test.ok {
				t.Errorf("Value(% x) = %v, %v, want %v, %v", test.data, got, ok, test.want, test.ok)
			}
		})
	}
}

func TestFloats(t *testing.T) {
	file, problems := dbc.Parse("t.dbc", []byte("BO_ 1 M: 12 X\n"+
		" SG_ F : 31|32@0- (2,1) [0|0] \"\" X\n SG_ D : 32|64@1- (1,0) [0|0] \"\" X\nSIG_VALTYPE_ 1 F : 1;\nSIG_VALTYPE_ 1 D 2;\n"))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	f, d := file.Message("M").Signal("F").Plan(), file.Message("M").Signal("D").Plan()
	data := make([]byte, 12)
	// F lies in bytes 3 to 6 and D in 4 to 11: they share bytes, so one at a time.
	if err := f.Put(data, 6); err != nil || math.Float32frombits(uint32(data[3])<<24|uint32(data[4])<<16) != 2.5 {
		t.Errorf("put 6: %v, % x", err, data)
	}
	if v, ok := f.Value(data); v != 6 || !ok {
		t.Errorf("F = %v, %v, want 6", v, ok)
	}
	if err := d.Put(data, -math.Pi); err != nil {
		t.Error(err)
	}
	if v, ok := d.Value(data); v != -math.Pi || !ok {
		t.Errorf("D = %v, %v, want -π", v, ok)
	}
	if err := d.Put(data, math.NaN()); err != nil {
		t.Error(err)
	}
	if v, ok := d.Value(data); ok {
		t.Errorf("no number is read as %v", v)
	}
	if err := f.Put(data, 1e300); !errors.Is(err, dbc.ErrRange) {
		t.Errorf("1e300 in 32 bits: %v", err)
	}
}

func TestMultiplexing(t *testing.T) {
	file, problems := dbc.Parse("t.dbc", []byte("BO_ 1 M: 8 X\n"+
		" SG_ SW M : 0|8@1+ (1,0) [0|0] \"\" X\n SG_ A m1 : 8|8@1+ (1,0) [0|0] \"\" X\n"+
		" SG_ SUB m2M : 8|8@1+ (1,0) [0|0] \"\" X\n SG_ B m4 : 16|8@1+ (1,0) [0|0] \"\" X\nSG_MUL_VAL_ 1 B SUB 4-4, 6-9;\n"))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	tests := []struct {
		data       []byte
		a, sub, b  bool
		whatItMean string
	}{
		{[]byte{0, 4, 7}, false, false, false, "the switch selects nothing"},
		{[]byte{1, 4, 7}, true, false, false, "the switch selects A; B's own switch is not there"},
		{[]byte{2, 4, 7}, false, true, true, "both switches select B"},
		{[]byte{2, 5, 7}, false, true, false, "5 is between B's ranges"},
		{[]byte{2, 9, 7}, false, true, true, "9 ends B's second range"},
		{[]byte{2, 9}, false, true, false, "B was not received"},
	}
	for _, test := range tests {
		for name, want := range map[string]bool{"A": test.a, "SUB": test.sub, "B": test.b} {
			plan := file.Message("M").Signal(name).Plan()
			if _, ok := plan.Value(test.data); ok != want {
				t.Errorf("% x: %s there: %v, want %v: %s", test.data, name, ok, want, test.whatItMean)
			}
			if err := plan.Put(append([]byte(nil), test.data...), 1); (err == nil) != want {
				t.Errorf("% x: put %s: %v: %s", test.data, name, err, test.whatItMean)
			}
		}
	}
}

// In a payload of zeroes Select makes room for any signal, or says that it is too short.
func TestSelect(t *testing.T) {
	file, _ := dbc.Parse(made, read(t, made))
	for _, m := range file.Messages {
		for _, s := range m.Signals {
			data := make([]byte, m.Len)
			if err := errors.Join(s.Plan().Select(data), s.Plan().PutRaw(data, 1)); err != nil {
				t.Errorf("%s.%s: %v", m.Name, s.Name, err)
			}
			if err := s.Plan().Select(nil); (s.Mux.Ranges != nil) != errors.Is(err, dbc.ErrShort) {
				t.Errorf("%s.%s in nothing: %v", m.Name, s.Name, err)
			}
		}
	}
}

// Whatever is put into a signal comes back to within half a factor, or it is
// refused because the bits cannot hold it; a value that came out of a payload
// goes back as the same bits.
func TestPutThenValue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		order := rapid.IntRange(0, 1).Draw(t, "order")
		sign := rapid.SampledFrom([]string{"+", "-"}).Draw(t, "sign")
		bits := rapid.IntRange(1, 40).Draw(t, "bits")
		start := rapid.IntRange(0, 63).Draw(t, "start")
		factor := rapid.SampledFrom([]float64{1, 0.01, 0.78125, -0.5, 2, 1e-6}).Draw(t, "factor")
		offset := rapid.SampledFrom([]float64{0, -40, 67.67}).Draw(t, "offset")
		line := fmt.Sprintf(" SG_ A : %d|%d@%d%s (%g,%g) [0|1] \"\" X\n", start, bits, order, sign, factor, offset)
		file, _ := dbc.Parse("t.dbc", []byte("BO_ 1 M: 8 X\n"+line))
		plan := file.Message("M").Signal("A").Plan()
		if plan.End() > 8 {
			t.Skip("not in 8 bytes")
		}
		data := rapid.SliceOfN(rapid.Byte(), 8, 8).Draw(t, "data")

		first, ok := plan.Value(data)
		if !ok {
			t.Fatal("no value in a full payload")
		}
		raw, _ := plan.Raw(data)
		copied := append([]byte(nil), data...)
		if err := plan.Put(copied, first); err != nil || string(copied) != string(data) {
			t.Fatalf("put %v back: %v, % x, want % x", first, err, copied, data)
		}

		low, high := float64(0), math.Ldexp(1, bits)-1
		if sign == "-" {
			low, high = -math.Ldexp(1, bits-1), math.Ldexp(1, bits-1)-1
		}
		v := (float64(raw) + rapid.Float64Range(-3, 3).Draw(t, "step")) * factor
		v += offset
		wanted := (v - offset) / factor
		err := plan.Put(data, v)
		if fits := math.Round(wanted) >= low && math.Round(wanted) <= high; fits != (err == nil) {
			t.Fatalf("put %v: %v", v, err)
		}
		if err != nil {
			return
		}
		if got, _ := plan.Value(data); math.Abs(got-v) > math.Abs(factor)/2*(1+1e-6)+1e-9 {
			t.Fatalf("put %v, got %v", v, got)
		}
	})
}
