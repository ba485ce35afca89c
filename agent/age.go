package agent

import (
	"encoding/json"
	"fmt"
	"time"

	"glovebox/hal"
	"glovebox/profiles"
	"glovebox/telemetry/outside"
)

// ageEvery is how often it is written how long the document has been in force.
const ageEvery = 10 * time.Minute

// tooOld is the age of a document whose age cannot be read.
const tooOld = profiles.DocumentFresh + time.Second

// keptAge is the fact about a document's age on disk. Ran is how long it will have been
// in force when the next is written: a power cut makes no document younger.
type keptAge struct {
	Version uint64 `json:"version"`
	Ran     int64  `json:"ran_s"`
}

// longestRan is more seconds than any car runs.
const longestRan = 1 << 32

// ranBefore is how long the document of that version was in force before this start, by
// the fact that was kept. One whose own was not written yet begins anew.
func ranBefore(fact []byte, version uint64) (ran time.Duration, err error) {
	var kept keptAge
	if fact != nil {
		err = json.Unmarshal(fact, &kept)
	}
	switch {
	case err != nil:
		return 0, fmt.Errorf("age of the document: %w", err)
	case kept.Ran < 0, kept.Ran > longestRan:
		return 0, fmt.Errorf("age of the document: %d s", kept.Ran)
	case kept.Version == version:
		ran = time.Duration(kept.Ran) * time.Second
	}
	return ran, nil
}

// grow writes how old the document is, when it is time to.
func (p *people) grow(now hal.Instant) []effect {
	if now.Boot-p.written < ageEvery {
		return nil
	}
	p.written = now.Boot
	return p.keepAge(now, ageEvery)
}

// keepAge writes how long the document will have been in force after ahead.
func (p *people) keepAge(now hal.Instant, ahead time.Duration) []effect {
	if p.disk.Version == 0 {
		return nil
	}
	ran := (p.inForce(now) + ahead) / time.Second
	return []effect{keepFact(factAge, fmt.Appendf(nil, `{"version":%d,"ran_s":%d}`, p.disk.Version, ran))}
}

// inForce is how long the agent has run since the document was applied, in all starts.
func (p *people) inForce(now hal.Instant) time.Duration { return p.ran + now.Boot - p.counted }

// age is how old the document in force is: since it was issued, by the wall clock, or
// applied, by the boot clock, whichever is longer.
func (p *people) age(now hal.Instant) time.Duration {
	return max(now.UTC.Sub(p.roster.Issued), p.inForce(now))
}

// grown reports whether the document became too old, or fresh again, since readers
// were last made of it.
func (p *people) grown(now hal.Instant) bool { return p.age(now) > profiles.DocumentFresh != p.stale }

// ripen finds when the document will be too old: a moment that a wrong clock moves only
// while it is looked at.
func (p *people) ripen(now hal.Instant) {
	p.ripe = outside.Never
	if left := profiles.DocumentFresh - p.age(now); left >= 0 {
		p.ripe = now.Boot + left + 1
	}
}
