package ni_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"glovebox/agent/cloud"
	"glovebox/profiles"
	"glovebox/telemetry"
	"glovebox/telemetry/outside"
)

// call is what a person does at the head unit.
func (w *world) call(what string, do func(*process) error) {
	w.acts = append(w.acts, fmt.Sprint(w.at(), " ", what))
	p := w.runs()
	if p == nil {
		return
	}
	if err := do(p); err != nil {
		w.t.Errorf("seed %d, at %s: %s: %v", w.s.seed, w.at(), what, err)
	}
}

// enter puts somebody at the wheel; the people of this car have no PIN.
func (w *world) enter(guest bool, who profiles.ID) {
	w.call(fmt.Sprint("enter ", guest, who), func(c *process) (err error) {
		if guest {
			_, err = c.StartGuest(context.Background(), false)
		} else {
			_, err = c.Login(context.Background(), who, profiles.PIN{}, false)
		}
		return err
	})
}

// noneLeft is what a process leaves that was killed.
func (w *world) noneLeft() telemetry.Left { return telemetry.Left{} }

// probe is an ask or an action that a phone sends. It is lost where the car does not hear
// it.
func (w *world) probe(q probe) {
	c := w.broker.open()
	if c == nil {
		return
	}
	from := w.s.people[q.who]
	kid := from.key().Thumbprint()
	if q.verb == "" {
		mailbox := w.s.documents[0].users[q.who].mailbox
		for _, d := range w.s.documents {
			for _, u := range d.users {
				if d.at <= w.at() && u.who == q.who {
					mailbox = u.mailbox
				}
			}
		}
		w.ctrs[profiles.ID{}]++
		text := fmt.Sprintf(`{"mailbox":%q,"key":%q,"challenge":"%032x"}`, mailbox, kid, w.ctrs[profiles.ID{}])
		c.opening.Inbound(outside.AskTopic(w.s.identity.VID), []byte(text))
		return
	}
	args := map[profiles.Verb]string{
		profiles.ClimateStart: `{"celsius":21.5,"minutes":5}`, profiles.SendMessage: `{"text":"hello"}`,
		profiles.Assign: `{"trip":"t","users":["` + w.s.people[0].id.String() + `"]}`,
	}[q.verb]
	if args == "" {
		args = "{}"
	}
	w.order(q.who, q.verb, args)
}

// order is an action that a phone sends. It is lost where the car does not hear it.
func (w *world) order(who int, verb profiles.Verb, args string) {
	c := w.broker.open()
	if c == nil {
		return
	}
	from := w.s.people[who]
	w.ctrs[from.id]++
	claims := fmt.Sprintf(`{"vid":%q,"key":%q,"epoch":%q,"ctr":%d,"exp":%d,"act":%q,"args":%s}`,
		w.s.identity.VID, from.key().Thumbprint(), w.epochs.name(), w.ctrs[from.id], int(time.Since(w.epochs.at)/time.Second)+30, verb, args)
	jws, err := outside.Sign(from.sign, cloud.TypeAction, []byte(claims))
	if err != nil {
		w.t.Fatal(err)
	}
	c.opening.Inbound(outside.ActTopic(w.s.identity.VID), jws)
}

// resends reports whether a payload says that it is sent again.
func resends(payload []byte) bool {
	var m struct {
		Resend bool `json:"resend"`
	}
	return strings.HasPrefix(string(payload), "{") && json.Unmarshal(payload, &m) == nil && m.Resend
}
