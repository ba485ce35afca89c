package killmatrix_test

import (
	"os/exec"
	"path/filepath"
	"testing"

	"glovebox/internal/planted"
)

// Broken variants of the ring: the product itself has no switch for them.
var (
	whole   = planted.Edit{}
	noErase = planted.Edit{File: "file.go", Old: "for range slotCount {\n\t\tolder", New: "for range 1 {\n\t\tolder"} // the other slot stays as it was
	noFsync = planted.Edit{File: "file.go", Old: "if err := r.file.Sync(); err != nil {", New: "if err := error(nil); err != nil {"}
)

// build compiles the program with the ring as edited.
func build(t *testing.T, e planted.Edit) string {
	t.Helper()
	if _, err := exec.LookPath("strace"); err != nil {
		t.Fatal("strace is missing: apt-get install strace")
	}
	dir := t.TempDir()
	program := filepath.Join(dir, "ring")
	args := []string{"build", "-o", program}
	if e != whole {
		overlay, err := planted.Overlay("..", dir, e)
		if err != nil {
			t.Fatalf("the negative control needs another edit: %v", err)
		}
		args = append(args, "-overlay", overlay)
	}
	if out, err := exec.Command("go", append(args, "./testdata/ring")...).CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return program
}
