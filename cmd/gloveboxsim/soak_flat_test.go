//go:build soak

package main

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Growth that is let pass behind the warm-up, which is half of the time and an hour at most: a tenth,
// and so many MiB, for a heap that was just collected and one that is about to be.
const (
	flatWithin    = 1.1
	flatSpare     = 8.0
	longestWarmUp = time.Hour
)

// Files of a world on the made car that are bounded, and how many MiB its agent may keep beside them.
const (
	records    = 7
	stateSpare = 32.0
)

// Hours of a world that somebody drives in, with a page open, take no more memory than its first
// minutes: gloveboxsim and the agent; and of the disk no more than the records may have. SOAK_FLAT is how many minutes.
func TestServeStaysFlat(t *testing.T) {
	minutes, _ := strconv.ParseFloat(cmp.Or(os.Getenv("SOAK_FLAT"), "60"), 64)
	s := serve(programs(t), t.TempDir(), write(t, walked...))
	b := s.start(t, io.Discard)
	_, read := b.follow()
	begun, end := time.Now(), time.Now().Add(time.Duration(minutes*float64(time.Minute)))
	warm := map[string]float64{}
	for told := begun; time.Now().Before(end); {
		for _, line := range []string{
			"speed 10x", "login anna", "ignition on", "gear D", "drive block.gpx", "level no-position", "wait 2s", "level share", "app lea lock",
			"app anna chat Still here", "sync", "ignition off", "gear P", "set radio volume 12", "logout", "login lea", "wait 2s", "logout",
		} {
			b.ask("/api/cmd", line)
		}
		now := map[string]float64{"gloveboxsim": resident(t, s.Process.Pid), "gloveboxd": resident(t, s.agent(t))}
		switch {
		case time.Since(begun) < min(end.Sub(begun)/2, longestWarmUp):
			for name := range now {
				warm[name] = max(warm[name], now[name])
			}
		default:
			for name := range now {
				if most := warm[name]*flatWithin + flatSpare; now[name] > most {
					t.Errorf("%s: %.1f MiB after %v, over %.1f", name, now[name], time.Since(begun).Round(time.Second), most)
				}
			}
		}
		if time.Since(told) > 5*time.Minute || told.Equal(begun) || time.Now().After(end) {
			told = time.Now()
			mib := recorded(t, s.tmp)
			t.Logf("%4.0f min  gloveboxsim %5.1f MiB, gloveboxd %5.1f MiB, %.0f MiB of records", time.Since(begun).Minutes(), now["gloveboxsim"], now["gloveboxd"], mib)
			if most := float64(records*mostRecorded)/(1<<20) + stateSpare; mib > most {
				t.Errorf("%.0f MiB of records, over %.0f", mib, most)
			}
		}
	}
	if err := s.Process.Signal(syscall.SIGINT); err != nil {
		t.Error(err)
	}
	s.end(t)
	read()
}

// agent is the process of the agent.
func (s *served) agent(t *testing.T) int {
	t.Helper()
	processes, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, p := range processes {
		if line, err := os.ReadFile(p); err == nil && bytes.Contains(line, []byte(s.tmp)) && bytes.Contains(line, []byte("gloveboxd\x00")) {
			pid, _ := strconv.Atoi(strings.Split(p, "/")[2])
			return pid
		}
	}
	t.Fatal("there is no agent")
	return 0
}

var rss = regexp.MustCompile(`VmRSS:\s+(\d+) kB`)

// resident is how many MiB of a process are in memory.
func resident(t *testing.T, pid int) float64 {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	found := rss.FindSubmatch(text)
	if err != nil || found == nil {
		t.Fatalf("process %d: %v", pid, err)
	}
	kib, _ := strconv.ParseFloat(string(found[1]), 64)
	return kib / 1024
}

// recorded is how many MiB the files of a world take.
func recorded(t *testing.T, dir string) (mib float64) {
	t.Helper()
	_ = filepath.Walk(dir, func(_ string, f os.FileInfo, err error) error {
		if err == nil && f.Mode().IsRegular() {
			mib += float64(f.Size()) / (1 << 20)
		}
		return nil // what is gone meanwhile does not count
	})
	return mib
}
