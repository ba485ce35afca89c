package nmea_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// logs are the names of all logs, without the .gz of those that are compressed.
func logs(tb testing.TB) (names []string) {
	tb.Helper()
	files, err := filepath.Glob("testdata/*.log*")
	if err != nil || len(files) == 0 {
		tb.Fatal("no logs", err)
	}
	for _, file := range files {
		names = append(names, strings.TrimSuffix(filepath.Base(file), ".gz"))
	}
	return names
}

// published is a log as its publisher has it.
func published(tb testing.TB, name string) []byte {
	tb.Helper()
	log, err := os.ReadFile("testdata/" + name)
	if os.IsNotExist(err) {
		return unzipped(tb, "testdata/"+name+".gz")
	}
	if err != nil {
		tb.Fatal(err)
	}
	return log
}

func unzipped(tb testing.TB, name string) []byte {
	tb.Helper()
	file, err := os.Open(name)
	if err != nil {
		tb.Fatal(err)
	}
	defer file.Close()
	r, err := gzip.NewReader(file)
	if err != nil {
		tb.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		tb.Fatal(err)
	}
	return text
}

// output is what the receiver said: a log without its comments.
func output(tb testing.TB, name string) (out []byte) {
	tb.Helper()
	for line := range bytes.SplitAfterSeq(published(tb, name), []byte("\n")) {
		if !comment(line) {
			out = append(out, line...)
		}
	}
	return out
}

// comment reports whether a line is text that starts with a #.
func comment(line []byte) bool {
	line = bytes.TrimSuffix(line, []byte("\n"))
	control := func(r rune) bool { return unicode.IsControl(r) && r != '\t' && r != '\r' }
	return len(line) > 0 && line[0] == '#' && utf8.Valid(line) && bytes.IndexFunc(line, control) < 0
}
