package main

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"

	"glovebox/hal/mapping"
)

// readConfig reads and checks the file; the error joins everything that is wrong, with
// the line where there is one. The library's own decoder stops at the first value of a
// wrong type, and takes a number for a Duration: so it only reads the form.
func readConfig(file string) (Config, error) {
	c := defaults()
	text, err := os.ReadFile(file)
	if err != nil {
		return c, err
	}
	raw := map[string]any{}
	if err := toml.Unmarshal(text, &raw); err != nil {
		row := 0
		if e, ok := errors.AsType[*toml.DecodeError](err); ok {
			row, _ = e.Position()
		}
		return c, (&decoding{file: file}).at(row, err) // what follows was not read
	}
	d := &decoding{file: file, rows: rows(text)}
	d.fill(reflect.ValueOf(&c).Elem(), raw, "")
	c.check(d.say)
	c.resolve(filepath.Dir(file))
	return c, errors.Join(d.wrong...)
}

// decoding fills a Config and collects all that is wrong.
type decoding struct {
	file  string
	rows  map[string]int // where each key stands, by its path: bus[0].name
	wrong []error
}

// at gives an error its file and line; 0 is none.
func (d *decoding) at(row int, err error) error {
	if row == 0 {
		return fmt.Errorf("%s: %w", d.file, err)
	}
	return fmt.Errorf("%s:%d: %w", d.file, row, err)
}

// say notes that something is wrong with a key.
func (d *decoding) say(path, format string, args ...any) {
	d.wrong = append(d.wrong, d.at(d.row(path), fmt.Errorf(format, args...)))
}

// row is the line of a key, or of the nearest table or list that it stands in; 0 if
// there is none.
func (d *decoding) row(path string) int {
	for path != "" {
		if row := d.rows[path]; row != 0 {
			return row
		}
		path = path[:max(0, strings.LastIndexAny(path, ".["))]
	}
	return 0
}

// fill puts raw, which the library read, into a part of the configuration.
func (d *decoding) fill(into reflect.Value, raw any, path string) {
	want := ""
	switch {
	case into.Type() == reflect.TypeFor[Duration]():
		text, ok := raw.(string)
		if v, err := time.ParseDuration(text); ok && (err != nil || v <= 0) {
			d.say(path, "%s %q: want a number and a unit, more than nothing, such as \"60s\"", plain(path), text)
			return
		} else if ok {
			into.SetInt(int64(v))
			return
		}
		want = "a duration in quotes, such as \"60s\""
	case into.Kind() == reflect.Struct:
		table, ok := raw.(map[string]any)
		if ok {
			d.fillTable(into, table, path)
			return
		}
		want = "a table"
	case into.Kind() == reflect.Slice:
		list, ok := raw.([]any)
		if ok {
			all := reflect.MakeSlice(into.Type(), len(list), len(list))
			for i, one := range list {
				d.fill(all.Index(i), one, fmt.Sprintf("%s[%d]", path, i))
			}
			into.Set(all)
			return
		}
		want = "a list"
	case into.Kind() == reflect.Int:
		n, ok := raw.(int64)
		if ok && !into.OverflowInt(n) {
			into.SetInt(n)
			return
		}
		want = "a whole number"
	default:
		want = map[reflect.Kind]string{reflect.String: "text in quotes", reflect.Bool: "true or false"}[into.Kind()]
		if v := reflect.ValueOf(raw); v.Type() == into.Type() {
			into.Set(v)
			return
		}
	}
	d.say(path, "%s: want %s, not %v", plain(path), want, raw)
}

// fillTable fills a struct by the names of its keys.
func (d *decoding) fillTable(into reflect.Value, table map[string]any, path string) {
	below := func(name string) string { return strings.TrimPrefix(path+"."+name, ".") }
	fields := map[string]int{}
	for i := range into.NumField() {
		fields[into.Type().Field(i).Tag.Get("toml")] = i
	}
	names := slices.SortedFunc(maps.Keys(table), func(a, b string) int {
		return cmp.Or(cmp.Compare(d.rows[below(a)], d.rows[below(b)]), cmp.Compare(a, b))
	})
	for _, name := range names {
		i, known := fields[name]
		if known {
			d.fill(into.Field(i), table[name], below(name))
			continue
		}
		hint := ""
		if near := mapping.Nearest(name, slices.Values(slices.Sorted(maps.Keys(fields)))); near != "" {
			hint = fmt.Sprintf(", the nearest is %q", plain(below(near)))
		} else if other := elsewhere(name); other != "" {
			hint = fmt.Sprintf(", the nearest is %q", other)
		}
		d.say(below(name), "unknown key %q%s", plain(below(name)), hint)
	}
}

// elsewhere is a key of this name in another table, dotted; empty if there is none.
func elsewhere(name string) (found string) {
	top := reflect.TypeFor[Config]()
	for i := range top.NumField() {
		section := top.Field(i).Type
		if section.Kind() == reflect.Slice {
			section = section.Elem()
		}
		for j := 0; section.Kind() == reflect.Struct && j < section.NumField(); j++ {
			if section.Field(j).Tag.Get("toml") == name {
				found = cmp.Or(found, top.Field(i).Tag.Get("toml")+"."+name)
			}
		}
		if top.Field(i).Tag.Get("toml") == name {
			found = name
		}
	}
	return found
}

// plain is a path as a reader of the file knows it: without indexes.
func plain(path string) string {
	var out strings.Builder
	for part := range strings.SplitSeq(path, "[") {
		if _, rest, inside := strings.Cut(part, "]"); inside {
			part = rest
		}
		out.WriteString(part)
	}
	return out.String()
}

// rows finds the line of each key and table of a file that parses.
func rows(text []byte) map[string]int {
	found, count := map[string]int{}, map[string]int{}
	var p unstable.Parser
	p.Reset(text)
	table := ""
	for p.NextExpression() {
		e := p.Expression()
		path, row := "", 0
		for key := e.Key(); key.Next(); {
			path = strings.TrimPrefix(path+"."+string(key.Node().Data), ".")
			if row == 0 {
				row = p.Shape(key.Node().Raw).Start.Line
			}
		}
		switch e.Kind {
		case unstable.ArrayTable:
			table = fmt.Sprintf("%s[%d]", path, count[path])
			count[path]++
			found[path] = cmp.Or(found[path], row)
			found[table] = row
		case unstable.Table:
			table = path
			found[table] = row
		case unstable.KeyValue:
			found[strings.TrimPrefix(table+"."+path, ".")] = row
		}
	}
	return found
}
