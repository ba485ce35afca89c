package cloud_test

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"github.com/go-jose/go-jose/v4"
	"golang.org/x/sync/errgroup"

	"glovebox/profiles"
	"glovebox/sim/cloud"
)

// ordered is an action as a car reads it.
type ordered struct {
	VID, Key, Epoch, Act string
	Ctr, Exp             uint64
	Args                 map[string]any
}

// asked is a question as a car reads it.
type asked struct{ Mailbox, Key, Challenge string }

// listen hands everything on act and ask to the car; what it returns is said on
// the ack of the mailbox in the document.
func (c *car) listen(d cloud.Document, ask func(asked) []byte, act func(ordered) []byte) {
	c.t.Helper()
	access, err := profiles.DecodeAccess(c.verified(d, c.trusted(d)))
	if err != nil {
		c.t.Fatal(err)
	}
	by := map[string]profiles.User{}
	for _, u := range access.Users {
		by[u.Sign.Thumbprint()] = u
	}
	hear := func(topic string, take func([]byte) (string, []byte)) {
		got := c.connection.Subscribe("gb/1/"+c.own.VID+"/"+topic, 1, func(connection mqtt.Client, m mqtt.Message) {
			if mailbox, answer := take(m.Payload()); answer != nil {
				connection.Publish("gb/1/"+c.own.VID+"/ack/"+mailbox, 1, false, answer)
			}
		})
		if !got.WaitTimeout(2*time.Second) || got.Error() != nil {
			c.t.Fatal(got.Error())
		}
	}
	hear("ask", func(payload []byte) (string, []byte) {
		var q asked
		if err := json.Unmarshal(payload, &q); err != nil || by[q.Key].Mailbox != q.Mailbox || len(q.Challenge) != 32 {
			c.t.Errorf("asked %s: %v", payload, err)
		}
		return q.Mailbox, ask(q)
	})
	hear("act", func(payload []byte) (string, []byte) {
		o, u, err := c.order(payload, by)
		if err != nil {
			c.t.Errorf("order %s: %v", payload, err)
			return "", nil
		}
		return u.Mailbox, act(o)
	})
}

// order verifies an action as docs/security.md, Signed objects, asks for: the header exactly, the
// algorithm by the type of the key, the claims exactly.
func (c *car) order(jws []byte, by map[string]profiles.User) (o ordered, u profiles.User, err error) {
	head, err := base64.RawURLEncoding.Strict().DecodeString(strings.Split(string(jws), ".")[0])
	if err != nil {
		return o, u, err
	}
	var header map[string]string
	if err := json.Unmarshal(head, &header); err != nil || len(header) != 3 || header["typ"] != "gb-act" {
		return o, u, fmt.Errorf("header %s", head)
	}
	u = by[header["kid"]]
	signed, err := jose.ParseSignedCompact(string(jws), []jose.SignatureAlgorithm{jose.SignatureAlgorithm(u.Sign.Algorithm())})
	if err != nil {
		return o, u, err
	}
	payload, err := signed.Verify(u.Sign.Public())
	if err != nil {
		return o, u, err
	}
	members, err := profiles.Members(payload)
	if err != nil || len(members) != 7 {
		return o, u, fmt.Errorf("claims %s: %w", payload, err)
	}
	if err := json.Unmarshal(payload, &o); err != nil {
		return o, u, err
	}
	if o.VID != c.own.VID || o.Key != header["kid"] || o.Args == nil {
		err = fmt.Errorf("claims %s", payload)
	}
	return o, u, err
}

// facts signs the answer to a challenge.
func (c *car) facts(by ed25519.PrivateKey, typ, vid, epoch string, now, ctr uint64, challenge string) []byte {
	key, err := profiles.KeyOf(by.Public())
	if err != nil {
		c.t.Fatal(err)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.EdDSA, Key: by},
		(&jose.SignerOptions{}).WithType(jose.ContentType(typ)).WithHeader("kid", key.Thumbprint()))
	if err != nil {
		c.t.Fatal(err)
	}
	signed, err := signer.Sign(fmt.Appendf(nil, `{"vid":%q,"epoch":%q,"now":%d,"ctr":%d,"policy":2,"challenge":%q}`, vid, epoch, now, ctr, challenge))
	if err != nil {
		c.t.Fatal(err)
	}
	compact, err := signed.CompactSerialize()
	if err != nil {
		c.t.Fatal(err)
	}
	return []byte(compact)
}

