package agent

import (
	"testing"

	"glovebox/hal/mapping"
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
