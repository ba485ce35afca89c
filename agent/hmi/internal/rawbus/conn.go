package rawbus

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Conn is one end of a bus connection after the authentication. One goroutine
// reads, one writes.
type Conn struct {
	*net.UnixConn
	Name     string        // the unique name, of a client
	Patience time.Duration // how long Receive waits; zero is for ever
	in       *bufio.Reader
	serial   uint32
}

// Dial enters a bus as a client.
func Dial(address string) (*Conn, error) {
	path, _, _ := strings.Cut(strings.TrimPrefix(address, "unix:path="), ",")
	socket, err := net.DialUnix("unix", nil, &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, err
	}
	c := &Conn{UnixConn: socket, Patience: 30 * time.Second, in: bufio.NewReaderSize(socket, 1<<16)}
	uid := hex.EncodeToString([]byte(strconv.Itoa(os.Getuid())))
	fmt.Fprintf(socket, "\x00AUTH EXTERNAL %s\r\nNEGOTIATE_UNIX_FD\r\nBEGIN\r\n", uid)
	for range 2 {
		if _, err := c.in.ReadString('\n'); err != nil {
			return nil, err
		}
	}
	hello, err := c.Ask(Message{Path: "/org/freedesktop/DBus", Interface: "org.freedesktop.DBus", Member: "Hello", Destination: "org.freedesktop.DBus"})
	if err != nil {
		return nil, err
	}
	c.Name = string(hello.Body[4 : len(hello.Body)-1])
	return c, nil
}

// Send sends a call, with files, and returns its serial.
func (c *Conn) Send(m Message, files ...int) (uint32, error) {
	c.serial++
	if m.Kind == 0 {
		m.Kind = Call
	}
	m.Serial, m.Files = c.serial, uint32(len(files))
	b := m.Bytes()
	var rights []byte
	if len(files) > 0 {
		rights = unix.UnixRights(files...)
	}
	n, _, err := c.WriteMsgUnix(b, rights, nil)
	if err == nil && n < len(b) {
		_, err = c.Write(b[n:])
	}
	return c.serial, err
}

// Ask sends a call and waits for its answer.
func (c *Conn) Ask(m Message, files ...int) (Message, error) {
	serial, err := c.Send(m, files...)
	if err != nil {
		return Message{}, err
	}
	return c.Answer(serial)
}

// Answer reads until the answer to a call.
func (c *Conn) Answer(serial uint32) (Message, error) {
	for {
		m, err := c.Receive()
		if err != nil || m.ReplySerial == serial && (m.Kind == Return || m.Kind == Error) {
			return m, err
		}
	}
}

// Receive reads one message. It trusts whoever wrote it.
func (c *Conn) Receive() (m Message, err error) {
	if c.Patience > 0 {
		_ = c.SetReadDeadline(time.Now().Add(c.Patience))
	}
	fixed := make([]byte, 16)
	if _, err := io.ReadFull(c.in, fixed); err != nil {
		return m, err
	}
	var order binary.ByteOrder = binary.LittleEndian
	if fixed[0] == 'B' {
		order = binary.BigEndian
	}
	m.Kind, m.Flags, m.Serial, m.Big = fixed[1], fixed[2], order.Uint32(fixed[8:]), fixed[0] == 'B'
	named, body := int(order.Uint32(fixed[12:])), int(order.Uint32(fixed[4:]))
	b := make([]byte, (named+7)&^7+body)
	if _, err := io.ReadFull(c.in, b); err != nil {
		return m, err
	}
	m.Body = b[len(b)-body:]
	for at := 0; at < named; {
		at = (at + 7) &^ 7
		code, t := b[at], b[at+2]
		at += 4
		switch t {
		case 'g':
			m.Signature = string(b[at+1 : at+1+int(b[at])])
			at += int(b[at]) + 2
		case 'u':
			if v := order.Uint32(b[at:]); code == 5 {
				m.ReplySerial = v
			} else {
				m.Files = v
			}
			at += 4
		default:
			n := int(order.Uint32(b[at:]))
			*map[byte]*string{1: &m.Path, 2: &m.Interface, 3: &m.Member, 4: &m.ErrorName, 6: &m.Destination, 7: &m.Sender}[code] = string(b[at+4 : at+4+n])
			at += n + 5
		}
	}
	return m, nil
}

// Bus is a bus with one program on it, for tests that say what no bus would. It
// answers what the program asks the bus itself.
type Bus struct {
	Address string
	Agent   *Conn // the program's first connection

	mu    sync.Mutex
	users map[string]uint32 // guarded by mu
	owner map[string]string // guarded by mu
}

// Listen starts a bus. The program may come; Serve waits for it.
func Listen(path string) (*Bus, net.Listener, error) {
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, nil, err
	}
	return &Bus{Address: "unix:path=" + path, users: map[string]uint32{}, owner: map[string]string{}}, l, nil
}

// User says whose a unique name is, before it is asked for.
func (b *Bus) User(name string, uid uint32) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.users[name] = uid
}

// Owner says who owns a name, before it is asked for.
func (b *Bus) Owner(name, unique string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.owner[name] = unique
}

// Accept lets one connection in.
func (b *Bus) Accept(l net.Listener) (*Conn, error) {
	socket, err := l.Accept()
	if err != nil {
		return nil, err
	}
	c := &Conn{UnixConn: socket.(*net.UnixConn), in: bufio.NewReaderSize(socket, 1<<16)}
	for {
		line, err := c.in.ReadString('\n')
		switch {
		case err != nil:
			return nil, err
		case strings.Contains(line, "AUTH"):
			io.WriteString(c, "OK 0123456789abcdef0123456789abcdef\r\n")
		case line == "NEGOTIATE_UNIX_FD\r\n":
			io.WriteString(c, "AGREE_UNIX_FD\r\n")
		case line == "BEGIN\r\n":
			return c, nil
		}
	}
}

// Handle answers a question to the bus itself; it is false for any other message.
func (b *Bus) Handle(c *Conn, m Message) bool {
	if m.Kind != Call || m.Destination != "org.freedesktop.DBus" {
		return false
	}
	answer := Message{Kind: Return, ReplySerial: m.Serial, Sender: "org.freedesktop.DBus", Destination: ":1.1"}
	arg := ""
	if m.Signature != "" && m.Signature[0] == 's' {
		arg = string(m.Body[4 : 4+binary.LittleEndian.Uint32(m.Body)])
	}
	b.mu.Lock()
	uid, known := b.users[arg]
	owner := b.owner[arg]
	b.mu.Unlock()
	w := &Wire{}
	switch m.Member {
	case "Hello":
		answer.Signature, answer.Body = "s", w.S(":1.1").B
	case "RequestName":
		acquired := Message{Kind: Signal, Path: "/", Interface: answer.Sender, Member: "NameAcquired", Sender: answer.Sender, Signature: "s", Body: (&Wire{}).S(arg).B}
		if _, err := c.Send(acquired); err != nil {
			return false
		}
		answer.Signature, answer.Body = "u", w.U32(1).B
	case "GetConnectionUnixUser":
		answer.Signature, answer.Body = "u", w.U32(uid).B
		if !known {
			answer.Kind, answer.ErrorName, answer.Signature, answer.Body = Error, "org.freedesktop.DBus.Error.NameHasNoOwner", "", nil
		}
	case "GetNameOwner":
		answer.Signature, answer.Body = "s", w.S(owner).B
	}
	_, err := c.Send(answer)
	return err == nil
}
