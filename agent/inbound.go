package agent

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"glovebox/profiles"
)

// Verifier reads what the broker brings and believes none of it before its signature.
type Verifier interface {
	// Document reads an access document. repeated is the one in force or the ceiling, which
	// comes again at each connection.
	Document(payload []byte, people profiles.Roster) (a profiles.Access, by profiles.Signer, repeated bool, err error)
	// Action reads an action of somebody of the roster. busy, with an error, is one too
	// many whose sender is proved and is to be told so.
	Action(payload []byte, people profiles.Roster, boot time.Duration) (a profiles.Action, busy bool, err error)
	// Ask reads a challenge.
	Ask(payload []byte, people profiles.Roster, boot time.Duration) (profiles.Ask, error)
	// Message reads what the back end writes to people of the car.
	Message(payload []byte, boot time.Duration) (profiles.Letter, error)
	// Anew forgets how many there were.
	Anew()
	// Refusal is one word for why any of these failed.
	Refusal(err error) string
}

// Inbound hands on what the broker brings: access documents, actions, asks and messages. What is
// refused is counted and leaves everything as it was; its payload is in no log line.
type Inbound struct {
	Cabin    *Cabin
	Topics   Topics
	Verifier Verifier
	Count    func(name string) // adds one to a counter
	Log      *slog.Logger

	ended atomic.Bool // a connection has, since the last message
}

// Topics are what the car listens to. Message is that of an inbox; nil: none is heard.
type Topics struct {
	Document, Action, Ask string
	Message               func(inbox string) string
}

// Linked hands on that the connection opened or ended. With each connection the rates begin
// anew: a fresh process knows of none, and after every session's end comes another
// connection, whoever's session it was.
func (i *Inbound) Linked(up bool) {
	if !up {
		i.ended.Swap(true)
	}
	i.Cabin.Linked(up)
}

// Take hands on one message. Messages come one at a time.
func (i *Inbound) Take(ctx context.Context, topic string, payload []byte) {
	if i.ended.Swap(false) {
		i.Verifier.Anew()
	}
	switch {
	case topic == i.Topics.Document && len(payload) > 0:
		i.document(ctx, payload)
	case topic == i.Topics.Action:
		i.action(payload)
	case topic == i.Topics.Ask:
		i.ask(payload)
	default:
		if inbox := (Messages{i.Cabin}).Inbox(); inbox != "" && i.Topics.Message != nil && topic == i.Topics.Message(inbox) {
			i.message(payload)
		}
	}
}

func (i *Inbound) document(ctx context.Context, payload []byte) {
	_, documents := i.Cabin.Rosters()
	access, by, repeated, err := i.Verifier.Document(payload, documents)
	if repeated {
		return
	}
	if err != nil {
		i.refuse("documents", err)
		Messages{i.Cabin}.refused(i.Verifier.Refusal(err))
		return
	}
	if err := i.Cabin.Apply(ctx, access, by); err != nil {
		i.refuse("documents", err, "version", access.Version)
		Messages{i.Cabin}.refused(i.Verifier.Refusal(err))
		return
	}
	if _, documents = i.Cabin.Rosters(); documents.Ceiling != nil && documents.Ceiling.Hash == access.Hash {
		i.Count("documents.ceiling")
		return
	}
	i.Count("documents.applied")
}

func (i *Inbound) action(payload []byte) {
	people, _ := i.Cabin.Rosters()
	a, busy, err := i.Verifier.Action(payload, people, i.Cabin.needs.Now().Boot)
	if err != nil {
		i.refuse("actions", err)
	}
	if err == nil || busy {
		i.Done(i.Cabin.Act(a, busy))
	}
}

func (i *Inbound) ask(payload []byte) {
	people, _ := i.Cabin.Rosters()
	a, err := i.Verifier.Ask(payload, people, i.Cabin.needs.Now().Boot)
	if err != nil {
		i.refuse("asks", err)
		return
	}
	i.Cabin.Ask(a)
	i.Count("asks.taken")
}

func (i *Inbound) message(payload []byte) {
	l, err := i.Verifier.Message(payload, i.Cabin.needs.Now().Boot)
	if err == nil {
		err = Messages{i.Cabin}.Take(l)
	}
	if err != nil {
		i.refuse("messages", err)
		return
	}
	i.Count("messages.taken")
}

// refuse counts and logs the step. It never logs err, which may quote what came.
func (i *Inbound) refuse(kind string, err error, more ...any) {
	step := i.Verifier.Refusal(err)
	i.Count(kind + ".refused." + step)
	i.Log.Warn("refused", append([]any{"kind", kind, "step", step}, more...)...)
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
		i.Log.Warn("action", "kind", "actions", "result", string(o.Result), "cause", o.Cause, "who", o.Who.String())
	}
}
