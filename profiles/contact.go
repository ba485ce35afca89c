package profiles

import (
	"crypto/ecdh"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Contact is how somebody is reached who is no user of the car yet.
type Contact struct{ Name, Email, Mobile Private }

// Contact is as it is written, all or nothing.
type sealedContact struct {
	Name   string `json:"name"`
	Email  string `json:"email"`
	Mobile string `json:"mobile"`
}

// A contact stands in the access document only sealed to the back end's key:
//
//	contact    = base64url( 0x02 ‖ enc 32 ‖ ciphertext ), HPKE as in private.go
//	             info "glovebox/1/contact", aad = vid ‖ id (hex texts); of a
//	             transfer, which is about nobody of the car, the id is empty
//	plaintext  = {"name":…,"email":…,"mobile":…}
const contactInfo = "glovebox/1/contact"

func sealContact(backEnd *ecdh.PublicKey, vid, id string, c Contact) (string, error) {
	plain, err := json.Marshal(sealedContact{c.Name.Reveal(), c.Email.Reveal(), c.Mobile.Reveal()})
	if err != nil {
		return "", fmt.Errorf("seal a contact: %w", err)
	}
	return sealText(backEnd, contactInfo, vid+id, plain)
}

// OpenContact opens the contact of an invited user, or with the zero ID that of a
// transfer, with the back end's key.
func OpenContact(backEnd *ecdh.PrivateKey, vid string, id ID, sealed string) (Contact, error) {
	text := ""
	if !id.IsZero() {
		text = id.String()
	}
	plain, err := openText(backEnd, contactInfo, vid+text, sealed)
	if err != nil {
		return Contact{}, fmt.Errorf("contact: %w", err)
	}
	o := newObject(plain)
	c := Contact{Conceal(o.text("name")), Conceal(o.text("email")), Conceal(o.text("mobile"))}
	if o.end() != nil {
		return Contact{}, errors.New("contact: want name, email and mobile and nothing else")
	}
	return c.Plain()
}

// Plain refuses a contact by which nobody is reached, and returns it in its plain form:
// a mobile number without spaces.
func (c Contact) Plain() (Contact, error) {
	if err := checkName(c.Name); err != nil {
		return Contact{}, err
	}
	if !isEmail(c.Email.Reveal()) {
		return Contact{}, fmt.Errorf("%w: email: want an address as name@example.com", ErrInvalid)
	}
	mobile := strings.NewReplacer(" ", "", "-", "").Replace(c.Mobile.Reveal())
	if !isMobile(mobile) {
		return Contact{}, fmt.Errorf("%w: mobile: want a number with its country, as +12025550123", ErrInvalid)
	}
	c.Mobile = Conceal(mobile)
	return c, nil
}

// checkName refuses a name that cannot be shown.
func checkName(name Private) error {
	n := name.Reveal()
	if strings.TrimSpace(n) != n || n == "" || len(n) > nameBytes || !utf8.ValidString(n) || strings.ContainsFunc(n, unicode.IsControl) {
		return fmt.Errorf("%w: name: want 1 to %d bytes without control characters", ErrInvalid, nameBytes)
	}
	return nil
}

// isMobile reports whether s is a number after E.164: a plus, and 8 to 15 digits of
// which the first is no zero.
func isMobile(s string) bool {
	digits, international := strings.CutPrefix(s, "+")
	return international && len(digits) >= 8 && len(digits) <= 15 && digits[0] != '0' && strings.Trim(digits, "0123456789") == ""
}

// isEmail reports whether s has the form of an address: of RFC 5321 what is in use.
func isEmail(s string) bool {
	local, domain, found := strings.Cut(s, "@")
	if !found || len(s) > 254 || local == "" || len(local) > 64 || !strings.Contains(domain, ".") {
		return false
	}
	plain := func(r rune) bool { return r > ' ' && r < 0x7f && !strings.ContainsRune(`()<>[]:;@\,"`, r) }
	if strings.ContainsFunc(local, func(r rune) bool { return !plain(r) }) {
		return false
	}
	for label := range strings.SplitSeq(domain, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' ||
			strings.ContainsFunc(label, func(r rune) bool { return r != '-' && (!plain(r) || !unicode.IsLetter(r) && !unicode.IsDigit(r)) }) {
			return false
		}
	}
	return true
}
