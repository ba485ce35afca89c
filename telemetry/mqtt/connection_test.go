package mqtt_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"go.uber.org/goleak"

	"glovebox/telemetry"
	"glovebox/telemetry/internal/testbroker"
	"glovebox/telemetry/mqtt"
)

const (
	vid   = "c0ffee00c0ffee00c0ffee00c0ffee00"
	state = "gb/1/" + vid + "/state"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func opening(keepalive time.Duration) telemetry.Opening {
	return telemetry.Opening{
		Client:    vid,
		Keepalive: keepalive,
		Will:      telemetry.Message{Topic: state, Retained: true, Payload: []byte("will")},
	}
}

func dial(t *testing.T, address string, o telemetry.Opening) telemetry.Connection {
	t.Helper()
	d, err := mqtt.New("mqtt://"+address, mqtt.Files{}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	l, err := d.Dial(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l
}

func acknowledged(t *testing.T, r telemetry.Token) {
	t.Helper()
	select {
	case <-r.Done():
		if err := r.Error(); err != nil {
			t.Fatal(err)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("no acknowledgement within 5 s")
	}
}

// A message whose token is good is with the broker, retained if it was to be,
// and a line that says goodbye leaves no will.
func TestPublishAndClose(t *testing.T) {
	broker := testbroker.Start(t, nil)
	l := dial(t, broker.Address(), opening(30*time.Second))
	acknowledged(t, l.Publish(telemetry.Message{Topic: state, Retained: true, Payload: []byte("here")}))
	l.Close()
	l.Close()
	broker.Wait("the end", func() bool { return broker.Count("gone") == 1 })

	got := broker.Published()
	if len(got) != 1 || got[0].Topic != state || !got[0].Retained || string(got[0].Payload) != "here" || got[0].Client != vid {
		t.Errorf("published %+v: want one retained state", got)
	}
	if broker.Count("disconnect") != 1 || broker.Count("will") != 0 {
		t.Errorf("events %v: want a DISCONNECT and no will", broker.Events())
	}
	if err := l.Publish(telemetry.Message{Topic: state}).Error(); err == nil {
		t.Error("a message was taken after the end")
	}
}

// What the broker has for the car arrives in order, what it held from before too.
func TestInbound(t *testing.T) {
	broker := testbroker.Start(t, nil)
	policy := "gb/1/" + vid + "/policy"
	broker.Publish(policy, "12", true)
	got := make(chan string, 3)
	o := opening(30 * time.Second)
	o.Subscribe = []string{policy}
	o.Inbound = func(topic string, payload []byte) { got <- topic + " " + string(payload) }
	dial(t, broker.Address(), o)
	want := func(payload string) {
		t.Helper()
		if g := <-got; g != policy+" "+payload {
			t.Errorf("got %q, want %s", g, payload)
		}
	}
	want("12") // this broker hands what was retained over beside what comes new
	broker.Publish(policy, "13", true)
	broker.Publish("gb/1/"+vid+"/other", "x", false)
	broker.Publish(policy, "14", true)
	want("13")
	want("14")
}

// When the broker dies the line ends, and what it had not acknowledged fails.
func TestBrokerDies(t *testing.T) {
	broker := testbroker.Start(t, nil)
	l := dial(t, broker.Address(), opening(30*time.Second))
	broker.Stop()
	select {
	case <-l.Ended():
	case <-time.After(5 * time.Second):
		t.Fatal("the line did not end with its broker")
	}
	r := l.Publish(telemetry.Message{Topic: state})
	<-r.Done()
	if r.Error() == nil {
		t.Error("a message into a dead line was reported as delivered")
	}
}

// A muted line is silence: no DISCONNECT, no goodbye, no early close. The broker
// finds out by itself and publishes the will; nothing said after muting arrives.
func TestMute(t *testing.T) {
	t.Parallel()
	broker := testbroker.Start(t, nil)
	const keepalive = 2 * time.Second
	l := dial(t, broker.Address(), opening(keepalive))
	acknowledged(t, l.Publish(telemetry.Message{Topic: "before"}))
	l.Mute()
	muted := time.Now()
	after := l.Publish(telemetry.Message{Topic: "after"})
	broker.Publish("gb/1/"+vid+"/policy", "unheard", false)

	broker.Wait("the will", func() bool { return broker.Count("will") == 1 })
	// mochi gives up one and a half keepalives after the last packet
	if waited := time.Since(muted); waited < keepalive*14/10 {
		t.Errorf("the broker noticed after %v: the socket was closed early", waited)
	}
	<-l.Ended() // the client's own ping went unanswered
	if <-after.Done(); after.Error() == nil {
		t.Error("a message into silence was reported as delivered")
	}
	l.Close()
	for _, m := range broker.Published() {
		if m.Topic == "after" {
			t.Error("a muted line sent a message")
		}
	}
	if broker.Count("disconnect") != 0 {
		t.Error("a muted line sent a DISCONNECT")
	}
}

// Called off while it opens, a line is not opened.
func TestDialCalledOff(t *testing.T) {
	broker := testbroker.Start(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	d, err := mqtt.New("mqtt://"+broker.Address(), mqtt.Files{}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Dial(ctx, opening(30*time.Second)); err == nil {
		t.Error("dialled although it was called off")
	}
	if broker.Count("connect") != 0 {
		t.Error("the broker saw a CONNECT")
	}
}
