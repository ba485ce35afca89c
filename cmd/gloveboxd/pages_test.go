package main

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"
)

// A program that gave its pages back has fewer of them and goes on as before.
func TestGivePagesBack(t *testing.T) {
	before := filePages(t)
	givePagesBack()
	if after := filePages(t); after > before*3/4 {
		t.Errorf("%d kB of files in memory before, %d after", before, after)
	}
	if _, err := parseOptions([]string{"--no-such-option"}); err == nil {
		t.Error("an unknown option passed")
	}
}

// filePages is how much of files this process has in memory, in kB.
func filePages(t *testing.T) (kB int) {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if n, _ := fmt.Sscanf(line, "RssFile: %d", &kB); n == 1 {
			return kB
		}
	}
	t.Fatalf("no RssFile:\n%s", bytes.TrimSpace(status))
	return 0
}
