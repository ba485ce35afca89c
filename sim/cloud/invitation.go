package cloud

import "glovebox/profiles"

// invitation is an open invitation of one person; the rules of its code are those of
// package profiles.
type invitation struct {
	By   string // who invited: a person or the workshop
	Link string
	profiles.Invitation
}
