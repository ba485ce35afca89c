package console

import (
	"bytes"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"glovebox/hal"
	"glovebox/hal/nmea"
)

// receiver is what the receiver of the car says: the newest sentence of each kind, and the
// newest fix. A head unit has its antenna too: no property or signal of the agent names a
// place.
type receiver struct {
	mu      sync.Mutex
	start   time.Time         // guarded by mu; of what it says
	rest    []byte            // guarded by mu; of a line that is not whole
	newest  map[string]string // guarded by mu; by the sentence's kind
	told    map[string]string // guarded by mu
	decoder nmea.Decoder      // guarded by mu
	fix     *hal.Position     // guarded by mu; nil while it has none
	last    hal.Position      // guarded by mu; the newest there was
	fixAt   time.Time         // guarded by mu; when, zero before the first
}

// most is how long a line may be before it is garbage.
const mostLine = 200

// hear takes what is said on the port.
func (r *receiver) hear(said []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	if r.newest == nil {
		r.newest, r.told, r.start = map[string]string{}, map[string]string{}, now
	}
	r.decoder.Feed(said, func(p *hal.Position) {
		if r.fix = p; p != nil {
			r.last, r.fixAt = *p, now
		}
	})
	r.rest = append(r.rest, said...)
	for {
		line, rest, whole := bytes.Cut(r.rest, []byte("\n"))
		if !whole {
			break
		}
		if kind := sentenceKind(line); kind != "" {
			r.newest[kind] = string(bytes.TrimRight(line, "\r"))
		}
		r.rest = rest
	}
	if len(r.rest) > mostLine {
		r.rest = nil
	}
	r.rest = bytes.Clone(r.rest)
}

// sentenceKind is that of a line, as GNRMC; empty of what is none.
func sentenceKind(line []byte) string {
	if len(line) < 7 || line[0] != '$' || line[6] != ',' {
		return ""
	}
	kind := line[1:6]
	if bytes.ContainsFunc(kind, func(c rune) bool { return (c < 'A' || c > 'Z') && (c < '0' || c > '9') }) {
		return ""
	}
	return string(kind)
}

type sentence struct{ kind, text string }

// due returns the sentences that are others now.
func (r *receiver) due() (all []sentence) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, kind := range slices.Sorted(maps.Keys(r.newest)) {
		if text := r.newest[kind]; r.told[kind] != text && len(r.told) < mostKeys {
			r.told[kind] = text
			all = append(all, sentence{kind, text})
		}
	}
	return all
}

func (r *receiver) begun() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.start
}

// place is the newest fix and how old it is; known is false before the first. Without a
// fix now fixed is false.
func (r *receiver) place(now time.Time) (p hal.Position, age time.Duration, fixed, known bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fixAt.IsZero() {
		return p, 0, false, false
	}
	return r.last, now.Sub(r.fixAt), r.fix != nil && now.Sub(r.fixAt) < fixFresh, true
}

// fixFresh is how long a fix counts as one: ten of the receiver's periods.
const fixFresh = 2 * time.Second

// metresPerDilution makes of a horizontal dilution (GGA, field 8) about an accuracy.
const metresPerDilution = 2.5

// accuracy is about how far off the place may be, nil without a fix.
func (r *receiver) accuracy(now time.Time) *float64 {
	if _, _, fixed, _ := r.place(now); !fixed {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for kind, text := range r.newest {
		if !strings.HasSuffix(kind, "GGA") {
			continue
		}
		fields := strings.Split(text, ",")
		if len(fields) < 9 {
			continue
		}
		if dilution, err := strconv.ParseFloat(fields[8], 64); err == nil {
			metres := math.Round(dilution*metresPerDilution*10) / 10
			return &metres
		}
	}
	return nil
}
