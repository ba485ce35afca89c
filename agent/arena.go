package agent

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"iter"
	"slices"

	"glovebox/profiles"
)

// ArenaSize is how much memory a guest's settings may take: all that apps may keep, and
// as much again for their names and for the head unit's groups.
const ArenaSize = 2 * profiles.AppsQuota

// belongings are what a guest has set, encoded and in the arena alone: what is read of
// them is a copy. It is a plain value without a lock: the cabin owns it.
//
//	┌ group 1 ┬ key 1 ┬ quota 4 ┬ value 4 ┬ group ┬ key ┬ value, as in profiles.Encoded ┐ …
//
// The numbers are lengths, little endian; quota is what the value of an app counts.
type belongings struct {
	arena []byte
	used  int
}

const belongingHead = 1 + 1 + 4 + 4

func newBelongings(arena []byte) belongings {
	if arena == nil {
		arena = make([]byte, ArenaSize)
	}
	return belongings{arena: arena}
}

// belonging is one of them. Its bytes are the arena's own.
type belonging struct {
	group, key, value, all []byte
	quota                  int
}

// each goes over them in the order in which they were set.
func (b *belongings) each() iter.Seq[belonging] {
	return func(yield func(belonging) bool) {
		for at := 0; at < b.used; {
			r := b.arena[at:]
			group := belongingHead + int(r[0])
			key := group + int(r[1])
			end := key + int(binary.LittleEndian.Uint32(r[6:]))
			if !yield(belonging{r[belongingHead:group], r[group:key], r[key:end], r[:end], int(binary.LittleEndian.Uint32(r[2:]))}) {
				return
			}
			at += end
		}
	}
}

// put makes an edit in them, all of it or, with ErrQuotaExceeded, nothing.
func (b *belongings) put(e profiles.Edit) error {
	replaced := func(r belonging) bool {
		set, there := e.Values[string(r.group)]
		_, named := set[string(r.key)]
		return there && (named || set == nil)
	}
	stores, room := quotas{map[string]int{}, profiles.Sizes{}}, len(b.arena)
	for r := range b.each() {
		if !replaced(r) {
			stores.add(string(r.group), r.quota)
			room -= len(r.all)
		}
	}
	var added []belonging
	for group, set := range e.Values {
		for key, v := range set {
			r := belonging{group: []byte(group), key: []byte(key), value: e.Encoded(group, key)}
			if r.value == nil {
				continue
			}
			if app, ok := v.(profiles.Typed); ok {
				r.quota = app.Content()
			}
			added = append(added, r)
			stores.add(group, r.quota)
			room -= belongingHead + len(group) + len(key) + len(r.value)
		}
	}
	if err := stores.check(); err != nil {
		return err
	}
	if room < 0 {
		return fmt.Errorf("%w: what a guest sets takes at most %d KiB", profiles.ErrQuotaExceeded, len(b.arena)>>10)
	}
	kept := b.arena[:0]
	for r := range b.each() {
		if !replaced(r) {
			kept = append(kept, r.all...) // in the arena: never past where each is
		}
	}
	for _, r := range added {
		kept = append(kept, byte(len(r.group)), byte(len(r.key)))
		kept = binary.LittleEndian.AppendUint32(kept, uint32(r.quota))
		kept = binary.LittleEndian.AppendUint32(kept, uint32(len(r.value)))
		kept = append(append(append(kept, r.group...), r.key...), r.value...)
	}
	clear(b.arena[len(kept):max(len(kept), b.used)])
	b.used = len(kept)
	return nil
}

// of is a copy of a group, or of these keys of it.
func (b *belongings) of(group string, keys ...string) map[string][]byte {
	values := map[string][]byte{}
	for r := range b.each() {
		if string(r.group) == group && (len(keys) == 0 || slices.Contains(keys, string(r.key))) {
			values[string(r.key)] = slices.Clone(r.value)
		}
	}
	return values
}

// wipe clears them, reads that back, and returns how many bytes are left. Behind them
// there is nothing: put has cleared what it took back.
func (b *belongings) wipe() (left int) {
	all := b.arena[:b.used]
	clear(all)
	b.used = 0
	return len(all) - bytes.Count(all, []byte{0})
}

// quotas are what the stores of apps take: how many keys, and how much.
type quotas struct {
	keys  map[string]int
	sizes profiles.Sizes
}

func (q quotas) add(group string, size int) {
	if profiles.IsApp(group) {
		q.keys[group]++
		q.sizes[group] += size
	}
}

func (q quotas) check() error {
	for group, keys := range q.keys {
		if err := profiles.CheckStore(keys, q.sizes[group]); err != nil {
			return err
		}
	}
	return q.sizes.Check()
}
