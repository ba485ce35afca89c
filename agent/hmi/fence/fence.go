// Package fence stands between the bus and the decoder. It reads the bus's socket
// message by message and knows each from its header alone; what passes is well
// formed to the last byte and small when it is decoded, and has a header written
// anew. The rest it answers itself. To godbus it is the socket of the bus.
//
// What may pass: a method call that the Rules let through, from a sender whose
// user is known; a reply to a call of ours; a signal of the bus, or of the present
// owner of one more name.
package fence

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// maxBody is the longest body that anything may have.
const maxBody = 128 << 10

// Call is a method call that arrived.
type Call struct {
	Header
	UID    uint32 // the user of the sender
	Number uint64 // counts in the order of the bus
	Files  []int  // its descriptors: of a call that passes they are its receiver's to close
}

// Refusal is the error that a caller is answered.
type Refusal struct {
	Name, Text string
	Flood      bool // beyond what the user may ask: it may go unanswered
}

// Rules say what may pass as far as a header tells. Both methods come from one
// goroutine and must not block.
type Rules interface {
	// Check says how long the arguments of a call may be, or why it may not pass.
	// It counts the call, whatever else is wrong with it.
	Check(c *Call) (limit int, refusal *Refusal)
	// Pass hears that the call checked last passes, before it is decoded.
	Pass(c *Call)
}

// Options of a fence.
type Options struct {
	Patience time.Duration // how long the bus may take to let the agent in
	Heard    string        // a name whose owner's signals pass, besides the bus's
	// UID is the user of a unique name. Nil asks the bus, on a connection of its own.
	UID func(sender string) (uint32, error)
}

// Fence is a connection to the bus. Read belongs to one goroutine, the other
// methods may be shared.
type Fence struct {
	bus     *stream
	rules   Rules
	options Options
	asker   *asker
	senders *senders

	unread   []byte // of the message that passed last
	passed   []byte // its room
	arrivals uint64
	owner    string // of options.Heard
	told     bool   // by the bus, when it changed
	greeting greeting
	quiet    atomic.Bool // Read waits for the bus, and no call waits for its sender's user

	unanswered atomic.Int64 // calls that passed

	mu    sync.Mutex
	later []func() // guarded by mu: what the asker heard, for Read

	writing sync.Mutex
	open    map[uint32]string // guarded by writing: our calls without an answer, each with its destination
	answers []byte            // guarded by writing: of the fence's own, not yet sent
	spare   spare             // guarded by writing: the same for a flood
	serial  uint32            // guarded by writing: of the messages that the fence writes
}

// Dial connects to the bus: system, session or a D-Bus address.
func Dial(address string, rules Rules, options Options) (*Fence, error) {
	f := &Fence{rules: rules, options: options, open: map[uint32]string{}, senders: newSenders()}
	var err error
	if f.bus, err = dial(address, options.Patience, true); err != nil {
		return nil, err
	}
	if f.asker, err = newAsker(address, options.Patience); err != nil {
		return nil, errors.Join(err, f.bus.conn.Close())
	}
	// Both are under way before either is waited for: a bus that boots has much to do.
	if err = errors.Join(f.bus.welcome(true), f.asker.welcome(false)); err != nil {
		return nil, errors.Join(err, f.bus.conn.Close(), f.asker.conn.Close())
	}
	go f.asker.listen(f.abandon)
	return f, nil
}

// Follow asks who owns the heard name now. The bus must have been asked to tell
// its changes before: where one was told, that is newer.
func (f *Fence) Follow() {
	f.asker.ask("GetNameOwner", f.options.Heard, func(h *Header, body []byte) {
		if owner, err := word(h, body); err == nil {
			f.post(func() {
				if !f.told {
					f.owner = owner
				}
			})
		}
	})
}

// Close leaves the bus. A Read ends.
func (f *Fence) Close() error {
	err := errors.Join(f.bus.conn.Close(), f.asker.conn.Close())
	<-f.asker.ended
	return err
}

// Unanswered is how many calls passed that expect an answer and have none yet.
func (f *Fence) Unanswered() int64 { return f.unanswered.Load() }

// abandon ends Read where nobody can say any more who calls.
func (f *Fence) abandon() { _ = f.bus.conn.Close() }

// Read gives the decoder the next bytes of what passed.
func (f *Fence) Read(p []byte) (int, error) {
	if answer := f.greeting.answer(); answer != "" {
		return copy(p, answer), nil
	}
	for len(f.unread) == 0 {
		if err := f.next(); err != nil {
			return 0, err
		}
	}
	n := copy(p, f.unread)
	f.unread = f.unread[n:]
	return n, nil
}

// next takes one message, one that waited for its sender's user or one from the
// bus. Where it passes it is unread afterwards.
func (f *Fence) next() error {
	f.hear()
	if c, body, ok := f.senders.next(); ok {
		f.decide(&c, body)
		return nil
	}
	if f.bus.waits() {
		if err := f.flush(); err != nil {
			return err
		}
		f.quiet.Store(len(f.senders.unknown) == 0)
	}
	h, body, files, ok, err := f.bus.message()
	f.quiet.Store(false)
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded): // post woke it
		return f.bus.conn.SetReadDeadline(time.Time{})
	case err != nil:
		return err
	case !ok:
		return nil
	}
	if h.Kind != methodCall || len(files) != handles(h.Signature) || len(files) > maxFiles {
		closeAll(files)
		files = nil
	}
	switch h.Kind {
	case methodCall:
		f.arrivals++
		f.arrived(Call{Header: h, Number: f.arrivals, Files: files}, body)
	case signal:
		f.signal(&h, body)
	default:
		if f.ours(&h) {
			f.pass(&h, body)
		}
	}
	return nil
}

