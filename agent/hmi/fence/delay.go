package fence

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"time"
)

// ErrNobody says that nobody owns the name that was to be called.
var ErrNobody = errors.New("nobody owns the name")

const noAutoStart = 2

// Delay takes a delay lock of a login manager: what, as "sleep", waits until
// the file is closed (org.freedesktop.login1(5), Inhibit). It is the only answer with a
// descriptor that the agent takes, and comes on a connection of its own, which ends with
// it. Nothing counts there but the answers of the bus, and of the owner of the name. With
// ctx the question ends.
func Delay(ctx context.Context, address, name, what, who, why string, patience time.Duration) (lock *os.File, owner string, err error) {
	s, err := dial(address, patience, true)
	if err != nil {
		return nil, "", err
	}
	defer func() { s.forget(); _ = s.conn.Close() }()
	if err := s.welcome(true); err != nil {
		return nil, "", err
	}
	if err := s.conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return nil, "", err
	}
	defer context.AfterFunc(ctx, func() { _ = s.conn.SetDeadline(time.Now()) })()
	ask := func(h Header, args ...string) (Header, []byte, []int, error) {
		h.Kind = methodCall
		var body []byte
		for _, arg := range args {
			body = append(body, make([]byte, -len(body)&3)...)
			body = append(append(binary.LittleEndian.AppendUint32(body, uint32(len(arg))), arg...), 0)
			h.Signature += "s"
		}
		h.Length = len(body)
		if _, err := s.conn.Write(append(h.append(nil), body...)); err != nil {
			return h, nil, nil, err
		}
		return s.answer(h.Serial, h.Destination)
	}
	bus := Header{Path: "/org/freedesktop/DBus", Interface: busName, Destination: busName}
	hello, owns, call := bus, bus, Header{Serial: 3, Flags: noAutoStart, Path: "/org/freedesktop/login1", Interface: name + ".Manager", Member: "Inhibit"}
	hello.Serial, hello.Member, owns.Serial, owns.Member = 1, "Hello", 2, "GetNameOwner"
	if _, _, _, err := ask(hello); err != nil {
		return nil, "", err
	}
	h, body, _, err := ask(owns, name)
	if err != nil {
		return nil, "", err
	}
	if owner, err = word(&h, body); err != nil {
		return nil, "", fmt.Errorf("%w: %s", ErrNobody, name)
	}
	call.Destination = owner
	h, _, fds, err := ask(call, what, who, why, "delay")
	if err != nil {
		return nil, owner, err
	}
	if h.Kind != methodReturn || h.Signature != "h" || len(fds) != 1 {
		closeAll(fds)
		return nil, owner, fmt.Errorf("%s gives no lock: %s", name, h.ErrorName)
	}
	return os.NewFile(uintptr(fds[0]), "delay"), owner, nil
}

// answer is the answer to a call of ours, and its descriptors. Those of other messages
// are closed.
func (s *stream) answer(serial uint32, from string) (Header, []byte, []int, error) {
	for {
		h, body, fds, ok, err := s.message()
		if err != nil {
			return h, nil, nil, err
		}
		if ok && h.ReplySerial == serial && h.Sender == from && (h.Kind == methodReturn || h.Kind == methodError) {
			return h, body, fds, nil
		}
		closeAll(fds)
	}
}
