package profiles

import (
	"crypto/subtle"
	_ "embed"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/crypto/argon2"
)

//go:embed pins.txt
var commonest string

// PIN is what a person typed. It prints as ‹private› in every format; an empty
// PIN is none.
type PIN struct{ Private }

// NewPIN wraps what was typed, whatever it is.
func NewPIN(typed string) PIN { return PIN{Conceal(typed)} }

// IsZero reports whether nothing was typed.
func (p PIN) IsZero() bool { return p.Reveal() == "" }

// Acceptable reports why p may not become a new PIN: 4 to 12 digits, none of the
// commonest, not all equal, not counting up or down.
func (p PIN) Acceptable() error {
	digits := p.Reveal()
	if len(digits) < 4 || len(digits) > 12 || strings.Trim(digits, "0123456789") != "" {
		return fmt.Errorf("%w: a PIN has 4 to 12 digits; six are advised", ErrInvalid)
	}
	if guessable(digits) || slices.Contains(strings.Fields(commonest), digits) {
		return fmt.Errorf("%w: this PIN is too easy to guess; choose another", ErrInvalid)
	}
	return nil
}

// guessable reports whether each digit follows the one before by the same step of
// -1, 0 or 1, where 0 follows 9.
func guessable(digits string) bool {
	step := (digits[1] - digits[0] + 10) % 10
	for i := 1; i < len(digits); i++ {
		if (digits[i]-digits[i-1]+10)%10 != step {
			return false
		}
	}
	return step == 0 || step == 1 || step == 9
}

// Verifier says whether a PIN is right without holding it: an argon2id hash in
// the PHC string form. It is comparable and prints as ‹private›. The zero
// Verifier is that of a person without a PIN.
type Verifier struct{ phc Private }

// What a new verifier costs: 19 MiB and two passes, about 30 ms.
const (
	hashKiB    = 19 * 1024
	hashPasses = 2
	saltBytes  = 16
	tagBytes   = 32
)

// argon is a verifier, read.
type argon struct {
	kib, passes uint32
	threads     uint8
	salt, tag   []byte
}

// NewVerifier makes the verifier of pin with a salt read from random.
func NewVerifier(pin PIN, random io.Reader) (Verifier, error) {
	a := argon{kib: hashKiB, passes: hashPasses, threads: 1, salt: make([]byte, saltBytes), tag: make([]byte, tagBytes)}
	if _, err := io.ReadFull(random, a.salt); err != nil {
		return Verifier{}, fmt.Errorf("new PIN verifier: %w", err)
	}
	a.tag = a.hash(pin)
	return Verifier{Conceal(a.phc())}, nil
}

// ParseVerifier reads `$argon2id$v=19$m=19456,t=2,p=1$salt$tag`, salt and tag in
// base64 without padding; an empty text is the zero Verifier. Parameters beyond
// 64 MiB, ten passes or four lanes are refused: a document must not stall a login.
func ParseVerifier(phc string) (Verifier, error) {
	if phc == "" {
		return Verifier{}, nil
	}
	a, err := parseArgon(phc)
	if err != nil {
		return Verifier{}, fmt.Errorf("PIN verifier: %w", err)
	}
	if a.phc() != phc {
		return Verifier{}, errors.New("PIN verifier: not in its plain form")
	}
	return Verifier{Conceal(phc)}, nil
}

func parseArgon(phc string) (argon, error) {
	parts := strings.Split(phc, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != "v=19" {
		return argon{}, errors.New("want $argon2id$v=19$…")
	}
	var a argon
	for i, into := range []struct {
		name  string
		least uint64
		most  uint64
		set   func(uint64)
	}{
		{"m=", 8, 64 * 1024, func(n uint64) { a.kib = uint32(n) }},
		{"t=", 1, 10, func(n uint64) { a.passes = uint32(n) }},
		{"p=", 1, 4, func(n uint64) { a.threads = uint8(n) }},
	} {
		fields := strings.Split(parts[3], ",")
		if len(fields) != 3 {
			return argon{}, errors.New("want m=…,t=…,p=…")
		}
		digits, named := strings.CutPrefix(fields[i], into.name)
		n, err := strconv.ParseUint(digits, 10, 32)
		if !named || err != nil || n < into.least || n > into.most {
			return argon{}, fmt.Errorf("want %s%d to %d", into.name, into.least, into.most)
		}
		into.set(n)
	}
	var errSalt, errTag error
	a.salt, errSalt = base64.RawStdEncoding.Strict().DecodeString(parts[4])
	a.tag, errTag = base64.RawStdEncoding.Strict().DecodeString(parts[5])
	if errSalt != nil || errTag != nil || len(a.salt) < 8 || len(a.salt) > 64 || len(a.tag) < 16 || len(a.tag) > 64 {
		return argon{}, errors.New("want a salt of 8 to 64 bytes and a tag of 16 to 64")
	}
	return a, nil
}

func (a argon) phc() string {
	return fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=%d$%s$%s", a.kib, a.passes, a.threads,
		base64.RawStdEncoding.EncodeToString(a.salt), base64.RawStdEncoding.EncodeToString(a.tag))
}

