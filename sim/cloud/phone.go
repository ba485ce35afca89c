package cloud

import (
	"crypto/ecdh"
	"crypto/rand"
	"fmt"

	"glovebox/profiles"
)

// Phone is a person's, with the app on it and keys that never leave it: one
// signs documents and actions, the other opens what is sealed to the person. It
// may be used by several goroutines.
type Phone struct {
	back   *BackEnd
	name   string // of the person
	sign   signer
	seal   *ecdh.PrivateKey
	sealed bool // the car knows the key that seals

	// Guarded by the back end's mu.
	asked  []string // the newest challenges, the last is that which counts
	asking int      // how many wait for the answer to it
	facts  Facts    // the newest that were verified, zero before the first
	ctr    uint64   // the highest counter used
	sent   Action   // the newest

	signed map[uint64]string // the epoch of each action, by counter
	orders []Ordered         // the newest actions, oldest first
}

// newPhone makes a phone of a person with fresh keys. The main user's signs
// with P-256, as many key stores of phones know nothing else.
func (b *BackEnd) newPhone(name, role string, sealed bool) (*Phone, error) {
	curve := curveEd25519
	if role == Main {
		curve = curveP256
	}
	sign, err := newSigner(curve)
	if err != nil {
		return nil, err
	}
	seal, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make a sealing key: %w", err)
	}
	return &Phone{back: b, name: name, sign: sign, seal: seal, sealed: sealed}, nil
}

// Phone returns the phone of a person, invited ones too.
func (b *BackEnd) Phone(name string) (*Phone, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	r := b.find(name)
	if r == nil || r.phone == nil {
		return nil, fmt.Errorf("nobody with a phone is called %s", name)
	}
	return r.phone, nil
}

// Newcomer returns the phone of somebody who is no user of the car, or not any more.
func (b *BackEnd) Newcomer(name string) (*Phone, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if r := b.find(name); r != nil && !r.Removed {
		return r.phone, nil
	}
	r, err := b.newPerson(name, Main, true)
	if err != nil {
		return nil, err
	}
	b.register(Contact{Name: name})
	return r.phone, nil
}

// NewPhone gives the main user whose phone was lost another one, with keys of its own. The
// car lets it order nothing before they activate it there, with the car's security code.
func (b *BackEnd) NewPhone(name string) (Document, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.main() != name {
		return Document{}, fmt.Errorf("%w: %s is not the main user", profiles.ErrNotPermitted, name)
	}
	r := b.find(name)
	fresh, err := b.newPhone(name, Main, r.phone.sealed)
	if err != nil {
		return Document{}, err
	}
	d, err := b.follows(func(c *claims) error {
		_, i, err := b.entryOf(c, name)
		if err == nil {
			e := &c.Users[i]
			e.State, e.Mailbox, e.Sign, e.Seal = awaiting, token(), fresh.sign.public, fresh.sealKey()
		}
		return err
	}, b.signer)
	if err == nil {
		r.phone = fresh
	}
	return d, err
}

// Name is that of the person whose phone it is.
func (p *Phone) Name() string { return p.name }

// Key names the key that the phone signs with: its RFC 7638 thumbprint.
func (p *Phone) Key() string { return p.sign.kid }

// sealKey is the public key that stands in the access document, nil if none does.
func (p *Phone) sealKey() *jwk {
	if !p.sealed {
		return nil
	}
	return sealJWK(p.seal.PublicKey())
}
