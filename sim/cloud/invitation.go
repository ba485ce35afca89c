package cloud

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"strings"
	"time"
)

// Why a code is refused.
var (
	ErrCodeWrong   = errors.New("the code is wrong; look at the newest text message")
	ErrCodeExpired = errors.New("the code is older than 12 hours; ask for a new one")
	ErrCodeVoid    = errors.New("the code no longer counts; ask for a new one")
)

const (
	codeLetters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ" // base32 of Crockford: none looks like another
	codeLength  = 8                                  // 40 bits
	codeFresh   = 12 * time.Hour
	codeTries   = 5
)

// invitation is an open invitation of one person. The code is not in it, only
// what it is recognised by, and only that of the newest.
type invitation struct {
	By    string // who invited: a person or the workshop
	Link  string
	Code  []byte    // HMAC-SHA256 of the newest code; nil: none counts
	Sent  time.Time // when that code was made
	Wrong int       // tries since then
}

// fresh makes the next code, after which no earlier one counts.
func (i *invitation) fresh(key []byte, now time.Time) string {
	raw := make([]byte, codeLength)
	_, _ = rand.Read(raw) // never fails: crypto/rand
	for n, random := range raw {
		raw[n] = codeLetters[random%byte(len(codeLetters))] // 256 is a multiple of 32
	}
	i.Code, i.Sent, i.Wrong = codeSum(key, string(raw)), now, 0
	return string(raw)
}

// redeem takes the code away if it is the newest and its time has not passed. The
// fifth wrong one voids it.
func (i *invitation) redeem(key []byte, code string, now time.Time) error {
	if i.Code == nil {
		return ErrCodeVoid
	}
	// The larger of what the two clocks say: a wall clock that is turned back does
	// not make a code younger.
	if max(now.Sub(i.Sent), now.Round(0).Sub(i.Sent.Round(0))) > codeFresh {
		return ErrCodeExpired
	}
	if subtle.ConstantTimeCompare(i.Code, codeSum(key, code)) == 1 {
		i.Code = nil
		return nil
	}
	if i.Wrong++; i.Wrong < codeTries {
		return ErrCodeWrong
	}
	i.Code = nil
	return ErrCodeVoid
}

// codeSum is what a code is recognised by, however it was typed.
func codeSum(key []byte, code string) []byte {
	sum := hmac.New(sha256.New, key)
	sum.Write([]byte(strings.ToUpper(strings.NewReplacer(" ", "", "-", "").Replace(code))))
	return sum.Sum(nil)
}
