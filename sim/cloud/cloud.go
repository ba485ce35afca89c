// Package cloud is the back end of a fleet in small: it enrols people, signs and
// publishes access documents, and reads what cars send to each reader. It is a
// counterpart of the agent and shares no code with it on the wire: what both
// understand, the contract says.
package cloud

import (
	"context"
	"crypto/sha256"
	"fmt"
	"sync"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"glovebox/profiles"
)

// BackEnd serves one car. It may be used by several goroutines.
type BackEnd struct {
	signer   signer // the key that cars trust
	stranger signer // a key that no car trusts
	codeKey  []byte // under which codes of invitations are kept
	keep     int
	admits   profiles.Admission // how who accepts comes in, by the car's model

	mu        sync.Mutex
	car       Identity                       // guarded by mu
	readers   []*Reader                      // guarded by mu; in the order of enrolment or invitation
	boxes     map[string]box                 // guarded by mu; every mailbox there ever was
	current   *claims                        // guarded by mu; nil before Enrol
	hash      string                         // guarded by mu; of the current document's payload
	roster    profiles.Roster                // guarded by mu; what the current document makes of the car
	highest   uint64                         // guarded by mu; the newest version there ever was
	ofCar     uint64                         // guarded by mu; version of the newest document that the car signed
	stale     map[string]bool                // guarded by mu; hashes of documents that were issued anew
	wrong     int                            // guarded by mu; tries of the car's security code
	held      []heldLetter                   // guarded by mu; letters about documents that the car has not shown
	published string                         // guarded by mu; what lies retained on policy
	good      string                         // guarded by mu; the newest good one that lay there
	last      string                         // guarded by mu; the good one before it
	accepted  uint64                         // guarded by mu; version of the newest good document published
	unshown   []Document                     // guarded by mu; good ones that the car has not shown, oldest first
	behind    bool                           // guarded by mu; the car is given those one by one
	state     State                          // guarded by mu
	gone      bool                           // guarded by mu; the car was given away or erased
	received  map[string]*inbox              // guarded by mu; by reader's name
	seen      map[sequence][sha256.Size]byte // guarded by mu; sum of the content by sequence
	breaches  []string                       // guarded by mu

	accounts    map[string]Contact           // guarded by mu; everybody who was ever reached, by name
	passwords   map[string]profiles.Verifier // guarded by mu; of accounts, by name
	invitations map[string]*invitation       // guarded by mu; the open ones, by name
	results     map[order]Result             // guarded by mu; the first of each action
	letters     []Letter                     // guarded by mu
	unheard     []heard                      // guarded by mu; lines to the car, oldest first

	changed     chan struct{} // guarded by mu; closed and renewed at each change
	connection  mqtt.Client   // guarded by mu
	connections int           // guarded by mu; how often it came up
}

// Option changes how a back end works.
type Option func(*BackEnd)

// Model says which model the car is: it decides how who accepts an invitation comes in.
func Model(name string, year int, country string) Option {
	return func(b *BackEnd) { b.admits = profiles.EquipmentOf(name, year, country).Admission() }
}

// Keep bounds how many messages of each reader are kept, the newest. Without it
// all are, which suits a run that ends.
func Keep(n int) Option { return func(b *BackEnd) { b.keep = n } }

// New makes a back end with keys of its own.
func New(options ...Option) (*BackEnd, error) {
	own, err := newSigner(curveEd25519)
	if err != nil {
		return nil, fmt.Errorf("back end: %w", err)
	}
	stranger, err := newSigner(curveEd25519)
	if err != nil {
		return nil, fmt.Errorf("back end: %w", err)
	}
	b := &BackEnd{
		signer: own, stranger: stranger, codeKey: []byte(token()),
		accounts: map[string]Contact{}, passwords: map[string]profiles.Verifier{}, invitations: map[string]*invitation{}, results: map[order]Result{},
		boxes: map[string]box{}, stale: map[string]bool{},
		received: map[string]*inbox{}, seen: map[sequence][sha256.Size]byte{}, changed: make(chan struct{}),
	}
	for _, o := range options {
		o(b)
	}
	return b, nil
}

// State is what a car last said of itself, or its will.
type State struct {
	Online bool   `json:"online"`
	Epoch  string `json:"epoch"`
	Policy uint64 `json:"policy"`
	Agent  string `json:"agent"`
}

// State returns the newest state of the car, zero before the first.
func (b *BackEnd) State() State {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.state
}

// Identity returns the car that is served, zero before Enrol.
func (b *BackEnd) Identity() Identity {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.car
}

// Breaches lists what the car did that the contract does not allow.
func (b *BackEnd) Breaches() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]string(nil), b.breaches...)
}

// Wait blocks until until returns true or ctx ends. It asks at once and again
// after everything that arrives; until may call the methods of b.
func (b *BackEnd) Wait(ctx context.Context, until func() bool) error {
	for {
		b.mu.Lock()
		changed := b.changed
		b.mu.Unlock()
		if until() {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// notify wakes everyone in Wait; mu is held.
func (b *BackEnd) notify() {
	close(b.changed)
	b.changed = make(chan struct{})
}

// breach notes one of the contract; mu is held.
func (b *BackEnd) breach(format string, args ...any) {
	const most = 1000
	if len(b.breaches) < most {
		at := time.Now().UTC().Format("15:04:05.000 ")
		b.breaches = append(b.breaches, at+fmt.Sprintf(format, args...))
	}
}
