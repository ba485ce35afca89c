package main

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// sandbox tries what the agent must be able to do and what it must not; a line each,
// `NAME yes` or `NAME no: why`. It runs in the agent's unit, in the agent's place.
func sandbox() {
	try("memfd_secret", func() error {
		fd, _, errno := unix.Syscall(unix.SYS_MEMFD_SECRET, unix.O_CLOEXEC, 0, 0)
		if errno != 0 {
			return errno
		}
		defer unix.Close(int(fd))
		if err := unix.Ftruncate(int(fd), 2<<20); err != nil {
			return err
		}
		m, err := unix.Mmap(int(fd), 0, 2<<20, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
		if err != nil {
			return err
		}
		m[0] = 1
		return unix.Munmap(m)
	})
	try("mlock", func() error {
		m, err := unix.Mmap(-1, 0, 2<<20, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
		if err != nil {
			return err
		}
		return unix.Mlock(m)
	})
	try("executable-memory", func() error {
		_, err := unix.Mmap(-1, 0, 4096, unix.PROT_READ|unix.PROT_WRITE|unix.PROT_EXEC, unix.MAP_ANON|unix.MAP_PRIVATE)
		return err
	})
	for _, s := range []struct {
		name                string
		family, kind, proto int
	}{
		{"socket-unix", unix.AF_UNIX, unix.SOCK_STREAM, 0}, {"socket-inet", unix.AF_INET, unix.SOCK_STREAM, 0},
		{"socket-can", unix.AF_CAN, unix.SOCK_RAW, unix.CAN_RAW}, {"socket-netlink", unix.AF_NETLINK, unix.SOCK_RAW, 0},
		{"socket-packet", unix.AF_PACKET, unix.SOCK_RAW, 0},
	} {
		try(s.name, func() error {
			fd, err := unix.Socket(s.family, s.kind, s.proto)
			if err == nil {
				unix.Close(fd)
			}
			return err
		})
	}
	for _, path := range []string{"/proc/1/status", "/proc/stat", "/dev/vda", "/dev/tty", "/home", "/root", "/etc/glovebox/gloveboxd.toml", "/etc/glovebox/credentials"} {
		try("read"+path, func() error {
			f, err := os.Open(path)
			if err == nil {
				f.Close()
			}
			return err
		})
	}
	for _, dir := range []string{"/var/lib/glovebox", "/run/glovebox", "/run/glovebox-session", "/etc/glovebox", "/var", "/dev/shm", "/usr"} {
		try("write"+dir, func() error {
			name := dir + "/probe"
			defer os.Remove(name)
			return os.WriteFile(name, nil, 0o600)
		})
	}
	try("mount", func() error { return unix.Mount("x", "/tmp", "tmpfs", 0, "") })
	try("new-namespace", func() error { return unix.Unshare(unix.CLONE_NEWNET) })
	try("set-clock", func() error { return unix.ClockSettime(unix.CLOCK_REALTIME, &unix.Timespec{Sec: 1}) })
}

func try(name string, do func() error) {
	if err := do(); err != nil {
		fmt.Printf("%s no: %v\n", name, err)
		return
	}
	fmt.Println(name, "yes")
}
