package profiles

import (
	"errors"
	"fmt"
	"slices"
)

// Why a document is refused that is well formed. Each is counted and shown.
var (
	ErrForeign   = errors.New("this document is for another car")
	ErrOlder     = errors.New("this document is older than the one in force")
	ErrForked    = errors.New("another document has this version")
	ErrAhead     = errors.New("this version is too far above the one in force")
	ErrForbidden = errors.New("who signed this document may not make this change")
)

// SignerKind is whose key signed a document. The zero value may do nothing.
type SignerKind uint8

const (
	Stranger SignerKind = iota
	BackEnd             // a key of the trusted set
	MainUser            // the main user's own key
	Car                 // the car's own: the main user at the wheel
)

func (k SignerKind) String() string {
	return [...]string{"a stranger", "the back end", "the main user", "the car"}[k%4]
}

// Signer is who signed, with the thumbprint of the key.
type Signer struct {
	Kind SignerKind
	Key  string
}

// ChangeKind names one kind of difference between two documents.
type ChangeKind string

const (
	Enrolled      ChangeKind = "enrol the first people"
	Refreshed     ChangeKind = "refresh"
	Removed       ChangeKind = "remove"
	Reduced       ChangeKind = "limit"
	Widened       ChangeKind = "share"
	Restricted    ChangeKind = "restrict"
	Unrestricted  ChangeKind = "lift a restriction"
	GuestOff      ChangeKind = "switch guest services off"
	GuestOn       ChangeKind = "switch guest services on"
	RemoteOff     ChangeKind = "switch remote services off"
	RemoteOn      ChangeKind = "switch remote services on"
	Added         ChangeKind = "invite or add"
	Accepted      ChangeKind = "confirm an invitation"
	Activated     ChangeKind = "activate"
	MainActivated ChangeKind = "activate the main user"
	MainArrived   ChangeKind = "bring a new main user"
	MainRekeyed   ChangeKind = "replace a main user's lost key"
	Rekeyed       ChangeKind = "replace a key"
	Moved         ChangeKind = "change a mailbox"
	Renamed       ChangeKind = "change a name"
	PINChanged    ChangeKind = "change a PIN"
	StateChanged  ChangeKind = "change a state"
	ReaderChanged ChangeKind = "change a reader"
	InboxChanged  ChangeKind = "change the inbox"
	RoleChanged   ChangeKind = "change a role"
	MainReplaced  ChangeKind = "replace the main user in one step"
	MailboxKept   ChangeKind = "change sharing and keep the mailbox"
	MailboxReused ChangeKind = "give a mailbox to another reader"
	PassedOver    ChangeKind = "change somebody who is erased"
	Lowered       ChangeKind = "lower by a document that came early"
)

// Change is one difference; Who is zero where it is nobody's in particular.
type Change struct {
	Kind ChangeKind
	Who  ID
}

// rights is the table of docs/security.md, Rights. What has no row, nobody may.
func rights() map[ChangeKind][]SignerKind {
	all := []SignerKind{BackEnd, MainUser, Car}
	main := []SignerKind{MainUser, Car}
	return map[ChangeKind][]SignerKind{
		Enrolled:  {BackEnd},
		Refreshed: {BackEnd, MainUser},

		Removed: all, Reduced: all, Restricted: all, GuestOff: all, RemoteOff: all,
		Accepted: all, PassedOver: all,

		Added: main, Widened: main, Unrestricted: main, GuestOn: main, RemoteOn: main,
		Activated: main, Rekeyed: main, Moved: main, Renamed: main, PINChanged: main,
		StateChanged: main, ReaderChanged: main, InboxChanged: main,

		MainArrived:   {BackEnd},
		MainRekeyed:   all,
		MainActivated: {Car},
	}
}

// Apply holds a document against this roster and against who signed it, and
// returns the roster that it makes, with all that changed. The document in force
// comes again at each connection: it changes nothing and is no error. A document
// with one forbidden change is refused whole.
func (r Roster) Apply(a Access, by Signer) (Roster, []Change, error) {
	switch {
	case a.VID != r.VID:
		return r, nil, ErrForeign
	case a.Version == r.Version && a.Hash == r.Hash: // no document has version 0
		return r, nil, nil
	case a.Version < r.Version:
		return r, nil, fmt.Errorf("%w: version %d, in force is %d", ErrOlder, a.Version, r.Version)
	case a.Version == r.Version:
		return r, nil, fmt.Errorf("%w: another version %d", ErrForked, a.Version)
	case r.peopled() && a.Version > r.Version+MaxAhead:
		return r, nil, fmt.Errorf("%w: version %d, in force is %d", ErrAhead, a.Version, r.Version)
	case r.Version > 0 && a.Previous != r.Hash:
		return r.lower(a, by)
	case r.Ceiling != nil && a.Version == r.Ceiling.Version && a.Hash != r.Ceiling.Hash:
		return r, nil, fmt.Errorf("%w: another version %d", ErrForked, a.Version)
	case !r.signs(by, a):
		return r, nil, fmt.Errorf("%w: %s signs no version %d", ErrForbidden, by.Kind, a.Version)
	}
	changes := r.difference(a)
	table := rights()
	for _, c := range changes {
		switch {
		case !slices.Contains(table[c.Kind], by.Kind):
			return r, nil, fmt.Errorf("%w: %s may not %s", ErrForbidden, by.Kind, c.Kind)
		case by.Kind == MainUser && c.Kind == Activated && r.Admission.Code:
			return r, nil, fmt.Errorf("%w: in this model it takes the car's security code, in the car, to %s", ErrForbidden, c.Kind)
		case by.Kind == MainUser && c.Kind == Added && r.Unmet:
			return r, nil, fmt.Errorf("%w: %s logs in in the car before they %s", ErrForbidden, by.Kind, c.Kind)
		}
	}
	next := r.next(a)
	next.Own = by.Kind == Car
	return next, changes, nil
}

