package telemetry

import "fmt"

// Level is what the driver chose to share of this drive. The zero Level is the
// strictest.
type Level uint8

const (
	LevelOffline    Level = iota // nothing leaves; the link is silent
	LevelNoPosition              // as a car without a GNSS fix
	LevelShare                   // what the readers' columns allow
)

var levelNames = [...]string{LevelOffline: "offline", LevelNoPosition: "no-position", LevelShare: "share"}

// String is the word of the contract, Privacy1.
func (l Level) String() string {
	if int(l) < len(levelNames) {
		return levelNames[l]
	}
	return levelNames[LevelOffline]
}

// ParseLevel reads share, no-position or offline.
func ParseLevel(s string) (Level, error) {
	for l, name := range levelNames {
		if s == name {
			return Level(l), nil
		}
	}
	return LevelOffline, fmt.Errorf("level %.20q: want share, no-position or offline", s)
}
