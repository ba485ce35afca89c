package profiles

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// keptPerson is the form in which a person is kept: only ever sealed under their
// own key (docs/erasure.md, A person's data on disk), hence with name and verifier in it.
type keptPerson struct {
	ID         string     `json:"id"`
	Mailbox    string     `json:"mailbox,omitempty"`
	Role       string     `json:"role"`
	State      string     `json:"state"`
	Sharing    string     `json:"sharing"`
	Restricted []Function `json:"restricted,omitempty"`
	Sign       Key        `json:"sign"`
	Seal       Key        `json:"seal"`
	Name       string     `json:"name"`
	PIN        string     `json:"pin"`
	Private    string     `json:"private,omitempty"` // none in what an older agent kept
	Contact    string     `json:"contact,omitempty"`
}

// Encode returns the bytes of p with all that is personal in them: for sealing.
func (p Person) Encode() ([]byte, error) {
	data, err := json.Marshal(keptPerson{
		p.ID.String(), p.Mailbox, p.Role.String(), p.State.String(), p.Sharing.String(),
		p.Restricted, p.Sign, p.Seal, p.Name.Reveal(), p.Verifier.Reveal(), p.Sealed, p.Contact,
	})
	if err != nil {
		return nil, fmt.Errorf("encode a person: %w", err)
	}
	return data, nil
}

// DecodePerson reads what Encode wrote.
func DecodePerson(data []byte) (Person, error) {
	p, err := decodePerson(data)
	if err != nil {
		return Person{}, fmt.Errorf("decode a person: %w", err)
	}
	return p, nil
}

func decodePerson(data []byte) (Person, error) {
	var kept keptPerson
	err := json.Unmarshal(data, &kept)
	if err != nil {
		return Person{}, err
	}
	p := Person{
		Mailbox: kept.Mailbox, Restricted: kept.Restricted, Sign: kept.Sign, Seal: kept.Seal, Name: Conceal(kept.Name),
		Sealed: kept.Private, Contact: kept.Contact,
	}
	if p.ID, err = ParseID(kept.ID); err != nil {
		return Person{}, err
	}
	if p.Role, err = parseRole(kept.Role); err != nil {
		return Person{}, err
	}
	if p.State, err = parseState(kept.State); err != nil {
		return Person{}, err
	}
	if p.Sharing, err = ParseSharing(kept.Sharing); err != nil {
		return Person{}, err
	}
	p.Verifier, err = ParseVerifier(kept.PIN)
	return p, err
}

// keptRoster is what of a roster concerns the car and nobody: it is kept open.
type keptRoster struct {
	VID            string       `json:"vid"`
	Version        uint64       `json:"version"`
	Hash           []byte       `json:"hash"`
	Previous       []byte       `json:"previous,omitempty"` // none in what an older agent kept
	Contact        string       `json:"contact,omitempty"`
	Own            bool         `json:"own,omitempty"`
	Issued         time.Time    `json:"issued"`
	Readers        []keptReader `json:"readers,omitempty"`
	Inbox          string       `json:"inbox,omitempty"`
	GuestServices  bool         `json:"guest_services"`
	RemoteServices bool         `json:"remote_services"`
	Emptied        bool         `json:"emptied"`
	Erased         []keptErased `json:"erased,omitempty"`
	Ceiling        *keptRoster  `json:"ceiling,omitempty"`
}

type keptErased struct {
	ID   string `json:"id"`
	Sign Key    `json:"sign"`
}

type keptReader struct {
	Role    string `json:"role"`
	Mailbox string `json:"mailbox"`
	Sign    Key    `json:"sign"`
	Seal    Key    `json:"seal"`
}

// EncodeOpen returns the bytes of what concerns the car; the people are not in it.
func (r Roster) EncodeOpen() ([]byte, error) {
	data, err := json.Marshal(r.kept())
	if err != nil {
		return nil, fmt.Errorf("encode the roster: %w", err)
	}
	return data, nil
}

func (r Roster) kept() *keptRoster {
	kept := &keptRoster{
		VID: r.VID, Version: r.Version, Hash: r.Hash[:], Previous: r.Previous[:], Contact: r.Contact, Own: r.Own, Issued: r.Issued, Inbox: r.Inbox,
		GuestServices: r.GuestServices, RemoteServices: r.RemoteServices, Emptied: r.Emptied,
	}
	for _, reader := range r.Readers {
		kept.Readers = append(kept.Readers, keptReader(reader))
	}
	for _, e := range r.Erased {
		kept.Erased = append(kept.Erased, keptErased{e.ID.String(), e.Sign})
	}
	if r.Ceiling != nil {
		kept.Ceiling = r.Ceiling.kept()
	}
	return kept
}

// DecodeRoster reads what EncodeOpen wrote and puts people into it, in any order: those
// of the stored document, and those of the ceiling where there is one.
func DecodeRoster(open []byte, people, ceiling []Person) (Roster, error) {
	var kept keptRoster
	if err := json.Unmarshal(open, &kept); err != nil {
		return Roster{}, fmt.Errorf("decode the roster: %w", err)
	}
	r, err := kept.roster(people)
	if err == nil && kept.Ceiling != nil {
		r.Ceiling = new(Roster)
		*r.Ceiling, err = kept.Ceiling.roster(ceiling)
	}
	if err != nil {
		return Roster{}, fmt.Errorf("decode the roster: %w", err)
	}
	return r, nil
}

func (kept keptRoster) roster(people []Person) (Roster, error) {
	r := Roster{
		VID: kept.VID, Version: kept.Version, Contact: kept.Contact, Own: kept.Own, Issued: kept.Issued, People: slices.Clone(people), Inbox: kept.Inbox,
		GuestServices: kept.GuestServices, RemoteServices: kept.RemoteServices, Emptied: kept.Emptied,
	}
	if len(kept.Hash) != len(r.Hash) {
		return Roster{}, fmt.Errorf("a hash of %d bytes", len(kept.Hash))
	}
	r.Hash = Hash(kept.Hash)
	if len(kept.Previous) == len(r.Previous) {
		r.Previous = Hash(kept.Previous)
	}
	for _, reader := range kept.Readers {
		r.Readers = append(r.Readers, Reader(reader))
	}
	for _, e := range kept.Erased {
		id, err := ParseID(e.ID)
		if err != nil {
			return Roster{}, err
		}
		r.Erased = append(r.Erased, Erased{id, e.Sign})
	}
	r.People = slices.DeleteFunc(r.People, func(p Person) bool { return r.erased(p.ID) })
	r.sort()
	return r, nil
}
