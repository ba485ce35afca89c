package agent_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"glovebox/agent"
	"glovebox/agent/cloud"
	"glovebox/hal"
	"glovebox/profiles"
	"glovebox/telemetry"
	"glovebox/telemetry/outside"
)

const (
	shopBox  = "50505050505050505050505050505050"
	inboxBox = "1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b"
)

// chatting is the people of every test in a car that a workshop looks after.
func (w *world) chatting() profiles.Access {
	a := w.access()
	a.Readers, a.Inbox = []profiles.Reader{{Role: "workshop", Mailbox: shopBox}}, inboxBox
	return a
}

// inChat is inBubble with such a car, and with what comes on its inbox.
func inChat(t *testing.T, f func(t *testing.T, b *bubble, in *agent.Inbound)) {
	t.Helper()
	inBubble(t, func(t *testing.T, b *bubble) {
		b.apply(2, b.chatting(), profiles.MainUser)
		in := newInbound(b.world)
		in.Verifier = cloud.NewVerifier(b.identity, cloud.KeySet{})
		in.Topics.Message = func(inbox string) string { return outside.Topic(b.identity.VID, inbox, "messages") }
		synctest.Wait()
		f(t, b, &in.Inbound)
	})
}

func (b *bubble) messages() agent.Messages { return agent.Messages{Cabin: b.Cabin} }

// listed is the texts that the person at the wheel is shown.
func (b *bubble) listed(filter profiles.MessageFilter) (texts []string) {
	b.t.Helper()
	all, err := b.messages().List(filter)
	if err != nil {
		b.t.Error(err)
	}
	for _, m := range all {
		texts = append(texts, m.Text.Reveal())
	}
	return texts
}

// letter is what the workshop writes.
func letter(id, text string, more ...string) []byte {
	return fmt.Appendf(nil, `{"id":%q,"kind":"chat","from":"Workshop North","role":"workshop","text":%q,"time":"2026-11-21T20:10:00.000Z"%s}`, id, text, strings.Join(more, ""))
}

// line is a message as its reader finds it.
type line struct {
	ID, Kind, From, Role, Text, Epoch string
	Seq                               uint64
	Resend                            bool
}

// lines is what went to a mailbox as messages.
func (b *bubble) lines(mailbox string) (all []line) {
	b.t.Helper()
	for _, w := range b.broker.to(mailbox, outside.KindMessages) {
		var l line
		if err := json.Unmarshal(w.Payload, &l); err != nil {
			b.t.Fatal(err)
		}
		all = append(all, l)
	}
	return all
}

// Somebody at the wheel and the workshop write to each other; both see who writes and in
// which role, and the writer's phone shows it too. Nobody else does.
func TestChat(t *testing.T) {
	inChat(t, func(t *testing.T, b *bubble, in *agent.Inbound) {
		b.login(lea)
		id, err := b.messages().Send(t.Context(), "the brake squeaks")
		if err != nil {
			t.Fatal(err)
		}
		in.Take(t.Context(), in.Topics.Message(inboxBox), letter("q1", "come at nine", `,"to":"`+lea.String()+`"`))
		synctest.Wait()
		if got := b.lines(shopBox); len(got) != 1 || got[0].ID != id || got[0].Role != "secondary" || got[0].From != "x" || got[0].Text != "the brake squeaks" {
			t.Errorf("the workshop has %+v", got)
		}
		if got := b.lines(leaBox); len(got) != 2 || got[0].ID != id || got[1].Text != "come at nine" || got[1].Role != "workshop" {
			t.Errorf("Lea's phone has %+v", got)
		}
		if got := append(b.lines(annaBox), b.lines(jonasBox)...); len(got) != 0 {
			t.Errorf("others have %+v", got)
		}
		if got := b.listed(profiles.MessageFilter{}); !slices.Equal(got, []string{"the brake squeaks", "come at nine"}) {
			t.Errorf("Lea is shown %q", got)
		}
		b.login(anna)
		if got := b.listed(profiles.MessageFilter{}); len(got) != 0 {
			t.Errorf("Anna is shown %q", got)
		}
	})
}

// Case M1: five lines while there is no connection, killed, with a broker that takes each
// and confirms none: five in order, one id each; what comes again is the same.
func TestLinesWaitForAConnection(t *testing.T) {
	inChat(t, func(t *testing.T, b *bubble, _ *agent.Inbound) {
		b.login(jonas)
		b.broker.set(true, func(telemetry.Message) (bool, bool) { return false, true })
		b.line.Renew(strings.Repeat("f", 32))
		time.Sleep(10 * time.Second)
		var want []string
		for n := range 5 {
			id, err := b.messages().Send(t.Context(), fmt.Sprintf("line %d", n+1))
			if err != nil {
				t.Fatal(err)
			}
			want = append(want, id)
		}
		b.halt() // the process dies
		b.start(fmt.Sprintf("%032x", 7), nil, telemetry.Left{})
		b.login(jonas)
		if got := len(b.listed(profiles.MessageFilter{})); got != 5 {
			t.Fatalf("%d lines are left in the car", got)
		}
		lost := 0
		b.broker.set(false, func(m telemetry.Message) (bool, bool) {
			if strings.HasSuffix(m.Topic, "/messages") && lost < 5 {
				lost++
				return true, lost == 5
			}
			return false, false
		})
		time.Sleep(10 * time.Minute)
		var ids []string
		first := map[string]line{}
		repeats := 0
		for _, l := range b.lines(shopBox) {
			before, again := first[l.ID]
			if !again {
				ids, first[l.ID] = append(ids, l.ID), l
				continue
			}
			if repeats++; !l.Resend || l.Seq != before.Seq || l.Epoch != before.Epoch || l.Text != before.Text {
				t.Errorf("%+v came again as %+v", before, l)
			}
		}
		if !slices.Equal(ids, want) || repeats == 0 {
			t.Errorf("the workshop has %q with %d repeats, want %q", ids, repeats, want)
		}
	})
}

