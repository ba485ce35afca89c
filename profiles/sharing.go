package profiles

import (
	"fmt"
	"time"
)

// Sharing is how much a secondary user is told while others drive. The zero
// value shares nothing of a place.
type Sharing uint8

const (
	Limited Sharing = iota // no live position; of a trip the day and a distance band
	Shared                 // position, status, alarms, trips
)

// String is the name in documents and on D-Bus.
func (s Sharing) String() string {
	if s == Shared {
		return "shared"
	}
	return "limited"
}

// ParseSharing reads `shared` or `limited`.
func ParseSharing(s string) (Sharing, error) {
	switch s {
	case "shared":
		return Shared, nil
	case "limited":
		return Limited, nil
	}
	return Limited, fmt.Errorf("sharing %.20q: want shared or limited", s)
}

// DocumentFresh is how long an access document counts. Without a newer one every
// secondary user is limited from then on (docs/security.md, Rights).
const DocumentFresh = 30 * 24 * time.Hour

// SharingAt is what p is told, given the age of the access document: the larger
// of its age by the boot clock and by the wall clock.
func (p Person) SharingAt(age time.Duration) Sharing {
	switch {
	case p.State != Active:
		return Limited
	case p.Role == Main:
		return Shared
	case p.Role == Secondary && age <= DocumentFresh:
		return p.Sharing
	}
	return Limited
}