func soon(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// Each phone orders with its own key; the counter rises above what the car has
// seen, and an order counts for half a minute of the car's time.
func TestAct(t *testing.T) {
	back, car, first := world(t, family()...)
	var orders []ordered
	car.listen(first,
		func(q asked) []byte {
			return car.facts(car.own.Sign, "gb-facts", car.own.VID, "5f0c", 1000, 41, q.Challenge)
		},
		func(o ordered) []byte {
			orders = append(orders, o)
			if o.Act == "unlock" {
				return fmt.Appendf(nil, `{"key":%q,"epoch":%q,"ctr":%d,"result":"refused","reason":"not-now"}   `, o.Key, o.Epoch, o.Ctr)
			}
			return fmt.Appendf(nil, `{"key":%q,"epoch":%q,"ctr":%d,"result":"done","reason":""}`, o.Key, o.Epoch, o.Ctr)
		})
	for _, name := range []string{"anna", "lea"} { // P-256 and Ed25519
		p := phone(t, back, name)
		if r, err := p.Act(soon(t, 3*time.Second), "climate-start", map[string]any{"celsius": 21, "minutes": 10}); err != nil || r.Result != "done" || r.Ctr != 42 {
			t.Fatalf("%s: %+v, %v", name, r, err)
		}
		if r, err := p.Act(soon(t, 3*time.Second), "unlock", nil); err != nil || r.Reason != "not-now" || r.Ctr != 43 {
			t.Fatalf("%s: %+v, %v", name, r, err)
		}
	}
	if o := orders[0]; o.Epoch != "5f0c" || o.Exp < 1030 || o.Exp > 1032 || o.Args["celsius"] != 21.0 || orders[1].Key != o.Key || orders[2].Key == o.Key {
		t.Errorf("orders: %+v", orders)
	}
	if breaches := back.Breaches(); len(breaches) > 0 {
		t.Errorf("breaches: %v", breaches)
	}
}

// An action that was lost on its way is sent again, the same one; that a repeat came too
// late says nothing of the first.
func TestAnActionIsSentAgain(t *testing.T) {
	back, car, first := world(t, family()...)
	var counters []uint64
	car.listen(first,
		func(q asked) []byte {
			return car.facts(car.own.Sign, "gb-facts", car.own.VID, "5f0c", 5, 0, q.Challenge)
		},
		func(o ordered) []byte {
			counters = append(counters, o.Ctr)
			switch {
			case len(counters) == 1:
				return nil // lost
			case o.Act == "flash":
				return fmt.Appendf(nil, `{"key":%q,"epoch":%q,"ctr":%d,"result":"refused","reason":"expired"}`, o.Key, o.Epoch, 1)
			}
			return fmt.Appendf(nil, `{"key":%q,"epoch":%q,"ctr":%d,"result":"done"}`, o.Key, o.Epoch, o.Ctr)
		})
	p := phone(t, back, "anna")
	if r, err := p.Act(soon(t, 30*time.Second), "lock", nil); err != nil || r.Result != "done" || fmt.Sprint(counters) != "[1 1]" {
		t.Fatalf("%+v after %v: %v", r, counters, err)
	}
	if _, err := p.Act(soon(t, time.Second), "flash", nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
	if r, err := p.Result(soon(t, time.Second), 1); err != nil || r.Result != "done" {
		t.Errorf("%+v: %v", r, err)
	}
	if breaches := back.Breaches(); len(breaches) > 0 {
		t.Errorf("breaches: %v", breaches)
	}
}

// What is too late was not carried out: the phone asks again, once, and its
// counter never comes twice, though the car's begins again.
func TestExpired(t *testing.T) {
	back, car, first := world(t, family()...)
	epochs, counters := 0, []uint64{}
	always := false
	car.listen(first,
		func(q asked) []byte {
			epochs++
			return car.facts(car.own.Sign, "gb-facts", car.own.VID, fmt.Sprint("epoch ", epochs), 5, 0, q.Challenge)
		},
		func(o ordered) []byte {
			counters = append(counters, o.Ctr)
			if o.Epoch == "epoch 1" || always {
				return fmt.Appendf(nil, `{"key":%q,"epoch":%q,"ctr":%d,"result":"refused","reason":"expired"}`, o.Key, o.Epoch, o.Ctr)
			}
			return fmt.Appendf(nil, `{"key":%q,"epoch":%q,"ctr":%d,"result":"done"}`, o.Key, o.Epoch, o.Ctr)
		})
	p := phone(t, back, "anna")
	if r, err := p.Act(soon(t, 3*time.Second), "lock", nil); err != nil || r.Result != "done" || epochs != 2 {
		t.Fatalf("%+v after %d questions: %v", r, epochs, err)
	}
	always = true
	if r, err := p.Act(soon(t, 3*time.Second), "lock", nil); err != nil || r.Reason != "expired" {
		t.Fatalf("%+v: %v", r, err)
	}
	if fmt.Sprint(counters) != "[1 2 3 4]" {
		t.Errorf("counters %v", counters)
	}
}

// Nobody but the car answers a challenge, and only the newest.
func TestFactsAreTheCars(t *testing.T) {
	back, car, first := world(t, family()...)
	stranger, err := profiles.NewIdentity()
	if err != nil {
		t.Fatal(err)
	}
	bad := map[string]func(string) []byte{
		"a stranger's key": func(c string) []byte { return car.facts(stranger.Sign, "gb-facts", car.own.VID, "e", 1, 0, c) },
		"another type":     func(c string) []byte { return car.facts(car.own.Sign, "gb-sealed", car.own.VID, "e", 1, 0, c) },
		"another car":      func(c string) []byte { return car.facts(car.own.Sign, "gb-facts", stranger.VID, "e", 1, 0, c) },
		"another challenge": func(string) []byte {
			return car.facts(car.own.Sign, "gb-facts", car.own.VID, "e", 1, 0, strings.Repeat("7", 32))
		},
	}
	var answer func(string) []byte
	car.listen(first, func(q asked) []byte { return answer(q.Challenge) }, nil)
	p := phone(t, back, "lea")
	answer = func(c string) []byte { return car.facts(car.own.Sign, "gb-facts", car.own.VID, "good", 1, 7, c) }
	if f, err := p.Ask(soon(t, 3*time.Second)); err != nil || f.Epoch != "good" || f.Ctr != 7 {
		t.Fatalf("%+v: %v", f, err)
	}
	for name, reply := range bad {
		answer = reply
		n := len(back.Breaches())
		if f, err := p.Ask(soon(t, 300*time.Millisecond)); !errors.Is(err, context.DeadlineExceeded) || f != (cloud.Facts{}) {
			t.Errorf("%s: %+v, %v", name, f, err)
		}
		if breaches := back.Breaches(); len(breaches) != n+1 {
			t.Errorf("%s: breaches %v", name, breaches[n:])
		}
	}
}

// An answer to an earlier challenge is late: it is no breach, and nothing counts by it. Who
// asks while others wait gets the same answer.
func TestLateAndSharedFacts(t *testing.T) {
	back, car, first := world(t, family()...)
	var answer func(challenge string) string // which one is answered
	car.listen(first, func(q asked) []byte {
		return car.facts(car.own.Sign, "gb-facts", car.own.VID, "e", 1, 0, answer(q.Challenge))
	}, nil)
	p := phone(t, back, "lea")
	var earlier string
	answer = func(c string) string { earlier = c; return c }
	if _, err := p.Ask(soon(t, 3*time.Second)); err != nil {
		t.Fatal(err)
	}
	answer = func(string) string { return earlier }
	if f, err := p.Ask(soon(t, 300*time.Millisecond)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a late answer: %+v, %v", f, err)
	}
	if all := back.Breaches(); len(all) > 0 {
		t.Errorf("breaches %v", all)
	}
	answer = func(c string) string { time.Sleep(200 * time.Millisecond); return c } // both wait by then
	var both errgroup.Group
	for range 2 {
		both.Go(func() error { _, err := p.Ask(soon(t, 3*time.Second)); return err })
	}
	if err := both.Wait(); err != nil || len(back.Breaches()) > 0 {
		t.Errorf("two at once: %v, %v", err, back.Breaches())
	}
}

// The first result of an action counts; an equal one changes nothing, another is
// a breach, and so is one of an action that nobody sent.
func TestResults(t *testing.T) {
	back, car, first := world(t, family()...)
	var sent ordered
	car.listen(first,
		func(q asked) []byte { return car.facts(car.own.Sign, "gb-facts", car.own.VID, "e", 1, 0, q.Challenge) },
		func(o ordered) []byte {
			sent = o
			return fmt.Appendf(nil, `{"key":%q,"epoch":%q,"ctr":%d,"result":"unknown"}`, o.Key, o.Epoch, o.Ctr)
		})
	p := phone(t, back, "anna")
	if r, err := p.Act(soon(t, 3*time.Second), "lock", nil); err != nil || r.Result != "unknown" {
		t.Fatalf("%+v: %v", r, err)
	}
	anna, _ := back.Reader("anna")
	lea, _ := back.Reader("lea")
	for _, row := range []struct {
		name, mailbox, result string
		breach                string
	}{
		{"an equal one", anna.Mailbox, fmt.Sprintf(`{"key":%q,"epoch":%q,"ctr":1,"result":"unknown"}`, sent.Key, sent.Epoch), ""},
		{"another one", anna.Mailbox, fmt.Sprintf(`{"key":%q,"epoch":%q,"ctr":1,"result":"done"}`, sent.Key, sent.Epoch), "is now done"},
		{"of another epoch", anna.Mailbox, fmt.Sprintf(`{"key":%q,"epoch":%q,"ctr":1,"result":"unknown"}`, sent.Key, strings.Repeat("0", 32)), "is of epoch"},
		{"never sent", anna.Mailbox, fmt.Sprintf(`{"key":%q,"epoch":%q,"ctr":9,"result":"done"}`, sent.Key, sent.Epoch), "nobody sent"},
		{"in another's mailbox", lea.Mailbox, fmt.Sprintf(`{"key":%q,"epoch":%q,"ctr":1,"result":"unknown"}`, sent.Key, sent.Epoch), "another key's"},
		{"no reason of the contract", anna.Mailbox, fmt.Sprintf(`{"key":%q,"epoch":%q,"ctr":1,"result":"refused","reason":"guest"}`, sent.Key, sent.Epoch), "with reason"},
		{"a member too many", anna.Mailbox, fmt.Sprintf(`{"key":%q,"epoch":%q,"ctr":1,"result":"unknown","driver":"lea"}`, sent.Key, sent.Epoch), "unknown field"},
		{"a mailbox of nobody", strings.Repeat("a", 32), `{}`, "never granted"},
	} {
		n := len(back.Breaches())
		car.say("ack/"+row.mailbox, []byte(row.result))
		car.say("state", fmt.Appendf(nil, `{"online":true,"epoch":%q,"policy":2,"agent":"1"}`, row.name))
		if err := back.Wait(soon(t, 3*time.Second), func() bool { return back.State().Epoch == row.name }); err != nil {
			t.Fatal(err)
		}
		breaches := back.Breaches()[n:]
		if row.breach == "" && len(breaches) > 0 || row.breach != "" && (len(breaches) != 1 || !strings.Contains(breaches[0], row.breach)) {
			t.Errorf("%s: breaches %v", row.name, breaches)
		}
	}
	if r, err := p.Result(soon(t, time.Second), 1); err != nil || r.Result != "unknown" {
		t.Errorf("the first: %+v, %v", r, err)
	}
}
