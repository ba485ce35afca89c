package agent

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"glovebox/profiles"
)

// Verifier reads what the broker brings and believes none of it before its signature.
type Verifier interface {
	// Document reads an access document. repeated is the one in force, which comes
	// again at each connection.
	Document(payload []byte, people profiles.Roster) (a profiles.Access, by profiles.Signer, repeated bool, err error)
	// Action reads an action of somebody of the roster. busy, with an error, is one too
	// many whose sender is proved and is to be told so.
	Action(payload []byte, people profiles.Roster, boot time.Duration) (a profiles.Action, busy bool, err error)
	// Ask reads a challenge.
	Ask(payload []byte, people profiles.Roster, boot time.Duration) (profiles.Ask, error)
	// Refusal is one word for why Document, Action or Ask failed.
	Refusal(err error) string
}

// Inbound hands on what the broker brings: access documents, actions and asks. What is
// refused is counted and leaves everything as it was; its payload is in no log line.
type Inbound struct {
	Cabin    *Cabin
	Topics   Topics
	Verifier Verifier
	Count    func(name string) // adds one to a counter
	Log      *slog.Logger

	refused sparing
}

// Topics are what the car listens to.
type Topics struct{ Document, Action, Ask string }

// Take hands on one message. Messages come one at a time.
func (i *Inbound) Take(ctx context.Context, topic string, payload []byte) {
	switch {
	case topic == i.Topics.Document && len(payload) > 0:
		i.document(ctx, payload)
	case topic == i.Topics.Action:
		i.action(payload)
	case topic == i.Topics.Ask:
		i.ask(payload)
	}
}

func (i *Inbound) document(ctx context.Context, payload []byte) {
	access, by, repeated, err := i.Verifier.Document(payload, i.Cabin.Roster())
	if repeated {
		return
	}
	if err == nil {
		err = i.Cabin.Apply(ctx, access, by)
	}
	if err != nil {
		i.Count("documents.refused." + i.Verifier.Refusal(err))
		i.Log.Warn("access document refused", "kind", i.Verifier.Refusal(err), "error", err)
		return
	}
	i.Count("documents.applied")
}

func (i *Inbound) action(payload []byte) {
	a, busy, err := i.Verifier.Action(payload, i.Cabin.Roster(), i.Cabin.needs.Now().Boot)
	if err != nil {
		i.refuse("actions", err)
	}
	if err == nil || busy {
		i.Done(i.Cabin.Act(a, busy))
	}
}

func (i *Inbound) ask(payload []byte) {
	a, err := i.Verifier.Ask(payload, i.Cabin.Roster(), i.Cabin.needs.Now().Boot)
	if err != nil {
		i.refuse("asks", err)
		return
	}
	i.Cabin.Ask(a)
	i.Count("asks.taken")
}

func (i *Inbound) refuse(kind string, err error) {
	step := i.Verifier.Refusal(err)
	i.Count(kind + ".refused." + step)
	i.refused.warn(i.Log, i.Cabin.needs.Now().Boot, "refused", "kind", kind, "step", step)
}

// Done counts what became of an action; why it was refused is for this log alone.
func (i *Inbound) Done(o Outcome) {
	switch {
	case o.Accepted():
		return
	case o.Result == "":
		i.Count("actions.refused." + o.Cause)
	default:
		i.Count("actions." + string(o.Result))
	}
	if o.Cause != "" {
		i.refused.warn(i.Log, i.Cabin.needs.Now().Boot, "action", "result", string(o.Result), "cause", o.Cause, "who", o.Who.String())
	}
}

// sparing lets ten lines a minute through of what others can provoke, and then says
// how many it kept back. It is safe to share.
type sparing struct {
	mu    sync.Mutex
	since time.Duration // guarded by mu; boot clock
	lines int           // guarded by mu; in this minute
}

const linesPerMinute = 10

func (s *sparing) warn(log *slog.Logger, at time.Duration, message string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if at-s.since >= time.Minute {
		if kept := s.lines - linesPerMinute; kept > 0 {
			log.Warn("more of the same", "lines", kept)
		}
		s.since, s.lines = at, 0
	}
	if s.lines++; s.lines <= linesPerMinute {
		log.Warn(message, args...)
	}
}
