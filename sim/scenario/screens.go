package scenario

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"glovebox/headunit"
	"glovebox/sim/cloud"
)

// words are what stands behind the word of an action.
type words [4]string

func (w *words) slots() slots { return slots{&w[0], &w[1], &w[2], &w[3]} }

// phone is what somebody does on their phone.
type phone struct {
	who    string
	action Command
}

func (c *phone) slots() slots { return slots{&c.who, &c.action} }

// check lets somebody who is nobody's user yet have a phone to add a car to.
func (c *phone) check(p *parser) error {
	if c.action.word == "add-car" {
		return newcomer(p, c.who)
	}
	if !slices.Contains(p.people(), c.who) {
		return unknown("name", c.who, p.people())
	}
	return nil
}

// workshop is what the workshop does at its desk.
type workshop struct{ action Command }

func (c *workshop) slots() slots { return slots{&c.action} }

// screen is what somebody does on the head unit, besides what has a command of its
// own.
type screen struct{ action Command }

func (c *screen) slots() slots { return slots{&c.action} }

// assign is of the head unit, without its word before it.
type assign struct {
	trip  string
	names []string
}

func (c *assign) slots() slots { return slots{&c.trip, &c.names} }

// forgery is an action that somebody on the line sends in the name of a phone.
type forgery struct{ kind, who string }

func (c *forgery) slots() slots { return slots{&c.kind, &c.who} }

func (c *forgery) do(ctx context.Context, s *stage) (string, error) {
	p, err := s.world.Cloud.Phone(c.who)
	if err != nil {
		return "", err
	}
	return "", p.Forge(ctx, c.kind)
}

// answerWithin is how long a phone waits for the car; a limited reader's slot may
// be far away.
const answerWithin = 40 * time.Second

func (c *phone) do(ctx context.Context, s *stage) (string, error) {
	waits, cancel := context.WithTimeout(ctx, answerWithin*s.patience)
	defer cancel()
	got, err := c.order(waits, s)
	return got, unanswered(ctx, err)
}

// unanswered gives an error of a wait that was too long a name, unless all ends.
func unanswered(all context.Context, err error) error {
	if errors.Is(err, context.DeadlineExceeded) && all.Err() == nil {
		return &headunit.Refusal{Name: "Offline", Message: fmt.Sprintf("the car did not answer within %v: %v", answerWithin, err)}
	}
	return err
}

func (c *phone) order(ctx context.Context, s *stage) (string, error) {
	find := s.world.Cloud.Phone
	if c.action.word == "add-car" {
		find = s.world.Cloud.Newcomer
	}
	p, err := find(c.who)
	if err != nil {
		return "", refused(err)
	}
	act := func(name string, args map[string]any) (string, error) {
		var r cloud.Result
		var err error
		s.free(func() { r, err = p.Act(ctx, name, args) })
		if err != nil {
			return "", err
		}
		switch r.Result {
		case "refused":
			return "", &headunit.Refusal{Name: r.Reason, Message: "the car refused action " + strconv.FormatUint(r.Ctr, 10)}
		case "unknown":
			return "", &headunit.Refusal{Name: r.Result, Message: "nothing in the car showed that action " + strconv.FormatUint(r.Ctr, 10) + " was carried out"}
		}
		return r.Result, nil
	}
	w := c.action.what.(*words)
	switch c.action.word {
	case "code":
		return "", refused(p.Code())
	case "lock", "unlock", "flash", "locate":
		return act(c.action.word, nil)
	case "climate":
		if w[0] == "off" {
			return act("climate-stop", nil)
		}
		celsius, _ := number(cmp.Or(w[1], "21")) // the parser read both
		minutes, _ := number(cmp.Or(w[2], "10"))
		return act("climate-start", map[string]any{"celsius": celsius, "minutes": minutes})
	case "assign":
		return act("assign", map[string]any{"trip": s.trip(w[0]), "users": s.ids(strings.Fields(w[1]))})
	case "chat":
		return act("message", map[string]any{"text": w[0]})
	case "book":
		return act("book", map[string]any{"text": w[0]})
	}
	if word := c.action.word; (word == "accept" || word == "add-car") && s.world.Cloud.Gone() {
		s.free(func() { err = s.world.Meet(ctx) })
		if err != nil {
			return "", err
		}
	}
	d, err := c.document(p, w, s)
	if err != nil {
		return "", refused(err)
	}
	got, err := s.hand(ctx, d, c.action.word == "accept" || s.reader(c.who).Role == cloud.Main)
	if headunit.RefusedAs(err) == "Refused" && d.Good() { // the car knows better than the back end
		err = errors.Join(s.world.Cloud.Withdraw(ctx, d), &headunit.Refusal{Name: "NotPermitted", Message: err.Error()})
	}
	return got, err
}

// document is the one that an action of a phone makes.
func (c *phone) document(p *cloud.Phone, w *words, s *stage) (cloud.Document, error) {
	switch c.action.word {
	case "invite":
		return p.Invite(cloud.Contact{Name: w[0]}, w[1])
	case "cancel":
		return p.Cancel(w[0])
	case "activate":
		return p.Activate(w[0])
	case "remove":
		return p.Remove(w[0])
	case "share":
		return p.Share(w[0], w[1])
	case "restrict":
		return p.Restrict(w[0], strings.Fields(w[1])...)
	case "guest-services":
		return p.GuestServices(w[0] == "on")
	case "remote-services":
		return p.RemoteServices(w[0] == "on")
	case "transfer":
		return p.Transfer(cloud.Contact{Name: w[0]})
	}
	switch c.action.word {
	case "add-car":
		return p.AddCar(w[0], "")
	case "new-phone":
		return s.world.Cloud.NewPhone(c.who)
	}
	return p.Accept(cmp.Or(w[0], s.newestCode(c.who)), w[1], w[2])
}

