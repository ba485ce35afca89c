package scenario_test

import (
	"strings"
	"testing"

	"glovebox/sim/scenario"
)

// A check that could never find anything would be content for ever behind never, and
// behind expect not: it is refused.
func TestWhatIsNeverFound(t *testing.T) {
	for _, tt := range []struct{ name, source, want string }{
		{"value that a path never has", "never signal Vehicle.LowVoltageSystemState ONN", `x.txtar:1: never: Vehicle.LowVoltageSystemState: "ONN" is no value of it`},
		{"bus of a frame", "wait 1s\nnever frame powertran SPEED", `x.txtar:2: never: the car does not have it: unknown bus "powertran": did you mean "powertrain"?`},
		{"message of a frame", "car Taycan 2024\nnever frame body LOCK_COMAND", `x.txtar:2: never: bus body does not have it: unknown message "LOCK_COMAND": did you mean "LOCK_COMMAND"?`},
		{"signal of a frame", "car Taycan 2024\nexpect not frame body LOCK_COMMAND.LOK 1", `message LOCK_COMMAND does not have it: unknown signal "LOK": did you mean "LOCK"?`},
		{"path that is published", people + "never publish lea status Vehicle.Sped", `x.txtar:2: never: unknown path "Vehicle.Sped": did you mean "Vehicle.Speed"?`},
		{"range that nothing has", "never signal Vehicle.Speed min=3 max=2", "min is over max"},
		{"since behind within", people + "mark a\nexpect not mail lea hello within 3s since a", "x.txtar:3: expect: within 3s cannot stand here: since LABEL, then within D, end an expect"},
		{"within behind never", people + "never mail lea hello within 3s", "x.txtar:2: never: within 3s cannot stand here"},
		{"since behind never", people + "mark a\nnever wire hello since a", "x.txtar:3: never: since a cannot stand here"},
		{"whose trip", people + "never trip assigned=jonsa", `x.txtar:2: never: trip: assigned=jonsa: unknown name "jonsa": did you mean "jonas"?`},
	} {
		if _, err := scenario.Parse("x.txtar", []byte(tt.source), nil); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %q: %v, want %s", tt.name, tt.source, err, tt.want)
		}
	}
}
