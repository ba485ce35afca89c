package profiles_test

import (
	"slices"
	"strings"
	"testing"

	"glovebox/profiles"
)

// The signers, by the letter that the tables use for them.
var signers = map[byte]profiles.SignerKind{'s': profiles.Stranger, 'b': profiles.BackEnd, 'm': profiles.MainUser, 'c': profiles.Car}

// personChange changes one user of the household. Who may is a cell for each user;
// a letter for each signer, `-` for nobody, `x` where such a document is malformed
// and never gets so far.
type personChange struct {
	name   string
	change func(t testing.TB, u *profiles.User)
	may    string // main, shared, limited, invited, confirmed, awaiting
}

func state(s profiles.State) func(testing.TB, *profiles.User) {
	return func(_ testing.TB, u *profiles.User) { u.State = s }
}

// arrive is what a person brings when they confirm: a key, a mailbox and a PIN.
func arrive(t testing.TB, u *profiles.User) {
	u.State, u.Mailbox = profiles.Confirmed, hex128("arrived "+u.Name.Reveal())
	u.Sign, u.Seal, u.Verifier = signKey(t, "arrived "+u.Name.Reveal()), sealKey(t, "arrived "+u.Name.Reveal()), cheap(t, "590324")
}

func newMailbox(_ testing.TB, u *profiles.User) {
	u.Mailbox = hex128("new " + u.Mailbox + u.ID.String())
}

func share(s profiles.Sharing) func(testing.TB, *profiles.User) {
	return func(t testing.TB, u *profiles.User) {
		if u.Sharing != s {
			u.Sharing = s
			newMailbox(t, u)
		}
	}
}

