package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// calls are system calls that a sandbox may refuse, by name.
var calls = map[string]uint32{
	"memfd_secret": unix.SYS_MEMFD_SECRET, "mlock": unix.SYS_MLOCK, "prctl": unix.SYS_PRCTL, "setrlimit": unix.SYS_SETRLIMIT, "prlimit64": unix.SYS_PRLIMIT64,
	"sched_setaffinity": unix.SYS_SCHED_SETAFFINITY, "sched_getaffinity": unix.SYS_SCHED_GETAFFINITY, "inotify_init1": unix.SYS_INOTIFY_INIT1, "fchown": unix.SYS_FCHOWN, "fchownat": unix.SYS_FCHOWNAT,
	"fchmod": unix.SYS_FCHMOD, "fchmodat": unix.SYS_FCHMODAT, "fallocate": unix.SYS_FALLOCATE, "fadvise64": unix.SYS_FADVISE64, "splice": unix.SYS_SPLICE, "copy_file_range": unix.SYS_COPY_FILE_RANGE,
	"pidfd_open": unix.SYS_PIDFD_OPEN, "pidfd_send_signal": unix.SYS_PIDFD_SEND_SIGNAL, "sysinfo": unix.SYS_SYSINFO, "uname": unix.SYS_UNAME, "statfs": unix.SYS_STATFS, "getsockopt": unix.SYS_GETSOCKOPT,
	"memfd_create": unix.SYS_MEMFD_CREATE,
}

// sandbox answers EPERM to system calls, as the filter of a unit does
// (SystemCallErrorNumber=EPERM), and executes a program: sandbox CALL,… PROGRAM ARG…
func sandbox() {
	filter := []unix.SockFilter{{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS}} // the number of the call
	for name := range strings.SplitSeq(os.Args[1], ",") {
		filter = append(filter,
			unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jf: 1, K: calls[name]},
			unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)})
	}
	filter = append(filter, unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW})
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	path, err := exec.LookPath(os.Args[2])
	if err == nil {
		err = unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
	}
	if err == nil {
		if _, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&program))); errno != 0 {
			err = errno
		}
	}
	if err == nil {
		err = syscall.Exec(path, os.Args[2:], os.Environ())
	}
	fmt.Fprintln(os.Stderr, "sandbox:", err)
	os.Exit(exitFailed)
}

// What a sandbox refuses costs what it is for, says so in one line, and never ends the
// agent: a guest comes and goes, and a fresh process takes over.
func TestRefusedSystemCalls(t *testing.T) {
	for _, row := range []struct {
		calls, says string
	}{
		{"memfd_secret", "memory for guests locked, but not secret"},
		{"memfd_secret mlock", "memory for guests not locked, it may reach swap"},
		{"prctl", "core dumps stay possible"},
		{"setrlimit prlimit64", "core dumps stay possible"},
		{"sched_setaffinity sched_getaffinity sysinfo uname statfs getsockopt", ""},
		{"inotify_init1 fchown fchownat fallocate fadvise64 splice copy_file_range pidfd_open pidfd_send_signal", ""},
		{"fchmod fchmodat", ""},
		{"memfd_create", "nothing is handed over"},
	} {
		t.Run(row.calls, func(t *testing.T) {
			t.Parallel()
			a := newProgram(t, "[vehicle]\nmodel = \"Taycan\"\nmodel_year = 2024\n")
			_, stop := a.boot("sandbox", strings.ReplaceAll(row.calls, " ", ","))
			before := a.pid()
			for range 2 {
				if _, err := a.hmi.Guest(t.Context(), false); err != nil {
					t.Fatal(err)
				}
				if err := a.hmi.SetText(t.Context(), "radio", "volume", "33"); err != nil {
					t.Error(err)
				}
				if err := a.hmi.Logout(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			eventually(t, "wiped", func() bool {
				s, err := a.hmi.Properties(t.Context(), "Session1")
				return err == nil && s["WipeState"] == "clean"
			})
			if after := a.pid(); after != before {
				t.Errorf("process %d after %d", after, before)
			}
			code, said := stop(syscall.SIGTERM)
			if code != exitStopped || !strings.Contains(said, row.says) || row.says == "" && strings.Contains(said, "not permitted") {
				t.Errorf("exit %d, want %q:\n%s", code, row.says, said)
			}
		})
	}
}
