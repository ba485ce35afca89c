package fence

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// ownSerials is where the serials of the messages begin that the fence writes;
// godbus counts from 1.
const ownSerials = 1 << 31

const (
	maxAnswers = 16 << 10 // bytes of answers that are sent together
	atOnce     = 512      // bytes of spare ones that are sent at once; dbus-daemon reads 2,048 in one go
	again      = time.Millisecond
)

var (
	unknownUser = Refusal{"org.glovebox.Error.NotReady", "the bus does not say whose program this is; try again", true}
	tooMany     = Refusal{"org.freedesktop.DBus.Error.LimitsExceeded", "too many programs call for the first time; try again", true}
)

// greeting is the server's part of the authentication towards godbus, which does
// not know that the fence has been let in already.
type greeting struct {
	said string
	done bool
}

func (g *greeting) answer() string {
	said := g.said
	g.said = ""
	return said
}

func (g *greeting) hear(line string) {
	switch {
	case line == "AUTH\r\n":
		g.said = "REJECTED EXTERNAL\r\n"
	case strings.HasPrefix(line, "AUTH "):
		g.said = "OK " + machineID() + "\r\n" // godbus answers Peer.GetMachineId with it
	case line == "BEGIN\r\n":
		g.done = true
	}
}

// machineID is the machine's own, as in machine-id(5); zeros where it has none.
func machineID() string {
	for _, file := range []string{"/etc/machine-id", "/var/lib/dbus/machine-id"} {
		if id, err := os.ReadFile(file); err == nil && len(bytes.TrimSpace(id)) == 32 {
			return string(bytes.TrimSpace(id))
		}
	}
	return strings.Repeat("0", 32)
}

// Write sends a message of godbus, which writes each whole, and remembers a call
// so that its answer may pass.
func (f *Fence) Write(p []byte) (int, error) {
	if !f.greeting.done {
		f.greeting.hear(string(p))
		return len(p), nil
	}
	f.writing.Lock()
	defer f.writing.Unlock()
	if len(p) > fixedLength && p[1] == methodCall && p[2]&noReplyExpected == 0 {
		header, _, err := lengths(p)
		if err != nil {
			return 0, err
		}
		h, err := parseHeader(p[:header])
		if err != nil {
			return 0, err
		}
		f.open[h.Serial] = h.Destination
	}
	defer f.answered(p)
	return f.bus.conn.Write(p)
}

// answered notes that a message which is an answer has been sent.
func (f *Fence) answered(p []byte) {
	if len(p) > 1 && (p[1] == methodReturn || p[1] == methodError) {
		f.unanswered.Add(-1)
	}
}

// Reply answers a call past godbus, which cannot send descriptors through the fence nor
// values without a Go type. body is little endian; the descriptors stay the caller's.
func (f *Fence) Reply(to string, serial uint32, types string, body []byte, descriptors ...int) error {
	f.writing.Lock()
	defer f.writing.Unlock()
	h := Header{Kind: methodReturn, Flags: noReplyExpected, Serial: f.nextSerial(), ReplySerial: serial, Destination: to,
		Signature: types, Descriptors: uint32(len(descriptors)), Length: len(body)}
	p := append(h.append(nil), body...)
	defer f.answered(p)
	var rights []byte
	if len(descriptors) > 0 {
		rights = unix.UnixRights(descriptors...)
	}
	n, _, err := f.bus.conn.WriteMsgUnix(p, rights, nil)
	if err == nil && n < len(p) {
		_, err = f.bus.conn.Write(p[n:])
	}
	return err
}

func (f *Fence) nextSerial() uint32 {
	f.serial++
	return f.serial | ownSerials
}

// ours reports whether a reply answers a call of ours and comes from whom we
// called.
func (f *Fence) ours(h *Header) bool {
	f.writing.Lock()
	defer f.writing.Unlock()
	to, open := f.open[h.ReplySerial]
	if !open || h.Sender != to && (to != f.options.Heard || h.Sender != f.owner) {
		return false
	}
	delete(f.open, h.ReplySerial)
	return true
}

// answer refuses a call. What is within its user's limits is answered for certain,
// when nothing more has arrived. The bus takes what we send bit by bit among all its
// connections, so a flood is answered when the bus has nothing else to read from us, and
// only as far as there is room until then.
func (f *Fence) answer(c *Call, why *Refusal) {
	if c.Flags&noReplyExpected != 0 {
		return
	}
	f.writing.Lock()
	defer f.writing.Unlock()
	if why.Flood && !f.spare.room(c.Sender) {
		return
	}
	h := Header{Kind: methodError, Flags: noReplyExpected, Serial: f.nextSerial(), ErrorName: why.Name, ReplySerial: c.Serial,
		Destination: c.Sender, Signature: "s", Length: 4 + len(why.Text) + 1}
	text := binary.LittleEndian.AppendUint32(nil, uint32(len(why.Text)))
	text = append(append(text, why.Text...), 0)
	if why.Flood {
		f.spare.add(c.Sender, append(h.append(nil), text...))
		return
	}
	f.answers = append(h.append(f.answers), text...)
	if len(f.answers) > maxAnswers {
		_ = f.send() // Read sees the end of the connection
	}
}

// flush sends the answers that wait before Read does. Where some must wait on, Read
// comes again soon.
func (f *Fence) flush() error {
	f.writing.Lock()
	defer f.writing.Unlock()
	if len(f.answers) == 0 && len(f.spare.waiting) > 0 && f.taken() {
		f.answers = f.spare.take(f.answers, atOnce)
	}
	if len(f.spare.waiting) > 0 {
		if err := f.bus.conn.SetReadDeadline(time.Now().Add(again)); err != nil {
			return err
		}
	}
	return f.send()
}

// taken reports whether the bus has read all that was sent.
func (f *Fence) taken() bool { return f.empty(unix.SIOCOUTQ) }

// Drained reports whether every call that has arrived has passed, or was answered.
func (f *Fence) Drained() bool { return f.quiet.Load() && f.empty(unix.SIOCINQ) }

// empty reports whether nothing waits in one of the socket's two queues.
func (f *Fence) empty(queue uint) bool {
	raw, err := f.bus.conn.SyscallConn()
	if err != nil {
		return false
	}
	unread := 1
	_ = raw.Control(func(fd uintptr) { unread, err = unix.IoctlGetInt(int(fd), queue) }) // closed: unread
	return err == nil && unread == 0
}

// send is flush for what is answered for certain.
func (f *Fence) send() error {
	if len(f.answers) == 0 {
		return nil
	}
	_, err := f.bus.conn.Write(f.answers)
	f.answers = f.answers[:0]
	if err != nil {
		return fmt.Errorf("answer a call: %w", err)
	}
	return nil
}
