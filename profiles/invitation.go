package profiles

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"strings"
	"time"
)

// Why the code of an invitation is refused. Who was removed, whose invitation was taken
// back and who never had one are answered alike: no code counts.
var (
	ErrInvitationWrong   = errors.New("the code is wrong; look at the newest text message")
	ErrInvitationExpired = errors.New("the code is older than 12 hours; ask for a new one")
	ErrInvitationVoid    = errors.New("the code no longer counts; ask for a new one")
)

const (
	codeLetters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ" // base32 of Crockford: none looks like another
	codeLength  = 8                                  // 40 bits
	codeFresh   = 12 * time.Hour
	codeTries   = 5
)

// Invitation is the code of an open invitation: not the code itself, only what it is
// recognised by, and only that of the newest. It is a value: the owner keeps what Ask and
// Redeem return before it answers, so that a crash gives no try away. No code counts for
// the zero Invitation.
type Invitation struct {
	Code  []byte    // HMAC-SHA256 of the newest code; nil: none counts
	Sent  time.Time // when that code was made
	Wrong int       // tries since then
}

// Ask makes the next code, after which no earlier one counts.
func (i Invitation) Ask(key []byte, now time.Time) (next Invitation, code string) {
	raw := make([]byte, codeLength)
	rand.Read(raw)
	for n, random := range raw {
		raw[n] = codeLetters[random%byte(len(codeLetters))] // 256 is a multiple of 32
	}
	return Invitation{Code: codeSum(key, string(raw)), Sent: now}, string(raw)
}

// Redeem takes the code away if it is the newest and its time has not passed. The fifth
// wrong one voids it.
func (i Invitation) Redeem(key []byte, code string, now time.Time) (Invitation, error) {
	sum := codeSum(key, code)
	right := subtle.ConstantTimeCompare(i.Code, sum) == 1
	switch {
	case i.Code == nil:
		return i, ErrInvitationVoid
	// The larger of what the two clocks say: a wall clock that is turned back does
	// not make a code younger.
	case max(now.Sub(i.Sent), now.Round(0).Sub(i.Sent.Round(0))) >= codeFresh:
		return i, ErrInvitationExpired
	case right:
		return Invitation{}, nil
	}
	if i.Wrong++; i.Wrong < codeTries {
		return i, ErrInvitationWrong
	}
	return Invitation{}, ErrInvitationVoid
}

// codeSum is what a code is recognised by, however it was typed.
func codeSum(key []byte, code string) []byte {
	sum := hmac.New(sha256.New, key)
	sum.Write([]byte(PlainCode(code)))
	return sum.Sum(nil)
}

// PlainCode is a code that people type, of an invitation or of the car: in capitals,
// without spaces and hyphens.
func PlainCode(typed string) string {
	return strings.ToUpper(strings.NewReplacer(" ", "", "-", "").Replace(typed))
}
