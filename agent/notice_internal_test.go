package agent

import (
	"testing"

	"glovebox/hal/mapping"
	"glovebox/profiles"
)

// People are told of each light in words of its own.
func TestEachLightHasWords(t *testing.T) {
	seen := map[string]string{}
	for _, code := range append(mapping.Codes(), storeRecovered.Code) {
		if text := lights[code]; text == "" || seen[text] != "" {
			t.Errorf("%s is told as %q, as is %s", code, text, seen[text])
		}
		seen[lights[code]] = code
	}
	if len(seen) != len(lights) {
		t.Errorf("%d lights have words, %d there are", len(lights), len(seen))
	}
}

// A light is told as an alarm, but for a service that is due and a store that was mended.
func TestKindOfALight(t *testing.T) {
	for _, code := range append(mapping.Codes(), storeRecovered.Code, "of this car") {
		want := profiles.AlarmMessage
		switch code {
		case "service-due":
			want = profiles.MaintenanceNotice
		case storeRecovered.Code:
			want = profiles.Notice
		}
		if kind, text := lightText(code); kind != want || text == "" {
			t.Errorf("%s is told as %v, %q, want %v", code, kind, text, want)
		}
	}
}
