package mapping_test

import (
	"slices"
	"strings"
	"testing"

	"glovebox/hal/mapping"
)

// A word that was mistyped is known by what differs: a swap of two letters is one
// difference.
func TestNearest(t *testing.T) {
	words := []string{"dir", "model", "model_year", "country", "leave_after", "idle_after", "hmi_users", "app_users", "key", "keepalive"}
	for word, want := range map[string]string{
		"dri": "dir", "modle": "model", "moddel": "model", "mode": "model", "modelyear": "model_year", "mdoel_yaer": "model_year", "cuontry": "country", "leaveafter": "leave_after",
		"idel_aftre": "idle_after", "hmi_user": "hmi_users", "kye": "key", "keep_alive": "keepalive", "volume": "", "x": "", "": "", "model": "model",
	} {
		if got := mapping.Nearest(word, slices.Values(words)); got != want {
			t.Errorf("%q is taken for %q, want %q", word, got, want)
		}
	}
}

// A path that is no leaf of the pinned list is refused, and the leaf that was meant is named:
// by its letters, or as the trees before 6.0 named what is on the way.
func TestPathsOfTheList(t *testing.T) {
	const door = "Vehicle.Cabin.Door.Row1.DriverSide.IsOpen"
	for path, near := range map[string]string{
		"Vehicle.Sped": "Vehicle.Speed", "vehicle.speed": "Vehicle.Speed", "Speed": "Vehicle.Speed",
		"Vehicle.Cabin.Door.Row1.DriverSid.IsOpne": door, "Vehicle.Cabin.Door.Row1.Left.IsOpen": door,
		"Vehicle.Powertrain.Battery.StateOfCharge.Displayed": "Vehicle.Powertrain.TractionBattery.StateOfCharge.Displayed",
		"Vehicle.Cabin": "", "Vehicle.Nothing.Like.It": "", "x": "",
	} {
		_, err := mapping.Load("m.toml", []byte(strings.Replace(signal(), "Vehicle.Speed", path, 1)))
		if want := "path: \"" + path + "\" is no path of VSS 6.0"; err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", path, err)
			continue
		}
		line, _, _ := strings.Cut(err.Error(), "\n")
		if _, got, _ := strings.Cut(line, ", the nearest is "); got != near {
			t.Errorf("%s: the nearest is %q: want %q", path, got, near)
		}
	}
}
