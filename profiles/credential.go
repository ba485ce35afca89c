package profiles

// Credential is a change of how a person is known to the car: PINChange, LinkFob or UnlinkFobs.
type Credential any

// PINChange gives a person another PIN. It is proved by the old one or, for the main user,
// by the car's security code; one of the two is empty.
type PINChange struct{ Old, Code, PIN PIN }

// LinkFob links the one fob that is in the car to a person.
type LinkFob struct{}

// UnlinkFobs takes all fobs from a person.
type UnlinkFobs struct{}
