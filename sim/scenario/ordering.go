package scenario

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"glovebox/sim"
	"glovebox/sim/cloud"
)

func (c *order) do(ctx context.Context, s *stage) (string, error) {
	switch c.by {
	case "app":
		return s.phone(ctx, c)
	case "workshop":
		return s.workshop(ctx, c)
	}
	return s.screen(ctx, c)
}

// option is the value of a word key=value.
func (c *order) option(key, otherwise string) string {
	for _, w := range c.words {
		if v, ok := strings.CutPrefix(w, key+"="); ok {
			return v
		}
	}
	return otherwise
}

// answerWithin is how long a phone waits for the car; a limited reader's slot may
// be far away.
const answerWithin = 40 * time.Second

// phone is what somebody does on their phone.
func (s *stage) phone(ctx context.Context, c *order) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	p, err := s.world.Cloud.Phone(c.who)
	if err != nil {
		return "", refused(err)
	}
	act := func(name string, args map[string]any) (string, error) {
		r, err := p.Act(ctx, name, args)
		if err != nil {
			return "", err
		}
		switch r.Result {
		case "refused":
			return "", &sim.Refusal{Name: r.Reason, Message: "the car refused action " + strconv.FormatUint(r.Ctr, 10)}
		case "unknown":
			return "", &sim.Refusal{Name: r.Result, Message: "nothing in the car showed that action " + strconv.FormatUint(r.Ctr, 10) + " was carried out"}
		}
		return r.Result, nil
	}
	switch c.action {
	case "code":
		return "", refused(p.Code())
	case "lock", "unlock", "flash", "locate":
		return act(c.action, nil)
	case "climate":
		if c.words[0] == "off" {
			return act("climate-stop", nil)
		}
		celsius, _ := strconv.ParseFloat(c.option("celsius", "21"), 64) // the parser read both
		minutes, _ := strconv.ParseFloat(c.option("minutes", "10"), 64)
		return act("climate-start", map[string]any{"celsius": celsius, "minutes": minutes})
	case "assign":
		return act("assign", map[string]any{"trip": c.words[0], "users": s.ids(c.words[1:])})
	case "chat":
		return act("message", map[string]any{"text": c.words[0]})
	case "book":
		return act("book", map[string]any{"text": c.words[0]})
	}
	d, err := s.paper(p, c)
	if err != nil {
		return "", refused(err)
	}
	return s.hand(ctx, d, c.action == "accept" || s.reader(c.who).Role == cloud.Main)
}

