package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode"

	"glovebox/headunit"
)

// named is a set of properties with the names that JSON uses: LocationInUse is
// location_in_use. A person is shown by their id.
func named(properties map[string]any) map[string]any {
	out := map[string]any{}
	for name, v := range properties {
		if path, ok := v.(string); ok && (name == "Profile" || name == "Suggested" || name == "Pending") {
			v = headunit.ID(path)
		}
		out[snake(name)] = v
	}
	return out
}

func snake(name string) string {
	var out strings.Builder
	lower := false
	for _, r := range name {
		if unicode.IsUpper(r) && lower {
			out.WriteByte('_')
		}
		lower = unicode.IsLower(r)
		out.WriteRune(unicode.ToLower(r))
	}
	return out.String()
}

// inline is a value as the text output shows it: words as they are, the rest as
// JSON.
func inline(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	if list, ok := v.([]string); ok {
		return strings.Join(list, ", ")
	}
	data, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(data)
}
