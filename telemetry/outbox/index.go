package outbox

import (
	"cmp"
	"slices"
	"sort"

	"glovebox/profiles"
	"glovebox/telemetry/outside"
)

// index is what is known in memory of all that waits; no content. Nothing in it
// costs more with what waits for others. What a transaction changes is written
// down, so that it can be undone when the commit fails.
type index struct {
	boxes  map[string]*box         // by mailbox; none is empty
	items  map[uint64]*item        // by id
	tags   map[outside.Tag]*tagged // of what waits
	owners map[profiles.ID]int     // how many records each has on disk
	undo   []swapped
}

// tagged is a tag, once for all that have it.
type tagged struct {
	outside.Tag
	owner   profiles.ID // under whose key its messages are sealed
	waiting int
}

// box is what waits for one mailbox, in order.
type box struct {
	items  []*item
	bytes  int64            // of messages; gap records do not count for the bound
	alarms map[string]*item // the unstamped one of each code
	gaps   map[gapOf]*item  // the unstamped one of each kind and reason
}

// swapped is one change: old went, new came. Either may be nil.
type swapped struct{ old, new *item }

func newIndex() *index {
	return &index{
		boxes: map[string]*box{}, items: map[uint64]*item{},
		tags: map[outside.Tag]*tagged{}, owners: map[profiles.ID]int{},
	}
}

// item is a new item, not in the index yet.
func (x *index) item(id uint64, h outside.Head) *item {
	tag := x.tags[h.Tag]
	if tag == nil {
		tag = &tagged{Tag: h.Tag, owner: ownerOf(h.Reader)}
	}
	return &item{id: id, tag: tag, code: h.Code, slot: h.Slot}
}

// box is what waits for a mailbox; empty if nothing does.
func (x *index) box(mailbox string) *box {
	if b := x.boxes[mailbox]; b != nil {
		return b
	}
	return &box{}
}

// swap takes one item out and puts one in.
func (x *index) swap(old, new *item) {
	x.undo = append(x.undo, swapped{old, new})
	x.apply(old, new)
}

// commit forgets how to undo what was done.
func (x *index) commit() { x.undo = nil }

// rollback undoes what was done since the last commit.
func (x *index) rollback() {
	for _, s := range slices.Backward(x.undo) {
		x.apply(s.new, s.old)
	}
	x.undo = nil
}

func (x *index) apply(old, new *item) {
	if old != nil {
		b := x.boxes[old.tag.Mailbox]
		if i := b.search(old.id); i == 0 {
			b.items[0], b.items = nil, b.items[1:]
		} else {
			b.items = slices.Delete(b.items, i, i+1)
		}
		x.forget(b, old)
	}
	if new != nil {
		b := x.boxes[new.tag.Mailbox]
		if b == nil {
			b = &box{alarms: map[string]*item{}, gaps: map[gapOf]*item{}}
			x.boxes[new.tag.Mailbox] = b
		}
		b.items = slices.Insert(b.items, b.search(new.id), new)
		x.learn(b, new)
	}
}

// drop takes everything of these tags out of a mailbox, in one pass.
func (x *index) drop(mailbox string, gone map[*tagged]bool) (dropped []*item) {
	b := x.boxes[mailbox]
	all := b.items
	b.items = nil
	for _, it := range all {
		if !gone[it.tag] {
			b.items = append(b.items, it)
		}
	}
	for _, it := range all {
		if gone[it.tag] {
			x.undo = append(x.undo, swapped{it, nil})
			x.forget(b, it)
			dropped = append(dropped, it)
		}
	}
	return dropped
}

// forget and learn keep everything but the order.
func (x *index) forget(b *box, it *item) {
	b.bytes -= it.counts()
	if b.alarms[it.code] == it {
		delete(b.alarms, it.code)
	}
	if it.missed != nil && b.gaps[it.missed.gapOf] == it {
		delete(b.gaps, it.missed.gapOf)
	}
	if len(b.items) == 0 {
		delete(x.boxes, it.tag.Mailbox)
	}
	if it.tag.waiting--; it.tag.waiting == 0 {
		delete(x.tags, it.tag.Tag)
	}
	if x.owners[it.tag.owner]--; x.owners[it.tag.owner] == 0 {
		delete(x.owners, it.tag.owner)
	}
	delete(x.items, it.id)
}

func (x *index) learn(b *box, it *item) {
	b.bytes += it.counts()
	switch {
	case it.stamped:
	case it.missed != nil:
		b.gaps[it.missed.gapOf] = it
	case it.code != "":
		b.alarms[it.code] = it
	}
	if it.tag.waiting++; it.tag.waiting == 1 {
		x.tags[it.tag.Tag] = it.tag
	}
	x.owners[it.tag.owner]++
	x.items[it.id] = it
}

// after returns the first n items after the id.
func (x *index) after(id uint64, n int) []*item {
	var all []*item
	for _, b := range x.boxes {
		i := b.search(id + 1)
		all = append(all, b.items[i:min(i+n, len(b.items))]...)
	}
	slices.SortFunc(all, func(a, b *item) int { return cmp.Compare(a.id, b.id) })
	return all[:min(n, len(all))]
}

// search is the place of the first item with this id or a greater one.
func (b *box) search(id uint64) int {
	return sort.Search(len(b.items), func(i int) bool { return b.items[i].id >= id })
}

// counts is how much of the bound an item takes.
func (it *item) counts() int64 {
	if it.tag.Kind == outside.KindGaps {
		return 0
	}
	return int64(it.size)
}
