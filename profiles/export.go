package profiles

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// MaxExport is how many bytes an exported profile has at most.
const MaxExport = 2 << 20

// exportVersion is that of the form of an exported profile. A newer agent reads an
// older one's.
const exportVersion = 1

// Export writes what a person has set for that person to read and keep:
//
//	{
//	  "glovebox": "settings",
//	  "version": 1,
//	  "settings": {
//	    "radio": {
//	      "volume": 35
//	    },
//	    "app.maps": {
//	      "zoom": {"y":3}
//	    }
//	  }
//	}
//
// A value of an app stands with its D-Bus type. Only settings are in it: no name, no
// role, no right.
func Export(values Values) ([]byte, error) {
	out := bytes.NewBufferString("{\n  \"glovebox\": \"settings\",\n  \"version\": " + strconv.Itoa(exportVersion) + ",\n  \"settings\": {")
	for i, group := range slices.Sorted(maps.Keys(values)) {
		comma(out, i)
		fmt.Fprintf(out, "\n    %q: {", group)
		for j, key := range slices.Sorted(maps.Keys(values[group])) {
			comma(out, j)
			name, errName := encodeJSON(key)
			value, err := encodeJSON(values[group][key])
			if err := errors.Join(errName, err); err != nil {
				return nil, fmt.Errorf("export %s: %w", group, err)
			}
			fmt.Fprintf(out, "\n      %s: ", name)
			if IsApp(group) {
				out.Write(value)
			} else if err := json.Indent(out, value, "      ", "  "); err != nil {
				return nil, fmt.Errorf("export %s: %w", group, err)
			}
		}
		out.WriteString("\n    }")
	}
	out.WriteString("\n  }\n}\n")
	if out.Len() > MaxExport {
		return nil, fmt.Errorf("%w: an exported profile has at most %d MiB", ErrQuotaExceeded, MaxExport>>20)
	}
	return out.Bytes(), nil
}

func comma(out *bytes.Buffer, i int) {
	if i > 0 {
		out.WriteByte(',')
	}
}

// Import reads what Export wrote. Whatever else stands in it refuses the whole, with
// ErrInvalid and the place: nothing in it can be more than a setting. With skip, groups
// and keys that this agent does not know are left out instead; they are of a newer one.
func Import(data []byte, skip bool) (Values, error) {
	if len(data) > MaxExport {
		return nil, fmt.Errorf("%w: an exported profile has at most %d MiB", ErrInvalid, MaxExport>>20)
	}
	o := newObject(data)
	kind, version, settings := o.text("glovebox"), o.pop("version"), o.pop("settings")
	if err := o.end(); err != nil {
		return nil, fmt.Errorf("%w: the exported profile: %w", ErrInvalid, err)
	}
	n, err := integerOf(version, 1<<31)
	switch {
	case kind != "settings" || err != nil || n == 0:
		return nil, fmt.Errorf("%w: this is no exported profile", ErrInvalid)
	case n > exportVersion:
		return nil, fmt.Errorf("%w: the profile is of version %d, and %d is the newest that can be read", ErrInvalid, n, exportVersion)
	}
	groups, err := Members(settings)
	if err != nil {
		return nil, fmt.Errorf("%w: settings: %w", ErrInvalid, err)
	}
	values := Values{}
	for _, group := range slices.Sorted(maps.Keys(groups)) {
		g, err := GroupByName(group)
		if err != nil && skip {
			continue
		}
		if err != nil {
			return nil, err
		}
		if values[group], err = g.read(groups[group], skip); err != nil {
			return nil, err
		}
	}
	return values, nil
}

// read is the values of one group in an exported profile.
func (g Group) read(data []byte, skip bool) (map[string]any, error) {
	keys, err := Members(data)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrInvalid, g.Name, err)
	}
	values := map[string]any{}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		s, err := g.Setting(key)
		if err != nil && skip {
			continue
		}
		if err == nil {
			values[key], err = s.Decode(keys[key])
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", g.Name, err)
		}
	}
	return values, nil
}
