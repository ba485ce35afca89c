package slcan

import "fmt"

// Open returns the commands that set an adapter up for a bus of that many bits
// a second and open its channel: close, bit rate, open. The close comes first
// because an adapter that was left open refuses to change its bit rate.
func Open(bitrate int) ([]byte, error) {
	for i, rate := range rates {
		if rate == bitrate {
			return fmt.Appendf(nil, "C\rS%d\rO\r", i), nil
		}
	}
	return nil, fmt.Errorf("slcan: no adapter has a bit rate of %d: want one of %v", bitrate, rates)
}

// Close returns the command that closes the channel.
func Close() []byte { return []byte("C\r") }

// rates are those of command S, S0 to S8.
var rates = [...]int{10_000, 20_000, 50_000, 100_000, 125_000, 250_000, 500_000, 800_000, 1_000_000}
