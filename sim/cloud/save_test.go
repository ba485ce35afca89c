package cloud_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"glovebox/sim/cloud"
)

// away stops a back end, lets something happen, and starts it again from its file.
func away(t *testing.T, back *cloud.BackEnd, broker string, meanwhile func()) *cloud.BackEnd {
	t.Helper()
	path := filepath.Join(t.TempDir(), "backend.json")
	back.Close()
	if err := back.Save(path); err != nil {
		t.Fatal(err)
	}
	if about, err := os.Stat(path); err != nil || about.Mode().Perm() != 0o600 {
		t.Errorf("a file with keys: %v, %v", about.Mode(), err)
	}
	meanwhile()
	again, err := cloud.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if err := again.Connect(ctx, broker); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(again.Close)
	return again
}

// settled returns when the broker has handed on what the car said so far, which it
// does after it has acknowledged it.
func (c *car) settled() {
	c.t.Helper()
	heard := make(chan struct{}, 1)
	if got := c.line.Subscribe("echo", 1, func(mqtt.Client, mqtt.Message) { heard <- struct{}{} }); !got.WaitTimeout(2*time.Second) || got.Error() != nil {
		c.t.Fatal(got.Error())
	}
	c.line.Publish("echo", 1, false, "")
	select {
	case <-heard:
	case <-time.After(2 * time.Second):
		c.t.Fatal("no echo")
	}
}

// A restart loses nothing: what came before is still there, what the car sent
// meanwhile arrives, and a repeat of what came before is known as one.
func TestRestart(t *testing.T) {
	back, car, first := world(t, sealedFamily()...)
	broker := car.broker
	const alarm = `{"alarm":%q,"severity":"warning","active":true,"minute":"2026-11-21T20:33Z","epoch":"5f0c","seq":%d,"resend":%t}`
	topic := car.to(back, "lea", "alarms")
	lea, _ := back.Reader("lea")
	place := car.to(back, "lea", "position/hpke")
	car.say(topic, fmt.Appendf(nil, alarm, "abs", 1, false))
	car.say(place, car.seal(car.own.Sign, first, lea.Mailbox, lea.Mailbox, place)) // seq 9
	car.say(topic, []byte(`{"speed":1}`))
	before := wait(t, back, "lea", 3)
	if _, err := phone(t, back, "anna").Invite(cloud.Contact{Name: "mia"}, cloud.Limited); err != nil {
		t.Fatal(err)
	}
	secret := code(t, back, "mia")
	faults, letters, key := back.Faults(), back.Outbox(), phone(t, back, "lea").Key()

	again := away(t, back, broker, func() {
		car.say(topic, fmt.Appendf(nil, alarm, "abs", 1, true))
		car.say(topic, fmt.Appendf(nil, alarm, "brake", 2, false))
		car.say(place, car.seal(car.own.Sign, first, lea.Mailbox, lea.Mailbox, place))
		car.settled()
	})
	var got []cloud.Message
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	all := func() bool {
		kinds := map[string]bool{}
		for _, m := range again.Received("lea")[len(before):] {
			kinds[fmt.Sprint(m.Seq, m.Resend)] = true
		}
		return kinds["1 true"] && kinds["2 false"] && kinds["9 false"]
	}
	if err := again.Wait(ctx, all); err != nil {
		t.Fatalf("lea has %+v: %v", again.Received("lea")[len(before):], err)
	}
	got = again.Received("lea")
	for i, m := range before {
		if string(got[i].Plain) != string(m.Plain) || got[i].Repeat || (got[i].Err == nil) != (m.Err == nil) || !got[i].At.Equal(m.At) {
			t.Errorf("message %d was %+v and is %+v", i, m, got[i])
		}
	}
	news := 0 // in any order: this broker mixes up what waits, and may repeat what it saw no receipt of
	for _, m := range got[len(before):] {
		if m.Err == nil && !m.Repeat {
			news++
		}
	}
	if news != 1 {
		t.Errorf("%d messages that were not there before, want 1: %+v", news, got[len(before):])
	}
	if now := again.Faults(); len(now) < len(faults) || !reflect.DeepEqual(now[:len(faults)], faults) {
		t.Errorf("faults %q, before %q", now, faults)
	}
	if now := again.Outbox(); len(now) != len(letters) || now[len(now)-1].Text != letters[len(letters)-1].Text {
		t.Errorf("letters %+v, before %+v", now, letters)
	}
	if now := phone(t, again, "lea").Key(); now != key {
		t.Errorf("lea's key was %s and is %s", key, now)
	}
	if string(again.Trust()) != string(back.Trust()) || again.Identity().VID != car.own.VID {
		t.Error("another back end, or another car")
	}
	if _, err := phone(t, again, "mia").Accept(secret, "none"); err != nil {
		t.Errorf("a code from before: %v", err)
	}
}

// The next document after a restart follows the last one before it.
func TestRestartKeepsTheChain(t *testing.T) {
	back, car := fleet(t, family()...)
	car.take(phone(t, back, "anna").Share("jonas", cloud.Shared))
	path := filepath.Join(t.TempDir(), "backend.json")
	if err := back.Save(path); err != nil {
		t.Fatal(err)
	}
	again, err := cloud.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	car.take(phone(t, again, "anna").RemoteServices(false))
	car.take(again.Limit("jonas"))
	if _, err := back.Freshen(); err != nil {
		t.Fatal(err)
	}
}

// Counters go on after a restart: none comes twice.
func TestRestartKeepsCounters(t *testing.T) {
	back, car, first := world(t, family()...)
	var counters []uint64
	car.listen(first,
		func(q asked) []byte { return car.facts(car.own.Sign, "gb-facts", car.own.VID, "e", 1, 0, q.Challenge) },
		func(o ordered) []byte {
			counters = append(counters, o.Ctr)
			return fmt.Appendf(nil, `{"key":%q,"ctr":%d,"result":"done"}`, o.Key, o.Ctr)
		})
	order := func(b *cloud.BackEnd) {
		t.Helper()
		if r, err := phone(t, b, "anna").Act(soon(t, 3*time.Second), "flash", nil); err != nil || r.Result != "done" {
			t.Fatalf("%+v: %v", r, err)
		}
	}
	order(back)
	again := away(t, back, car.broker, func() {})
	order(again)
	if r, err := phone(t, again, "anna").Result(soon(t, time.Second), 1); err != nil || r.Result != "done" || r.At.IsZero() {
		t.Errorf("the result from before: %+v, %v", r, err)
	}
	if fmt.Sprint(counters) != "[1 2]" {
		t.Errorf("counters %v", counters)
	}
}

// A damaged file is refused, with its name.
func TestLoadRefuses(t *testing.T) {
	back, _ := fleet(t, family()...)
	path := filepath.Join(t.TempDir(), "backend.json")
	if err := back.Save(path); err != nil {
		t.Fatal(err)
	}
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"empty": "", "cut": string(good[:len(good)/2]), "two": string(good) + string(good), "another file": `{"name":"x"}`,
		"no key": strings.Replace(string(good), `"curve":"Ed25519"`, `"curve":"Ed448"`, 1),
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := cloud.Load(path); err == nil || !strings.Contains(err.Error(), "load the back end") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
