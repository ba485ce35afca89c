package fence

import (
	"errors"
	"io"
	"net"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// room is what a stream holds of small messages; a larger one has a buffer of its
// own while it is read.
const room = 16 << 10

// stream reads messages from a bus's socket. It keeps at most one of up to
// maxFields and maxBody; what is longer is read in small pieces and forgotten. Of the
// descriptors that arrive it keeps those of the message that is read next.
type stream struct {
	conn  *net.UnixConn
	buf   []byte
	start int // of what is not yet read
	end   int // of what has arrived
	oob   [4096]byte
	came  []came
}

// came is descriptors that arrived with bytes up to end: the kernel ends a read behind
// the bytes that they were sent with, so they belong to the message with the last byte
// before it.
type came struct {
	end int // in buf
	fds []int
}

func newStream(conn *net.UnixConn) *stream { return &stream{conn: conn, buf: make([]byte, room)} }

// message reads the next message. body is nil where it is longer than maxBody;
// both are good until the next call. ok is false for a message that is not to be
// understood. The descriptors that came with it are the caller's to close. A deadline
// that passes before a message begins is an error; the next call goes on.
func (s *stream) message() (h Header, body []byte, fds []int, ok bool, err error) {
	h, body, ok, err = s.next(&fds)
	fds = append(fds, s.claim()...)
	if err != nil || !ok {
		closeAll(fds)
		fds = nil
	}
	return h, body, fds, ok, err
}

// next reads a message; of a long one fds came with the part that is read.
func (s *stream) next(fds *[]int) (h Header, body []byte, ok bool, err error) {
	b, err := s.peek(fixedLength)
	if err != nil {
		return h, nil, false, err
	}
	header, length, err := lengths(b)
	if err != nil {
		return h, nil, false, err
	}
	if header > maxFields {
		return h, nil, false, s.skip(header + length)
	}
	whole := header + length
	if length > maxBody {
		whole = header
	}
	if b, err = s.whole(whole); err != nil {
		return h, nil, false, err
	}
	h, err = parseHeader(b[:header])
	ok = err == nil
	s.start += whole
	if length > maxBody {
		*fds = s.claim()
		return h, nil, ok, s.skip(length)
	}
	return h, b[header:whole:whole], ok, nil
}

// waits reports whether the next message is not there yet, so that reading it
// would block.
func (s *stream) waits() bool { return s.end-s.start < fixedLength }

// peek returns at least n bytes, not yet read.
func (s *stream) peek(n int) ([]byte, error) {
	waiting := s.end - s.start
	switch {
	case n > len(s.buf): // a large message
		s.move(make([]byte, n))
	case len(s.buf) > room && max(n, waiting) <= room: // it is done
		s.move(make([]byte, room))
	case n > len(s.buf)-s.start:
		s.move(s.buf)
	}
	for s.end-s.start < n {
		if err := s.read(); err != nil {
			return nil, err
		}
	}
	return s.buf[s.start:s.end], nil
}

func (s *stream) move(to []byte) {
	for i := range s.came {
		s.came[i].end -= s.start
	}
	s.end = copy(to, s.buf[s.start:s.end])
	s.buf, s.start = to, 0
}

// claim takes the descriptors that came with what is read.
func (s *stream) claim() (fds []int) {
	for len(s.came) > 0 && s.came[0].end <= s.start {
		fds = append(fds, s.came[0].fds...)
		s.came = s.came[1:]
	}
	return fds
}

// forget closes the descriptors of messages that nobody reads any more.
func (s *stream) forget() {
	for _, c := range s.came {
		closeAll(c.fds)
	}
	s.came = nil
}

// whole is peek for a message that has begun: a deadline waits for its end.
func (s *stream) whole(n int) ([]byte, error) {
	for {
		b, err := s.peek(n)
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return b, err
		}
		if err := s.conn.SetReadDeadline(time.Time{}); err != nil {
			return nil, err
		}
	}
}

// skip reads n bytes and forgets them.
func (s *stream) skip(n int) error {
	for n > 0 {
		b, err := s.whole(1)
		if err != nil {
			return err
		}
		some := min(n, len(b))
		s.start += some
		n -= some
		if n > 0 {
			closeAll(s.claim()) // it is too long for anything
		}
	}
	return nil
}

// read adds what has arrived.
func (s *stream) read() error {
	n, oobn, _, _, err := s.conn.ReadMsgUnix(s.buf[s.end:], s.oob[:])
	s.end += max(n, 0) // less than zero where a deadline passed
	if oobn > 0 {
		if fds := descriptors(s.oob[:oobn]); n > 0 {
			s.came = append(s.came, came{s.end, fds})
		} else {
			closeAll(fds)
		}
	}
	if err == nil && n == 0 {
		return io.EOF
	}
	return err
}

// descriptors are those in a control message.
func descriptors(oob []byte) (all []int) {
	messages, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return nil
	}
	for i := range messages {
		if fds, err := unix.ParseUnixRights(&messages[i]); err == nil {
			all = append(all, fds...)
		}
	}
	return all
}

func closeAll(fds []int) {
	for _, fd := range fds {
		_ = unix.Close(fd)
	}
}
