package profiles_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"glovebox/profiles"
)

// with is data with one member replaced.
func with(t *testing.T, data []byte, member, value string) []byte {
	t.Helper()
	var all map[string]json.RawMessage
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	if _, known := all[member]; !known {
		t.Fatalf("no member %s in %s", member, data)
	}
	all[member] = json.RawMessage(value)
	out, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// A kept person of whom one thing is not as it was written is no person.
func TestDamagedPerson(t *testing.T) {
	whole := household(t)
	data, err := enrolled(t, whole).People[0].Encode()
	if err != nil {
		t.Fatal(err)
	}
	for member, value := range map[string]string{
		"id": `"ab"`, "role": `"guest"`, "state": `"gone"`, "sharing": `"open"`, "pin": `"$argon2id$"`, "sign": `7`, "seal": `{}`,
		"name": `7`, "mailbox": `[]`,
	} {
		if p, err := profiles.DecodePerson(with(t, data, member, value)); err == nil || !reflect.DeepEqual(p, profiles.Person{}) {
			t.Errorf("%s %s is read: %v", member, value, err)
		}
	}
}

// A kept roster reads back with all that it says of the car, a ceiling and those who were
// erased below it too; with one thing damaged it is none.
func TestKeptRosterIsWhole(t *testing.T) {
	issued := time.Date(2026, 11, 21, 20, 0, 0, 0, time.UTC)
	readers := enrolled(t, household(t)).Readers
	r := profiles.Roster{
		VID: strings.Repeat("ab", 16), Version: 7, Hash: profiles.Hash{7}, Issued: issued, Readers: readers, Inbox: strings.Repeat("cd", 16),
		GuestServices: true, Emptied: true, Erased: []profiles.Erased{{ID: idOf("limited")}},
		Ceiling: &profiles.Roster{VID: strings.Repeat("ab", 16), Version: 9, Hash: profiles.Hash{9}, Issued: issued, RemoteServices: true},
	}
	open, err := r.EncodeOpen()
	if err != nil {
		t.Fatal(err)
	}
	back, err := profiles.DecodeRoster(open, nil, nil)
	if err != nil || !reflect.DeepEqual(back, r) {
		t.Errorf("kept %+v\nread %+v, %v", r, back, err)
	}
	people := enrolled(t, household(t)).People
	if back, err = profiles.DecodeRoster(open, people, people[:1]); err != nil || len(back.People) != len(people)-1 || len(back.Ceiling.People) != 1 {
		t.Errorf("%d people, of the ceiling %d, %v", len(back.People), len(back.Ceiling.People), err)
	}
	for member, value := range map[string]string{
		"version": `"x"`, "hash": `"AAAA"`, "erased": `[{"id":"ab","sign":null}]`, "ceiling": `{"hash":""}`, "readers": `7`,
	} {
		if back, err := profiles.DecodeRoster(with(t, open, member, value), nil, nil); err == nil || !reflect.DeepEqual(back, profiles.Roster{}) {
			t.Errorf("%s %s is read: %v", member, value, err)
		}
	}
}
