package main

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// written is a write log as QEMU keeps it; n is how many entries its superblock counts.
func written(t *testing.T, n uint64, entries ...func(*bytes.Buffer)) *os.File {
	t.Helper()
	var b bytes.Buffer
	for _, v := range []any{uint64(logMagic), uint64(1), n, uint32(sector)} {
		_ = binary.Write(&b, binary.LittleEndian, v)
	}
	pad(&b)
	for _, e := range entries {
		e(&b)
	}
	name := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(name, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func pad(b *bytes.Buffer) { b.Write(make([]byte, -b.Len()&(sector-1))) }

func wrote(at int64, text string, sectors int) func(*bytes.Buffer) {
	return func(b *bytes.Buffer) {
		for _, v := range []uint64{uint64(at / sector), uint64(sectors), 0, 0} {
			_ = binary.Write(b, binary.LittleEndian, v)
		}
		pad(b)
		b.Write(append([]byte(text), make([]byte, sectors*sector-len(text))...))
	}
}

func flushed(b *bytes.Buffer) {
	for _, v := range []uint64{0, 0, flagFlush, 0} {
		_ = binary.Write(b, binary.LittleEndian, v)
	}
	pad(b)
}

func TestLogIsWritesFlushesAndMarks(t *testing.T) {
	f := written(t, 9, wrote(4096, "one", 2), flushed, wrote(marksAt, "GBMARK set 87500\nrest", 8), wrote(0, "two", 1))
	all, err := readLog(f)
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 4 || all[0].at != 4096 || all[0].size != 2*sector || !all[1].flush || all[2].said != "set 87500" || all[2].size != 0 || all[3].size != sector {
		t.Errorf("got %+v", all)
	}
	disk := filepath.Join(t.TempDir(), "disk")
	if err := os.WriteFile(disk, make([]byte, 8192), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		if err := put(disk, f, e, e.size); err != nil {
			t.Fatal(err)
		}
	}
	if got, _ := os.ReadFile(disk); string(got[:3]) != "two" || string(got[4096:4099]) != "one" {
		t.Error("the data are another entry's")
	}
}

func TestOtherFileIsNoLog(t *testing.T) {
	if _, err := readLog(written(t, 0)); err != nil {
		t.Error(err)
	}
	name := filepath.Join(t.TempDir(), "other")
	if err := os.WriteFile(name, make([]byte, 1024), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := readLog(f); err == nil {
		t.Error("zeros were taken for a log")
	}
}

func TestSaidIsWhatMustHold(t *testing.T) {
	var s said
	for _, line := range []string{"secret a", "set 87501", "slots 00ff 11ee", "removing p5"} {
		s.hear(line)
	}
	before := s.copied()
	s.hear("removed p5")
	if before.gone["p5"] || before.going != "p5" || len(before.planted()) != 1 {
		t.Errorf("before the answer: %+v", before)
	}
	if !s.gone["p5"] || s.going != "" || !slices.Equal(s.planted(), []string{"a", "00ff", "11ee"}) || s.khz != 87501 {
		t.Errorf("after it: %+v", s)
	}
}

func TestInstantsAreSpreadOverTheLog(t *testing.T) {
	got := instants(1000, 50, rand.New(rand.NewPCG(1, 2)))
	if len(got) != 50 || !slices.IsSorted(got) || got[0] < 1 || got[0] > 20 || got[49] < 981 || got[49] > 1000 {
		t.Errorf("got %v", got)
	}
}
