package profiles

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// How much is kept of one person's messages: what is over falls out, the oldest first.
const (
	MaxMessages   = 200
	MaxMessageSum = 128 << 10           // bytes of names, texts and wishes, and of each message's frame
	MessagesFor   = 90 * 24 * time.Hour // by the car's clock, from when they came
	messageFrame  = 128
)

// Messages are those of one person, oldest first. It is a value: each method returns the
// next one, with what of it is to be written.
//
//	Add, Mark ──▶ next, MessageChange ──▶ disk ──▶ kept
type Messages struct {
	last uint64            // the number given last
	all  []numberedMessage // in the order of their numbers, which is that of arrival
}

type numberedMessage struct {
	n uint64
	Message
}

// MessageChange is what becomes of messages by their number; nil: they go.
type MessageChange map[uint64]*Message

// OpenMessages are messages as they were kept, by number.
func OpenMessages(kept map[uint64]Message) (m Messages) {
	for _, n := range slices.Sorted(maps.Keys(kept)) {
		m.all, m.last = append(m.all, numberedMessage{n, kept[n]}), n
	}
	return m
}

// List is all of them, oldest first.
func (m Messages) List() []Message {
	all := make([]Message, 0, len(m.all))
	for _, is := range m.all {
		all = append(all, is.Message)
	}
	return all
}

// Has reports whether a message with this id is there.
func (m Messages) Has(id string) bool {
	return slices.ContainsFunc(m.all, func(is numberedMessage) bool { return is.ID == id })
}

// Unread reports whether a message of this code waits to be read.
func (m Messages) Unread(code string) bool {
	return slices.ContainsFunc(m.all, func(is numberedMessage) bool { return is.Code == code && !is.Read })
}

// Add puts a message behind all others; what is over the bounds falls out. Ages are those
// between the times at which messages came; one without such a time has no age.
func (m Messages) Add(message Message) (Messages, MessageChange) {
	next := Messages{m.last + 1, append(slices.Clone(m.all), numberedMessage{m.last + 1, message})}
	change := MessageChange{next.last: &message}
	sum := 0
	for _, is := range next.all {
		sum += is.size()
	}
	for len(next.all) > 1 {
		oldest := next.all[0]
		old := !oldest.Came.IsZero() && message.Came.Sub(oldest.Came) > MessagesFor
		if len(next.all) <= MaxMessages && sum <= MaxMessageSum && !old {
			break
		}
		change[oldest.n], next.all, sum = nil, next.all[1:], sum-oldest.size()
	}
	return next, change
}

// Mark marks those with these ids as read. An id that is not there refuses all.
func (m Messages) Mark(ids []string) (Messages, MessageChange, error) {
	next, change := Messages{m.last, slices.Clone(m.all)}, MessageChange{}
	for _, id := range ids {
		i := slices.IndexFunc(next.all, func(is numberedMessage) bool { return is.ID == id })
		if i < 0 {
			return m, nil, fmt.Errorf("%w: there is no message %.64q", ErrInvalid, id)
		}
		if !next.all[i].Read {
			next.all[i].Read = true
			marked := next.all[i].Message
			change[next.all[i].n] = &marked
		}
	}
	return next, change, nil
}

func (m Message) size() int {
	return messageFrame + len(m.ID) + len(m.From.Reveal()) + len(m.Text.Reveal()) + len(m.Wish.Reveal())
}

// Without takes a message out.
func (m Messages) Without(id string) (Messages, MessageChange) {
	next, change := Messages{last: m.last}, MessageChange{}
	for _, is := range m.all {
		if is.ID == id {
			change[is.n] = nil
		} else {
			next.all = append(next.all, is)
		}
	}
	return next, change
}

// MessageFilter says which messages are listed; the zero one lists all.
type MessageFilter struct {
	Kind   string
	Unread bool
	Limit  uint32 // the newest so many; zero: all
}

// Of is those of all that the filter lets pass.
func (f MessageFilter) Of(all []Message) []Message {
	all = slices.DeleteFunc(all, func(m Message) bool { return f.Kind != "" && string(m.Kind) != f.Kind || f.Unread && m.Read })
	if n := len(all); f.Limit > 0 && n > int(f.Limit) {
		all = all[n-int(f.Limit):]
	}
	return all
}
