package profiles

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"fmt"
	"slices"
	"time"
)

// Role is what a person is in this car. The zero value is nobody's.
type Role uint8

const (
	NoRole    Role = iota
	Main           // the registered owner, exactly one
	Secondary      // up to five
	Guest          // anonymous; never in the roster
)

// String is the name in documents and on D-Bus, empty for nobody.
func (r Role) String() string { return [...]string{"", "main", "secondary", "guest"}[r%4] }

// parseRole reads the role of a person in the roster.
func parseRole(s string) (Role, error) {
	switch s {
	case "main":
		return Main, nil
	case "secondary":
		return Secondary, nil
	}
	return NoRole, fmt.Errorf("role %.20q: want main or secondary", s)
}

// State is how far a person has come in. Only an Active one logs in and is told
// anything.
type State uint8

const (
	NoState            State = iota
	Invited                  // by the main user
	Confirmed                // accepted, with a key and a mailbox of their own
	AwaitingActivation       // waits for the main user, or for the car's security code
	Active
	Removing // rights have ended, erasing is under way; never in a document
)

// String is the name in documents and on D-Bus.
func (s State) String() string {
	return [...]string{"", "invited", "confirmed", "awaiting-activation", "active", "removing"}[s%6]
}

// parseState reads the name of a state.
func parseState(text string) (State, error) {
	for s := Invited; s <= Removing; s++ {
		if s.String() == text {
			return s, nil
		}
	}
	return NoState, fmt.Errorf("state %.20q: want invited, confirmed, awaiting-activation or active", text)
}

// Person is one of the people of a car.
type Person struct {
	ID         ID
	Mailbox    string // 32 hex digits; may be empty while Invited
	Role       Role
	State      State
	Sharing    Sharing // a main user's is Shared
	Restricted []Function
	Sign, Seal Key     // may be absent
	Name       Private // as the document brought it
	Verifier   Verifier
	Sealed     string // the claim `private`: both of them, for the car alone
	Contact    string // of who is invited, sealed to the back end; else empty
}

// Reader is one who is told something and is no person: the workshop or the back end.
type Reader struct {
	Role       string // workshop or backend, at most one of each
	Mailbox    string
	Sign, Seal Key // may be absent
}

// Hash is SHA-256 of a document's payload bytes. The zero Hash is none.
type Hash [32]byte

// String is 64 lower-case hex digits, empty for none.
func (h Hash) String() string {
	if h == (Hash{}) {
		return ""
	}
	return hex.EncodeToString(h[:])
}

// MaxSecondary is how many secondary users a car has at most.
const MaxSecondary = 5

// Roster is the people of one car, as the newest stored access document left them. The
// zero value, with the car's VID, is a car that nobody was enrolled in yet. It is
// a value: Apply returns the next one, and the owner keeps it once the store has.
type Roster struct {
	VID     string
	Version uint64 // of the newest document; 0: none was accepted yet
	Hash    Hash   // of its payload
	// Previous is the hash that it follows, and Contact that of a transfer: with them the
	// document can be made again as it was.
	Previous Hash
	Contact  string
	Issued   time.Time
	People   []Person // main user first if there is one, the others by ID
	Readers  []Reader
	Inbox    string // the mailbox on which the car takes chat; may be empty
	// GuestServices and RemoteServices are the main user's word for guests and for
	// what is done from afar.
	GuestServices, RemoteServices bool
	// Admission and Unmet are not of the document: the owner of the roster knows them.
	// Unmet says that the main user was never logged in in this car: their phone invites
	// nobody yet.
	Admission Admission
	Unmet     bool
	// Own says that the car signed the newest document: the back end may not have it yet.
	Own bool
	// Emptied says that a document removed the people of this car. A new main user
	// then comes from the back end only as AwaitingActivation.
	Emptied bool
	// Ceiling is the newest authentic document that the car has seen, where the chain has
	// not reached it; else nil. Erased are users of the stored document whom a ceiling
	// removed: they are not among People.
	Ceiling *Roster
	Erased  []Erased
}

// next is the roster of document a, which follows r. Below a ceiling who is not in it is
// not kept.
func (r Roster) next(a Access) Roster {
	n := rosterOf(a)
	n.Admission, n.Unmet = r.Admission, r.Unmet
	n.Emptied = len(a.Users) == 0 && (r.Emptied || r.peopled())
	if !r.reaches(a.Version) {
		users := n.People
		n.Ceiling = r.Ceiling
		n.People, n.Erased = r.under(r.Ceiling, users)
		n.Erased = slices.DeleteFunc(n.Erased, func(e Erased) bool {
			return !slices.ContainsFunc(users, func(p Person) bool { return p.ID == e.ID })
		})
	}
	return n
}

// peopled reports whether the stored document names anybody.
func (r Roster) peopled() bool { return len(r.People)+len(r.Erased) > 0 }

// rosterOf is document a by itself.
func rosterOf(a Access) Roster {
	n := Roster{
		VID: a.VID, Version: a.Version, Hash: a.Hash, Previous: a.Previous, Contact: a.Contact, Issued: a.Issued,
		Readers: slices.Clone(a.Readers), Inbox: a.Inbox,
		GuestServices: a.GuestServices, RemoteServices: a.RemoteServices,
	}
	for _, u := range a.Users {
		p := u.Person
		p.Restricted = slices.Clone(p.Restricted)
		n.People = append(n.People, p)
	}
	n.sort()
	return n
}

// sort puts the people in their order. The slice must be r's own.
func (r Roster) sort() { slices.SortFunc(r.People, Person.compare) }

func sortUsers(users []User) {
	slices.SortFunc(users, func(a, b User) int { return a.Person.compare(b.Person) })
}

// compare is the order of people: the main user first, the others by ID.
func (p Person) compare(q Person) int {
	return cmp.Or(cmp.Compare(p.Role, q.Role), bytes.Compare(p.ID[:], q.ID[:]))
}

// Main returns the main user.
func (r Roster) Main() (Person, bool) {
	for _, p := range r.People {
		if p.Role == Main {
			return p, true
		}
	}
	return Person{}, false
}

// Find returns the person with this id.
func (r Roster) Find(id ID) (Person, bool) {
	for _, p := range r.People {
		if p.ID == id {
			return p, true
		}
	}
	return Person{}, false
}

// Reader returns the reader with this role, `workshop` or `backend`.
func (r Roster) Reader(role string) (Reader, bool) {
	for _, reader := range r.Readers {
		if reader.Role == role {
			return reader, true
		}
	}
	return Reader{}, false
}

// Rights returns what p may use.
func (r Roster) Rights(p Person) Rights {
	if p.State != Active {
		return Rights{}
	}
	return Rights{Role: p.Role, Restricted: p.Restricted, GuestServices: r.GuestServices, RemoteServices: r.RemoteServices}
}

// GuestRights returns what a guest may use.
func (r Roster) GuestRights() Rights {
	return Rights{Role: Guest, GuestServices: r.GuestServices, RemoteServices: r.RemoteServices}
}
