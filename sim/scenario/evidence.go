package scenario

import (
	"context"
	"time"

	"glovebox/headunit"
	"glovebox/sim"
	"glovebox/sim/cloud"
)

// evidence is all that checks look at. It is of a world; the tests of the checks
// write their own.
type evidence struct {
	hmi     headUnit
	back    backEnd
	records records
	dir     string // with what was recorded
	agent   program
}

func evidenceOf(w *sim.World) evidence { return evidence{w.HMI, w.Cloud, w, w.Dir, w.Agent} }

// headUnit asks the agent over D-Bus. An error means that it did not answer.
type headUnit interface {
	Present(ctx context.Context) (bool, error)
	Session(ctx context.Context) (headunit.Session, error)
	Properties(ctx context.Context, face string) (map[string]any, error)
	Get(ctx context.Context, group string) (map[string]any, error)
	Permits(ctx context.Context, function string) (allowed bool, reason string, err error)
	Ledger(ctx context.Context, filter map[string]any) ([]map[string]any, error)
	Signals(ctx context.Context) ([]map[string]any, error)
	Health(ctx context.Context) ([]map[string]any, error)
	ListMessages(ctx context.Context, filter map[string]any) ([]map[string]any, error)
	Statistics(ctx context.Context) (map[string]any, error)
}

// backEnd has what the car sent and what the back end wrote. It may be asked at
// any time.
type backEnd interface {
	Readers() []cloud.Reader
	Reader(name string) (cloud.Reader, bool)
	Since(reader string, n int) []cloud.Message
	Count(reader string) int
	Outbox() []cloud.Letter
	State() cloud.State
	Breaches() []string
}

// program is the agent as a process: its own check of its stores, and how far its
// boot clock was moved.
type program interface {
	CheckStore(ctx context.Context, dir string) error
	ClockShift() time.Duration
}

// records are the files of the world. Flush brings them up to date. Of a world that lives for
// days the newest is kept; what was dropped counts where a moment says how long they were.
type records interface {
	Flush() error
	Dropped(name string) int64 // bytes of its beginning
	CopyState(to string) error
	LogFile() string
}
