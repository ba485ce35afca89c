package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"glovebox/headunit"
)

const pin = "480213"

// A bench looks at images: it repairs the file system, takes the state out without mounting
// and boots the real agent on it.
type bench struct {
	dir    string // everything of it
	agent  string // the program
	bus    string // address
	daemon *exec.Cmd
	people []string // names at the beginning
}

func newBench(dir, agent, config string, people []string) (*bench, error) {
	b := &bench{dir: dir, agent: agent, people: people, bus: "unix:path=" + filepath.Join(dir, "bus")}
	conf := fmt.Sprintf(`<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>%s</listen><auth>EXTERNAL</auth><policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>`, b.bus)
	text := fmt.Sprintf("[store]\ndir = %q\n[session]\nruntime_dir = %q\n[dbus]\naddress = %q\nhmi_users = [\"0\"]\n%s", b.state(), filepath.Join(dir, "run"), b.bus, config)
	if err := os.WriteFile(filepath.Join(dir, "bus.conf"), []byte(conf), 0o600); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(dir, "gloveboxd.toml"), []byte(text), 0o600); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Join(dir, "run"), 0o700); err != nil {
		return nil, err
	}
	b.daemon = exec.Command("dbus-daemon", "--nofork", "--nopidfile", "--config-file", filepath.Join(dir, "bus.conf"))
	return b, b.daemon.Start()
}

func (b *bench) state() string { return filepath.Join(b.dir, "state") }

func (b *bench) close() {
	_ = b.daemon.Process.Kill()
	_ = b.daemon.Wait()
}

// look says what is wrong with an image, given what had been said; nothing if all is well.
// It writes to the image.
func (b *bench) look(image string, s *said) (wrong []string, err error) {
	found, err := scan(image, s.planted())
	if err != nil {
		return nil, err
	}
	for _, f := range found {
		what := "a planted value is on the disk: " + f
		if slices.Contains(s.slots, f) {
			what = "a slot of the key ring from before a removal is on the disk"
		}
		wrong = append(wrong, what)
	}
	if out, err := exec.Command("e2fsck", "-fy", image).CombinedOutput(); err != nil && err.(*exec.ExitError).ExitCode() > 2 {
		return append(wrong, "file system: "+string(out)), nil
	}
	if err := os.RemoveAll(b.state()); err != nil {
		return nil, err
	}
	if err := os.Mkdir(b.state(), 0o700); err != nil {
		return nil, err
	}
	if out, err := exec.Command("debugfs", "-R", "rdump / "+b.state(), image).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("debugfs: %w: %s", err, out)
	}
	_ = os.Remove(filepath.Join(b.state(), "lost+found"))
	_ = os.Chmod(b.state(), 0o700) // rdump takes the mode of the root directory over
	more, err := b.boot(s)
	return append(wrong, more...), err
}

// boot starts the agent on the state and compares.
func (b *bench) boot(s *said) (wrong []string, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c, err := headunit.Dial(ctx, b.bus)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	var log bytes.Buffer
	agent := exec.Command(b.agent, "--config", filepath.Join(b.dir, "gloveboxd.toml"))
	agent.Stderr = &log
	if err := agent.Start(); err != nil {
		return nil, err
	}
	gone := make(chan struct{})
	go func() { _ = agent.Wait(); close(gone) }()
	defer func() { _ = agent.Process.Kill(); <-gone }()
	if err := c.Await(ctx, gone); err != nil {
		return []string{"the agent does not come up: " + log.String()}, nil
	}
	properties, err := c.Properties(ctx, "Vehicle1")
	if err != nil {
		return nil, err
	}
	if r, _ := properties["Recovered"].([]string); len(r) > 0 {
		wrong = append(wrong, fmt.Sprint("damaged: ", r))
	}
	people, err := c.Profiles(ctx)
	if err != nil {
		return nil, err
	}
	main, there := "", map[string]bool{}
	for _, p := range people {
		there[p.Name] = true
		if p.Name == "anna" {
			main = p.ID
		}
	}
	for _, name := range b.people {
		switch {
		case s.gone[name] && there[name]:
			wrong = append(wrong, name+" was removed and is there")
		case !s.gone[name] && !there[name] && name != s.going:
			wrong = append(wrong, name+" is missing")
		}
	}
	if _, err := c.Login(ctx, main, pin, false); err != nil {
		return append(wrong, "nobody can log in: "+err.Error()), nil
	}
	settings, err := c.Get(ctx, "radio")
	if err != nil {
		return append(wrong, "settings: "+err.Error()), nil
	}
	last, _ := settings["last"].(map[string]any)
	// the answer of the newest may not have come
	if khz, _ := last["frequency_khz"].(uint32); s.khz != 0 && khz != s.khz && khz != s.khz+1 {
		wrong = append(wrong, fmt.Sprintf("station %d was durable, %d is there", s.khz, khz))
	}
	return wrong, nil
}

// scan says which texts and bytes are in the part of an image that has a file system.
func scan(image string, words []string) (found []string, err error) {
	f, err := os.Open(image)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	left := map[string][]byte{}
	for _, w := range words {
		left[w] = []byte(w)
		if raw, err := hex.DecodeString(w); err == nil {
			left[w] = raw
		}
	}
	const overlap = 256
	buf := make([]byte, 1<<20+overlap)
	for at := int64(0); at < marksAt; at += 1 << 20 {
		n, err := f.ReadAt(buf[:min(int64(len(buf)), marksAt-at)], at)
		if err != nil && err != io.EOF {
			return nil, err
		}
		if part := buf[:n]; len(bytes.TrimLeft(part, "\x00")) > 0 {
			for w, b := range left {
				if bytes.Contains(part, b) {
					found = append(found, w)
					delete(left, w)
				}
			}
		}
	}
	return found, nil
}

// brief is a list of what is wrong, for a line.
func brief(wrong []string) string { return strings.ReplaceAll(strings.Join(wrong, "; "), "\n", " ") }