// hash computes the tag that pin would have.
func (a argon) hash(pin PIN) []byte {
	return argon2.IDKey([]byte(pin.Reveal()), a.salt, a.passes, a.kib, a.threads, uint32(len(a.tag)))
}

// Reveal returns the PHC string, for sealing; empty for no PIN.
func (v Verifier) Reveal() string { return v.phc.Reveal() }

// IsZero reports whether the person has no PIN.
func (v Verifier) IsZero() bool { return v.Reveal() == "" }

// String hides the verifier. Format, GoString and the rest come with Private.
func (v Verifier) String() string                { return v.phc.String() }
func (v Verifier) GoString() string              { return v.phc.GoString() }
func (v Verifier) Format(f fmt.State, verb rune) { v.phc.Format(f, verb) }
func (v Verifier) MarshalJSON() ([]byte, error)  { return v.phc.MarshalJSON() }

// closedVerifier is one that no PIN fits. It costs what a new one costs.
func closedVerifier() Verifier {
	a := argon{kib: hashKiB, passes: hashPasses, threads: 1, salt: make([]byte, saltBytes), tag: make([]byte, tagBytes)}
	return Verifier{Conceal(a.phc())}
}

// Closed reports whether no PIN fits v, until a document brings another.
func (v Verifier) Closed() bool { return v == closedVerifier() }

// Effort is what a hash costs: KiB of memory times passes, for one lane.
type Effort uint64

// NewEffort is what a new verifier costs.
const NewEffort Effort = hashKiB * hashPasses

// Effort is what Check costs at least; nothing where there is no PIN.
func (v Verifier) Effort() Effort {
	a, err := parseArgon(v.Reveal())
	if err != nil {
		return 0
	}
	return a.effort()
}

// effort counts lanes only as far as there are processors for them.
func (a argon) effort() Effort {
	lanes := min(int(a.threads), runtime.GOMAXPROCS(0))
	return Effort(a.kib) * Effort(a.passes) / Effort(lanes)
}

// Check reports whether pin is right. It compares in constant time and costs effort,
// or what its own hash costs where that is more: how long the answer takes does not
// tell which verifier it was, nor whether there is one. Callers run one at a time, so
// that memory is bounded.
func (v Verifier) Check(pin PIN, effort Effort) bool {
	if v.IsZero() {
		if pin.IsZero() {
			return true
		}
		Decoy(pin, effort)
		return false
	}
	a, err := parseArgon(v.Reveal())
	if err != nil { // only ParseVerifier and NewVerifier make one
		return false
	}
	right := subtle.ConstantTimeCompare(a.hash(pin), a.tag) == 1
	if own := a.effort(); own < effort {
		Decoy(pin, effort-own)
	}
	return right
}

// Decoy does the work of a Check that costs effort, in no more memory than a new
// verifier takes: for a profile that does not exist.
func Decoy(pin PIN, effort Effort) {
	passes := (effort + hashKiB - 1) / hashKiB
	if passes == 0 {
		return
	}
	a := argon{kib: uint32(effort / passes), passes: uint32(passes), threads: 1, salt: make([]byte, saltBytes), tag: make([]byte, tagBytes)}
	subtle.ConstantTimeCompare(a.hash(pin), a.tag)
}

// Weak reports whether v was made with less than a new verifier costs: it is
// replaced after the next good login.
func (v Verifier) Weak() bool {
	a, err := parseArgon(v.Reveal())
	return err == nil && (a.kib < hashKiB || a.passes < hashPasses || len(a.tag) < tagBytes || len(a.salt) < saltBytes)
}
