package killmatrix_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// edit makes a broken variant of the ring: in one of its files one text becomes
// another. The product itself has no switch for it.
type edit struct{ file, old, new string }

var (
	whole   = edit{}
	noErase = edit{"file.go", "for range slotCount {\n\t\tolder", "for range 1 {\n\t\tolder"} // the other slot stays as it was
	noFsync = edit{"file.go", "if err := r.file.Sync(); err != nil {", "if err := error(nil); err != nil {"}
)

// build compiles the program with the ring as edited.
func build(t *testing.T, e edit) string {
	t.Helper()
	if _, err := exec.LookPath("strace"); err != nil {
		t.Fatal("strace is missing: apt-get install strace")
	}
	dir := t.TempDir()
	program := filepath.Join(dir, "ring")
	args := []string{"build", "-o", program}
	if e != whole {
		args = append(args, "-overlay", overlay(t, dir, e))
	}
	if out, err := exec.Command("go", append(args, "./testdata/ring")...).CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return program
}

// overlay writes the edited file and the description that go build reads.
func overlay(t *testing.T, dir string, e edit) string {
	t.Helper()
	original, err := filepath.Abs(filepath.Join("..", e.file))
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile(original)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(source), e.old); n != 1 {
		t.Fatalf("%s holds %q %d times: the negative control needs another edit", e.file, e.old, n)
	}
	edited := filepath.Join(dir, e.file)
	if err := os.WriteFile(edited, []byte(strings.Replace(string(source), e.old, e.new, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	description, err := json.Marshal(map[string]map[string]string{"Replace": {original: edited}})
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(name, description, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}
