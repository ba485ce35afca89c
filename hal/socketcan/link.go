package socketcan

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// link is what the kernel says of an interface (netdevice(7)).
type link struct {
	index uint32
	fd    bool // it takes CAN FD: its longest record is a frame of it (CANFD_MTU)
}

// find asks a CAN socket for the interface of that name. The errors are ErrGone and ErrDown.
func find(fd int, name string) (l link, err error) {
	ask := func(what string, request uint) *unix.Ifreq {
		r, failed := unix.NewIfreq(name)
		if failed == nil {
			failed = os.NewSyscallError(what, unix.IoctlIfreq(fd, request, r))
		}
		if failed != nil && err == nil {
			err = failed
		}
		return r
	}
	index := ask("SIOCGIFINDEX", unix.SIOCGIFINDEX)
	mtu, flags := ask("SIOCGIFMTU", unix.SIOCGIFMTU), ask("SIOCGIFFLAGS", unix.SIOCGIFFLAGS)
	switch {
	case errors.Is(err, unix.ENODEV):
		return link{}, fmt.Errorf("%w: %w", ErrGone, err)
	case err != nil:
		return link{}, err
	case flags.Uint16()&unix.IFF_UP == 0:
		return link{}, ErrDown
	}
	return link{index.Uint32(), mtu.Uint32() >= fdSize}, nil
}

// FD reports whether the interface of that name takes CAN FD. known is false where there
// is no such interface now.
func FD(name string) (fd, known bool) {
	text, err := os.ReadFile(classNet + name + "/mtu")
	if err != nil {
		return false, false
	}
	mtu, err := strconv.Atoi(strings.TrimSpace(string(text)))
	return mtu >= fdSize, err == nil
}

const classNet = "/sys/class/net/"

// arphrdCAN is ARPHRD_CAN (linux/if_arp.h), the kind of a CAN interface.
const arphrdCAN = "280"

// haveCAN reports whether the kernel has CAN although it refused a socket: what a sandbox
// forbids it refuses in the same words. There is an interface, or a pair of sockets is
// refused in other words, because CAN has none (systemd filters socket(2) alone).
func haveCAN(name string) bool {
	kind, err := os.ReadFile(classNet + name + "/type")
	if err == nil && strings.TrimSpace(string(kind)) == arphrdCAN {
		return true
	}
	_, err = unix.Socketpair(unix.AF_CAN, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.CAN_RAW)
	return errors.Is(err, unix.EOPNOTSUPP)
}

// dropped is how many records the socket has had no room for (SO_MEMINFO, sock_diag(7)).
func dropped(fd uintptr) (count uint32, ok bool) {
	var info [9]uint32 // SK_MEMINFO_VARS
	const drops = 8    // SK_MEMINFO_DROPS
	size := uint32(unsafe.Sizeof(info))
	_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, fd, unix.SOL_SOCKET, unix.SO_MEMINFO, uintptr(unsafe.Pointer(&info)), uintptr(unsafe.Pointer(&size)), 0)
	return info[drops], errno == 0 && uintptr(size) == unsafe.Sizeof(info)
}
