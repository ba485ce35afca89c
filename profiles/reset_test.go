package profiles_test

import (
	"errors"
	"testing"

	"glovebox/profiles"
)

// A PIN is taken away by the main user alone, from a secondary user who has come in and
// has one; nothing else of theirs changes.
func TestResetPINByTheMainUser(t *testing.T) {
	start := enrolled(t, household(t))
	before, _ := start.Find(idOf("shared"))
	for name, row := range map[string]struct {
		who string
		by  profiles.Author
	}{
		"their own": {"shared", at("shared")}, "by nobody": {"shared", profiles.Author{}}, "of the main user": {"main", at("main")},
		"of who has not come in": {"awaiting", at("main")}, "of who is invited": {"invited", at("main")},
	} {
		if _, revised, err := revise(t, start, profiles.ResetPIN{Who: idOf(row.who)}, row.by); !errors.Is(err, profiles.ErrNotPermitted) || revised.Payload != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, revised, err := revise(t, start, profiles.ResetPIN{Who: idOf("stranger")}, at("main")); err == nil || revised.Payload != nil {
		t.Errorf("of a stranger: %v", err)
	}
	next, _, err := revise(t, start, profiles.ResetPIN{Who: before.ID}, at("main"))
	if err != nil {
		t.Fatal(err)
	}
	after, _ := next.Find(before.ID)
	if !after.Verifier.IsZero() || after.Name != before.Name || after.Mailbox != before.Mailbox || after.Sharing != before.Sharing {
		t.Errorf("%+v, was %+v", after, before)
	}
	if _, revised, err := revise(t, next, profiles.ResetPIN{Who: before.ID}, at("main")); err != nil || revised.Payload != nil || revised.Who != before.ID {
		t.Errorf("again: %v", err)
	}
}

// Erasing everything is the main user's to decide, and makes no document.
func TestEraseEverythingIsTheMainUsers(t *testing.T) {
	start := enrolled(t, household(t))
	for _, by := range []profiles.Author{{}, at("shared"), at("awaiting"), at("stranger"), {Owner: true}} {
		if _, _, err := revise(t, start, profiles.EraseEverything{}, by); !errors.Is(err, profiles.ErrNotPermitted) {
			t.Errorf("%+v: %v", by, err)
		}
	}
	if _, revised, err := revise(t, start, profiles.EraseEverything{}, at("main")); err != nil || revised.Payload != nil {
		t.Errorf("by the main user: %v", err)
	}
}
