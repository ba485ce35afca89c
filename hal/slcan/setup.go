package slcan

import (
	"fmt"
	"slices"
)

// Open returns the commands that set an adapter up for a bus of that many bits
// a second and open its channel: close, bit rate, open. The close comes first
// because an adapter that was left open refuses to change its bit rate. data is the
// data bit rate of CAN FD, 0 for a bus without it.
func Open(bitrate, data int) ([]byte, error) {
	rate := slices.Index(rates[:], bitrate)
	if rate < 0 {
		return nil, fmt.Errorf("slcan: no adapter has a bit rate of %d: want one of %v", bitrate, rates)
	}
	commands := fmt.Appendf(nil, "C\rS%d\r", rate)
	if data != 0 {
		if !slices.Contains(dataRates[:], data) {
			return nil, fmt.Errorf("slcan: no adapter has a data bit rate of %d: want one of %v", data, dataRates)
		}
		commands = fmt.Appendf(commands, "Y%d\r", data/1_000_000)
	}
	return append(commands, "O\r"...), nil
}

// Close returns the command that closes the channel.
func Close() []byte { return []byte("C\r") }

// rates are those of command S, S0 to S8.
var rates = [...]int{10_000, 20_000, 50_000, 100_000, 125_000, 250_000, 500_000, 800_000, 1_000_000}

// dataRates are those of command Y: Y1, Y2, Y4 and Y5 of the CANable 2.0 firmware.
var dataRates = [...]int{1_000_000, 2_000_000, 4_000_000, 5_000_000}
