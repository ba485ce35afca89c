package outside

import (
	"slices"

	"glovebox/hal"
)

// changeBody is an access document that the car signed, complete: a change that was
// made at the wheel.
type changeBody []byte

func (b changeBody) json(Seq, string) ([]byte, error) { return slices.Clone(b), nil }

// SetChange says which access document of the car's own the back end does not have yet;
// nil: it has them all. It goes to the inbox that SetReaders named, at once or when the
// link comes up, and again with each link until the broker has it. It is never in the
// queue on disk: what waits there of somebody could not be erased with them. The newest
// document says all that those before it said.
func (o *Outside) SetChange(document []byte, at hal.Instant) {
	o.change = slices.Clone(document)
	o.pending = slices.DeleteFunc(o.pending, func(r Released) bool { return r.form == formChange })
	o.sayChange(at)
}

// sayChange releases the change that the back end does not have.
func (o *Outside) sayChange(at hal.Instant) {
	if o.change == nil || !o.up {
		return
	}
	for _, r := range o.readers {
		if r.Inbox == "" {
			continue
		}
		if out, ok := o.offer(r, formChange, at); ok {
			out.mailbox, out.body = r.Inbox, changeBody(o.change)
			o.pending = append(o.pending, out)
		}
	}
}
