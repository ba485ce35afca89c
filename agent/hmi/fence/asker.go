package fence

import (
	"encoding/binary"
	"fmt"
	"sync"
	"time"
)

// asker is the second connection to the bus. The fence asks it who a sender is,
// whatever waits on the first.
type asker struct {
	*stream
	ended chan struct{} // closed when listen has returned

	mu     sync.Mutex
	serial uint32                           // guarded by mu
	open   map[uint32]func(*Header, []byte) // guarded by mu: questions, each with who wants the answer
}

// newAsker connects; the bus is still to welcome it.
func newAsker(address string, patience time.Duration) (*asker, error) {
	s, err := dial(address, patience, false)
	if err != nil {
		return nil, err
	}
	a := &asker{stream: s, ended: make(chan struct{}), open: map[uint32]func(*Header, []byte){}}
	a.ask("Hello", "", func(*Header, []byte) {})
	return a, nil
}

// ask asks the bus itself. answered comes once, in the goroutine of listen, or
// never where the connection ends.
func (a *asker) ask(member, arg string, answered func(h *Header, body []byte)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.serial++
	a.open[a.serial] = answered
	h := Header{Kind: methodCall, Serial: a.serial, Path: "/org/freedesktop/DBus", Interface: busName, Member: member, Destination: busName}
	var body []byte
	if arg != "" {
		h.Signature = "s"
		body = append(append(binary.LittleEndian.AppendUint32(nil, uint32(len(arg))), arg...), 0)
		h.Length = len(body)
	}
	_, _ = a.conn.Write(append(h.append(nil), body...)) // listen sees the end of the connection
}

// listen reads the answers until the connection ends; then it calls gone. Nothing
// but the bus's answers is looked at.
func (a *asker) listen(gone func()) {
	defer close(a.ended)
	defer gone()
	for {
		h, body, fds, ok, err := a.message()
		if closeAll(fds); err != nil {
			return
		}
		if !ok || h.Sender != busName || h.Kind != methodReturn && h.Kind != methodError {
			continue
		}
		a.mu.Lock()
		answered := a.open[h.ReplySerial]
		delete(a.open, h.ReplySerial)
		a.mu.Unlock()
		if answered != nil {
			answered(&h, body)
		}
	}
}

// number is the one number in a reply.
func number(h *Header, body []byte) (uint32, error) {
	c := cursor{b: body, big: h.BigEndian}
	n := c.uint32()
	if h.Kind != methodReturn || h.Signature != "u" || c.err != nil {
		return 0, fmt.Errorf("the bus does not say: %s", h.ErrorName)
	}
	return n, nil
}

// word is the one string in a reply.
func word(h *Header, body []byte) (string, error) {
	c := cursor{b: body, big: h.BigEndian}
	s := string(c.text())
	if h.Kind != methodReturn || h.Signature != "s" || c.err != nil {
		return "", fmt.Errorf("the bus does not say: %s", h.ErrorName)
	}
	return s, nil
}
