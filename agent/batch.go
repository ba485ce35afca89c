package agent

import (
	"slices"

	"glovebox/telemetry/outside"
)

// maxOwed is how many kept messages wait in memory for a disk that takes none, warnings
// and gap records aside: of those one waits of each reader and code, or kind.
const maxOwed = 256

// batch is messages on their way to the disk; those that it has are not in it.
type batch struct{ messages []outside.Released }

// behind puts a batch behind one that the disk did not take, as the queue would: a newer
// alarm takes the place of an older one of its code, gap records of one kind are one, and of
// what falls out the reader is told.
func (b *batch) behind(older *batch) {
	all := older.messages
	for _, r := range b.messages {
		all = put(all, r)
	}
	rest := func(r outside.Released) bool { _, gap := r.Gap(); return r.Code() == "" && !gap }
	n := 0
	for _, r := range all {
		if rest(r) {
			n++
		}
	}
	var gaps []outside.Released
	b.messages = slices.DeleteFunc(all, func(r outside.Released) bool {
		if n <= maxOwed || !rest(r) {
			return false
		}
		n--
		to, at := outside.Reader{ID: r.Reader(), Mailbox: r.Mailbox(), Column: r.Column()}, r.Slot().UTC
		gaps = append(gaps, outside.GapRecord(to, r.Kind(), at, at, 1, outside.ReasonBytes))
		return true
	})
	for _, gap := range gaps {
		b.messages = put(b.messages, gap)
	}
}

// put is all messages and one more, which may take the place of one.
func put(all []outside.Released, r outside.Released) []outside.Released {
	i := slices.IndexFunc(all, func(old outside.Released) bool { return r.Replaces(old) })
	if i < 0 {
		return append(all, r)
	}
	r = r.Grown(all[i])
	return append(slices.Delete(all, i, i+1), r)
}
