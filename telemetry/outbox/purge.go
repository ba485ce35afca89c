package outbox

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"

	"glovebox/profiles"
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
	gone := map[*tagged]bool{}
	for _, tag := range slices.SortedFunc(maps.Values(o.index.tags), compareTags) {
		if !keep(tag.Tag, tag.waiting) {
			gone[tag] = true
		}
	}
	if len(gone) == 0 {
		return 0, nil
	}
	err = o.update(func(t *transaction) {
		t.keep = func(tag outside.Tag) bool {
			if known := o.index.tags[tag]; known != nil {
				return true // asked already, or made since
			}
			return keep(tag, 0)
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
		cmp.Compare(a.Column, b.Column),
	)
}

// purge forgets everything of these tags and returns how many messages that were.
func (t *transaction) purge(gone map[*tagged]bool) int {
	mailboxes, owners := map[string]bool{}, map[profiles.ID][]uint64{}
	for tag := range gone {
		mailboxes[tag.Mailbox] = true
	}
	n := 0
	for _, mailbox := range slices.Sorted(maps.Keys(mailboxes)) {
		for _, it := range t.index.drop(mailbox, gone) {
			n++
			owners[it.tag.owner] = append(owners[it.tag.owner], it.id)
			if it.stamped {
				t.miss(it, outside.ReasonAge)
			}
		}
	}
	for owner, ids := range owners {
		t.deleteAll(owner, ids)
	}
	return n
}

// deleteAll removes records that are out of the index. Where most of a bucket goes,
// what stays is put into a new one: bbolt frees a whole bucket page by page.
func (t *transaction) deleteAll(owner profiles.ID, ids []uint64) {
	left := t.index.owners[owner]
	if left >= len(ids) {
		for _, id := range ids {
			t.delete(owner, id)
		}
		return
	}
	type record struct{ key, sealed []byte }
	stay := make([]record, 0, left)
	_ = t.tx.Bucket(owner[:]).ForEach(func(key, sealed []byte) error { // of ours it never fails
		if t.index.items[number(key)] != nil {
			stay = append(stay, record{bytes.Clone(key), bytes.Clone(sealed)})
		}
		return nil
	})
	t.fail(t.tx.DeleteBucket(owner[:]))
	for _, r := range stay {
		t.store(owner, number(r.key), r.sealed)
	}
}