// personChanges is the table of docs/security.md, Rights, for everything that a user's entry holds.
var personChanges = []personChange{
	//                                                                      main shared limited invited confirmed awaiting
	{"as it is", func(testing.TB, *profiles.User) {}, "bm bm bm bm bm bm"},
	{"restrictions in another order", func(_ testing.TB, u *profiles.User) { slices.Reverse(u.Restricted) }, "bm bm bm bm bm bm"},
	{"restrict one more", func(_ testing.TB, u *profiles.User) { u.Restricted = append(u.Restricted, "booking") }, "x bmc bmc bmc bmc bmc"},
	{"restrict a main-only function", func(_ testing.TB, u *profiles.User) { u.Restricted = append(u.Restricted, "purchase") }, "x bmc bmc bmc bmc bmc"},
	{"lift a restriction", func(_ testing.TB, u *profiles.User) { u.Restricted = cut(u.Restricted, 1) }, "bm mc mc bm bm bm"},
	{"lift all restrictions", func(_ testing.TB, u *profiles.User) { u.Restricted = nil }, "bm mc mc bm bm bm"},
	{"restrict one and lift one", func(_ testing.TB, u *profiles.User) { u.Restricted = []profiles.Function{"radio", "trips"} }, "x mc mc bmc bmc bmc"},
	{"limit", share(profiles.Limited), "x bmc bm bmc bmc bmc"},
	{"share", share(profiles.Shared), "bm bm mc bm bm bm"},
	{"limit and restrict", func(t testing.TB, u *profiles.User) {
		share(profiles.Limited)(t, u)
		u.Restricted = append(u.Restricted, "alerts")
	}, "x bmc bmc bmc bmc bmc"},
	{"the other sharing, the same mailbox", func(_ testing.TB, u *profiles.User) { u.Sharing = 1 - u.Sharing }, "x - - bmc - -"},
	{"the other role", func(_ testing.TB, u *profiles.User) {
		u.Role = profiles.Main + profiles.Secondary - u.Role
	}, "x x x x x x"},
	{"another id", func(_ testing.TB, u *profiles.User) { u.ID = idOf("another") }, "- - - mc - -"}, // keeps a mailbox that was another's
	{"another id and mailbox", func(t testing.TB, u *profiles.User) { u.ID = idOf("another"); newMailbox(t, u) }, "- mc mc mc mc mc"},
	{"a new mailbox", newMailbox, "mc mc mc mc mc mc"},
	{"the workshop's mailbox of before", func(_ testing.TB, u *profiles.User) { u.Mailbox = hex128("mailbox workshop") }, "x x x x x x"},
	{"no mailbox", func(_ testing.TB, u *profiles.User) { u.Mailbox = "" }, "x x x bm x x"},
	{"a new sign key", func(t testing.TB, u *profiles.User) { u.Sign = signKey(t, "new") }, "mc mc mc mc mc mc"},
	{"a new seal key", func(t testing.TB, u *profiles.User) { u.Seal = sealKey(t, "new") }, "mc mc mc mc mc mc"},
	{"no sign key", func(_ testing.TB, u *profiles.User) { u.Sign = profiles.Key{} }, "mc mc mc bm mc mc"},
	{"no seal key", func(_ testing.TB, u *profiles.User) { u.Seal = profiles.Key{} }, "mc mc mc bm mc mc"},
	{"another name", func(_ testing.TB, u *profiles.User) { u.Name = profiles.Conceal("somebody") }, "mc mc mc mc mc mc"},
	{"another PIN", func(t testing.TB, u *profiles.User) { u.Verifier = cheap(t, "601435") }, "mc mc mc mc mc mc"},
	{"no PIN", func(_ testing.TB, u *profiles.User) { u.Verifier = profiles.Verifier{} }, "mc mc mc bm mc mc"},
	{"invited", state(profiles.Invited), "mc mc mc bm mc mc"},
	{"awaiting activation", state(profiles.AwaitingActivation), "mc mc mc x mc bm"},
	{"removing", state(profiles.Removing), "x x x x x x"},
	{"confirmed", state(profiles.Confirmed), "mc mc mc x bm mc"},
	{"active", func(t testing.TB, u *profiles.User) {
		if u.State == profiles.Invited {
			arrive(t, u)
		}
		u.State = profiles.Active
	}, "bm bm bm mc mc mc"},
	{"confirmed, with key, mailbox and PIN", arrive, "mc mc mc bmc mc mc"},
	{"confirmed and shared otherwise", func(t testing.TB, u *profiles.User) { arrive(t, u); u.Sharing = profiles.Limited }, "x mc mc bmc mc mc"},
	{"confirmed under another name", func(t testing.TB, u *profiles.User) {
		arrive(t, u)
		u.Name = profiles.Conceal("somebody")
	}, "mc mc mc mc mc mc"},
	{"a lost key: new key, awaiting activation", func(t testing.TB, u *profiles.User) {
		u.State = profiles.AwaitingActivation
		u.Sign, u.Seal = signKey(t, "new"), sealKey(t, "new")
		newMailbox(t, u)
	}, "bmc mc mc mc mc mc"},
	{"a lost key and another PIN", func(t testing.TB, u *profiles.User) {
		u.State, u.Sign, u.Verifier = profiles.AwaitingActivation, signKey(t, "new"), cheap(t, "601435")
		newMailbox(t, u)
	}, "mc mc mc mc mc mc"},
}

// cut returns list without its last n.
func cut(list []profiles.Function, n int) []profiles.Function {
	return slices.Clone(list[:max(0, len(list)-n)])
}

