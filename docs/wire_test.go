package docs_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/hpke"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"glovebox/hal"
	"glovebox/telemetry"
	"glovebox/telemetry/outside"
)

// The car of the examples.
const (
	vid      = "6b1f0c52d2a94e7f8f0a3d5be4c71908"
	epoch    = "5f0c9a417d2e4b60a1b2c3d4e5f60718"
	document = 12 // version of the access document
)

// What is in it drives for three minutes, with a hole in the coverage.
var start = hal.Instant{UTC: time.Date(2026, 11, 21, 20, 32, 30, 0, time.UTC), Boot: 1000 * time.Second}

func at(clock string) hal.Instant {
	utc, err := time.Parse("2006-01-02 15:04:05", "2026-11-21 "+clock)
	if err != nil {
		panic(err)
	}
	return hal.Instant{UTC: utc, Boot: start.Boot + utc.Sub(start.UTC)}
}

// sent is one real message: its topic below the mailbox and its payload, undone.
type sent struct {
	reader string
	suffix string
	body   []byte // JSON
}

// drive plays a short drive through the real pipeline, with and without gzip, and
// returns everything that leaves.
func drive(t *testing.T) []sent {
	t.Helper()
	phone, err := ecdh.X25519().NewPrivateKey(bytes.Repeat([]byte{9}, 32))
	if err != nil {
		t.Fatal(err)
	}
	var all []sent
	for _, zip := range []bool{false, true} {
		out := outside.New(outside.Builtin(), start, outside.Options{
			VID: vid, Sign: ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, 32)), Gzip: zip,
			TripIDs: rand.NewChaCha8([32]byte{1}),
		})
		out.SetReaders(document, []outside.Reader{
			{ID: "main", Mailbox: strings.Repeat("a1", 16), Column: outside.ColumnMain},
			{ID: "shared", Mailbox: strings.Repeat("b2", 16), Column: outside.ColumnShared, Seal: phone.PublicKey().Bytes()},
			{ID: "limited", Mailbox: strings.Repeat("c3", 16), Column: outside.ColumnLimited},
			{ID: "workshop", Mailbox: strings.Repeat("d4", 16), Column: outside.ColumnWorkshop},
			{ID: "backend", Mailbox: strings.Repeat("e5", 16), Column: outside.ColumnBackend},
		}, start)
		seqs := map[string]uint64{}
		take := func(now hal.Instant) {
			for _, r := range out.Tick(now) {
				seqs[r.Mailbox()]++
				suffix, payload, err := r.Encode(outside.Seq{Epoch: epoch, N: seqs[r.Mailbox()]})
				if err != nil {
					t.Fatal(err)
				}
				all = append(all, sent{r.Reader(), suffix, plain(t, phone, r.Mailbox(), suffix, payload)})
			}
		}
		play(out, take)
	}
	return all
}

// play is the drive: the car is in use, has fixes, a warning and no coverage for a while.
func play(out *outside.Outside, take func(hal.Instant)) {
	out.Link(true, start)
	say := func(clock, path string, v hal.Value) { out.Signal(hal.Reading{Path: path, Value: v, At: at(clock)}) }
	say("20:32:31", "Vehicle.LowVoltageSystemState", hal.Word("ON"))
	say("20:32:31", "Vehicle.Powertrain.TractionBattery.StateOfCharge.Displayed", hal.Number(62.4))
	say("20:32:31", "Vehicle.Chassis.Axle.Row1.Wheel.Left.Tire.Pressure", hal.Number(231))
	say("20:32:31", "Vehicle.VehicleIdentification.Model", hal.Word("Taycan"))
	out.InUse(true, at("20:32:32"))
	for _, clock := range []string{"20:32:38", "20:32:39"} {
		out.Fix(&hal.Position{Latitude: 54.1945125, Longitude: 6.6222871, Altitude: 301.4, Course: 87.5}, at(clock))
	}
	take(at("20:32:40"))
	take(at("20:33:00"))
	out.Alarm(outside.Alarm{Code: "cruise-fault", Severity: "warning", Active: true}, at("20:33:04"))
	take(at("20:33:04"))
	out.Message(strings.Repeat("d4", 16), "shared", outside.Message{
		ID: "0f6a4c1e9b7d42c58e3a1b2c3d4e5f60", Kind: "booking", From: "Lea", Role: "secondary", Text: "winter tyres", Wish: `{"day":"2026-12-01"}`, Time: at("20:33:10").UTC,
	}, at("20:33:10"))
	take(at("20:33:10"))
	take(at("20:34:00"))
	out.Link(false, at("20:34:05"))
	take(at("20:35:00"))
	out.Link(true, at("20:35:02"))
	for _, clock := range []string{"20:35:02", "20:40:00", "21:00:00"} {
		take(at(clock))
	}
	out.Moving(true, at("21:00:30"))
	for second := range 30 {
		out.Fix(&hal.Position{Latitude: 54.1945125, Longitude: 6.6222871 + 0.0002*float64(second), Altitude: 301.4, Course: 90, Speed: 13}, at(fmt.Sprintf("21:00:%d", 30+second)))
	}
	out.EndTrip(at("21:01:00"))
	take(at("21:01:00"))
	take(at("21:05:00"))
}

