//go:build soak

package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// On the disk itself, ext4 as it comes, nothing is left of a car whose everything was
// erased: not of 100 planted values, of no key and of no vehicle id; the same scan finds
// them before. It needs root, and loop devices.
func TestErasedImage(t *testing.T) {
	s := carForSale(t)
	at, image := t.TempDir(), filepath.Join(t.TempDir(), "image")
	run := func(name string, args ...string) {
		t.Helper()
		if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v: %s", name, err, out)
		}
	}
	run("truncate", "-s", "128M", image)
	run("mkfs.ext4", "-q", image)
	mount := func() { t.Helper(); run("mount", "-o", "loop", image, at) }
	found := func() (n int) {
		raw, err := os.ReadFile(image)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range s.gone {
			if bytes.Contains(raw, secret) {
				n++
			}
		}
		return n
	}
	mount()
	text, err := os.ReadFile(s.config)
	if err == nil {
		err = os.WriteFile(filepath.Join(at, "gloveboxd.toml"), text, 0o600)
	}
	if err == nil {
		err = os.CopyFS(filepath.Join(at, "state"), os.DirFS(s.dir))
	}
	run("umount", at)
	if err != nil {
		t.Fatal(err)
	}
	if n := found(); n < 60 {
		t.Fatalf("the scan finds %d of what is planted in the clear", n)
	}
	mount()
	one, err := exec.Command("erase-car", filepath.Join(at, "state")).CombinedOutput()
	if err == nil {
		_, err = exec.Command("gloveboxd", "--config", filepath.Join(at, "gloveboxd.toml"), "--identity").Output()
	}
	run("umount", at)
	if err != nil || string(one) != "done\n" {
		t.Fatalf("%s, %v", one, err)
	}
	if n := found(); n > 0 {
		t.Errorf("the disk still holds %d of %d", n, len(s.gone))
	}
}