// carChanges is the table for everything else.
var carChanges = []struct {
	name   string
	change func(t testing.TB, a *profiles.Access)
	may    string
}{
	{"as it is", func(testing.TB, *profiles.Access) {}, "bm"},
	{"readers in another order", func(_ testing.TB, a *profiles.Access) { slices.Reverse(a.Readers) }, "bm"},
	{"users in another order", func(_ testing.TB, a *profiles.Access) { slices.Reverse(a.Users) }, "bm"},
	{"guest services off", func(_ testing.TB, a *profiles.Access) { a.GuestServices = false }, "bmc"},
	{"remote services on", func(_ testing.TB, a *profiles.Access) { a.RemoteServices = true }, "mc"},
	{"guest services off, remote services on", func(_ testing.TB, a *profiles.Access) { a.GuestServices, a.RemoteServices = false, true }, "mc"},
	{"remove shared", remove(1), "bmc"}, {"remove limited", remove(2), "bmc"}, {"remove invited", remove(3), "bmc"},
	{"remove confirmed", remove(4), "bmc"}, {"remove awaiting", remove(5), "bmc"},
	{"remove the main user alone", remove(0), "x"},
	{"remove all", func(_ testing.TB, a *profiles.Access) { a.Users = nil }, "bmc"},
	{"remove all secondary users", func(_ testing.TB, a *profiles.Access) { a.Users = a.Users[:1] }, "bmc"},
	{"remove all and limit services", func(_ testing.TB, a *profiles.Access) { a.Users, a.GuestServices = nil, false }, "bmc"},
	{"remove all and remote services on", func(_ testing.TB, a *profiles.Access) { a.Users, a.RemoteServices = nil, true }, "mc"},
	{"a sixth secondary user", func(t testing.TB, a *profiles.Access) {
		a.Users = append(a.Users, user(t, "sixth", profiles.Secondary, profiles.Invited, profiles.Limited))
	}, "x"},
	{"one out, one invited", func(t testing.TB, a *profiles.Access) {
		a.Users[5] = user(t, "sixth", profiles.Secondary, profiles.Invited, profiles.Limited)
	}, "mc"},
	{"one out, one in and active", func(t testing.TB, a *profiles.Access) {
		a.Users[5] = user(t, "sixth", profiles.Secondary, profiles.Active, profiles.Limited)
	}, "mc"},
	{"a removed user's mailbox to the inbox", func(t testing.TB, a *profiles.Access) {
		a.Inbox = a.Users[5].Mailbox
		remove(5)(t, a)
	}, "-"},
	{"two mailboxes change hands", func(_ testing.TB, a *profiles.Access) {
		a.Users[1].Mailbox, a.Users[2].Mailbox = a.Users[2].Mailbox, a.Users[1].Mailbox
	}, "-"},
	{"another main user", func(t testing.TB, a *profiles.Access) {
		a.Users = []profiles.User{user(t, "buyer", profiles.Main, profiles.AwaitingActivation, profiles.Shared)}
	}, "-"},
	{"a secondary becomes the main user", func(_ testing.TB, a *profiles.Access) {
		a.Users = a.Users[1:2]
		a.Users[0].Role, a.Users[0].Restricted = profiles.Main, nil
	}, "-"},
	{"another inbox", func(_ testing.TB, a *profiles.Access) { a.Inbox = hex128("new") }, "mc"},
	{"no inbox", func(_ testing.TB, a *profiles.Access) { a.Inbox = "" }, "mc"},
	{"no readers", func(_ testing.TB, a *profiles.Access) { a.Readers = nil }, "mc"},
	{"no workshop", func(_ testing.TB, a *profiles.Access) { a.Readers = a.Readers[:1] }, "mc"},
	{"another mailbox for the back end", func(_ testing.TB, a *profiles.Access) { a.Readers[0].Mailbox = hex128("new") }, "mc"},
	{"another key for the back end", func(t testing.TB, a *profiles.Access) { a.Readers[0].Seal = sealKey(t, "new") }, "mc"},
	{"no key for the back end", func(_ testing.TB, a *profiles.Access) { a.Readers[0].Seal = profiles.Key{} }, "mc"},
	{"a key for the workshop", func(t testing.TB, a *profiles.Access) { a.Readers[1].Sign = signKey(t, "new") }, "mc"},
	{"the readers' mailboxes change hands", func(_ testing.TB, a *profiles.Access) {
		a.Readers[0].Mailbox, a.Readers[1].Mailbox = a.Readers[1].Mailbox, a.Readers[0].Mailbox
	}, "-"},
	{"a third kind of reader", func(_ testing.TB, a *profiles.Access) {
		a.Readers = append(a.Readers, profiles.Reader{Role: "insurer", Mailbox: hex128("insurer")})
	}, "x"},
	{"two workshops", func(_ testing.TB, a *profiles.Access) {
		a.Readers = append(a.Readers, profiles.Reader{Role: "workshop", Mailbox: hex128("second workshop")})
	}, "x"},
	{"another car", func(_ testing.TB, a *profiles.Access) { a.VID = hex128("another car") }, "-"},
}