// plain undoes what the end of the topic says was done.
func plain(t *testing.T, phone *ecdh.PrivateKey, mailbox, suffix string, payload []byte) []byte {
	t.Helper()
	_, form, _ := strings.Cut(suffix, "/")
	switch form {
	case "gz":
		r, err := gzip.NewReader(bytes.NewReader(payload))
		if err != nil {
			t.Fatal(err)
		}
		if payload, err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	case "hpke":
		key, err := hpke.NewDHKEMPrivateKey(phone)
		if err != nil {
			t.Fatal(err)
		}
		info := binary.BigEndian.AppendUint64([]byte("glovebox/1/seal\x00"+vid+mailbox), document)
		r, err := hpke.NewRecipient(payload[1:33], key, hpke.HKDFSHA256(), hpke.AES128GCM(), info)
		if err != nil {
			t.Fatal(err)
		}
		jws, err := r.Open([]byte("gb/1/"+vid+"/to/"+mailbox+"/"+suffix), payload[33:])
		if err != nil {
			t.Fatal(err)
		}
		claims := strings.Split(string(jws), ".")[1]
		if payload, err = base64.RawURLEncoding.DecodeString(claims); err != nil {
			t.Fatal(err)
		}
	}
	if !json.Valid(payload) {
		t.Fatalf("%s is no JSON: %q", suffix, payload)
	}
	return payload
}

// states returns what the real courier shows on the state topic: when its line
// opens, and as its will.
func states(t *testing.T) (online, will []byte) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	line := &quietConnection{ended: make(chan struct{})}
	courier := telemetry.NewCourier(telemetry.CourierOptions{
		VID: vid, Agent: "0.1.0", Epoch: epoch, DocumentVersion: document, Outbox: noOutbox{},
		Dial: func(_ context.Context, o telemetry.Opening) (telemetry.Connection, error) {
			will = o.Will.Payload
			if o.Will.Topic != "gb/1/"+vid+"/state" || !o.Will.Retained {
				t.Errorf("the will is on %s, retained %v", o.Will.Topic, o.Will.Retained)
			}
			return line, nil
		},
	})
	if err := courier.Deliver(ctx, telemetry.Callbacks{Link: func(bool) { stop() }}); err != nil {
		t.Fatal(err)
	}
	if len(line.said) == 0 || !line.said[0].Retained {
		t.Fatalf("said %v", line.said)
	}
	return line.said[0].Payload, will
}

// quietConnection acknowledges everything at once.
type quietConnection struct {
	said  []telemetry.Message
	ended chan struct{}
}

func (l *quietConnection) Publish(m telemetry.Message) telemetry.Token {
	l.said = append(l.said, m)
	return acknowledged{}
}
func (l *quietConnection) Ended() <-chan struct{} { return l.ended }
func (l *quietConnection) Mute()                  {}
func (l *quietConnection) Written() time.Time     { return time.Now() }
func (l *quietConnection) Close()                 {}

type acknowledged struct{}

func (acknowledged) Done() <-chan struct{} { c := make(chan struct{}); close(c); return c }
func (acknowledged) Error() error          { return nil }

// noOutbox holds nothing.
type noOutbox struct{}

func (noOutbox) Put([]outside.Released) (r []outside.Released, e error) { return nil, nil }
func (noOutbox) Next(uint64, int) ([]telemetry.Kept, error)             { return nil, nil }
func (noOutbox) Purge(func(outside.Tag, int) bool) (n int, e error)     { return 0, nil }
func (noOutbox) Settle(_, _ []uint64, _ func(string) (string, uint64)) ([]telemetry.Kept, error) {
	return nil, nil
}
