package sim_test

import (
	"context"
	"testing"
	"time"

	"glovebox/sim"
	"glovebox/sim/cloud"
)

// answer is what became of one action of a person's phone: its reason, or its
// result.
func answer(t *testing.T, w *sim.World, name, act string, args map[string]any) string {
	t.Helper()
	p, err := w.Cloud.Phone(name)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	r, err := p.Act(ctx, act, args)
	if err != nil {
		t.Fatalf("%s %s: %v", name, act, err)
	}
	if r.Reason != "" {
		return r.Reason
	}
	return r.Result
}

// What a phone may order follows the documents, and what the car cannot do is
// refused as the contract says. A session's end changes the epoch, and the phone
// finds its way.
func TestPhonesHaveRights(t *testing.T) {
	t.Parallel()
	w := startWorld(t, sim.Options{})
	ctx := t.Context()
	if err := w.Boot(ctx); err != nil {
		t.Fatal(err)
	}
	anna, err := w.Cloud.Phone("anna")
	if err != nil {
		t.Fatal(err)
	}
	facts, err := anna.Ask(ctx)
	if s := w.Cloud.State(); err != nil || facts.Epoch != s.Epoch || facts.Policy != s.Policy || facts.Ctr != 0 {
		t.Fatalf("facts %+v, state %+v: %v", facts, s, err)
	}
	steps := []struct {
		name  string
		order func() (cloud.Document, error)
		who   string
		act   string
		args  map[string]any
		want  string
	}{
		{"a car without that device", nil, "anna", "lock", nil, "not-now"},
		{"no place is known", nil, "lea", "locate", nil, "not-now"},
		{"as hot as an oven", nil, "anna", "climate-start", map[string]any{"celsius": 99, "minutes": 5}, "bad-request"},
		{"no such action", nil, "anna", "open-trunk", nil, "bad-request"},
		{"a function taken away", func() (cloud.Document, error) { return anna.Restrict("lea", "remote-lock") }, "lea", "flash", nil, "not-permitted"},
		{"another function stays", nil, "lea", "locate", nil, "not-now"},
		{"given back", func() (cloud.Document, error) { return anna.Restrict("lea") }, "lea", "flash", nil, "not-now"},
		{"remote services off", func() (cloud.Document, error) { return anna.RemoteServices(false) }, "jonas", "locate", nil, "not-permitted"},
	}
	for _, step := range steps {
		if step.order != nil {
			d, err := step.order()
			ordered(t, w, d, err)
		}
		if got := answer(t, w, step.who, step.act, step.args); got != step.want {
			t.Errorf("%s: %s, want %s", step.name, got, step.want)
		}
	}
	if _, err := w.HMI.Login(ctx, id(t, w, "lea"), "590324", false); err != nil {
		t.Fatal(err)
	}
	if err := w.HMI.Logout(ctx); err != nil {
		t.Fatal(err)
	}
	if err := w.Cloud.Wait(ctx, func() bool { s := w.Cloud.State(); return s.Online && s.Epoch != facts.Epoch }); err != nil {
		t.Fatal(err)
	}
	if got := answer(t, w, "anna", "lock", nil); got != "not-now" {
		t.Errorf("after a session's end: %s", got)
	}
	if breaches := w.Cloud.Breaches(); len(breaches) > 0 {
		t.Errorf("breaches: %v", breaches)
	}
}
