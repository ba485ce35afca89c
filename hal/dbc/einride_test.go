package dbc_test

import (
	"math/rand/v2"
	"testing"

	"glovebox/hal/dbc"
	peer "go.einride.tech/can"
	peerdbc "go.einride.tech/can/pkg/dbc"
	"go.einride.tech/can/pkg/descriptor"
)

// descriptors reads a DBC file with einride's reader, signal by signal.
func descriptors(t testing.TB, path string) map[[2]string]*descriptor.Signal {
	t.Helper()
	parser := peerdbc.NewParser(path, read(t, path))
	if err := parser.Parse(); err != nil {
		t.Fatal(err)
	}
	signals := map[[2]string]*descriptor.Signal{}
	for _, def := range parser.Defs() {
		m, ok := def.(*peerdbc.MessageDef)
		if !ok {
			continue
		}
		for _, s := range m.Signals {
			signals[[2]string{string(m.Name), string(s.Name)}] = &descriptor.Signal{
				Name: string(s.Name), Start: uint8(s.StartBit), Length: uint8(s.Size), IsBigEndian: s.IsBigEndian,
				IsSigned: s.IsSigned, Scale: s.Factor, Offset: s.Offset, Min: s.Minimum, Max: s.Maximum,
			}
		}
	}
	return signals
}

// Every signal of both files of the recorded drive has, in any frame, the value
// that einride's decoder gives it. Its two habits are left out: it clamps to
// the range in the file, and it takes a signal of one bit without factor.
func TestSameAsEinride(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, name := range []string{"toyota_rav4.dbc", "toyota_adas.dbc"} {
		file, _ := dbc.Parse(name, read(t, rav4+"/"+name))
		theirs := descriptors(t, rav4+"/"+name)
		compared := 0
		for _, m := range file.Messages {
			for _, s := range m.Signals {
				peerSignal := theirs[[2]string{m.Name, s.Name}]
				if peerSignal == nil {
					t.Fatalf("%s: einride has no %s.%s", name, m.Name, s.Name)
				}
				for range 50 {
					var data peer.Data
					for i := range data {
						data[i] = byte(random.Uint32())
					}
					compared++
					got, ok := s.Plan().Value(data[:])
					if quick := s.Plan().Load((*[8]byte)(&data)); quick != got {
						t.Fatalf("%s.%s of % x is %v, and %v the quick way", m.Name, s.Name, data, got, quick)
					}
					if !ok || got != unclamped(peerSignal, data) {
						t.Fatalf("%s.%s of % x is %v, %v, einride says %v", m.Name, s.Name, data, got, ok, unclamped(peerSignal, data))
					}
				}
			}
		}
		if compared != 50*len(theirs) {
			t.Errorf("%s: %d values compared for %d signals", name, compared, len(theirs))
		}
	}
}

func unclamped(s *descriptor.Signal, data peer.Data) float64 {
	var raw float64
	switch {
	case s.Length == 1 && !s.IsSigned:
		if data.Bit(s.Start) {
			raw = 1
		}
	case s.IsSigned:
		raw = float64(s.UnmarshalSigned(data))
	default:
		raw = float64(s.UnmarshalUnsigned(data))
	}
	return float64(raw*s.Scale) + s.Offset
}

// How long does one signal take, beside einride's decoder? Signals of the RAV4
// in turn; the figure is for one of them. Flags of one bit are a matter of a
// single test to einride, so they stand apart.
func BenchmarkSignal(b *testing.B) {
	const path = rav4 + "/toyota_rav4.dbc"
	file, _ := dbc.Parse(path, read(b, path))
	theirs := descriptors(b, path)
	data := peer.Data{0x12, 0x34, 0x56, 0x78, 0x9A, 0xBC, 0xDE, 0xF0}
	for _, group := range []struct {
		name string
		has  func(*dbc.Signal) bool
	}{
		{"all", func(*dbc.Signal) bool { return true }},
		{"numbers", func(s *dbc.Signal) bool { return s.Bits > 1 }},
		{"flags", func(s *dbc.Signal) bool { return s.Bits == 1 }},
	} {
		var plans []dbc.Plan
		var peers []*descriptor.Signal
		for _, m := range file.Messages {
			for _, s := range m.Signals {
				if group.has(s) && s.Plan().Quick() {
					plans = append(plans, *s.Plan())
					peers = append(peers, theirs[[2]string{m.Name, s.Name}])
				}
			}
		}
		b.Run(group.name+"/plan", func(b *testing.B) {
			b.ReportAllocs()
			out := make([]float64, len(plans))
			for b.Loop() {
				for i := range plans {
					out[i] = plans[i].Load((*[8]byte)(&data))
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(plans)), "ns/signal")
			keep(b, out)
		})
		b.Run(group.name+"/einride", func(b *testing.B) {
			b.ReportAllocs()
			out := make([]float64, len(plans))
			for b.Loop() {
				for i, s := range peers {
					out[i] = s.UnmarshalPhysical(data)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(peers)), "ns/signal")
			keep(b, out)
		})
	}
}

// keep uses v, so that the compiler cannot leave out what made it.
func keep(b *testing.B, out []float64) {
	if out[0] == 0.5 {
		b.Log("half")
	}
}
