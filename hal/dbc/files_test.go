package dbc_test

import (
	"bytes"
	"compress/gzip"
	"flag"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"glovebox/hal/dbc"
)

var update = flag.Bool("update", false, "write the golden files anew")

const rav4 = "../../sim/scenarios/rav4"

// read returns a file, or what is compressed in the one with .gz after its name.
func read(t testing.TB, name string) []byte {
	t.Helper()
	src, err := os.ReadFile(name)
	if !os.IsNotExist(err) {
		if err != nil {
			t.Fatal(err)
		}
		return src
	}
	packed, err := os.ReadFile(name + ".gz")
	if err != nil {
		t.Fatal(err)
	}
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	if src, err = io.ReadAll(r); err != nil {
		t.Fatal(err)
	}
	return src
}

// wild are the files of real cars; the last two are of the recorded drive.
func wild(t testing.TB) (names []string) {
	t.Helper()
	files, err := filepath.Glob("testdata/*.dbc*")
	if err != nil || len(files) == 0 {
		t.Fatal("no files", err)
	}
	for _, file := range files {
		if name := strings.TrimSuffix(file, ".gz"); name != made {
			names = append(names, name)
		}
	}
	return append(names, rav4+"/toyota_rav4.dbc", rav4+"/toyota_adas.dbc")
}

// made holds what no file of a real car here does: IEEE floats, and switches
// under switches in messages of up to 64 bytes.
const made = "testdata/made.dbc"

func count(file *dbc.File) (messages, signals, tables int) {
	all := slices.Clone(file.Unassigned)
	for _, m := range file.Messages {
		all = append(all, m.Signals...)
	}
	for _, s := range all {
		if s.Values != nil {
			tables++
		}
	}
	return len(file.Messages), len(all), tables
}
