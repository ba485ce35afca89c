package docs_test

import (
	"encoding/xml"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"
)

// argument is one of a method or a signal, with what the XML says of it.
type argument struct {
	name, typ, text string
	out             bool
}

// member is a method, a signal or a property.
type member struct {
	kind, name, typ, text string
	args                  []argument
}

// form is the types of a member, as in (s group) → (a{sv} values).
func (m member) form() string {
	if m.kind == "property" {
		return m.typ
	}
	in, out := []string{}, []string{}
	for _, a := range m.args {
		if a.out {
			out = append(out, a.typ+" "+a.name)
		} else {
			in = append(in, a.typ+" "+a.name)
		}
	}
	form := "(" + strings.Join(in, ", ") + ")"
	if len(out) > 0 {
		form += " → (" + strings.Join(out, ", ") + ")"
	}
	return form
}

// face is one D-Bus interface as its XML has it.
type face struct {
	name, short, text string
	members           []member
}

// faces are the interfaces of the agent, in the order of their files.
func faces(t *testing.T) (all []face) {
	t.Helper()
	files, err := filepath.Glob("../agent/hmi/*.xml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no interfaces: %v", err)
	}
	for _, file := range files {
		all = append(all, readFace(t, "agent/hmi/"+filepath.Base(file)))
	}
	return all
}

// readFace reads one file. The comment before an element is its text, in the form
// that gdbus-codegen reads: the name and a colon, a line for each @argument, an empty
// line, the text.
func readFace(t *testing.T, file string) (f face) {
	t.Helper()
	decoder := xml.NewDecoder(strings.NewReader(read(t, file)))
	var said comment
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return f
		}
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		switch e := token.(type) {
		case xml.Comment:
			said = readComment(string(e))
		case xml.StartElement:
			at := map[string]string{}
			for _, a := range e.Attr {
				at[a.Name.Local] = a.Value
			}
			switch e.Name.Local {
			case "interface":
				f.name, f.short, f.text = at["name"], said.of["short_description"], said.text
			case "method", "signal", "property":
				f.members = append(f.members, member{kind: e.Name.Local, name: at["name"], typ: at["type"], text: said.text})
			case "arg":
				m := &f.members[len(f.members)-1]
				m.args = append(m.args, argument{at["name"], at["type"], said.of[at["name"]], at["direction"] == "out"})
				continue
			case "annotation", "node":
				continue
			}
			if said.name != at["name"] {
				t.Errorf("%s: the text before %s is of %q", file, at["name"], said.name)
			}
		}
	}
}

// comment is the text of one element.
type comment struct {
	name, text string
	of         map[string]string // by argument
}

func readComment(text string) comment {
	c := comment{of: map[string]string{}}
	head, body, _ := strings.Cut(strings.TrimSpace(text), "\n\n")
	for i, line := range strings.Split(head, "\n") {
		line = strings.TrimSpace(line)
		if name, of, found := strings.Cut(line, ": "); found && strings.HasPrefix(name, "@") {
			c.of[name[1:]] = of
		} else if i == 0 {
			c.name = strings.TrimSuffix(line, ":")
		}
	}
	c.text = strings.Join(strings.Fields(body), " ")
	return c
}
