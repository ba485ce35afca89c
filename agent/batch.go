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
// alarm takes the place of an older one of its code, gap records of one kind are one.
func (b *batch) behind(older *batch) {
	all := older.messages
	for _, r := range b.messages {
		switch i := slices.IndexFunc(all, func(old outside.Released) bool { return r.Replaces(old) }); {
		case i < 0:
			all = append(all, r)
		default:
			r = r.Grown(all[i])
			all = append(slices.Delete(all, i, i+1), r)
		}
	}
	rest := func(r outside.Released) bool { _, gap := r.Gap(); return r.Code() == "" && !gap }
	n := 0
	for _, r := range all {
		if rest(r) {
			n++
		}
	}
	b.messages = slices.DeleteFunc(all, func(r outside.Released) bool {
		if n <= maxOwed || !rest(r) {
			return false
		}
		n--
		return true
	})
}
