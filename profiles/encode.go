package profiles

import (
	"encoding/json"
	"fmt"
	"time"
)

// claims is an access document in its canonical order and form.
type claims struct {
	VID            string         `json:"vid"`
	Version        uint64         `json:"version"`
	Previous       string         `json:"previous"`
	Issued         string         `json:"issued"`
	Users          []userClaims   `json:"users"`
	Readers        []readerClaims `json:"readers"`
	Inbox          string         `json:"inbox,omitempty"`
	Contact        string         `json:"contact,omitempty"`
	GuestServices  bool           `json:"guest_services"`
	RemoteServices bool           `json:"remote_services"`
}

type userClaims struct {
	ID         string     `json:"id"`
	Mailbox    string     `json:"mailbox,omitempty"`
	Role       string     `json:"role"`
	State      string     `json:"state"`
	Sharing    string     `json:"sharing"`
	Restricted []Function `json:"restricted"`
	Sign       *Key       `json:"sign,omitempty"`
	Seal       *Key       `json:"seal,omitempty"`
	Private    string     `json:"private,omitempty"`
	Contact    string     `json:"contact,omitempty"`
}

type readerClaims struct {
	Role    string `json:"role"`
	Mailbox string `json:"mailbox"`
	Sign    *Key   `json:"sign,omitempty"`
	Seal    *Key   `json:"seal,omitempty"`
}

// Encode returns the payload of a, refused where DecodeAccess would refuse it. The
// field Hash plays no part: the hash is that of the bytes.
func (a Access) Encode() ([]byte, error) {
	if err := a.check(); err != nil {
		return nil, fmt.Errorf("encode an access document: %w", err)
	}
	c := claims{
		VID: a.VID, Version: a.Version, Previous: a.Previous.String(),
		Issued: a.Issued.UTC().Format(time.RFC3339Nano),
		Users:  []userClaims{}, Readers: []readerClaims{}, Inbox: a.Inbox, Contact: a.Contact,
		GuestServices: a.GuestServices, RemoteServices: a.RemoteServices,
	}
	for _, u := range a.Users {
		restricted := append([]Function{}, u.Restricted...)
		c.Users = append(c.Users, userClaims{
			u.ID.String(), u.Mailbox, u.Role.String(), u.State.String(), u.Sharing.String(),
			restricted, present(u.Sign), present(u.Seal), u.Sealed, u.Contact,
		})
	}
	for _, r := range a.Readers {
		c.Readers = append(c.Readers, readerClaims{r.Role, r.Mailbox, present(r.Sign), present(r.Seal)})
	}
	payload, err := json.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("encode an access document: %w", err)
	}
	return payload, nil
}

// present is nil for no key, so that the member is absent.
func present(k Key) *Key {
	if k.IsZero() {
		return nil
	}
	return &k
}
