package outbox

import (
	"errors"
	"slices"

	"glovebox/profiles"
)

// Len is how many messages wait.
func (o *Outbox) Len() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	n := 0
	for _, tag := range o.index.all() {
		n += len(tag.items)
	}
	return n
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
		t.purge(slices.DeleteFunc(o.index.all(), func(tag *tagged) bool { return string(tag.Kind) != kind }))
		t.fail(errors.New("no space left on device"))
	})
}

// Known is how many mailboxes, messages, tags and people the index knows.
func (o *Outbox) Known() [4]int {
	messages := o.Len()
	o.mu.Lock()
	defer o.mu.Unlock()
	people := map[profiles.ID]bool{}
	for _, tag := range o.index.all() {
		people[tag.owner] = true
	}
	return [4]int{len(o.index.boxes), messages, len(o.index.all()), len(people)}
}
