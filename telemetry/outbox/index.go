package outbox

import (
	"cmp"
	"encoding/binary"
	"slices"
	"sort"

	"glovebox/profiles"
	"glovebox/telemetry/outside"
)

// index is what is known in memory of all that waits; no content. Nothing in it
// costs more with what waits for others, and a whole tag goes in one step, however
// much has it. What a transaction changes is written down, so that it can be undone
// when the commit fails.
type index struct {
	boxes map[string][]*tagged // by mailbox; no tag is empty
	undo  []func()
}

// tagged is what waits under one tag, in order. On disk it has a bucket of its own.
type tagged struct {
	outside.Tag
	owner    profiles.ID // under whose key its messages are sealed
	bucket   []byte      // its name
	items    []*item
	bytes    int64          // of messages; gap records do not count for the bound
	replaced map[role]*item // what the next one of a role takes the place of
}

// role is what only one message that was not handed over yet has: the alarm of a code,
// the gap record of a kind and reason. Most messages have the zero one.
type role struct {
	code string
	gapOf
}

func newIndex() *index { return &index{boxes: map[string][]*tagged{}} }

// item is a new item, not in the index yet.
func (x *index) item(id uint64, h outside.Head) *item {
	tag := x.tagged(h.Tag)
	if tag == nil {
		owner := ownerOf(h.Owner())
		tag = &tagged{Tag: h.Tag, owner: owner, bucket: binary.BigEndian.AppendUint64(owner[:], id), replaced: map[role]*item{}}
	}
	return &item{id: id, tag: tag, code: h.Code, slot: h.Slot}
}

// tagged is what waits under a tag; nil if nothing does.
func (x *index) tagged(tag outside.Tag) *tagged {
	for _, t := range x.boxes[tag.Mailbox] {
		if t.Tag == tag {
			return t
		}
	}
	return nil
}

// all is every tag that something waits under.
func (x *index) all() (all []*tagged) {
	for _, box := range x.boxes {
		all = append(all, box...)
	}
	return all
}

// find is the item with an id; nil if there is none.
func (x *index) find(id uint64) *item {
	for _, box := range x.boxes {
		for _, t := range box {
			if i := t.search(id); i < len(t.items) && t.items[i].id == id {
				return t.items[i]
			}
		}
	}
	return nil
}

// holder is what waits in a role for a mailbox; nil if nothing does.
func (x *index) holder(mailbox string, of role) *item {
	for _, t := range x.boxes[mailbox] {
		if it := t.replaced[of]; it != nil { // of the zero role nothing is there
			return it
		}
	}
	return nil
}

// oldest is what waits longest for a mailbox, and how much of the bound all of it
// takes; counted leaves out what takes nothing. It is nil if there is none.
func (x *index) oldest(mailbox string, counted bool) (first *item, bytes int64) {
	for _, t := range x.boxes[mailbox] {
		bytes += t.bytes
		if it := t.items[0]; (!counted || t.bytes > 0) && (first == nil || it.id < first.id) {
			first = it
		}
	}
	return first, bytes
}

// after returns the first n items after the id.
func (x *index) after(id uint64, n int) []*item {
	var all []*item
	for _, t := range x.all() {
		i := t.search(id + 1)
		all = append(all, t.items[i:min(i+n, len(t.items))]...)
	}
	slices.SortFunc(all, func(a, b *item) int { return cmp.Compare(a.id, b.id) })
	return all[:min(n, len(all))]
}

// swap takes one item out and puts one in. Either may be nil.
func (x *index) swap(old, new *item) {
	x.undo = append(x.undo, func() { x.apply(new, old) })
	x.apply(old, new)
}

// drop takes out all that has a tag.
func (x *index) drop(t *tagged) {
	x.undo = append(x.undo, func() { x.join(t) })
	x.leave(t)
}

// commit forgets how to undo what was done.
func (x *index) commit() { x.undo = nil }

// rollback undoes what was done since the last commit.
func (x *index) rollback() {
	for _, undo := range slices.Backward(x.undo) {
		undo()
	}
	x.undo = nil
}

func (x *index) apply(old, new *item) {
	if old != nil {
		if old.tag.remove(old); len(old.tag.items) == 0 {
			x.leave(old.tag)
		}
	}
	if new != nil {
		if len(new.tag.items) == 0 {
			x.join(new.tag)
		}
		new.tag.insert(new)
	}
}

func (x *index) join(t *tagged) { x.boxes[t.Mailbox] = append(x.boxes[t.Mailbox], t) }

func (x *index) leave(t *tagged) {
	box := x.boxes[t.Mailbox]
	i := slices.Index(box, t)
	if box = slices.Delete(box, i, i+1); len(box) == 0 {
		delete(x.boxes, t.Mailbox)
		return
	}
	x.boxes[t.Mailbox] = box
}

func (t *tagged) insert(it *item) {
	t.items = slices.Insert(t.items, t.search(it.id), it)
	t.bytes += it.counts()
	if of := it.role(); of != (role{}) && !it.stamped {
		t.replaced[of] = it
	}
}

func (t *tagged) remove(it *item) {
	if i := t.search(it.id); i == 0 {
		t.items[0], t.items = nil, t.items[1:]
	} else {
		t.items = slices.Delete(t.items, i, i+1)
	}
	t.bytes -= it.counts()
	if of := it.role(); t.replaced[of] == it {
		delete(t.replaced, of)
	}
}

// search is the place of the first item with this id or a greater one.
func (t *tagged) search(id uint64) int {
	return sort.Search(len(t.items), func(i int) bool { return t.items[i].id >= id })
}

// role is what the item is the only one of.
func (it *item) role() role {
	if it.missed != nil {
		return role{gapOf: it.missed.gapOf}
	}
	return role{code: it.code}
}

// counts is how much of the bound an item takes.
func (it *item) counts() int64 {
	if it.tag.Kind == outside.KindGaps {
		return 0
	}
	return int64(it.size)
}
