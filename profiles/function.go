package profiles

import (
	"fmt"
	"slices"
)

// Function is something a person may use in the car or from a phone; the names
// are those of docs/dbus.md, Functions.
type Function string

// everybody is open to a guest too, who has nothing but this.
var everybody = []Function{"navigation", "climate", "radio", "media"}

// connected needs the main user's word for guests.
const connected Function = "connected-services"

// secondary is what a secondary user has besides, unless restricted.
var secondary = []Function{"vehicle-status", "position", "trips", "booking", "chat", "alerts"}

// remote is what a secondary user has while remote services are on.
var remote = []Function{"remote-lock", "remote-climate", "remote-locate"}

// mainOnly is never open to anyone but the main user.
var mainOnly = []Function{
	"purchase", "payment-data", "charging-service", "restrict-functions",
	"grant-remote-services", "main-messages", "security-settings", "activation-certificate",
}

// Functions lists all, in the order of the contract.
func Functions() []Function {
	return slices.Concat(everybody, []Function{connected}, secondary[:3], remote, secondary[3:], mainOnly)
}

// ParseFunction refuses a name that is not in the list.
func ParseFunction(s string) (Function, error) {
	if f := Function(s); slices.Contains(Functions(), f) {
		return f, nil
	}
	return "", fmt.Errorf("function %.40q is not known", s)
}

// Restrictable reports whether the main user can take f from a secondary user: chat with
// the workshop and alerts stay open to all, whatever a document says.
func (f Function) Restrictable() bool { return f != "chat" && f != "alerts" }

// Restricts reports whether f was taken from p.
func (p Person) Restricts(f Function) bool {
	return p.Role == Secondary && f.Restrictable() && slices.Contains(p.Restricted, f)
}

// Rights is what decides about functions. The zero value is nobody's.
type Rights struct {
	Role                          Role
	Restricted                    []Function
	GuestServices, RemoteServices bool
	Without                       []Function // what the car has not
}

// In is the same rights in a car with that equipment.
func (r Rights) In(e Equipment) Rights {
	r.Without = e.Without
	return r
}

// Permits reports whether f is open, and else why not, in a sentence.
func (r Rights) Permits(f Function) (bool, string) {
	if !slices.Contains(Functions(), f) {
		return false, "there is no such function"
	}
	if slices.Contains(r.Without, f) {
		return false, "not in this model"
	}
	switch r.Role {
	case Main:
		return true, ""
	case Secondary:
		switch {
		case slices.Contains(mainOnly, f):
			return false, "only the main user may do this"
		case f.Restrictable() && slices.Contains(r.Restricted, f):
			return false, "the main user has restricted this for you"
		case slices.Contains(remote, f) && !r.RemoteServices:
			return false, "remote services are switched off"
		}
		return true, ""
	case Guest:
		switch {
		case slices.Contains(everybody, f):
			return true, ""
		case f != connected:
			return false, "this is not open to guests"
		case !r.GuestServices:
			return false, "connected services are switched off for guests"
		}
		return true, ""
	}
	return false, "nobody is logged in"
}

// Functions lists what is open.
func (r Rights) Functions() []Function {
	return slices.DeleteFunc(Functions(), func(f Function) bool {
		open, _ := r.Permits(f)
		return !open
	})
}