// Case M2: a line that comes twice is there once, is told once, and goes on to the phone
// once, after a restart too.
func TestALineThatComesTwice(t *testing.T) {
	inChat(t, func(t *testing.T, b *bubble, in *agent.Inbound) {
		b.login(anna)
		for range 2 {
			in.Take(t.Context(), in.Topics.Message(inboxBox), letter("q1", "come at nine"))
		}
		synctest.Wait()
		b.halt()
		b.start(fmt.Sprintf("%032x", 7), nil, telemetry.Left{})
		b.login(anna)
		in.Cabin = b.Cabin
		in.Take(t.Context(), in.Topics.Message(inboxBox), letter("q1", "come at nine"))
		synctest.Wait()
		if got := b.listed(profiles.MessageFilter{}); len(got) != 1 {
			t.Errorf("Anna is shown %q", got)
		}
		if got := b.screen.arrivals(); got != 1 {
			t.Errorf("Arrived came %d times", got)
		}
		if got := b.lines(annaBox); len(got) != 1 {
			t.Errorf("her phone has %+v", got)
		}
	})
}

// What was read stays read, whenever the process dies; a mark that is not on disk is not
// acknowledged, and neither is a line.
func TestWhatIsAcknowledgedIsOnDisk(t *testing.T) {
	inChat(t, func(t *testing.T, b *bubble, in *agent.Inbound) {
		b.login(anna)
		in.Take(t.Context(), in.Topics.Message(inboxBox), letter("q1", "come at nine"))
		if err := b.messages().MarkRead(t.Context(), []string{"q1"}); err != nil {
			t.Fatal(err)
		}
		b.disk.make("ChangeMessages", 0, errors.New("the disk is full"))
		if _, err := b.messages().Send(t.Context(), "lost"); err == nil {
			t.Error("a line was acknowledged that is on no disk")
		}
		in.Take(t.Context(), in.Topics.Message(inboxBox), letter("q2", "at ten?"))
		if err := b.messages().MarkRead(t.Context(), []string{"q2"}); err == nil {
			t.Error("a mark was acknowledged that is on no disk")
		}
		b.disk.make("ChangeMessages", 0, nil)
		time.Sleep(5 * time.Second)
		b.halt()
		b.start(fmt.Sprintf("%032x", 7), nil, telemetry.Left{})
		b.login(anna)
		if got := b.listed(profiles.MessageFilter{}); !slices.Equal(got, []string{"come at nine", "at ten?"}) {
			t.Errorf("Anna is shown %q", got)
		}
		if got := b.lines(shopBox); len(got) != 0 {
			t.Errorf("the workshop has %+v", got)
		}
		if got := b.listed(profiles.MessageFilter{Unread: true}); len(got) > 1 {
			t.Errorf("unread are %q", got)
		}
	})
}

// A guest has no messages, cannot chat or book, and hears of none; what others are owed
// meanwhile is kept as always.
func TestAGuestHasNoMessages(t *testing.T) {
	inChat(t, func(t *testing.T, b *bubble, in *agent.Inbound) {
		if _, err := b.StartGuest(t.Context(), false); err != nil {
			t.Fatal(err)
		}
		for _, function := range []string{"chat", "booking"} {
			if ok, why := b.Permits(function); ok || why == "" {
				t.Errorf("%s: %t %q", function, ok, why)
			}
		}
		_, list := b.messages().List(profiles.MessageFilter{})
		_, send := b.messages().Send(t.Context(), "hello")
		_, book := b.messages().Book(t.Context(), []byte(`{"text":"tyres"}`))
		for name, err := range map[string]error{"list": list, "send": send, "book": book, "mark": b.messages().MarkRead(t.Context(), nil)} {
			if !errors.Is(err, profiles.ErrNotPermitted) {
				t.Errorf("%s: %v", name, err)
			}
		}
		in.Take(t.Context(), in.Topics.Message(inboxBox), letter("q1", "come at nine"))
		b.light(true, time.Minute)
		if got := b.screen.arrivals(); got != 0 {
			t.Errorf("%d messages arrived for a guest", got)
		}
		if got := b.lines(leaBox); len(got) != 1 {
			t.Errorf("Lea's phone has %+v", got)
		}
		b.login(lea)
		if got := b.listed(profiles.MessageFilter{}); len(got) != 2 {
			t.Errorf("Lea is shown %q", got)
		}
	})
}