// arrived finds out who calls. While the bus is asked the call waits.
func (f *Fence) arrived(c Call, body []byte) {
	uid, known := f.senders.uid(c.Sender)
	if !known && f.options.UID != nil {
		var err error
		if uid, err = f.options.UID(c.Sender); err != nil {
			f.refuse(&c, &unknownUser)
			return
		}
		f.senders.learn(c.Sender, uid)
		known = true
	}
	if known {
		c.UID = uid
		f.decide(&c, body)
		return
	}
	ask, ok := f.senders.hold(c, body)
	switch {
	case !ok:
		f.refuse(&c, &tooMany)
	case ask:
		f.asker.ask("GetConnectionUnixUser", c.Sender, func(h *Header, body []byte) {
			uid, err := number(h, body)
			f.post(func() { f.identified(c.Sender, uid, err) })
		})
	}
}

// identified goes on with the calls of a sender whose user is known now.
func (f *Fence) identified(sender string, uid uint32, err error) {
	for _, c := range f.senders.release(sender, uid, err == nil) {
		f.refuse(&c, &unknownUser)
	}
}

// post has Read run what the asker heard.
func (f *Fence) post(run func()) {
	f.mu.Lock()
	f.later = append(f.later, run)
	f.mu.Unlock()
	_ = f.bus.conn.SetReadDeadline(time.Unix(1, 0)) // closed: Read ends anyhow
}

func (f *Fence) hear() {
	f.mu.Lock()
	later := f.later
	f.later = nil
	f.mu.Unlock()
	for _, run := range later {
		run()
	}
}

// decide lets a call pass or answers it.
func (f *Fence) decide(c *Call, body []byte) {
	limit, refusal := f.rules.Check(c)
	if refusal == nil {
		refusal = inspect(c, body, limit)
	}
	if refusal != nil {
		f.refuse(c, refusal)
		return
	}
	if c.Flags&noReplyExpected == 0 {
		f.unanswered.Add(1)
	}
	f.rules.Pass(c)
	f.write(&c.Header, body)
}

// refuse closes what came with a call and answers it.
func (f *Fence) refuse(c *Call, why *Refusal) {
	closeAll(c.Files)
	f.answer(c, why)
}

// maxFiles is how many descriptors a call may bring.
const maxFiles = 1

// handles is how many descriptors a signature names, and so how many come with it.
func handles(signature string) int { return strings.Count(signature, "h") }

// inspect looks at what is behind the header.
func inspect(c *Call, body []byte, limit int) *Refusal {
	switch n := handles(c.Signature); {
	case n != int(c.Descriptors) || n != len(c.Files):
		return refuse("%s takes %d file descriptors", c.Member, n)
	case c.Length > limit:
		return refuse("%s takes at most %d KiB of arguments", c.Member, limit>>10)
	}
	if err := Walk([]byte(c.Signature), c.BigEndian, body); err != nil {
		return refuse("the arguments of %s cannot be read: %w", c.Member, err)
	}
	return nil
}

// refuse is for arguments. It is never given a value.
func refuse(format string, args ...any) *Refusal {
	return &Refusal{Name: "org.glovebox.Error.InvalidArgument", Text: fmt.Errorf(format, args...).Error()}
}

// pass lets a reply or a signal through.
func (f *Fence) pass(h *Header, body []byte) {
	if h.Descriptors == 0 && handles(h.Signature) == 0 && h.Length <= maxBody && Walk([]byte(h.Signature), h.BigEndian, body) == nil {
		f.write(h, body)
	}
}

// write makes a message the next one that the decoder reads. A descriptor is a number
// to it, its place among those of the call.
func (f *Fence) write(h *Header, body []byte) {
	h.Signature, h.Descriptors = strings.ReplaceAll(h.Signature, "h", "u"), 0
	if cap(f.passed) > room {
		f.passed = nil
	}
	f.passed = append(h.append(f.passed[:0]), body...)
	f.unread = f.passed
}

// signal hears what the bus says of names, and lets pass what godbus or somebody
// else here wants to know.
func (f *Fence) signal(h *Header, body []byte) {
	if h.Sender != busName {
		if f.owner != "" && h.Sender == f.owner {
			f.pass(h, body)
		}
		return
	}
	if h.Member != "NameOwnerChanged" {
		f.pass(h, body)
		return
	}
	if h.Signature != "sss" || Walk([]byte("sss"), h.BigEndian, body) != nil {
		return
	}
	c := cursor{b: body, big: h.BigEndian}
	name, _, owner := string(c.text()), c.text(), string(c.text())
	if name == f.options.Heard {
		f.owner, f.told = owner, true
		f.pass(h, body) // whoever speaks with it wants to know
	} else if owner == "" {
		f.senders.forget(name)
		f.writing.Lock()
		f.spare.forget(name)
		f.writing.Unlock()
	}
}
