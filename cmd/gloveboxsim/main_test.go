package main

import (
	"bufio"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
)

// What cannot be understood is a mistake of whoever typed it, and says so.
func TestUsage(t *testing.T) {
	for _, tt := range []struct {
		name string
		args []string
		want int
	}{
		{"nothing", nil, exitUsage},
		{"unknown command", []string{"drive"}, exitUsage},
		{"standing still", []string{"car", "--speed", "0"}, exitUsage},
		{"help", []string{"--help"}, exitDone},
		{"no directory", []string{"car", "--dir", "main_test.go/below"}, exitSetup},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var out, problems strings.Builder
			if got := commandContext(t.Context(), tt.args, &out, &problems); got != tt.want {
				t.Errorf("exit %d, want %d: %s", got, tt.want, problems.String())
			}
			if (tt.want != exitDone) != (problems.Len() > 0) {
				t.Errorf("said %q", problems.String())
			}
		})
	}
}

// The car prints where its ports are, speaks on them and leaves nothing.
func TestCar(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made", "by it")
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	names, said := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		ended <- commandContext(ctx, []string{"car", "--dir", dir}, said, os.Stderr)
		said.Close()
	}()
	lines := bufio.NewScanner(names)
	want := map[string]string{"powertrain": "t", "radar": "t", "gnss": "$GNRMC"}
	var ports []string
	for range want {
		if !lines.Scan() {
			t.Fatal("fewer than three ports")
		}
		ports = append(ports, lines.Text())
	}
	for _, line := range ports {
		name, path, _ := strings.Cut(line, " ")
		port, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		text, err := bufio.NewReader(port).ReadString('\r')
		if err != nil || want[name] == "" || !strings.HasPrefix(text, want[name]) {
			t.Errorf("%s said %q: %v", name, text, err)
		}
		if err := port.Close(); err != nil {
			t.Error(err)
		}
	}
	cancel()
	select {
	case code := <-ended:
		if code != exitDone {
			t.Errorf("exit %d", code)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("it does not end")
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

// Between two playbacks the bus is silent for so long that the car is parked, which is
// when somebody else may take the wheel.
func TestCarParks(t *testing.T) {
	var c commands
	parser, err := kong.New(&c)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse([]string{"car"}); err != nil {
		t.Fatal(err)
	}
	const silent = 5 * time.Second // docs/contract.md, D-Bus: Parked
	if c.Car.Pause < silent+2*time.Second {
		t.Errorf("it pauses for %v", c.Car.Pause)
	}
}
