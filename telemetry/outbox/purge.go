package outbox

import (
	"cmp"
	"fmt"
	"slices"

	"glovebox/telemetry/outside"
)

// Purge forgets everything of the tags that keep refuses, and says how many messages
// that were. keep is asked once for each tag that waits, with how many messages have
// it; if it refuses none nothing is written. Of what may have been handed over the
// reader is told that it is not sent again: it counts as too old.
func (o *Outbox) Purge(keep func(tag outside.Tag, n int) bool) (n int, err error) {
	if err := o.ready(); err != nil {
		return 0, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	var gone []*tagged
	for _, tag := range slices.SortedFunc(slices.Values(o.index.all()), compareTags) {
		if !keep(tag.Tag, len(tag.items)) {
			gone = append(gone, tag)
		}
	}
	if len(gone) == 0 {
		return 0, nil
	}
	err = o.update(func(t *transaction) {
		t.keep = func(tag outside.Tag) bool {
			return o.index.tagged(tag) != nil || keep(tag, 0) // asked already, or made since
		}
		n = t.purge(gone)
	})
	if err != nil {
		return 0, fmt.Errorf("purge outbox: %w", err)
	}
	return n, nil
}

// compareTags puts tags in an order, so that decisions come in it. A mailbox has one reader.
func compareTags(a, b *tagged) int {
	return cmp.Or(
		cmp.Compare(a.Mailbox, b.Mailbox), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Class, b.Class),
		cmp.Compare(a.Column, b.Column), cmp.Compare(a.By, b.By),
	)
}

// purge forgets everything of these tags and returns how many messages that were.
func (t *transaction) purge(gone []*tagged) (n int) {
	for _, tag := range gone {
		t.index.drop(tag)
		t.fail(t.tx.DeleteBucket(tag.bucket))
		n += len(tag.items)
		for _, it := range tag.items {
			if it.stamped {
				t.miss(it, outside.ReasonAge)
			}
		}
	}
	return n
}