// What is for the main user is the main user's alone, and what stands against their
// documents is told once until they have read it.
func TestTheMainUsersMessages(t *testing.T) {
	inChat(t, func(t *testing.T, b *bubble, in *agent.Inbound) {
		in.Take(t.Context(), in.Topics.Message(inboxBox), letter("q1", "the bill", `,"to":"`+anna.String()+`"`))
		for range 3 {
			in.Verifier = verdicts{err: errors.New("x"), step: "forked"}
			in.Take(t.Context(), in.Topics.Document, []byte("x"))
		}
		synctest.Wait()
		b.login(lea)
		if got := b.listed(profiles.MessageFilter{}); len(got) != 0 {
			t.Errorf("Lea is shown %q", got)
		}
		b.login(anna)
		if got := b.listed(profiles.MessageFilter{}); len(got) != 2 || got[0] != "the bill" {
			t.Errorf("Anna is shown %q", got)
		}
	})
}

// A phone's message and booking are done while the car is in use, once whatever comes
// again, and in the car they are with what that person wrote.
func TestAPhoneWrites(t *testing.T) {
	inChat(t, func(t *testing.T, b *bubble, _ *agent.Inbound) {
		b.observe("Vehicle.LowVoltageSystemState", hal.Word("ON"))
		order := func(o ordered) { b.Act(b.action(o), false) }
		for range 3 {
			order(fresh(lea, 1, profiles.SendMessage))
		}
		book := fresh(lea, 2, profiles.Book)
		book.args = `{"text":"winter tyres","day":"2026-12-01"}`
		order(book)
		for range 2 { // a limited reader: at the slot, and one in each
			order(fresh(jonas, 1, profiles.SendMessage))
		}
		if got := b.Act(b.action(ordered{anna, firstEpoch, 1, 60, profiles.Book, "{}"}), false); got.Result != outside.BadRequest {
			t.Errorf("an empty booking is %+v", got)
		}
		synctest.Wait()
		if got := b.lines(shopBox); len(got) != 2 || got[0].Kind != "chat" || len(got[0].ID) != 32 || got[1].Kind != "booking" || got[1].Text != "winter tyres" {
			t.Errorf("the workshop has %+v", got)
		}
		time.Sleep(6 * time.Minute)
		if got := b.lines(shopBox); len(got) != 3 || got[2].Text != "hello" {
			t.Errorf("after the slot the workshop has %+v", got)
		}
		b.observe("Vehicle.LowVoltageSystemState", hal.Word("OFF"))
		b.login(lea)
		if got := b.listed(profiles.MessageFilter{}); !slices.Equal(got, []string{"hello", "winter tyres"}) {
			t.Errorf("Lea is shown %q", got)
		}
	})
}

// What somebody wrote and what they were told goes with them, from the queue too; a line
// opens on the inbox that holds now.
func TestMessagesGoWithTheirPerson(t *testing.T) {
	inChat(t, func(t *testing.T, b *bubble, in *agent.Inbound) {
		b.login(jonas)
		b.broker.set(true, func(telemetry.Message) (bool, bool) { return false, true })
		b.line.Renew(strings.Repeat("f", 32))
		time.Sleep(10 * time.Second)
		if _, err := b.messages().Send(t.Context(), "mine"); err != nil {
			t.Fatal(err)
		}
		a := b.chatting()
		a.Users, a.Inbox = a.Users[:2], strings.Repeat("2b", 16)
		b.apply(3, a, profiles.MainUser)
		b.broker.set(false, nil)
		time.Sleep(10 * time.Minute)
		if got := b.lines(shopBox); len(got) != 0 {
			t.Errorf("the workshop has %+v", got)
		}
		topic := in.Topics.Message(a.Inbox)
		if !slices.Contains(b.broker.topics(), topic) || slices.Contains(b.broker.topics(), in.Topics.Message(inboxBox)) {
			t.Errorf("the connection listens to %q", b.broker.topics())
		}
		in.Take(t.Context(), in.Topics.Message(inboxBox), letter("q1", "to the old inbox"))
		in.Take(t.Context(), topic, letter("q2", "for nobody", `,"to":"`+jonas.String()+`"`))
		in.Take(t.Context(), topic, letter("q3", "for all"))
		b.login(lea)
		if got := b.listed(profiles.MessageFilter{}); !slices.Equal(got, []string{"for all"}) {
			t.Errorf("Lea is shown %q", got)
		}
	})
}

// arrivals is how often the head unit was told that a message came.
func (s *screen) arrivals() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, heard := range s.heard {
		if strings.HasPrefix(heard, "arrived ") {
			n++
		}
	}
	return n
}

// set says whether a connection can be dialled, and what becomes of a message on it.
func (b *broker) set(away bool, breaks func(telemetry.Message) (unacknowledged, ends bool)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.away, b.breaks = away, breaks
}

// topics is what the newest connection listens to.
func (b *broker) topics() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.subscribed
}
