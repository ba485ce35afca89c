package cloud

import (
	"crypto/ecdh"
	"encoding/json"
	"fmt"
	"time"
)

// stored is a back end in a file: everything but the line, what others wait for,
// and the facts of phones, which a restart makes stale.
type stored struct {
	Signer, Stranger signer
	CodeKey          []byte
	Car              json.RawMessage // as the car shows it; null before Enrol
	Readers          []storedReader
	Boxes            map[string]storedBox
	Current          *claims
	Hash, Published  string
	Accepted         uint64
	State            State
	Messages         map[string][]storedMessage // by reader
	Dropped          map[string]int
	Faults           []string
	Accounts         map[string]Contact
	Invitations      map[string]*invitation
	Letters          []Letter
	Notes            []Note
	Results          []Result
}

type storedReader struct {
	Reader
	Phone *storedPhone `json:",omitempty"`
	Seal  []byte       `json:",omitempty"` // of a reader without a phone
}

type storedPhone struct {
	Sign   signer
	Seal   []byte
	Sealed bool
	Ctr    uint64
}

type storedBox struct {
	Reader string
	Until  uint64
}

// storedMessage is a message as it came: what it says is read again.
type storedMessage struct {
	At                         time.Time
	Mailbox, Topic, Kind, Form string
	Raw                        []byte
}

// pack copies the state; mu is held.
func (b *BackEnd) pack() (stored, error) {
	s := stored{
		Signer: b.signer, Stranger: b.stranger, CodeKey: b.codeKey,
		Boxes: map[string]storedBox{}, Current: b.current, Hash: b.hash, Published: b.published,
		Accepted: b.accepted, State: b.state, Messages: map[string][]storedMessage{}, Dropped: map[string]int{},
		Faults: b.faults, Accounts: b.accounts, Invitations: b.invitations, Letters: b.letters, Notes: b.notes,
	}
	if b.car.VID != "" {
		var err error
		if s.Car, err = b.car.show(); err != nil {
			return s, err
		}
	}
	for _, r := range b.readers {
		packed := storedReader{Reader: *r}
		if r.seal != nil {
			packed.Seal = r.seal.Bytes()
		}
		if p := r.phone; p != nil {
			packed.Phone = &storedPhone{p.sign, p.seal.Bytes(), p.sealed, p.ctr}
		}
		s.Readers = append(s.Readers, packed)
	}
	for mailbox, known := range b.boxes {
		s.Boxes[mailbox] = storedBox{known.reader.Name, known.until}
	}
	for name, in := range b.received {
		s.Dropped[name] = in.dropped
		for _, m := range in.messages {
			s.Messages[name] = append(s.Messages[name], storedMessage{m.At, m.Mailbox, m.Topic, m.Kind, m.Form, m.Raw})
		}
	}
	for _, r := range b.results {
		s.Results = append(s.Results, r)
	}
	return s, nil
}

// unpack fills a fresh back end; mu is held.
func (b *BackEnd) unpack(s stored) error {
	b.signer, b.stranger, b.codeKey = s.Signer, s.Stranger, s.CodeKey
	b.current, b.hash, b.published, b.accepted, b.state = s.Current, s.Hash, s.Published, s.Accepted, s.State
	b.letters, b.notes = s.Letters, s.Notes
	if len(s.Car) > 0 && string(s.Car) != "null" {
		var err error
		if b.car, err = ParseIdentity(s.Car); err != nil {
			return err
		}
	}
	for name, contact := range s.Accounts {
		b.accounts[name] = contact
	}
	for name, i := range s.Invitations {
		b.invitations[name] = i
	}
	for _, packed := range s.Readers {
		if err := b.unpackReader(packed); err != nil {
			return fmt.Errorf("%s: %w", packed.Name, err)
		}
	}
	for mailbox, known := range s.Boxes {
		r := b.find(known.Reader)
		if r == nil {
			return fmt.Errorf("mailbox %s of %s, who is not there", mailbox, known.Reader)
		}
		b.boxes[mailbox] = box{r, known.Until}
	}
	for _, r := range s.Results {
		b.results[order{r.Key, r.Ctr}] = r
	}
	for name, all := range s.Messages {
		r := b.find(name)
		if r == nil || b.current == nil {
			return fmt.Errorf("messages of %s, who is not there", name)
		}
		for _, m := range all {
			b.file(r, Message{At: m.At, Reader: name, Mailbox: m.Mailbox, Topic: m.Topic, Kind: m.Kind, Form: m.Form, Raw: m.Raw})
		}
		b.received[name].dropped += s.Dropped[name]
	}
	b.faults = s.Faults // reading the messages again has noted some twice
	return nil
}

func (b *BackEnd) unpackReader(packed storedReader) (err error) {
	r := packed.Reader
	if packed.Seal != nil {
		if r.seal, err = ecdh.X25519().NewPrivateKey(packed.Seal); err != nil {
			return err
		}
	}
	if p := packed.Phone; p != nil {
		seal, err := ecdh.X25519().NewPrivateKey(p.Seal)
		if err != nil {
			return err
		}
		r.phone = &Phone{back: b, name: r.Name, sign: p.Sign, seal: seal, sealed: p.Sealed, ctr: p.Ctr}
	}
	b.readers = append(b.readers, &r)
	b.received[r.Name] = &inbox{}
	return nil
}
