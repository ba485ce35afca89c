package profiles

// SessionView is who is at the wheel, as the head unit is told. Words are
// those of the contract, Session1.
type SessionView struct {
	State            string // idle, guest, active, leaving
	Reason           string // why it is so: chosen, boot, logout, left, …
	Profile          ID     // zero unless a person is at the wheel
	Suggested        ID     // whose fob opened the car, where their PIN is asked for
	Role             string // main, secondary, guest or empty
	Pending          string // who waits until the car is parked: an ID in hex, "guest" or empty
	Functions        []string
	WipeState        string // clean, pending, failed
	RuntimeDirectory string
	Parked           bool
}

// Guest reports whether the session is a guest's, its leaving included. Then
// no value of it is ever broadcast.
func (v SessionView) Guest() bool { return v.State == "guest" || v.Role == "guest" }

// ProfileView is one person on the picker.
type ProfileView struct {
	ID         ID
	Name       Private
	Role       string // main, secondary
	State      string // invited, confirmed, awaiting-activation, active, removing
	Sharing    string // shared, limited
	HasPIN     bool
	RetryAfter uint32 // seconds until the next PIN is looked at
	Fobs       uint32
	Restricted []string // functions the main user took away
}
