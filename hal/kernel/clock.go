package kernel

import (
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Clocks reads the wall clock and the boot clock: the time since the machine started, its
// suspends included (clock_gettime(2), CLOCK_BOOTTIME), in which Go's own monotonic clock
// stands still. It is a system call only once a second, and after a suspend.
func Clocks() (utc time.Time, boot time.Duration) {
	t := time.Now()
	return t.UTC(), clock.boot(t.UnixNano(), t.Sub(started), func() (boot, mono time.Duration) {
		boot = BootTime()
		return boot, time.Since(started)
	})
}

// BootTime asks the kernel for the boot clock.
func BootTime() time.Duration {
	var now unix.Timespec
	if _, _, errno := syscall.RawSyscall(unix.SYS_CLOCK_GETTIME, unix.CLOCK_BOOTTIME, uintptr(unsafe.Pointer(&now)), 0); errno != 0 {
		panic("no boot clock: " + errno.Error()) // Linux has it since 2.6.39
	}
	return time.Duration(now.Nano())
}

var (
	started = time.Now()
	clock   bootClock
)

// bootClock knows how far the boot clock is ahead of the monotonic one. That grows with a
// suspend and never else, and a suspend moves the wall clock against the monotonic one by
// as much (the kernel's tk_update_sleep_time adds it to both). So while those two run side
// by side nobody slept. Times are nanoseconds.
type bootClock struct {
	ahead atomic.Int64 // boot less monotonic
	wall  atomic.Int64 // wall less monotonic when the boot clock was asked last
	asked atomic.Int64 // when that was, monotonic; 0: never
}

const (
	askAgain = time.Second      // so long a suspend is not seen whose wall clock was set back by as much meanwhile
	sideways = time.Millisecond // a clock that is disciplined moves half of it in askAgain (adjtimex(2): 500 ppm at most)
)

// boot is the boot clock at a moment of the other two. It never goes back. ask reads the
// boot clock, and the monotonic one behind it: what passes between the two comes in late,
// and is made up for when it is asked again.
func (c *bootClock) boot(wall int64, mono time.Duration, ask func() (boot, mono time.Duration)) time.Duration {
	asked, known, side := c.asked.Load(), c.wall.Load(), wall-int64(mono)
	if asked == 0 || mono-time.Duration(asked) >= askAgain || max(side-known, known-side) >= int64(sideways) {
		boot, behind := ask()
		for ahead, old := int64(boot-behind), c.ahead.Load(); ahead > old && !c.ahead.CompareAndSwap(old, ahead); {
			old = c.ahead.Load()
		}
		c.wall.Store(side) // who sees this sees how far ahead it is, too
		c.asked.Store(int64(max(mono, 1)))
	}
	return mono + time.Duration(c.ahead.Load())
}
