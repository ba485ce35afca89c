package outbox

import "errors"

// Len is how many messages wait.
func (o *Outbox) Len() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.index.items)
}

// Dropped is how many messages could not be read when the queue was opened.
func (o *Outbox) Dropped() int { return o.dropped }

// Writes counts what was written to the file, page runs and header.
func (o *Outbox) Writes() int64 {
	stats := o.db.Stats()
	return stats.TxStats.GetWrite()
}

// PurgeInVain forgets all of a kind in a transaction that fails at its end.
func (o *Outbox) PurgeInVain(kind string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.update(func(t *transaction) {
		gone := map[*tagged]bool{}
		for _, tag := range o.index.tags {
			if string(tag.Kind) == kind {
				gone[tag] = true
			}
		}
		t.purge(gone)
		t.fail(errors.New("no space left on device"))
	})
}

// Known is how many mailboxes, messages, tags and people the index knows.
func (o *Outbox) Known() [4]int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return [4]int{len(o.index.boxes), len(o.index.items), len(o.index.tags), len(o.index.owners)}
}
