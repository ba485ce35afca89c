package profiles

import (
	"crypto/ecdh"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Access is the content of one signed access document: who the people and the
// readers of a car are. Claims, all members strictly by these names:
//
//	vid              32 lower-case hex digits
//	version          integer from 1, below 2^53
//	previous         lower-case hex of SHA-256 over the payload bytes of the version
//	                 before; empty or absent in a first document. The same hash in
//	                 base64url is read too
//	issued           RFC 3339 in UTC; integer seconds since 1970 are read too
//	users            id, mailbox, role (main, secondary), state, sharing (of a main
//	                 user absent or shared), restricted, sign, seal, private, contact
//	readers          role (workshop, backend), mailbox, sign, seal
//	inbox            mailbox
//	contact          of a transfer, and in a user who is invited: sealed to the back end
//	guest_services, remote_services   true or false
//
// May be absent or null: previous, readers, inbox, contact, both services (then false), and
// in a user or reader restricted, sign, seal; mailbox and private only of a user
// who is invited.
type Access struct {
	VID                           string
	Version                       uint64
	Previous                      Hash
	Issued                        time.Time
	Users                         []User
	Readers                       []Reader
	Inbox                         string
	Contact                       string // of the next main user, sealed to the back end: a transfer
	GuestServices, RemoteServices bool
	Hash                          Hash // of the payload that was decoded
}

// User is a person of the document. Name and verifier are there once Open has
// opened what is sealed.
type User struct{ Person }

// ErrMalformed is a document that does not keep to its form or to the fixed lists.
var ErrMalformed = errors.New("malformed access document")

// DecodeAccess reads the payload of an access document. Unknown members, members
// that stand twice and values out of range are refused; so are more people than a
// car may have and any mailbox, id or key that stands twice.
func DecodeAccess(payload []byte) (Access, error) {
	a, err := decodeAccess(payload)
	if err == nil {
		err = a.check()
	}
	if err != nil {
		return Access{}, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return a, nil
}

func decodeAccess(payload []byte) (Access, error) {
	o := newObject(payload)
	a := Access{
		VID:            o.text("vid"),
		Version:        o.version("version"),
		Previous:       o.hash("previous"),
		Issued:         o.moment("issued"),
		Inbox:          o.optionalText("inbox"),
		Contact:        o.optionalText("contact"),
		GuestServices:  o.flag("guest_services"),
		RemoteServices: o.flag("remote_services"),
		Hash:           sha256.Sum256(payload),
	}
	if string(o.members["users"]) == "null" || o.members["users"] == nil {
		o.fail("users", errors.New("missing"))
	}
	for i, raw := range o.list("users") {
		u, err := decodeUser(raw)
		o.fail(fmt.Sprintf("user %d", i+1), err)
		a.Users = append(a.Users, u)
	}
	for i, raw := range o.list("readers") {
		r, err := decodeReader(raw)
		o.fail(fmt.Sprintf("reader %d", i+1), err)
		a.Readers = append(a.Readers, r)
	}
	slices.SortFunc(a.Readers, func(a, b Reader) int { return strings.Compare(a.Role, b.Role) })
	return a, o.end()
}

func decodeUser(raw json.RawMessage) (User, error) {
	o := newObject(raw)
	var u User
	var errID, errRole, errState, errSharing error
	u.ID, errID = ParseID(o.text("id"))
	u.Role, errRole = parseRole(o.text("role"))
	u.State, errState = parseState(o.text("state"))
	u.Mailbox = o.optionalText("mailbox")
	if sharing := o.optionalText("sharing"); sharing == "" && u.Role == Main {
		u.Sharing = Shared
	} else {
		u.Sharing, errSharing = ParseSharing(sharing)
	}
	u.Sign, u.Seal = o.key("sign"), o.key("seal")
	u.Sealed, u.Contact = o.optionalText("private"), o.optionalText("contact")
	for _, item := range o.list("restricted") {
		name, err := textOf(item)
		o.fail("restricted", err)
		f, err := ParseFunction(name)
		o.fail("restricted", err)
		u.Restricted = append(u.Restricted, f)
	}
	return u, errors.Join(errID, errRole, errState, errSharing, o.end())
}

func decodeReader(raw json.RawMessage) (Reader, error) {
	o := newObject(raw)
	r := Reader{Role: o.text("role"), Mailbox: o.text("mailbox"), Sign: o.key("sign"), Seal: o.key("seal")}
	return r, o.end()
}

// version takes an integer that must be there, from 1 to 2^53 - 1.
func (o *object) version(name string) uint64 {
	n, err := integerOf(o.pop(name), 1<<53-1)
	if err == nil && n == 0 {
		err = errors.New("want 1 or more")
	}
	o.fail(name, err)
	return n
}

// hash takes an optional SHA-256 in hex or base64url.
func (o *object) hash(name string) (h Hash) {
	text := o.optionalText(name)
	if text == "" {
		return h
	}
	raw, err := hex.DecodeString(text)
	if err != nil || strings.ToLower(text) != text {
		raw, err = base64url(text)
	}
	if err != nil || len(raw) != len(h) || Hash(raw) == (Hash{}) {
		o.fail(name, errors.New("want SHA-256 in lower-case hex"))
		return h
	}
	return Hash(raw)
}

// lastSecond is that of the year 9999: no later time has a form in RFC 3339.
const lastSecond = 253402300799

// moment takes an instant in UTC.
func (o *object) moment(name string) time.Time {
	raw := o.pop(name)
	if seconds, err := integerOf(raw, lastSecond); err == nil {
		return time.Unix(int64(seconds), 0).UTC()
	}
	text, err := textOf(raw)
	if err != nil {
		o.fail(name, errors.New("want RFC 3339 in UTC"))
		return time.Time{}
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	if _, offset := at.Zone(); err != nil || offset != 0 || at.Year() < 1970 {
		o.fail(name, errors.New("want RFC 3339 in UTC"))
		return time.Time{}
	}
	return at.UTC()
}

// Open opens each user's sealed name and PIN verifier with the car's own key.
func (a Access) Open(car *ecdh.PrivateKey) (Access, error) {
	a.Users = slices.Clone(a.Users)
	for i := range a.Users {
		u := &a.Users[i]
		if u.Sealed == "" {
			continue
		}
		var err error
		if u.Name, u.Verifier, err = OpenPrivate(car, a.VID, u.ID, u.Sealed); err != nil {
			return Access{}, fmt.Errorf("%w: user %d: %w", ErrMalformed, i+1, err)
		}
	}
	return a, nil
}
