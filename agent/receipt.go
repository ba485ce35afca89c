package agent

import "glovebox/profiles"

// receipt is what is said of a session's end: counts and stores, no content. Of a
// person's end, where nothing is erased, it is empty.
type receipt struct {
	guest  bool
	stores []profiles.StoreReceipt
	failed bool
}

// clear is what was cleared in memory: how much there was, and how much could be read back.
func (r *receipt) clear(name string, before, left int) {
	s := profiles.StoreReceipt{Name: name, Before: uint32(before), After: uint32(left), Result: "erased"}
	if left > 0 {
		s.Result, r.failed = "failed", true
	}
	r.stores = append(r.stores, s)
}

func (r *receipt) purged(err error) {
	if err != nil && !r.failed {
		r.failed = true
		r.stores = append(r.stores, profiles.StoreReceipt{Name: "queue", Result: "failed"})
	}
}

// removed is what became of the session's directory.
func (r *receipt) removed(removed, left int) {
	s := profiles.StoreReceipt{Name: "files", Before: uint32(removed + left), After: uint32(left), Result: "erased"}
	if left > 0 {
		s.Result, r.failed = "failed", true
	}
	r.stores = append(r.stores, s)
}

func (r *receipt) said() profiles.Receipt {
	switch {
	case !r.guest:
		return profiles.Receipt{}
	case r.failed:
		return profiles.Receipt{Method: "memory", Result: "failed", Stores: r.stores}
	}
	return profiles.Receipt{Method: "memory", Result: "erased", Stores: r.stores}
}
