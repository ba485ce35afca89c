package telemetry

import "glovebox/telemetry/outside"

// Kept is a message that waits on disk until the broker has it.
type Kept struct {
	ID       uint64 // its place in the order; rises with each message that was ever kept
	Released outside.Released
	Epoch    string // of the first hand-over; empty before
	Seq      uint64
	Resend   bool // it may have been handed over before
}

// Outbox is the kept queue: it survives a power cut, and what is in it never
// changes but for its stamp. It is safe to share.
type Outbox interface {
	// Put keeps messages behind all others; they are on disk when it returns, but
	// for those that it refused for good: their person is gone. With an error it
	// kept none. A newer alarm of the same mailbox and code replaces one without a stamp;
	// what no longer fits falls out and is counted in a gap record.
	Put([]outside.Released) (refused []outside.Released, err error)
	// Next returns at most n messages after the id, in order.
	Next(after uint64, n int) ([]Kept, error)
	// Settle, in one commit, forgets what is done and stamps what is about to
	// be handed over. It returns the messages of send that still wait, in
	// their order, each with the stamp from before, else with the one that
	// stamp gives to its series (outside.Series).
	Settle(done, send []uint64, stamp func(series string) (epoch string, seq uint64)) ([]Kept, error)
	// Purge forgets the messages whose tag keep refuses and says how many that
	// were. keep is asked for each tag that waits, with how many have it.
	Purge(keep func(tag outside.Tag, n int) bool) (int, error)
}
