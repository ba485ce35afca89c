package dbc_test

import (
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"glovebox/hal/can"
	"glovebox/hal/dbc"
	peer "go.einride.tech/can"
	peerdbc "go.einride.tech/can/pkg/dbc"
	"go.einride.tech/can/pkg/descriptor"
)

// peers are the signals of the messages that einride's reader finds before the
// first statement that it refuses, in the order of the file.
func peers(t testing.TB, path string) (messages [][]*descriptor.Signal) {
	t.Helper()
	parser := peerdbc.NewParser(path, read(t, path))
	if err := parser.Parse(); err != nil {
		t.Logf("%v", err)
	}
	for _, def := range parser.Defs() {
		m, ok := def.(*peerdbc.MessageDef)
		if !ok || m.Name == peerdbc.IndependentSignalsMessageName {
			continue
		}
		signals := []*descriptor.Signal{}
		for _, s := range m.Signals {
			signals = append(signals, &descriptor.Signal{
				Name: string(s.Name), Start: uint8(min(s.StartBit, 255)), Length: uint8(s.Size), IsBigEndian: s.IsBigEndian,
				IsSigned: s.IsSigned, Scale: s.Factor, Offset: s.Offset, Min: s.Minimum, Max: s.Maximum,
			})
		}
		messages = append(messages, signals)
	}
	return messages
}

// Every signal has, in any classic frame, the value that einride's decoder gives
// it. The known differences, and what is done about each:
//
//   - It stops at the first broken statement: the messages before it are compared.
//   - It knows 8 bytes: a signal that ends behind them is counted and left out.
//   - It does not look at multiplexors: only frames that select the signal are compared.
//   - It clamps to the range in the file, which we never do: compared unclamped.
//   - It takes a signal of one bit without factor: compared with it.
func TestSameAsEinride(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, name := range wild(t) {
		t.Run(filepath.Base(name), func(t *testing.T) {
			src := read(t, name)
			file, _ := dbc.Parse(name, src)
			second, theirs := refer(src), peers(t, name)
			compared, multiplexed, long := 0, 0, 0
			for i, signals := range theirs {
				for k, peerSignal := range signals {
					s, r := file.Messages[i].Signals[k], second.messages[i].signals[k]
					if s.Name != peerSignal.Name {
						t.Fatalf("%s, einride has %s", s.Name, peerSignal.Name)
					}
					if s.Plan().End() > 8 {
						long++
						continue
					}
					if s.Mux.Ranges != nil {
						multiplexed++
					}
					compared++
					sameAs(t, random, file.Messages[i].Name, s, peerSignal, r)
				}
			}
			t.Logf("%d of %d signals, %d of them multiplexed; %d end behind byte 8", compared, signalsOf(file), multiplexed, long)
		})
	}
}

// sameAs compares one signal in random frames that hold it.
func sameAs(t *testing.T, random *rand.Rand, message string, s *dbc.Signal, peerSignal *descriptor.Signal, r *refSignal) {
	t.Helper()
	for range 20 {
		var data peer.Data
		for i := range data {
			data[i] = byte(random.Uint32())
		}
		r.choose(data[:], random.IntN)
		got, ok := s.Plan().Value(data[:])
		if want := unclamped(peerSignal, data); !ok || got != want {
			t.Fatalf("%s.%s of % x is %v, %v, einride says %v", message, s.Name, data, got, ok, want)
		}
	}
}

func signalsOf(file *dbc.File) (n int) {
	for _, m := range file.Messages {
		n += len(m.Signals)
	}
	return n
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

// How long does one signal take, beside einride's decoder? All messages of the
// RAV4 in turn, each as a frame of its own, as hal/mapping decodes them; the
// figure is for one signal. Both take turns, and the medians are reported. Flags of one bit are a matter of a single test to
// einride, so they stand apart.
func BenchmarkSignal(b *testing.B) {
	const path = rav4 + "/toyota_rav4.dbc"
	file, _ := dbc.Parse(path, read(b, path))
	theirs := peers(b, path)
	data := peer.Data{0x12, 0x34, 0x56, 0x78, 0x9A, 0xBC, 0xDE, 0xF0}
	for _, group := range []struct {
		name string
		has  func(*dbc.Signal) bool
	}{
		{"all", func(*dbc.Signal) bool { return true }},
		{"numbers", func(s *dbc.Signal) bool { return s.Bits > 1 }},
		{"flags", func(s *dbc.Signal) bool { return s.Bits == 1 }},
	} {
		var masks [][]dbc.Mask
		var peers [][]*descriptor.Signal
		signals, most := 0, 0
		for i, m := range file.Messages {
			masks, peers = append(masks, nil), append(peers, nil)
			for k, s := range m.Signals {
				if mask, ok := s.Plan().Mask(); ok && group.has(s) {
					masks[i] = append(masks[i], mask)
					peers[i] = append(peers[i], theirs[i][k])
				}
			}
			signals, most = signals+len(masks[i]), max(most, len(masks[i]))
		}
		out := make([]float64, most)
		b.Run(group.name, func(b *testing.B) {
			b.ReportAllocs()
			var ours, theirTimes, ratios []float64
			for b.Loop() {
				start := time.Now()
				for range passes {
					for _, message := range masks {
						words := can.Load((*[8]byte)(&data))
						for i := range message {
							out[i] = message[i].Value(&words)
						}
					}
				}
				between := time.Now()
				for range passes {
					for _, message := range peers {
						for i, s := range message {
							out[i] = s.UnmarshalPhysical(data)
						}
					}
				}
				took, peerTook := between.Sub(start), time.Since(between)
				ours = append(ours, float64(took)/float64(passes*signals))
				theirTimes = append(theirTimes, float64(peerTook)/float64(passes*signals))
				ratios = append(ratios, float64(peerTook)/float64(took))
			}
			b.ReportMetric(median(ours), "mask-ns")
			b.ReportMetric(median(theirTimes), "einride-ns")
			b.ReportMetric(median(ratios), "einride/mask")
			keep(b, out)
		})
	}
}

// passes is how often all signals are decoded in a turn.
const passes = 50

func median(all []float64) float64 {
	slices.Sort(all)
	return all[len(all)/2]
}

// keep uses v, so that the compiler cannot leave out what made it.
func keep(b *testing.B, out []float64) {
	if out[0] == 0.5 {
		b.Log("half")
	}
}
