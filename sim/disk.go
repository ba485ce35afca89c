package sim

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// diskSize is how much a Disk holds, as mount says it.
const diskSize = "16m"

// Disk is a small file system of its own at the agent's state directory: a tmpfs
// in a mount namespace that nothing else of this machine sees. It lasts as long
// as the world. Without root it stands in a user namespace too; there the agent
// outlives a simulator that is killed.
type Disk struct {
	holder *child // keeps the namespace
	dir    string // the state directory, inside
}

// startDisk mounts a file system at dir.
func startDisk(dir string) (*Disk, error) {
	const script = `mount -t tmpfs -o size="$2",mode=0700 glovebox "$1" && echo mounted && exec sleep infinity`
	args := append(owned("--user", "--map-current-user", "--keep-caps"), "--mount", "--propagation", "private", "sh", "-c", script, "sh", dir, diskSize)
	cmd := exec.Command("unshare", args...)
	read, write, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer read.Close()
	said, err := os.CreateTemp("", "glovebox-mount")
	if err != nil {
		return nil, errors.Join(err, write.Close())
	}
	defer os.Remove(said.Name())
	defer said.Close()
	cmd.Stdout, cmd.Stderr = write, said
	holder, err := start(cmd)
	write.Close()
	if err != nil {
		return nil, fmt.Errorf("a disk of its own: %w", err)
	}
	if err := read.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
		holder.kill()
		return nil, err
	}
	if _, err := bufio.NewReader(read).ReadString('\n'); err != nil {
		holder.kill()
		why, _ := os.ReadFile(said.Name())
		return nil, fmt.Errorf("a disk of its own cannot be mounted here: %s", why)
	}
	return &Disk{holder, dir}, nil
}

// Dir is the state directory as the rest of the machine reads it.
func (d *Disk) Dir() string {
	return filepath.Join("/proc", fmt.Sprint(d.holder.pid()), "root", d.dir)
}

// inside is what a program is run with to see the file system.
func (d *Disk) inside() []string {
	user := owned(fmt.Sprintf("--user=/proc/%d/ns/user", d.holder.pid()), "--preserve-credentials")
	return append(append([]string{"nsenter"}, user...), fmt.Sprintf("--mount=/proc/%d/ns/mnt", d.holder.pid()), "--")
}

// owned is the options for a user namespace, none for root, who needs none.
func owned(options ...string) []string {
	if os.Geteuid() == 0 {
		return nil
	}
	return options
}

// ballast is the file that fills the disk.
const ballast = "ballast"

// Fill leaves no byte free.
func (d *Disk) Fill() (err error) {
	f, err := os.OpenFile(filepath.Join(d.Dir(), ballast), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("fill the disk: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	for size := 64 << 10; size > 0; size /= 2 {
		for err == nil {
			_, err = f.Write(make([]byte, size))
		}
		if !errors.Is(err, syscall.ENOSPC) {
			return fmt.Errorf("fill the disk: %w", err)
		}
		err = nil
	}
	return nil
}

// Free ends Fill.
func (d *Disk) Free() error {
	if err := os.Remove(filepath.Join(d.Dir(), ballast)); err != nil {
		return fmt.Errorf("free the disk: %w", err)
	}
	return nil
}

// close copies what the file system holds to where it was mounted, and ends it.
func (d *Disk) close() error {
	err := os.Remove(filepath.Join(d.Dir(), ballast))
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	err = errors.Join(err, os.CopyFS(d.dir, os.DirFS(d.Dir())))
	d.holder.kill()
	return err
}