// paper is the document that a phone's order makes.
func (s *stage) paper(p *cloud.Phone, c *order) (cloud.Document, error) {
	w := append(append([]string(nil), c.words...), "", "")
	switch c.action {
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
		return p.Restrict(w[0], c.words[1:]...)
	case "guest-services":
		return p.GuestServices(w[0] == "on")
	case "remote-services":
		return p.RemoteServices(w[0] == "on")
	case "transfer":
		return p.Transfer(cloud.Contact{Name: w[0]})
	}
	code := w[0] // accept
	if code == "" || strings.Contains(code, "=") {
		code = s.newestCode(c.who)
	}
	return p.Accept(code, c.option("pin", ""))
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

// hand publishes a document and waits until a good one is in force, or a bad one
// refused.
func (s *stage) hand(ctx context.Context, d cloud.Document, good bool) (string, error) {
	got := fmt.Sprintf("version %d", d.Version)
	if good {
		if !s.up || s.hidden != nil && s.hidden.offline || !s.world.Tap.Passes() {
			return got, s.world.Cloud.Publish(ctx, d)
		}
		return got, s.world.Issue(ctx, d)
	}
	before := s.documentsRefused(ctx)
	if err := s.world.Cloud.Publish(ctx, d); err != nil {
		return "", err
	}
	for range 40 {
		for why, n := range s.documentsRefused(ctx) {
			if n > before[why] {
				return "", &sim.Refusal{Name: "Refused", Message: "the car refused the document: " + why}
			}
		}
		if err := s.pause(ctx, paceBus); err != nil {
			return "", err
		}
	}
	return "", errors.New("the car neither took the document nor refused it")
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

// refused gives an error of the back end the name that expect error takes.
func refused(err error) error {
	name := "Refused"
	switch {
	case err == nil:
		return nil
	case errors.Is(err, cloud.ErrCodeWrong):
		name = "CodeWrong"
	case errors.Is(err, cloud.ErrCodeExpired):
		name = "CodeExpired"
	case errors.Is(err, cloud.ErrCodeVoid):
		name = "CodeVoid"
	case errors.Is(err, cloud.ErrWarning):
		name = "Warning"
	}
	return &sim.Refusal{Name: name, Message: err.Error()}
}

// workshop is what the workshop does at its desk.
func (s *stage) workshop(ctx context.Context, c *order) (string, error) {
	back := s.world.Cloud
	switch c.action {
	case "invite-main":
		return "", refused(back.InviteMain(cloud.Contact{Name: c.words[0]}))
	case "chat":
		return "", back.Chat(ctx, c.words[0])
	case "quote":
		return "", back.Quote(ctx, c.words[0])
	}
	d, err := back.RemoveMain(len(c.words) > 0)
	if err != nil {
		return "", refused(err)
	}
	return s.hand(ctx, d, true)
}

// screen is what somebody does on the head unit. What the agent does not have, it
// refuses with an error of D-Bus.
func (s *stage) screen(ctx context.Context, c *order) (string, error) {
	call := func(person, method string, args ...any) (string, error) {
		answer, err := s.world.HMI.Call(ctx, person, method, args...)
		return strings.Trim(fmt.Sprint(answer...), "[]"), err
	}
	w := append(append([]string(nil), c.words...), "", "", "")
	who := s.reader(w[0]).ID
	object := sim.ProfilePath(who)
	switch c.action {
	case "invite":
		return call("", "Roster1.Invite", map[string]any{"name": w[0], "email": w[0] + "@example.com"}, w[1])
	case "transfer":
		return call("", "Roster1.Transfer", map[string]any{"name": w[0], "email": w[0] + "@example.com"})
	case "cancel", "activate", "remove", "reset-pin":
		method := map[string]string{"cancel": "Cancel", "activate": "Activate", "remove": "Remove", "reset-pin": "ResetPIN"}
		return call("", "Roster1."+method[c.action], object)
	case "share":
		return call("", "Roster1.SetSharing", object, w[1])
	case "restrict":
		return call("", "Roster1.Restrict", object, append([]string{}, c.words[1:]...))
	case "guest-services":
		return call("", "Roster1.SetGuestServices", w[0] == "on")
	case "remote-services":
		return call("", "Roster1.SetRemoteServices", w[0] == "on")
	case "erase":
		answer, err := s.world.HMI.CallWith(ctx, "", "Roster1.Erase", map[string]any{"pin": c.option("pin", "")}, w[0])
		return fmt.Sprint(answer...), err
	case "cancel-pending":
		return "", s.world.HMI.CancelPending(ctx)
	case "pin":
		return "", s.world.HMI.SetPIN(ctx, who, strings.TrimPrefix(w[1], "none"), w[2])
	case "link-fob":
		return call(who, "Profile1.LinkFob")
	case "unlink-fobs":
		return call(who, "Profile1.UnlinkFobs")
	case "chat":
		return call("", "Messages1.Send", w[0])
	case "book":
		return call("", "Messages1.Book", map[string]any{"text": w[0]})
	case "export":
		return call(who, "Profile1.Export")
	case "import":
		return s.bring(ctx, who, w[1])
	}
	objects := make([]any, 0, len(c.words))
	for _, id := range s.ids(c.words[1:]) { // assign
		objects = append(objects, sim.ProfilePath(id))
	}
	return call("", "Trips1.Assign", w[0], sim.Paths(objects))
}

// bring hands an attachment to the agent as a file.
func (s *stage) bring(ctx context.Context, who, name string) (string, error) {
	f, err := os.CreateTemp("", "glovebox-import")
	if err != nil {
		return "", err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	if _, err := f.Write(s.Files[name]); err != nil {
		return "", err
	}
	if _, err := f.Seek(0, 0); err != nil {
		return "", err
	}
	answer, err := s.world.HMI.Call(ctx, who, "Profile1.Import", f)
	return fmt.Sprint(answer...), err
}
