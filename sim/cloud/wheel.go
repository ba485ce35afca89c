package cloud

import (
	"crypto/ecdh"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/go-jose/go-jose/v4"

	"glovebox/profiles"
)

// atTheWheel takes a document that the car signed: what the main user decided in it. It
// holds in the car already, so the back end builds on it. What it issued itself and the car
// has not taken is issued once more, behind it; mu is held.
func (b *BackEnd) atTheWheel(jws []byte) error {
	payload, access, err := b.ofTheCar(jws)
	if err != nil {
		return fmt.Errorf("a change at the wheel: %w", err)
	}
	if access.Version <= b.ofCar {
		return nil // it is told until the broker has it
	}
	var c claims
	if err := json.Unmarshal(payload, &c); err != nil {
		return err
	}
	roster, _, err := profiles.Roster{VID: b.car.VID, Admission: b.admits}.Apply(access, profiles.Signer{Kind: profiles.BackEnd})
	if err != nil {
		return err
	}
	roster.Emptied = len(c.Users) == 0
	missed := b.unshown
	if i := slices.IndexFunc(missed, func(d Document) bool { return d.hash == access.Previous.String() }); i >= 0 {
		missed = missed[i+1:] // the car took those before
	}
	by := b.main()
	for _, e := range c.Users {
		if b.named(e.ID) == "" {
			if err := b.invitedAtTheWheel(e, by, access.Version); err != nil {
				return err
			}
		}
	}
	b.unshown, b.ofCar = nil, access.Version
	b.adopt(&c, payload, roster)
	if c.Contact != "" {
		contact, err := profiles.OpenContact(b.sealKey(), b.car.VID, profiles.ID{}, c.Contact)
		if err == nil {
			err = b.invite(contactOf(contact), Main, by, "", access.Version)
		}
		if err != nil {
			return err
		}
		b.gone = true // it will be another car to its next main user
	}
	issued := []Document{{Version: access.Version, JWS: string(jws), good: true}}
	for _, d := range missed {
		b.stale[d.hash] = true
		if d.change == nil {
			continue
		}
		if again, err := b.follows(d.change, d.by); err == nil { // else there is nothing left to change
			issued = append(issued, again)
		}
	}
	b.publishSoon(issued)
	b.postHeld()
	b.publishNext()
	return nil
}

// ofTheCar verifies a document against the car's own key.
func (b *BackEnd) ofTheCar(jws []byte) ([]byte, profiles.Access, error) {
	signed, err := jose.ParseSignedCompact(string(jws), []jose.SignatureAlgorithm{jose.EdDSA})
	if err != nil {
		return nil, profiles.Access{}, err
	}
	if typ, _ := signed.Signatures[0].Protected.ExtraHeaders[jose.HeaderType].(string); typ != typePolicy {
		return nil, profiles.Access{}, fmt.Errorf("type %q", typ)
	}
	payload, err := signed.Verify(b.car.Sign)
	if err != nil {
		return nil, profiles.Access{}, err
	}
	access, err := profiles.DecodeAccess(payload)
	if err == nil && access.VID != b.car.VID {
		err = profiles.ErrForeign
	}
	return payload, access, err
}

// invitedAtTheWheel makes the person of an entry that the car added; mu is held.
func (b *BackEnd) invitedAtTheWheel(e entry, by string, version uint64) error {
	id, err := profiles.ParseID(e.ID)
	if err != nil {
		return err
	}
	contact, err := profiles.OpenContact(b.sealKey(), b.car.VID, id, e.Contact)
	if err != nil {
		return err
	}
	if err := b.invite(contactOf(contact), e.Sharing, by, e.ID, version); err != nil {
		return err
	}
	b.find(contact.Name.Reveal()).State = invited
	return nil
}

func contactOf(c profiles.Contact) Contact {
	return Contact{c.Name.Reveal(), c.Email.Reveal(), c.Mobile.Reveal()}
}

// sealKey is the back end's own; mu is held.
func (b *BackEnd) sealKey() *ecdh.PrivateKey {
	if r := b.find(BackendName); r != nil {
		return r.seal
	}
	return nil
}

// publishSoon puts documents on the topic, one after the other; it may block, and this is
// the handler. mu is held.
func (b *BackEnd) publishSoon(all []Document) {
	connection, topic := b.connection, "gb/1/"+b.car.VID+"/policy"
	for _, d := range all {
		b.publishing(d)
	}
	if connection == nil {
		return
	}
	go func() {
		for _, d := range all {
			connection.Publish(topic, 1, true, d.JWS)
		}
	}()
}

// publishing notes what lies on the topic from now on; mu is held.
func (b *BackEnd) publishing(d Document) {
	b.published = d.JWS
	if d.good {
		b.last, b.good, b.accepted = b.good, d.JWS, d.Version
	}
}

// OfCar is the version of the newest document that the car signed, 0 if there is none.
func (b *BackEnd) OfCar() uint64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.ofCar
}
