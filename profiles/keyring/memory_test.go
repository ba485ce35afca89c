package keyring_test

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"glovebox/profiles/keyring"
)

// flags are the flags of a mapping as the kernel shows them, empty if it is gone.
func flags(t *testing.T, pages []byte) string {
	t.Helper()
	text, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut("\n"+string(text), fmt.Sprintf("\n%08x-", uintptr(unsafe.Pointer(&pages[0]))))
	_, rest, _ = strings.Cut(rest, "VmFlags:")
	line, _, _ := strings.Cut(rest, "\n")
	return line
}

// What is in an arena is in no core dump and no swap, and, where the kernel can, out of
// everybody else's reach. Once it is freed the mapping is gone.
func TestArena(t *testing.T) {
	a, err := keyring.NewArena(2 << 20)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Locked(); err != nil {
		t.Skipf("no locked memory: %v", err)
	}
	pages := a.Bytes()
	if len(pages) != 2<<20 || bytes.Count(pages, []byte{0}) != len(pages) {
		t.Fatalf("%d bytes", len(pages))
	}
	copy(pages[1<<20:], "kanari")
	f := " " + strings.TrimSpace(flags(t, pages)) + " "
	if !strings.Contains(f, " dd ") || !strings.Contains(f, " lo ") {
		t.Errorf("flags %q: want dd, no core dump, and lo, locked", f)
	}
	if fd, err := unix.MemfdSecret(unix.O_CLOEXEC); err == nil {
		unix.Close(fd)
		mem, err := os.Open("/proc/self/mem")
		if err != nil {
			t.Fatal(err)
		}
		defer mem.Close()
		var b [6]byte
		if _, err := mem.ReadAt(b[:], int64(uintptr(unsafe.Pointer(&pages[1<<20])))); err == nil {
			t.Errorf("through /proc there is %q", b)
		}
	}
	if err := a.Free(); err != nil {
		t.Fatal(err)
	}
	if f := flags(t, pages); f != "" {
		t.Errorf("still there: %s", f)
	}
}
