package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
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
		var from, to, offset, inode uintptr
		var rights, device, path string
		if n, _ := fmt.Sscanf(lines.Text(), "%x-%x %s %x %s %d %s", &from, &to, &rights, &offset, &device, &inode, &path); n < 7 || path != own {
			continue
		}
		if rights == "r-xp" || rights == "r--p" { // never what may have been written
			_, _, _ = unix.Syscall(unix.SYS_MADVISE, from, to-from, unix.MADV_DONTNEED)
		}
	}
}
