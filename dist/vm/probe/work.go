package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"glovebox/headunit"
)

// A work does what a power cut interrupts. What it says goes to /share/said, a line each,
// and into a part of the state's disk that no file system has (marks), so that the write log
// knows what had been answered at each instant:
//
//	set KHZ         that station is durable
//	login           somebody is at the wheel
//	secret TEXT     a person's; it is never on the disk in the clear
//	guest TEXT      a guest's; it is never on the disk
//	slots HEX HEX   parts of the key ring's two slots, before a removal
//	removing NAME   begins
//	removed NAME    is answered: NAME is gone, and so are the slots said last
//	ended           a guest's session has ended, and the process was exchanged
//	now KIND        what is done from here on, until the power fails
type work struct {
	*headunit.Client
	said   *os.File
	marks  int // a descriptor; -1: none
	person string
	khz    uint32
}

// marksAt is where the marks begin on the state's disk: behind its file system.
const marksAt = 120 << 20

const pin = "480213"

// times is how often a kind is done where it ends.
var times = map[string]int{"settings": 20, "login": 4, "removal": 8, "guest": 3, "exchange": 3}

// does plays kinds, each for a while, or the last for ever.
func does(kinds []string, forever bool) error {
	ctx := context.Background()
	w := &work{marks: -1}
	var err error
	if w.said, err = os.OpenFile("/share/said", os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644); err != nil {
		return err
	}
	if fd, err := unix.Open("/dev/vdb", unix.O_WRONLY|unix.O_DIRECT, 0); err == nil {
		w.marks = fd
	}
	if w.Client, err = headunit.Dial(ctx, "system"); err != nil {
		return err
	}
	if err := w.settle(ctx); err != nil {
		return err
	}
	for i, kind := range kinds {
		w.say("now " + kind)
		for n := 0; n < times[kind] || forever && i == len(kinds)-1; n++ {
			if err := w.once(ctx, kind, n); err != nil {
				w.say("error " + kind + ": " + err.Error())
				time.Sleep(300 * time.Millisecond)
			}
		}
	}
	return nil
}

// settle logs the main user in, who sets something that must stay sealed.
func (w *work) settle(ctx context.Context) error {
	for range 300 {
		people, err := w.Profiles(ctx)
		if err == nil && len(people) > 0 {
			w.person = people[0].ID
			break
		}
		time.Sleep(200 * time.Millisecond)
	}
	if err := w.enter(ctx); err != nil {
		return err
	}
	settings, err := w.Get(ctx, "radio")
	if err != nil {
		return err
	}
	last, _ := settings["last"].(map[string]any)
	w.khz, _ = last["frequency_khz"].(uint32)
	secret := "secret-" + random()
	w.say("secret " + secret)
	return w.SetText(ctx, "navigation", "home", `{"name":"`+secret+`","latitude":54.19,"longitude":6.62}`)
}

func (w *work) enter(ctx context.Context) (err error) {
	for range 100 {
		if _, err = w.Login(ctx, w.person, pin, false); err == nil {
			return nil
		}
		time.Sleep(200 * time.Millisecond)
	}
	return err
}

// once is one step of a kind.
func (w *work) once(ctx context.Context, kind string, n int) error {
	if kind != "guest" && kind != "exchange" && kind != "login" && n == 0 {
		if err := w.enter(ctx); err != nil {
			return err
		}
	}
	switch kind {
	case "settings":
		khz := max(87500, w.khz+1)
		err := w.Set(ctx, "radio", map[string]any{"last": map[string]any{"band": "FM", "frequency_khz": khz}})
		if err == nil {
			w.khz = khz
			w.say(fmt.Sprint("set ", khz))
		}
		return err
	case "login":
		if err := w.enter(ctx); err != nil {
			return err
		}
		w.say("login")
		return w.Logout(ctx)
	case "removal":
		if n%6 != 0 {
			time.Sleep(200 * time.Millisecond)
			return nil
		}
		return w.remove(ctx)
	case "guest", "exchange":
		if _, err := w.Guest(ctx, false); err != nil {
			return err
		}
		text := "guest-" + random()
		w.say("guest " + text)
		if err := w.SetText(ctx, "navigation", "home", `{"name":"`+text+`","latitude":54.19,"longitude":6.62}`); err != nil || kind == "guest" {
			return err
		}
		if err := w.Logout(ctx); err != nil {
			return err
		}
		w.say("ended")
		return nil
	}
	return errors.New("no such kind")
}

// remove takes the last of the secondary users out of the car.
func (w *work) remove(ctx context.Context) error {
	people, err := w.Profiles(ctx)
	if err != nil {
		return err
	}
	if len(people) < 2 {
		time.Sleep(time.Second)
		return nil
	}
	gone := people[len(people)-1]
	keys, err := os.ReadFile("/var/lib/glovebox/keys")
	if err != nil || len(keys) < 32<<10 {
		return errors.Join(err, errors.New("no key ring"))
	}
	w.say("slots " + hex.EncodeToString(keys[1024:1088]) + " " + hex.EncodeToString(keys[17408:17472]))
	w.say("removing " + gone.Name)
	if _, err := w.Remove(ctx, gone.ID); err != nil {
		return err
	}
	w.say("removed " + gone.Name)
	return nil
}

func random() string {
	b := make([]byte, 12)
	_, _ = rand.Read(b)
	return hex.EncodeToString(b)
}

// say writes a line where the host sees it, and as a mark. Writing a mark flushes nothing:
// the disk has of the agent's what the agent itself has flushed.
func (w *work) say(line string) {
	fmt.Fprintln(w.said, line)
	if w.marks < 0 {
		return
	}
	page, err := unix.Mmap(-1, 0, 4096, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE) // O_DIRECT wants it aligned
	if err != nil {
		return
	}
	copy(page, "GBMARK "+strings.TrimSpace(line)+"\n")
	if _, err := unix.Pwrite(w.marks, page, marksAt); err != nil {
		fmt.Fprintln(w.said, "error mark:", err)
	}
	_ = unix.Munmap(page)
}
