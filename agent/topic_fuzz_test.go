package agent_test

import (
	"errors"
	"log/slog"
	"maps"
	"testing"

	"glovebox/agent"
	"glovebox/profiles"
)

// FuzzTopic: what comes on a topic that the car does not listen to, letter for letter, is
// nothing: not counted, not logged, not believed. On one of the three it is looked at once.
func FuzzTopic(f *testing.F) {
	const vid = "f00df00df00df00df00df00df00df00d"
	topics := agent.Topics{Document: "gb/1/" + vid + "/policy", Action: "gb/1/" + vid + "/act", Ask: "gb/1/" + vid + "/ask"}
	listens := map[string]string{topics.Document: "documents", topics.Action: "actions", topics.Ask: "asks"}
	for topic := range maps.Keys(listens) {
		f.Add(topic, "x")
		f.Add(topic+"/", "x")
		f.Add(topic[:len(topic)-1], "")
	}
	for _, topic := range []string{"", "#", "gb/1/+/act", "gb/1/" + vid + "/to/" + annaBox + "/status", "gb/2/" + vid + "/act", "gb/1/" + vid + "/act\x00"} {
		f.Add(topic, "{}")
	}
	f.Fuzz(func(t *testing.T, topic, payload string) {
		w := enrolled(t)
		in := newInbound(w)
		in.Topics, in.Verifier = topics, verdicts{err: errors.New("no signature")}
		in.Log = slog.New(slog.NewTextHandler(&in.log, nil))
		before := len(w.courier.sent)
		in.Take(t.Context(), topic, []byte(payload))
		want := map[string]int{}
		if kind := listens[topic]; kind != "" && (kind != "documents" || payload != "") {
			want[kind+".refused.step"] = 1
		}
		if !maps.Equal(in.counts, want) || (in.log.Len() > 0) != (len(want) > 0) || len(w.courier.sent) != before {
			t.Fatalf("%q, %q: counts %v, want %v; the log says %q", topic, payload, in.counts, want, in.log.String())
		}
		if people, _ := w.Rosters(); people.Version != 1 || people.People[0].State != profiles.Active {
			t.Fatalf("%q, %q: the people are %+v", topic, payload, people)
		}
	})
}
