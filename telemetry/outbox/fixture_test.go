package outbox_test

import (
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"glovebox/hal"
	"glovebox/profiles"
	"glovebox/profiles/keyring"
	"glovebox/telemetry"
	"glovebox/telemetry/outbox"
	"glovebox/telemetry/outside"
)

var (
	_ outbox.Sealer    = (*keyring.Ring)(nil)
	_ telemetry.Outbox = (*outbox.Outbox)(nil)
)

// keys is a key ring in memory.
type keys struct {
	mu   sync.Mutex
	gone map[profiles.ID]bool
	deaf map[profiles.ID]bool // seals nothing
	last int                  // size of the newest sealed value
}

var errNoKey = errors.New("no key")

func (k *keys) Has(id profiles.ID) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return !k.gone[id]
}

func (k *keys) remove(id profiles.ID) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.gone[id] = true
}

// refuse makes the ring seal nothing for a person, but open what it has sealed.
func (k *keys) refuse(id profiles.ID, refuse bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.deaf = map[profiles.ID]bool{id: refuse}
}

func (k *keys) gcm(id profiles.ID) (cipher.AEAD, error) {
	if !k.Has(id) {
		return nil, errNoKey
	}
	block, err := aes.NewCipher(append(id[:], id[:]...))
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

func label(id profiles.ID, file, key string, schema uint32) []byte {
	return fmt.Appendf(nil, "%s/%s/%s/%d", id, file, key, schema)
}

func (k *keys) Seal(id profiles.ID, file, key string, schema uint32, plaintext []byte) ([]byte, error) {
	gcm, err := k.gcm(id)
	if err != nil {
		return nil, err
	}
	sealed := gcm.Seal(nil, nil, plaintext, label(id, file, key, schema))
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.deaf[id] {
		return nil, errNoKey
	}
	k.last = len(sealed)
	return sealed, nil
}

func (k *keys) Open(id profiles.ID, file, key string, schema uint32, sealed []byte) ([]byte, error) {
	gcm, err := k.gcm(id)
	if err != nil {
		return nil, err
	}
	return gcm.Open(nil, nil, sealed, label(id, file, key, schema))
}

// box is an outbox under test, with its clock and keys.
type box struct {
	*outbox.Outbox
	t      testing.TB
	path   string
	keys   *keys
	bounds outbox.Bounds
	clock  hal.Instant
}

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func newBox(t testing.TB, bounds outbox.Bounds) *box {
	b := &box{
		t: t, path: filepath.Join(t.TempDir(), "outbox.db"), bounds: bounds,
		keys: &keys{gone: map[profiles.ID]bool{}}, clock: hal.Instant{UTC: noon, Boot: 300 * time.Hour},
	}
	b.open()
	t.Cleanup(func() { _ = b.Close() })
	return b
}

var roomy = outbox.Bounds{MaxBytes: 4 << 20, MaxAge: 30 * 24 * time.Hour}

func (b *box) open() {
	b.t.Helper()
	b.Outbox = outbox.New(b.path, b.keys, b.bounds, func() hal.Instant { return b.clock })
	if err := b.Open(); err != nil {
		b.t.Fatal(err)
	}
}

// reopen closes and opens the file, in another boot.
func (b *box) reopen() {
	b.t.Helper()
	if err := b.Close(); err != nil {
		b.t.Fatal(err)
	}
	b.clock.Boot = 290 * time.Hour
	b.open()
}

func (b *box) put(messages ...outside.Released) {
	b.t.Helper()
	if refused, err := b.Put(messages); err != nil || len(refused) > 0 {
		b.t.Fatal(err)
	}
}

func (b *box) next() []telemetry.Kept {
	b.t.Helper()
	kept, err := b.Next(0, 1<<20)
	if err != nil {
		b.t.Fatal(err)
	}
	return kept
}

func (b *box) settle(done, send []uint64, stamp func(string) (string, uint64)) []telemetry.Kept {
	b.t.Helper()
	kept, err := b.Settle(done, send, stamp)
	if err != nil {
		b.t.Fatal(err)
	}
	return kept
}

var (
	anna     = outside.Reader{ID: "0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a", Mailbox: "a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1", Column: outside.ColumnMain}
	lea      = outside.Reader{ID: "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", Mailbox: "b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2", Column: outside.ColumnShared}
	workshop = outside.Reader{ID: "workshop", Mailbox: "c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3", Column: outside.ColumnShared}
)

// alarm is an alarm as outside releases it.
func alarm(t testing.TB, to outside.Reader, code, severity string, at hal.Instant) outside.Released {
	t.Helper()
	o := outside.New(outside.Builtin(), at, outside.Options{})
	o.SetReaders(1, []outside.Reader{to}, at)
	o.Link(true, at)
	o.Alarm(outside.Alarm{Code: code, Severity: severity, Active: true}, at)
	for _, r := range o.Tick(at) {
		if r.Kind() == outside.KindAlarms {
			return r
		}
	}
	t.Fatalf("no alarm was released to %s", to.ID)
	return outside.Released{}
}

// result is what became of action n of a reader, as outside releases it.
func result(t testing.TB, to outside.Reader, n int) outside.Released {
	t.Helper()
	at := hal.Instant{UTC: noon, Boot: time.Hour}
	o := outside.New(outside.Builtin(), at, outside.Options{})
	o.SetReaders(1, []outside.Reader{to}, at)
	o.Answer(to.Mailbox, "key", epoch, uint64(n), outside.Done, at)
	for _, r := range o.Tick(at) {
		return r
	}
	t.Fatalf("no result was released to %s", to.ID)
	return outside.Released{}
}

// everything keeps what waits.
func everything(outside.Tag, int) bool { return true }

// text is the payload of a message as it would be sent now.
func text(t testing.TB, k telemetry.Kept) string {
	t.Helper()
	_, payload, err := k.Released.Encode(outside.Seq{Epoch: k.Epoch, N: k.Seq, Resend: k.Resend})
	if err != nil {
		t.Fatal(err)
	}
	return string(payload)
}

const epoch = "e0e0e0e0e0e0e0e0e0e0e0e0e0e0e0e0"

// counter numbers messages per mailbox, after the last numbers given.
func counter(last map[string]uint64) func(string) (string, uint64) {
	seqs := map[string]uint64{}
	maps.Copy(seqs, last)
	return func(mailbox string) (string, uint64) { seqs[mailbox]++; return epoch, seqs[mailbox] }
}
