package planted_test

import (
	"os"
	"strings"
	"testing"

	"glovebox/internal/planted"
)

// An edit fits once or not at all, and two of one file are both in it.
func TestOverlay(t *testing.T) {
	root, dir := t.TempDir(), t.TempDir()
	if err := os.WriteFile(root+"/a.go", []byte("one two two three"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, e := range []planted.Edit{{File: "a.go", Old: "two", New: "2"}, {File: "a.go", Old: "four"}, {File: "a.go"}, {File: "b.go", Old: "one"}} {
		if _, err := planted.Overlay(root, dir, e); err == nil {
			t.Errorf("%+v was planted", e)
		}
	}
	name, err := planted.Overlay(root, dir, planted.Edit{File: "a.go", Old: "one", New: "1"}, planted.Edit{File: "a.go", Old: "three", New: "3"})
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(name)
	edited, readErr := os.ReadFile(dir + "/1-a.go")
	if err != nil || readErr != nil || !strings.Contains(string(text), root+"/a.go") || !strings.Contains(string(text), dir+"/1-a.go") || string(edited) != "1 two two 3" {
		t.Errorf("%s, %s, %v, %v", text, edited, err, readErr)
	}
}

func TestLeaks(t *testing.T) {
	const whole = "# list\nleak x y\nkilled by TestX: it says: so\nedit a.go\n-one\n-two\n+1\n"
	all, err := planted.Leaks(whole)
	if err != nil || len(all) != 1 || all[0].Name != "x y" || all[0].Test != "TestX" || all[0].Says != "it says: so" || all[0].Edits[0] != (planted.Edit{File: "a.go", Old: "one\ntwo", New: "1"}) {
		t.Errorf("%+v, %v", all, err)
	}
	for _, bad := range []string{"edit a.go\n", "leak x\nkilled by TestX: y\n", "leak x\nedit a.go\n-a\n+b\n", whole + "else\n"} {
		if _, err := planted.Leaks(bad); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}
