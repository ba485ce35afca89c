package main

import (
	"context"
	"errors"
	"log/slog"

	"glovebox/agent"
	"glovebox/agent/cloud"
	"glovebox/profiles"
)

// inbound is what the broker brings: access documents, actions and asks.
type inbound struct {
	cabin    *agent.Cabin
	identity profiles.Identity
	trust    cloud.KeySet
	desk     *cloud.Desk
	errands  chan<- *agent.Errand // a full one refuses
	counts   *counters
	log      *slog.Logger
	refused  *sparing
}

// take hands on what came on a topic that the car listens to.
func (i *inbound) take(ctx context.Context, topic string, payload []byte) {
	own := "gb/1/" + i.identity.VID
	switch {
	case topic == own+"/policy" && len(payload) > 0:
		i.document(ctx, payload)
	case topic == own+"/act":
		i.action(payload)
	case topic == own+"/ask":
		i.ask(payload)
	}
}

// document reads a signed access document. The document in force comes again at each
// connection; what is refused is counted and leaves everything as it was.
func (i *inbound) document(ctx context.Context, payload []byte) {
	roster := i.cabin.Roster()
	if cloud.Repeats(payload, roster.Hash) {
		return
	}
	doc, err := cloud.ReadDocument(payload, i.trust.For(i.identity, roster), i.identity)
	if err == nil {
		err = i.cabin.Apply(ctx, doc.Access, doc.By)
	}
	if err != nil {
		i.counts.add("documents.refused."+cloud.Refusal(err), 1)
		i.log.Warn("access document refused", "kind", cloud.Refusal(err), "error", err)
		return
	}
	i.counts.add("documents.applied", 1)
}

// action has a signed action considered. What is to be carried out goes to the
// errands, so that a car that is slow to answer holds nothing else up.
func (i *inbound) action(payload []byte) {
	a, err := i.desk.Action(payload, i.cabin.Roster(), now().Boot)
	if err != nil {
		i.refuse("actions", err)
		if a.Key != "" {
			i.done(i.cabin.Busy(a))
		}
		return
	}
	outcome, errand := i.cabin.Act(a)
	if errand == nil {
		i.done(outcome)
		return
	}
	select {
	case i.errands <- errand:
	default:
		i.done(i.cabin.Drop(errand))
	}
}

// ask has a challenge answered.
func (i *inbound) ask(payload []byte) {
	a, err := i.desk.Ask(payload, i.cabin.Roster(), now().Boot)
	if err != nil {
		i.refuse("asks", err)
		return
	}
	i.cabin.Ask(a)
	i.counts.add("asks.taken", 1)
}

// refuse counts what the desk did not let pass, and says at which step. The
// payload is in no line.
func (i *inbound) refuse(kind string, err error) {
	step := "failed"
	if r, ok := errors.AsType[*cloud.Refused](err); ok {
		step = string(r.Step)
	}
	i.counts.add(kind+".refused."+step, 1)
	i.refused.warn(i.log, "refused", "kind", kind, "step", step)
}

// done counts what became of an action; why it was refused is for this log alone.
func (i *inbound) done(o agent.Outcome) {
	if o.Result == "" {
		i.counts.add("actions.refused."+o.Cause, 1)
	} else {
		i.counts.add("actions."+string(o.Result), 1)
	}
	if o.Cause != "" {
		i.refused.warn(i.log, "action", "result", string(o.Result), "cause", o.Cause, "who", o.Who.String())
	}
}
