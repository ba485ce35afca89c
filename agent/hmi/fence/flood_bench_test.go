package fence_test

import (
	"fmt"
	"testing"

	"glovebox/agent/hmi/internal/rawbus"
)

// A call beyond its user's budget, where two hundred programs flood in turn and where one
// does. Nobody reads the answers.
func BenchmarkFlood(b *testing.B) {
	for _, programs := range []int{1, 200} {
		b.Run(fmt.Sprint("programs=", programs), func(b *testing.B) {
			w := start(b)
			const each, round = 10, 2000
			for n := range programs {
				w.known(b, fmt.Sprint(":2.", n), 8)
			}
			var calls []byte
			for n := range round {
				m := call(fmt.Sprint(":2.", n/each%programs), "s", small)
				m.Kind, m.Serial = rawbus.Call, uint32(n+2)
				calls = append(calls, m.Bytes()...)
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := w.agent.Write(calls); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*round), "ns/call")
		})
	}
}