// newestCode is what the newest text message to a person says, empty if there is
// none.
func (s *stage) newestCode(name string) (code string) {
	for _, l := range s.world.Cloud.Outbox() {
		if l.To == name && l.Kind == cloud.SMS {
			code = regexp.MustCompile(`\b[0-9A-Z]{6,}\b`).FindString(l.Text)
		}
	}
	return code
}

// hand publishes a document and waits until a good one is in force, or it is refused. A
// good one waits for a car that is away.
func (s *stage) hand(ctx context.Context, d cloud.Document, good bool) (string, error) {
	got := fmt.Sprintf("version %d", d.Version)
	before := s.documentsRefused(ctx)
	if err := s.world.Cloud.Publish(ctx, d); err != nil {
		return got, err
	}
	away := !s.up || s.hidden != nil && s.hidden.offline || !s.world.Tap.Passes()
	if good && away {
		return got, nil
	}
	for n := 0; good || n < 40; n++ {
		if good && s.world.Cloud.State().Policy >= d.Version {
			return got, nil
		}
		for why, n := range s.documentsRefused(ctx) {
			if n > before[why] {
				return got, &headunit.Refusal{Name: "Refused", Message: "the car refused the document: " + why}
			}
		}
		if err := s.pause(ctx, paceBus); err != nil {
			return got, err
		}
	}
	return got, &headunit.Refusal{Name: "Offline", Message: "the car neither took the document nor refused it"}
}

// documentsRefused counts the refusals by their reason.
func (s *stage) documentsRefused(ctx context.Context) map[string]uint64 {
	all := map[string]uint64{}
	for name, n := range s.counters(ctx) {
		if why, ok := strings.CutPrefix(name, "documents.refused."); ok {
			all[why] = n
		}
	}
	return all
}

func (s *stage) ids(names []string) []string {
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = s.reader(name).ID
	}
	return all
}

func (c *workshop) do(ctx context.Context, s *stage) (string, error) {
	back, w := s.world.Cloud, c.action.what.(*words)
	switch c.action.word {
	case "invite-main":
		return "", refused(back.InviteMain(cloud.Contact{Name: w[0]}))
	case "chat":
		return "", back.Chat(ctx, w[0])
	case "quote":
		return "", back.Quote(ctx, w[0])
	case "write":
		return "", refused(back.Write(ctx, w[0], w[1]))
	}
	d, err := back.RemoveMain(w[0] != "")
	if err != nil {
		return "", refused(err)
	}
	return s.hand(ctx, d, true)
}

func (c *assign) do(ctx context.Context, s *stage) (string, error) {
	return "", s.world.HMI.Assign(ctx, s.trip(c.trip), s.ids(c.names), nil)
}

func (c *screen) do(ctx context.Context, s *stage) (string, error) {
	w, plain := c.action.what.(*words)
	if !plain {
		return c.action.what.(doer).do(ctx, s)
	}
	decide := func(method string, args ...any) (string, error) { return s.decide(ctx, method, nil, args...) }
	who := s.reader(w[0]).ID
	object := headunit.Path(who)
	switch c.action.word {
	case "invite":
		return decide("Invite", contact(w[0]), w[1])
	case "transfer":
		return decide("Transfer", contact(w[0]))
	case "activate":
		options := map[string]any{}
		if w[1] != "" {
			options["code"] = w[1]
		}
		return s.decide(ctx, "Activate", options, object)
	case "cancel", "remove", "reset-pin":
		return decide(map[string]string{"cancel": "Cancel", "remove": "Remove", "reset-pin": "ResetPIN"}[c.action.word], object)
	case "share":
		return decide("SetSharing", object, w[1])
	case "restrict":
		return decide("Restrict", object, append([]string{}, strings.Fields(w[1])...))
	case "guest-services":
		return decide("SetGuestServices", w[0] == "on")
	case "remote-services":
		return decide("SetRemoteServices", w[0] == "on")
	case "erase":
		answer, err := s.world.HMI.CallWith(ctx, "", "Roster1.Erase", map[string]any{"pin": w[1]}, w[0])
		return inWords(answer), err
	case "cancel-pending":
		return "", s.world.HMI.CancelPending(ctx)
	case "pin":
		if w[3] != "" {
			return "", s.world.HMI.Recover(ctx, who, w[3], w[2])
		}
		return "", s.world.HMI.SetPIN(ctx, who, strings.TrimPrefix(w[1], "none"), w[2])
	case "link-fob":
		return s.linkFob(ctx, who)
	case "unlink-fobs":
		return "", s.world.HMI.UnlinkFobs(ctx, who)
	case "chat":
		return s.world.HMI.Send(ctx, w[0])
	case "book":
		return s.world.HMI.Book(ctx, map[string]any{"text": w[0]})
	case "read":
		return s.readAll(ctx)
	case "export":
		return s.takeAlong(ctx, w[0])
	}
	return s.bring(ctx, who, w[1]) // import
}
