package outbox

import (
	"slices"
	"time"

	"glovebox/hal"
	"glovebox/telemetry/outside"
)

// jump is a change of the wall clock that is no drift but a correction.
const jump = time.Hour

// corrected reports whether the wall clock was corrected since it was last seen.
func (o *Outbox) corrected(now hal.Instant) bool {
	return now.UTC.Add(-now.Boot).Sub(o.offset).Abs() > jump
}

// redate follows a correction of the wall clock. What was put in this run is put anew at
// the time that it should have had, so that the next run does not take it for old. What
// was put in an earlier run has an age now, if the clock was never set at the start.
func (t *transaction) redate() {
	if !t.o.corrected(t.now) {
		return
	}
	first := !outside.ClockSet(t.o.offset.Add(t.now.Boot)) && outside.ClockSet(t.now.UTC)
	for _, tag := range t.index.all() {
		for _, it := range slices.Clone(tag.items) {
			next := *it
			switch {
			case !it.loaded:
				next.put.UTC = t.now.UTC.Add(-it.age(t.now))
				t.rewrite(it, &next)
			case first:
				next.put.Boot = min(it.put.Boot, since(it.put.UTC, t.now))
			}
			t.index.swap(it, &next)
		}
	}
}

// rewrite stores a record again with another time. What cannot be read is dropped when
// it is sent.
func (t *transaction) rewrite(it, next *item) {
	r, err := unseal(t.o.sealer, it.tag.owner, it.id, t.tx.Bucket(it.tag.bucket).Get(key(it.id)))
	if err == nil {
		t.fail(t.write(next, r.content, r.name(), r.seq))
	}
}
