package cloud

import (
	"bytes"
	"encoding/json"
	"slices"
	"time"
)

// inbox is what one reader found, the newest last.
type inbox struct {
	messages []Message
	dropped  int // messages no longer kept
}

// sequence names one message of a car for good.
type sequence struct {
	mailbox string
	epoch   string
	seq     uint64
}

// Received returns what a reader found in the mailboxes they had, oldest first,
// repeats too.
func (b *BackEnd) Received(reader string) []Message {
	b.mu.Lock()
	defer b.mu.Unlock()
	if in := b.received[reader]; in != nil {
		return append([]Message(nil), in.messages...)
	}
	return nil
}

// Count is how many messages a reader has found, those no longer kept too. It
// marks a place in time: Since(reader, n) is what came later.
func (b *BackEnd) Count(reader string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	if in := b.received[reader]; in != nil {
		return in.dropped + len(in.messages)
	}
	return 0
}

// Since returns what a reader found after the first n messages.
func (b *BackEnd) Since(reader string, n int) []Message {
	b.mu.Lock()
	defer b.mu.Unlock()
	in := b.received[reader]
	if in == nil || n >= in.dropped+len(in.messages) {
		return nil
	}
	return append([]Message(nil), in.messages[max(0, n-in.dropped):]...)
}

// arrived takes one message off the line.
func (b *BackEnd) arrived(topic string, raw []byte, qos byte, retained bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	defer b.notify()
	if topic == "gb/1/"+b.car.VID+"/state" {
		b.takeState(raw)
		return
	}
	way, name, kind, form, ok := mailbox(b.car.VID, topic)
	if ok && way == "ack" && b.current != nil && name == b.current.Inbox {
		if err := b.atTheWheel(raw); err != nil {
			b.breach("%s: %v", topic, err)
		}
		return
	}
	if !ok || way == "to" && b.current != nil && name == b.current.Inbox {
		return // policy, act, ask, the car's inbox: not from the car
	}
	if retained {
		b.breach("%s: a retained message", topic)
	}
	if qos != 1 {
		b.breach("%s: quality of service %d", topic, qos)
	}
	known, ok := b.boxes[name]
	if !ok {
		b.breach("%s: a mailbox that was never granted", topic)
		return
	}
	if known.until != 0 && b.state.Policy >= known.until {
		b.breach("%s: a mailbox of %s that document %d took away", topic, known.reader.Name, known.until)
	}
	m := Message{At: time.Now(), Reader: known.reader.Name, Mailbox: name, Topic: topic, Kind: kind, Form: form, Raw: bytes.Clone(raw)}
	if way == "ack" {
		if err := b.answered(known.reader, m); err != nil {
			b.breach("%s: %v", topic, err)
		}
		return
	}
	b.file(known.reader, m)
}

// answered takes the result of an action, or the signed answer to a challenge; mu
// is held.
func (b *BackEnd) answered(r *Reader, m Message) error {
	plain, err := r.open(&m, b.car, b.versions())
	if err != nil {
		return err
	}
	if text := bytes.TrimSpace(plain); !bytes.HasPrefix(text, []byte("{")) {
		return b.takeFacts(r, text)
	}
	return b.takeResult(r, plain)
}

// file opens a message, compares it with its like and keeps it; mu is held.
func (b *BackEnd) file(r *Reader, m Message) {
	if located := m.Kind == "position" || m.Kind == "trips"; located && m.Form != "hpke" && r.key() != nil {
		b.breach("%s: not sealed, but %s has a key for it", m.Topic, r.Name)
	}
	if m.Plain, m.Err = r.open(&m, b.car, b.versions()); m.Err == nil {
		m.Err = m.read()
	}
	if m.Err != nil {
		b.breach("%s: %v", m.Topic, m.Err)
	} else {
		key := sequence{m.Mailbox, m.Epoch, m.Seq}
		before, seen := b.seen[key]
		switch content := m.content(); {
		case !seen:
			b.seen[key] = content
		case before == content:
			m.Repeat = true
		default:
			b.breach("%s: epoch %s seq %d came before with other content", m.Topic, m.Epoch, m.Seq)
		}
	}
	if m.Note != nil {
		b.unheard = slices.DeleteFunc(b.unheard, func(l heard) bool { return l.id == m.Note.ID })
	}
	in := b.received[r.Name]
	in.messages = append(in.messages, m)
	if b.keep > 0 && len(in.messages) > b.keep {
		old := in.messages[0]
		delete(b.seen, sequence{old.Mailbox, old.Epoch, old.Seq})
		in.messages = append(in.messages[:0], in.messages[1:]...)
		in.dropped++
	}
}

// versions are those of every document so far, the newest first; mu is held.
func (b *BackEnd) versions() []uint64 {
	var all []uint64
	for v := b.current.Version; v >= firstVersion; v-- {
		all = append(all, v)
	}
	return all
}

// takeState reads the retained state or the will; mu is held.
func (b *BackEnd) takeState(raw []byte) {
	if len(raw) == 0 { // a car that was erased empties it
		b.forgotten()
		return
	}
	var s State
	if err := json.Unmarshal(raw, &s); err != nil {
		b.breach("state: %v", err)
		return
	}
	if s.Online { // the car listens before it says so
		b.sayAgain()
	}
	b.state = s
	b.postHeld()
	b.publishNext()
}
