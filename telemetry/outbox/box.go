package outbox

import (
	"slices"
	"sort"
)

// box is what waits for one mailbox, in order.
type box struct {
	items  []*item
	bytes  int64 // of messages; gap records do not count for the bound
	shared bool  // items belongs to the index: it may be appended to and cut, not changed inside
}

// own makes items safe to change inside.
func (b *box) own() {
	if b.shared {
		b.items, b.shared = slices.Clone(b.items), false
	}
}

func (b *box) add(it *item) {
	b.items = append(b.items, it)
	b.bytes += it.counts()
}

func (b *box) remove(id uint64) {
	i := b.search(id)
	if i == len(b.items) || b.items[i].id != id {
		return
	}
	b.bytes -= b.items[i].counts()
	if i == 0 {
		b.items = b.items[1:]
		return
	}
	b.own()
	b.items = slices.Delete(b.items, i, i+1)
}

// counts is how much of the bound an item takes.
func (it *item) counts() int64 {
	if it.missed != nil {
		return 0
	}
	return int64(it.size)
}

// search is the place of the first item with this id or a greater one.
func (b *box) search(id uint64) int {
	return sort.Search(len(b.items), func(i int) bool { return b.items[i].id >= id })
}
