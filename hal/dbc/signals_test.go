package dbc_test

import (
	"bytes"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"glovebox/hal/can"
	"glovebox/hal/dbc"
)

// Every signal of every file has, in random frames of every length up to that
// of its message, the value that a slow second decoder gives it (reference_test.go),
// and is absent where that one finds none. Nothing is left out of the comparison.
func TestSameAsReference(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for _, name := range append(wild(t), made) {
		t.Run(filepath.Base(name), func(t *testing.T) {
			src := read(t, name)
			file, _ := dbc.Parse(name, src)
			second := refer(src)
			if len(file.Messages) != len(second.messages) {
				t.Fatalf("%d messages, the reference has %d", len(file.Messages), len(second.messages))
			}
			signals, there, absent, wide := 0, 0, 0, 0
			for i, m := range file.Messages {
				r := second.messages[i]
				if m.Name != r.name || uint64(m.ID) != r.id&0x1FFFFFFF || m.Len != r.size || len(m.Signals) != len(r.signals) {
					t.Fatalf("message %+v, the reference has %+v", m, r)
				}
				for k, s := range m.Signals {
					n, total := compare(t, random, m, s, r.signals[k])
					signals, there, absent = signals+1, there+n, absent+total-n
					if s.Plan().End() > 8 {
						wide++
					}
				}
			}
			t.Logf("%d signals, %d of them past byte 8: %d values, %d times absent", signals, wide, there, absent)
		})
	}
}

// compare looks one signal up in random frames, half of which its switches select.
func compare(t *testing.T, random *rand.Rand, m *dbc.Message, s *dbc.Signal, r *refSignal) (there, total int) {
	t.Helper()
	if s.Name != r.name || s.Line != r.line {
		t.Fatalf("%s in line %d, the reference has %s in line %d", s.Name, s.Line, r.name, r.line)
	}
	data := make([]byte, max(m.Len, 8))
	for i := range 40 {
		for k := range data {
			data[k] = byte(random.Uint32())
		}
		if i%2 == 0 {
			r.choose(data, random.IntN)
		}
		frame := data
		if i%4 == 3 {
			frame = data[:random.IntN(len(data)+1)]
		}
		want, ok := r.value(frame)
		got, found := s.Plan().Value(frame)
		if ok != found || ok && got != want {
			t.Fatalf("%s.%s of % x is %v, %v, the reference says %v, %v", m.Name, s.Name, frame, got, found, want, ok)
		}
		total++
		if !ok {
			continue
		}
		there++
		if mask, masked := s.Plan().Mask(); masked && len(frame) >= 8 {
			words := can.Load((*[8]byte)(frame))
			raw, _ := s.Plan().Raw(frame)
			if bits := mask.Bits(&words); mask.Value(&words) != want || mask.InPlace(raw) != bits {
				t.Fatalf("%s.%s of % x is %v by its mask, want %v; bits %#x, want %#x", m.Name, s.Name, frame, mask.Value(&words), want, bits, mask.InPlace(raw))
			}
		}
		putBack(t, random, s, r, frame, want)
	}
	return there, total
}

// putBack puts a signal of a frame into another one: the reference sees it
// there, unless its bits are those of a switch that no longer selects it.
func putBack(t *testing.T, random *rand.Rand, s *dbc.Signal, r *refSignal, frame []byte, want float64) {
	t.Helper()
	raw, _ := s.Plan().Raw(frame)
	other := bytes.Clone(frame)
	r.place(other, random.Uint64())
	r.choose(other, random.IntN)
	if err := s.Plan().PutRaw(other, raw); (err == nil) != r.selected(other) {
		t.Fatalf("put %s into % x: %v", s.Name, other, err)
	}
	if got, ok := r.value(other); r.selected(other) && (!ok || got != want) {
		t.Fatalf("put %s = %v, the reference reads %v, %v", s.Name, want, got, ok)
	}
}
