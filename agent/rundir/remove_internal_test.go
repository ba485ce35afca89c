package rundir

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Once the time is over nothing more is removed, however many files there are in one
// directory: what is left is counted.
func TestRemovingEndsInTime(t *testing.T) {
	path := t.TempDir()
	if err := os.WriteFile(filepath.Join(path, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	dir, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	r := remover{end: time.Now().Add(-time.Second)}
	if r.remove(int(dir.Fd()), "file", 0); r.removed != 0 || r.left != 1 {
		t.Errorf("removed %d, left %d", r.removed, r.left)
	}
}
