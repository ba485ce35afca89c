package agent_test

import (
	"bytes"
	"errors"
	"log/slog"
	"maps"
	"strings"
	"testing"

	"glovebox/agent"
	"glovebox/profiles"
	"glovebox/telemetry/outside"
)

// inbound is what the broker brings to a cabin, what is counted of it, and the log.
type inbound struct {
	agent.Inbound
	counts map[string]int
	log    bytes.Buffer
}

func newInbound(w *world) *inbound {
	in := &inbound{counts: map[string]int{}}
	in.Inbound = agent.Inbound{
		Cabin: w.Cabin, Topics: agent.Topics{Document: "policy", Action: "act", Ask: "ask"},
		Count: func(name string) { in.counts[name]++ }, Log: slog.New(slog.NewTextHandler(&in.log, nil)),
	}
	return in
}

// Each message goes to who reads its topic, and is counted as what became of it, once.
func TestWhatBecameOfAMessage(t *testing.T) {
	bad := errors.New("no signature")
	lock := func(w *world) profiles.Action { return w.action(fresh(lea, 1, profiles.Lock)) }
	used := func(w *world) profiles.Action { w.order(fresh(lea, 1, profiles.Lock)); return lock(w) }
	limited := func(w *world) profiles.Action {
		o := fresh(lea, 2, profiles.Lock)
		o.exp = 99
		return w.action(o)
	}
	for _, row := range []struct {
		name, topic, payload string
		says                 func(*world) verdicts
		counts               string // separated by a space
		logged               bool
	}{
		{"a document", "policy", "x", func(w *world) verdicts { return verdicts{access: numbered(w.access(), 2, 1)} }, "documents.applied", false},
		{"an early one", "policy", "x", func(w *world) verdicts { return verdicts{access: numbered(w.access(), 5, 4)} }, "documents.ceiling", false},
		{"the one in force", "policy", "x", func(w *world) verdicts { return verdicts{access: numbered(w.access(), 2, 1), repeated: true} }, "", false},
		{"no document", "policy", "x", func(*world) verdicts { return verdicts{err: bad} }, "documents.refused.step", true},
		{"an older one", "policy", "x", func(w *world) verdicts {
			a := numbered(w.access(), 1, 0)
			a.Hash = profiles.Hash{9}
			return verdicts{access: a}
		}, "documents.refused.step", true},
		{"a mailbox that was emptied", "policy", "", func(*world) verdicts { return verdicts{err: bad} }, "", false},
		{"an action", "act", "x", func(w *world) verdicts { return verdicts{action: lock(w)} }, "", false},
		{"no action", "act", "x", func(*world) verdicts { return verdicts{err: bad} }, "actions.refused.step", true},
		{"one too many", "act", "x", func(w *world) verdicts { return verdicts{action: lock(w), busy: true, err: bad} }, "actions.refused.step actions." + string(outside.Busy), true},
		{"one that was used", "act", "x", func(w *world) verdicts { return verdicts{action: used(w)} }, "actions.refused.counter", true},
		{"one that is too far ahead", "act", "x", func(w *world) verdicts { return verdicts{action: limited(w)} }, "actions." + string(outside.Expired), true},
		{"a question", "ask", "x", func(*world) verdicts {
			return verdicts{ask: profiles.Ask{Mailbox: leaBox, Key: phoneKey(lea).Thumbprint(), Challenge: strings.Repeat("ab", 16)}}
		}, "asks.taken", false},
		{"no question", "ask", "x", func(*world) verdicts { return verdicts{err: bad} }, "asks.refused.step", true},
		{"another topic", "state", "x", func(*world) verdicts { return verdicts{err: bad} }, "", false},
	} {
		w := enrolled(t)
		in := newInbound(w)
		in.Verifier = row.says(w)
		in.Take(t.Context(), row.topic, []byte(row.payload))
		want := map[string]int{}
		for _, name := range strings.Fields(row.counts) {
			want[name]++
		}
		if !maps.Equal(in.counts, want) || (in.log.Len() > 0) != row.logged {
			t.Errorf("%s: counts %v, want %v; the log says %q", row.name, in.counts, want, in.log.String())
		}
		if row.name == "a question" && len(w.courier.sent) == 0 {
			t.Error("a question is not answered")
		}
	}
}
