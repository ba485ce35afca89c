package sim_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glovebox/sim"
)

// A record that is bounded keeps every byte up to its bound; then it drops the oldest, by whole
// lines, and never takes more of the disk than the bound.
func TestRecordIsBounded(t *testing.T) {
	const most, line = 1010, 100
	dir := t.TempDir()
	r, err := sim.NewRecord(dir, "wire.jsonl", most)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 35 {
		if _, err := fmt.Fprintf(r, "%0*d\n", line-1, i); err != nil {
			t.Fatal(err)
		}
		if dropped, full := r.Dropped(), (i+1)*line > most; (dropped > 0) != full {
			t.Fatalf("after %d bytes %d are dropped", (i+1)*line, dropped)
		}
		if files, _ := filepath.Glob(dir + "/*"); len(files) != 1 || size(t, files[0]) > most {
			t.Fatalf("after line %d there are %v", i, files)
		}
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "wire.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	for i, l := range lines {
		if want := fmt.Sprintf("%0*d", line-1, 35-len(lines)+i); l != want {
			t.Errorf("line %d is %s, want %s", i, l, want)
		}
	}
	if len(lines) < most/line/2-1 || r.Dropped()+int64(len(text)) != 35*line {
		t.Errorf("%d lines are kept, %d bytes dropped", len(lines), r.Dropped())
	}
}

// The last byte that fits is kept with all before it; the next one is not.
func TestRecordAtItsBound(t *testing.T) {
	r, err := sim.NewRecord(t.TempDir(), "gnss.log", 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{999, 1, 1} {
		if r.Dropped() != 0 {
			t.Errorf("before the last byte %d are dropped", r.Dropped())
		}
		_, _ = r.Write(make([]byte, n))
	}
	if r.Dropped() != 500 { // no line begins anywhere: half is kept
		t.Errorf("%d bytes are dropped", r.Dropped())
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}

// A line that is longer than half of the bound still leaves the record within it.
func TestRecordOfLongLines(t *testing.T) {
	dir := t.TempDir()
	r, err := sim.NewRecord(dir, "dbus.jsonl", 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{300, 300, 900, 1000, 10} {
		if _, err := fmt.Fprintf(r, "%0*d\n", n-1, n); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	text, _ := os.ReadFile(filepath.Join(dir, "dbus.jsonl"))
	if string(text) != "000000010\n" {
		t.Errorf("%d bytes are kept", len(text))
	}
}

// What is not bounded keeps all.
func TestRecordKeepsAll(t *testing.T) {
	dir := t.TempDir()
	r, err := sim.NewRecord(dir, "wire.bin", 0)
	if err != nil {
		t.Fatal(err)
	}
	for range 100 {
		_, _ = r.Write(make([]byte, 10_000))
	}
	if err := r.Close(); err != nil || r.Dropped() != 0 || size(t, filepath.Join(dir, "wire.bin")) != 1_000_000 {
		t.Errorf("%v, %d dropped", err, r.Dropped())
	}
}

func size(t *testing.T, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}