// difference lists what a changes.
func (r Roster) difference(a Access) []Change {
	if !r.peopled() && !r.Emptied {
		return []Change{{Kind: Enrolled}}
	}
	var changes []Change
	add := func(kind ChangeKind, who ID) { changes = append(changes, Change{kind, who}) }
	after := map[ID]Person{}
	for _, u := range a.Users {
		after[u.ID] = u.Person
		old, known := r.Find(u.ID)
		switch {
		case known:
			changes = append(changes, old.difference(u.Person, r.Admission.AtOnce())...)
		case r.erased(u.ID) && !r.reaches(a.Version):
			add(PassedOver, u.ID)
		case u.Role != Main:
			add(Added, u.ID)
		case !r.peopled() && u.State == AwaitingActivation:
			add(MainArrived, u.ID)
		default:
			add(MainReplaced, u.ID)
		}
	}
	for _, p := range r.People {
		if _, stays := after[p.ID]; !stays {
			add(Removed, p.ID)
		}
	}
	for _, e := range r.Erased {
		if _, stays := after[e.ID]; !stays {
			add(Removed, e.ID)
		}
	}
	if !slices.Equal(r.Readers, a.Readers) {
		add(ReaderChanged, ID{})
	}
	if r.Inbox != a.Inbox {
		add(InboxChanged, ID{})
	}
	if r.GuestServices != a.GuestServices {
		add(map[bool]ChangeKind{true: GuestOn, false: GuestOff}[a.GuestServices], ID{})
	}
	if r.RemoteServices != a.RemoteServices {
		add(map[bool]ChangeKind{true: RemoteOn, false: RemoteOff}[a.RemoteServices], ID{})
	}
	if r.reuses(a) {
		add(MailboxReused, ID{})
	}
	if len(changes) == 0 {
		add(Refreshed, ID{})
	}
	return changes
}

// difference lists what becomes of one person; atOnce says that who accepts is active.
func (p Person) difference(n Person, atOnce bool) []Change {
	var changes []Change
	add := func(kind ChangeKind) { changes = append(changes, Change{kind, p.ID}) }
	if p.Role != n.Role {
		add(RoleChanged)
	}
	// Some steps bring a key and a mailbox with them: they are part of the step.
	newKey, newMailbox, newPIN := p.Sign != n.Sign || p.Seal != n.Seal, p.Mailbox != n.Mailbox, p.Verifier != n.Verifier
	newName := p.Name != n.Name || n.Name == Private{} && p.Sealed != n.Sealed // the back end opens neither
	switch step := stepOf(p.Role, p.State, n.State); {
	case step == Accepted && (n.State == Confirmed || atOnce):
		add(Accepted)
		newKey, newMailbox, newPIN = false, false, false
		newName = newName && p.Name != Private{}
	case p.Role == Main && n.State == AwaitingActivation && newKey:
		add(MainRekeyed)
		newKey, newMailbox = false, false
	case p.State == n.State:
	case p.Role == Main && n.State == Active:
		add(MainActivated)
	case n.State == Active:
		add(Activated)
	default:
		add(StateChanged)
	}
	if p.Sharing != n.Sharing {
		add(map[Sharing]ChangeKind{Shared: Widened, Limited: Reduced}[n.Sharing])
		if p.Mailbox == n.Mailbox && p.Mailbox != "" {
			add(MailboxKept)
		}
		newMailbox = false
	}
	if lacks(p.Restricted, n.Restricted) {
		add(Restricted)
	}
	if lacks(n.Restricted, p.Restricted) {
		add(Unrestricted)
	}
	for _, c := range []struct {
		is   bool
		kind ChangeKind
	}{{newKey, Rekeyed}, {newMailbox, Moved}, {newName, Renamed}, {newPIN, PINChanged}} {
		if c.is {
			add(c.kind)
		}
	}
	return changes
}

// lacks reports whether some function of other is not in list.
func lacks(list, other []Function) bool {
	return slices.ContainsFunc(other, func(f Function) bool { return !slices.Contains(list, f) })
}

// reuses reports whether a gives a mailbox that somebody had to somebody else.
func (r Roster) reuses(a Access) bool {
	had := map[string]string{}
	for _, p := range r.People {
		had[p.Mailbox] = p.ID.String()
	}
	for _, reader := range r.Readers {
		had[reader.Mailbox] = reader.Role
	}
	had[r.Inbox] = "inbox"
	delete(had, "")
	other := func(mailbox, owner string) bool {
		before, known := had[mailbox]
		return known && before != owner
	}
	return other(a.Inbox, "inbox") ||
		slices.ContainsFunc(a.Users, func(u User) bool { return other(u.Mailbox, u.ID.String()) }) ||
		slices.ContainsFunc(a.Readers, func(reader Reader) bool { return other(reader.Mailbox, reader.Role) })
}