func remove(i int) func(testing.TB, *profiles.Access) {
	return func(_ testing.TB, a *profiles.Access) { a.Users = slices.Delete(a.Users, i, i+1) }
}

// row is one changed document and who may sign it.
type row struct {
	name   string
	user   int // -1: the car's
	change func(t testing.TB, a *profiles.Access)
	may    string
}

func rows() []row {
	users := []string{"main", "shared", "limited", "invited", "confirmed", "awaiting"}
	var all []row
	for _, c := range personChanges {
		for i, may := range strings.Fields(c.may) {
			all = append(all, row{users[i] + ": " + c.name, i, func(t testing.TB, a *profiles.Access) { c.change(t, &a.Users[i]) }, may})
		}
	}
	for _, c := range carChanges {
		all = append(all, row{"car: " + c.name, -1, c.change, c.may})
	}
	return all
}

// Each claim of each user, changed alone, is accepted from exactly those whose right it is.
func TestRightsByChange(t *testing.T) {
	people := household(t)
	before := enrolled(t, people)
	checked := 0
	for _, row := range rows() {
		a := follow(copyOf(people), before)
		row.change(t, &a)
		if a.VID == before.VID {
			got, err := wire(t, a)
			if malformed := strings.Contains(row.may, "x"); malformed != (err != nil) {
				t.Errorf("%s: encode and decode: %v, want malformed %v", row.name, err, malformed)
			}
			if err != nil {
				checked++
				continue
			}
			got.Hash = a.Hash
			a = got
		}
		for letter, kind := range signers {
			after, changes, err := before.Apply(a, profiles.Signer{Kind: kind})
			checked++
			if may := strings.IndexByte(row.may, letter) >= 0; may != (err == nil) {
				t.Errorf("%s, signed by %s: %v, want allowed %v; changes %v", row.name, kind, err, may, changes)
			}
			if err != nil && (changes != nil || after.Version != before.Version) {
				t.Errorf("%s, signed by %s: refused, and yet something changed", row.name, kind)
			}
			if err == nil && (len(changes) == 0 || after.Hash != a.Hash || after.Version != a.Version) {
				t.Errorf("%s, signed by %s: accepted without a trace", row.name, kind)
			}
		}
	}
	if checked < 400 {
		t.Errorf("%d rows checked, want 400 or more", checked)
	}
	t.Logf("%d rows", checked)
}

// Two changes in one document are allowed to whom each is allowed: one forbidden
// change refuses the whole, and a second one never makes it good.
func TestTwoChangesNeedBothRights(t *testing.T) {
	people := household(t)
	before := enrolled(t, people)
	all := rows()
	for i, first := range all {
		for _, second := range all[:i] {
			if first.user < 0 || second.user < 0 || first.user == second.user || strings.ContainsAny(first.may+second.may, "x") {
				continue
			}
			a := follow(copyOf(people), before)
			first.change(t, &a)
			second.change(t, &a)
			for letter, kind := range signers {
				// bm is who may leave all as it is; beside a change it forbids nothing.
				may := allows(first.may, letter) && allows(second.may, letter)
				if first.may == "bm" && second.may == "bm" {
					may = strings.IndexByte("bm", letter) >= 0
				}
				if _, changes, err := before.Apply(a, profiles.Signer{Kind: kind}); may != (err == nil) {
					t.Fatalf("%s and %s, signed by %s: %v, want allowed %v; changes %v", first.name, second.name, kind, err, may, changes)
				}
			}
		}
	}
}

func allows(may string, letter byte) bool {
	return strings.IndexByte(may, letter) >= 0 || may == "bm" && letter == 'c'
}
