package main

import (
	"bufio"
	"context"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// startOver is how long after the agent was ready what only a start needs is given back.
const startOver = 10 * time.Second

// leaveStart gives the pages of the program back some time after the start: half of
// them are of the start alone, as those that read options and check files.
func leaveStart(ctx context.Context) error {
	select {
	case <-ctx.Done():
	case <-time.After(startOver):
		givePagesBack()
	}
	return nil
}

// givePagesBack lets go of the pages of the program itself. Those that are needed come
// back from the page cache by themselves (madvise(2), MADV_DONTNEED). Where /proc is
// not to be had they stay, at no harm.
func givePagesBack() {
	maps, err := os.Open("/proc/self/maps")
	if err != nil {
		return
	}
	defer maps.Close()
	own, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return
	}
	for lines := bufio.NewScanner(maps); lines.Scan(); {
		words := strings.Fields(lines.Text())                                               // FROM-TO RIGHTS OFFSET DEVICE INODE PATH
		if len(words) != 6 || words[5] != own || words[1] != "r-xp" && words[1] != "r--p" { // never what may have been written
			continue
		}
		low, high, _ := strings.Cut(words[0], "-")
		from, err1 := strconv.ParseUint(low, 16, 64)
		to, err2 := strconv.ParseUint(high, 16, 64)
		if err1 == nil && err2 == nil {
			_, _, _ = unix.Syscall(unix.SYS_MADVISE, uintptr(from), uintptr(to-from), unix.MADV_DONTNEED)
		}
	}
}
