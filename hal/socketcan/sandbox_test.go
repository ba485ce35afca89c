package socketcan_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"glovebox/hal/socketcan"
)

// caged makes this program one in a sandbox.
const caged = "SOCKETCAN_TEST_CAGED"

// A kernel that has CAN, and a sandbox that forbids it in the words of a kernel without,
// are told apart: what systemd does for RestrictAddressFamilies= is done to a program
// of its own.
func TestSandbox(t *testing.T) {
	want := socketcan.ErrForbidden
	fd, err := unix.Socket(unix.AF_CAN, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.CAN_RAW)
	if err != nil {
		want = socketcan.ErrNoCAN
	} else {
		unix.Close(fd)
	}
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), caged+"=1")
	said, err := c.Output()
	if err != nil || !strings.Contains(string(said), want.Error()) {
		t.Errorf("in a sandbox: %v: %s, want %q", err, said, want)
	}
}

// cage forbids this program sockets of CAN, and opens one.
func cage() {
	const nr, family = 0, 16 // struct seccomp_data: nr, args[0]
	filter := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: nr},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: unix.SYS_SOCKET, Jf: 3},
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: family},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: unix.AF_CAN, Jf: 1},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO | uint32(unix.EAFNOSUPPORT)},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
	}
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
	if err == nil {
		if _, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&program))); errno != 0 {
			err = errno
		}
	}
	if err == nil {
		_, err = socketcan.Open("nocan9")
	}
	fmt.Println(err)
	if errors.Is(err, socketcan.ErrForbidden) || errors.Is(err, socketcan.ErrNoCAN) {
		os.Exit(0)
	}
	os.Exit(1)
}
