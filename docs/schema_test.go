package docs_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// api is docs/asyncapi.yaml.
type api struct{ document map[string]any }

func readAPI(t *testing.T) api {
	t.Helper()
	var document map[string]any
	if err := yaml.Unmarshal([]byte(read(t, "docs/asyncapi.yaml")), &document); err != nil {
		t.Fatal(err)
	}
	return api{document}
}

// at follows names down the document; a $ref on the way is followed too.
func (a api) at(t *testing.T, names ...string) map[string]any {
	t.Helper()
	at := a.document
	for i, name := range names {
		next, ok := at[name].(map[string]any)
		if !ok {
			t.Fatalf("asyncapi.yaml has no %s", strings.Join(names[:i+1], "."))
		}
		if at = a.deref(t, next); at == nil {
			t.Fatalf("%s refers to nothing", strings.Join(names[:i+1], "."))
		}
	}
	return at
}

func (a api) deref(t *testing.T, m map[string]any) map[string]any {
	ref, ok := m["$ref"].(string)
	if !ok {
		return m
	}
	return a.at(t, strings.Split(strings.TrimPrefix(ref, "#/"), "/")...)
}

const toMailbox = "gb/1/{vid}/to/{mailbox}/"

// schemas are the payload schemas by the end of their topic below a mailbox.
func (a api) schemas(t *testing.T) map[string]map[string]any {
	t.Helper()
	all := map[string]map[string]any{}
	for name := range a.at(t, "channels") {
		channel := a.at(t, "channels", name)
		address, _ := channel["address"].(string)
		suffix, below := strings.CutPrefix(address, toMailbox)
		if !below {
			continue
		}
		messages := channel["messages"].(map[string]any)
		if len(messages) != 1 {
			t.Errorf("channel %s has %d messages", name, len(messages))
		}
		for message := range messages {
			all[suffix] = a.at(t, "channels", name, "messages", message, "payload")
		}
	}
	return all
}

// fits holds a value against a schema, as far as schemas are used here. With whole
// an object has each member that its schema names.
func (a api) fits(t *testing.T, where string, schema map[string]any, v any, whole bool) {
	t.Helper()
	schema = a.deref(t, schema)
	if of, ok := schema["oneOf"].([]any); ok {
		schema = a.choose(t, where, of, v)
	}
	if want, ok := schema["const"]; ok && !reflect.DeepEqual(v, want) {
		t.Errorf("%s is %v: the page says %v", where, v, want)
	}
	if words, ok := schema["enum"].([]any); ok && !slices.Contains(words, v) {
		t.Errorf("%s is %v: the page says %v", where, v, words)
	}
	switch v := v.(type) {
	case map[string]any:
		properties, _ := schema["properties"].(map[string]any)
		required, _ := schema["required"].([]any)
		if schema["additionalProperties"] == true { // what a person chose
			break
		}
		if schema["type"] != "object" || schema["additionalProperties"] != false {
			t.Errorf("%s: the schema of an object is closed", where)
		}
		for name, member := range v {
			inner, known := properties[name].(map[string]any)
			if !known {
				t.Errorf("%s has %s, which the page does not", where, name)
				continue
			}
			a.fits(t, where+"."+name, inner, member, whole)
		}
		for name := range properties {
			if _, there := v[name]; !there && (whole || slices.Contains(required, any(name))) {
				t.Errorf("%s has no %s, which the page has", where, name)
			}
		}
	case []any:
		for _, item := range v {
			a.fits(t, where+"[]", schema["items"].(map[string]any), item, whole)
		}
	case string:
		pattern, _ := schema["pattern"].(string)
		if !match(t, pattern, v) {
			t.Errorf("%s is %q: the page says %s", where, v, pattern)
		}
	}
	a.isOf(t, where, schema, v)
}

// choose is the one of several schemas whose members an object has.
func (a api) choose(t *testing.T, where string, of []any, v any) map[string]any {
	t.Helper()
	object, _ := v.(map[string]any)
	for _, one := range of {
		schema := a.deref(t, one.(map[string]any))
		properties, _ := schema["properties"].(map[string]any)
		required, _ := schema["required"].([]any)
		known := true
		for name := range object {
			known = known && properties[name] != nil
		}
		for _, name := range required {
			_, there := object[name.(string)]
			known = known && there
		}
		if known {
			return schema
		}
	}
	t.Errorf("%s is %v: none of the page's forms", where, v)
	return nil
}

// isOf holds a value against the type of a schema.
func (a api) isOf(t *testing.T, where string, schema map[string]any, v any) {
	t.Helper()
	kind := map[string]string{"map": "object", "slice": "array", "string": "string", "bool": "boolean", "int": "integer", "float64": "number"}[reflect.TypeOf(v).Kind().String()]
	if want, ok := schema["type"]; ok && want != kind {
		t.Errorf("%s is a %s: the page says %v", where, kind, want)
	}
	if least, ok := schema["minimum"].(int); ok && v.(int) < least {
		t.Errorf("%s is %v: the page says at least %d", where, v, least)
	}
}

// decode reads JSON into the values that YAML gives.
func decode(t *testing.T, text []byte) any {
	t.Helper()
	var v any
	if err := yaml.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// Every object and every list of words has a title of its own: a generator of models
// names its types after it.
func TestEveryTypeHasATitle(t *testing.T) {
	titles := map[string]string{}
	var walk func(where string, v any)
	walk = func(where string, v any) {
		switch v := v.(type) {
		case map[string]any:
			_, words := v["enum"]
			if title, _ := v["title"].(string); v["type"] == "object" || words {
				if title == "" || titles[title] != "" {
					t.Errorf("%s: title %q, as %q", where, title, titles[title])
				}
				titles[title] = where
			}
			for name, below := range v {
				walk(where+"."+name, below)
			}
		case []any:
			for _, item := range v {
				walk(where, item)
			}
		}
	}
	walk("", readAPI(t).at(t, "components", "schemas"))
	if len(titles) < 10 {
		t.Errorf("titles %v", titles)
	}
}
