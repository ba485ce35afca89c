package profiles_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"testing"

	"glovebox/profiles"
)

// A setting takes values of its own D-Bus type alone, set or read from the disk; of any
// other nothing is kept, not even what the type would hold when it is empty.
func TestAnotherTypeIsRefused(t *testing.T) {
	others := []any{
		"", "word", true, false, byte(1), int16(1), int32(1), uint32(1), uint64(1), 1.5, 1, nil,
		[]string{}, []string{"word"}, []any{}, values{}, values{"band": 1}, []map[string]any{}, []map[string]any{{}},
	}
	for _, g := range profiles.Groups() {
		for _, s := range g.Settings {
			own := reflect.TypeOf(s.Default())
			for _, v := range others {
				if reflect.TypeOf(v) == own {
					continue
				}
				if got, err := s.Check(v); !errors.Is(err, profiles.ErrInvalid) || got != nil {
					t.Errorf("%s of %s takes %T %v as %v, %v", s.Name, g.Name, v, v, got, err)
				}
			}
			stored, err := json.Marshal(s.Default())
			if err != nil {
				t.Fatal(err)
			}
			if got, err := s.Decode(stored); err != nil || !reflect.DeepEqual(got, s.Default()) {
				t.Errorf("%s of %s: %s is read as %v, %v", s.Name, g.Name, stored, got, err)
			}
			for _, text := range []string{`"` + fmt.Sprint(stored) + `"`, "null", "-", "", `{"name":`, "[[]]", "1e400"} {
				if got, err := s.Decode([]byte(text)); !errors.Is(err, profiles.ErrInvalid) || got != nil {
					t.Errorf("%s of %s: %s is read as %v, %v", s.Name, g.Name, text, got, err)
				}
			}
		}
	}
}
