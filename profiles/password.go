package profiles

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Password is that of a person's account: for the back end and the phone, never for the
// car. It prints as ‹private›.
type Password struct{ Private }

// NewPassword wraps what was typed, whatever it is.
func NewPassword(typed string) Password { return Password{Conceal(typed)} }

// Acceptable reports why p may not become the password of who is reached so: 8 to 64
// characters, any of them, and not their own name or address (NIST SP 800-63B-4, passwords).
func (p Password) Acceptable(of Contact) error {
	n := utf8.RuneCountInString(p.Reveal())
	if n < 8 || n > 64 || !utf8.ValidString(p.Reveal()) {
		return fmt.Errorf("%w: a password has 8 to 64 characters", ErrInvalid)
	}
	for _, own := range []Private{of.Name, of.Email, of.Mobile} {
		if strings.EqualFold(p.Reveal(), own.Reveal()) {
			return fmt.Errorf("%w: this password is too easy to guess; choose another", ErrInvalid)
		}
	}
	return nil
}

// Verifier says later whether a password is right without holding it.
func (p Password) Verifier(random io.Reader) (Verifier, error) {
	return NewVerifier(PIN(p), random)
}
