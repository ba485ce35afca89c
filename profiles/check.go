package profiles

import (
	"errors"
	"fmt"
	"slices"
)

// check holds the document against the fixed lists (docs/security.md, The access document).
func (a Access) check() error {
	if !IsHex128(a.VID) {
		return errors.New("vid: want 32 lower-case hex digits")
	}
	seen := map[string]bool{}
	once := func(what, value string) error {
		if value != "" && seen[value] {
			return fmt.Errorf("%s stands twice", what)
		}
		seen[value] = true
		return nil
	}
	mains := 0
	for i, u := range a.Users {
		err := errors.Join(u.check(), once("id", "id "+u.ID.String()), once("mailbox", u.Mailbox),
			once("key", u.Sign.Thumbprint()), once("key", u.Seal.Thumbprint()))
		if err != nil {
			return fmt.Errorf("user %d: %w", i+1, err)
		}
		if u.Role == Main {
			mains++
		}
	}
	for i, r := range a.Readers {
		err := errors.Join(r.check(), once("role", "role "+r.Role), once("mailbox", r.Mailbox),
			once("key", r.Sign.Thumbprint()), once("key", r.Seal.Thumbprint()))
		if err != nil {
			return fmt.Errorf("reader %d: %w", i+1, err)
		}
	}
	switch {
	case a.Inbox != "" && !IsHex128(a.Inbox):
		return errors.New("inbox: want 32 lower-case hex digits")
	case mains > 1:
		return errors.New("more than one main user")
	case mains == 0 && len(a.Users) > 0:
		return errors.New("secondary users without a main user")
	case len(a.Users)-mains > MaxSecondary:
		return ErrRosterFull
	}
	return once("mailbox", a.Inbox)
}

func (u User) check() error {
	restricted := slices.Clone(u.Restricted)
	slices.Sort(restricted)
	invited := u.State == Invited
	switch {
	case u.ID.IsZero():
		return errors.New("id: zero is nobody's")
	case u.Mailbox != "" && !IsHex128(u.Mailbox), u.Mailbox == "" && !invited:
		return errors.New("mailbox: want 32 lower-case hex digits")
	case u.State == Removing:
		return errors.New("state: who is removed is absent")
	case u.Role == Main && u.Sharing != Shared:
		return errors.New("sharing: a main user's is shared")
	case u.Role == Main && len(u.Restricted) > 0:
		return errors.New("restricted: a main user is not")
	case len(slices.Compact(restricted)) != len(u.Restricted):
		return errors.New("restricted: a function stands twice")
	case !u.Sign.IsZero() && !u.Sign.Signs():
		return errors.New("sign: this key does not sign")
	case !u.Seal.IsZero() && !u.Seal.Seals():
		return errors.New("seal: this key does not seal")
	case u.Sealed == "" && !invited:
		return errors.New("private: missing")
	case u.Contact != "" && !invited:
		return errors.New("contact: who has accepted is reached by their mailbox")
	}
	return nil
}

func (r Reader) check() error {
	switch {
	case r.Role != "workshop" && r.Role != "backend":
		return fmt.Errorf("role %.20q: want workshop or backend", r.Role)
	case !IsHex128(r.Mailbox):
		return errors.New("mailbox: want 32 lower-case hex digits")
	case !r.Sign.IsZero() && !r.Sign.Signs():
		return errors.New("sign: this key does not sign")
	case !r.Seal.IsZero() && !r.Seal.Seals():
		return errors.New("seal: this key does not seal")
	}
	return nil
}
