package sim_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pelletier/go-toml/v2"

	"glovebox/sim"
)

// Overrides reach the file the agent reads; those that cannot are refused.
func TestConfig(t *testing.T) {
	needsBus(t)
	tests := []struct {
		name  string
		set   sim.Setting
		want  any // at that key, or nil
		error string
	}{
		{"a new table", sim.Setting{Key: "session.leave_after", Value: `"5s"`}, "5s", ""},
		{"a bare duration", sim.Setting{Key: "session.idle_after", Value: "10m"}, "10m", ""},
		{"a number over one of ours", sim.Setting{Key: "vehicle.model_year", Value: "2026"}, int64(2026), ""},
		{"a list", sim.Setting{Key: "dbus.app_users", Value: `["1000"]`}, []any{"1000"}, ""},
		{"a bus by name", sim.Setting{Key: "bus.powertrain.bitrate", Value: "250000"}, int64(250000), ""},
		{"a bus by number", sim.Setting{Key: "bus.0.baud", Value: "9600"}, int64(9600), ""},
		{"no such bus", sim.Setting{Key: "bus.body.baud", Value: "9600"}, nil, "there is no bus body"},
		{"below a value", sim.Setting{Key: "vehicle.model.year", Value: "1"}, nil, "is no table"},
		{"an open list", sim.Setting{Key: "dbus.app_users", Value: `["a"`}, nil, "no TOML value"},
		{"two lines", sim.Setting{Key: "dbus.address", Value: "1\ny = 2"}, nil, "no TOML value"},
		{"an empty word", sim.Setting{Key: "dbus..address", Value: "1"}, nil, "words with dots"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			_, err := sim.Start(t.Context(), sim.Options{
				Dir: dir, Gloveboxd: "/bin/false", Model: "Taycan", ModelYear: 2025, Country: "DE",
				Buses: []sim.CANBus{{Name: "powertrain"}}, Config: []sim.Setting{tt.set},
			})
			if err == nil || tt.error != "" && !strings.Contains(err.Error(), tt.error) {
				t.Fatalf("%v, want %q", err, tt.error)
			}
			if tt.error != "" {
				return
			}
			text, err := os.ReadFile(filepath.Join(dir, "gloveboxd.toml"))
			if err != nil {
				t.Fatal(err)
			}
			var at any
			if err := toml.Unmarshal(text, &at); err != nil {
				t.Fatal(err)
			}
			for _, key := range strings.Split(tt.set.Key, ".") {
				if list, ok := at.([]any); ok {
					at = list[0]
					continue
				}
				at = at.(map[string]any)[key]
			}
			if got, want := toText(t, at), toText(t, tt.want); got != want {
				t.Errorf("%s is %s, want %s in\n%s", tt.set.Key, got, want, text)
			}
		})
	}
}

func toText(t *testing.T, v any) string {
	t.Helper()
	text, err := toml.Marshal(map[string]any{"v": v})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
