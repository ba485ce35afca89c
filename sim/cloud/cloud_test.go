package cloud_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/hpke"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"github.com/go-jose/go-jose/v4"

	"glovebox/profiles"
	"glovebox/sim"
	"glovebox/sim/cloud"
)

// car plays the other side: an identity and a line of its own.
type car struct {
	t          *testing.T
	own        profiles.Identity
	connection mqtt.Client

	broker string
}

// world is a broker, a back end with people, and a car.
func world(t *testing.T, users ...cloud.User) (*cloud.BackEnd, *car, cloud.Document) {
	t.Helper()
	broker, err := sim.StartBroker(slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = broker.Stop() })
	own, err := profiles.NewIdentity()
	if err != nil {
		t.Fatal(err)
	}
	shown, err := json.Marshal(own.Public())
	if err != nil {
		t.Fatal(err)
	}
	id, err := cloud.ParseIdentity(shown)
	if err != nil {
		t.Fatal(err)
	}
	back, err := cloud.New()
	if err != nil {
		t.Fatal(err)
	}
	document, err := back.Enrol(id, users)
	if err != nil {
		t.Fatal(err)
	}
	if err := back.Connect(t.Context(), broker.URL()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(back.Close)
	connection := mqtt.NewClient(mqtt.NewClientOptions().AddBroker(broker.URL()).SetClientID(own.VID))
	if token := connection.Connect(); token.Wait() && token.Error() != nil {
		t.Fatal(token.Error())
	}
	t.Cleanup(func() { connection.Disconnect(0) })
	return back, &car{t, own, connection, broker.URL()}, document
}

// family is one person of each role.
func family() []cloud.User {
	return []cloud.User{{Name: "anna", Role: cloud.Main}, {Name: "lea", Role: cloud.Shared, Seal: true}, {Name: "jonas", Role: cloud.Limited}}
}

func (c *car) say(topic string, payload []byte) {
	c.t.Helper()
	if token := c.connection.Publish("gb/1/"+c.own.VID+"/"+topic, 1, false, payload); !token.WaitTimeout(2*time.Second) || token.Error() != nil {
		c.t.Fatalf("publish %s: %v", topic, token.Error())
	}
}

// to addresses a reader.
func (c *car) to(back *cloud.BackEnd, reader, kind string) string {
	r, _ := back.Reader(reader)
	return "to/" + r.Mailbox + "/" + kind
}

// wait returns what a reader has found once there are n messages.
func wait(t *testing.T, back *cloud.BackEnd, reader string, n int) []cloud.Message {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	if err := back.Wait(ctx, func() bool { return back.Count(reader) >= n }); err != nil {
		t.Fatalf("%s has %d of %d messages: %v", reader, back.Count(reader), n, err)
	}
	return back.Received(reader)
}

const position = `{"action":"subscription","subscriptionId":"position","epoch":"5f0c","seq":%d,"resend":%t,"ts":"2026-11-21T20:33:10.000Z",` +
	`"data":[{"path":"Vehicle.CurrentLocation.Latitude","dp":[{"value":"37.72","ts":"2026-11-21T20:33:00.000Z"},{"value":"37.73","ts":"2026-11-21T20:33:01.000Z"}]}]}`

// What a car says to a reader is understood, zipped or not.
func TestReaderUnderstands(t *testing.T) {
	back, car, _ := world(t, family()...)
	car.say(car.to(back, "anna", "position"), fmt.Appendf(nil, position, 1, false))
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	fmt.Fprintf(z, position, 2, false)
	z.Close()
	car.say(car.to(back, "anna", "position/gz"), zipped.Bytes())
	car.say(car.to(back, "anna", "alarms"), []byte(`{"alarm":"abs","severity":"warning","active":true,"minute":"2026-11-21T20:33Z","epoch":"5f0c","seq":3,"resend":false}`))
	car.say(car.to(back, "anna", "gaps"), []byte(`{"kind":"status","from":"2026-11-21T20:33:00Z","to":"2026-11-21T20:35:00Z","dropped":2,"reason":"age","epoch":"5f0c","seq":4,"resend":true}   `))
	car.say(car.to(back, "anna", "trips"), []byte(`{"trip":"t1","day":"2026-11-21","assigned":[],"distance_m":1500,"duration_s":240,"start":{"ts":"2026-11-21T20:33:00Z","latitude":54.19,"longitude":6.62},"epoch":"5f0c","seq":5,"resend":false}`))
	car.say(car.to(back, "anna", "messages"), []byte(`{"id":"m1","kind":"chat","from":"The workshop","role":"workshop","text":"ready","time":"2026-11-21T20:33:00Z","read":false,"epoch":"5f0c","seq":6,"resend":false}`))
	got := wait(t, back, "anna", 6)
	for i, m := range got[:2] {
		want := cloud.Point{Path: "Vehicle.CurrentLocation.Latitude", Value: "37.73", Time: time.Date(2026, 11, 21, 20, 33, 1, 0, time.UTC)}
		if m.Seq != uint64(i+1) || len(m.Points) != 2 || m.Points[1] != want {
			t.Errorf("position %d: %+v", i+1, m)
		}
	}
	if a := got[2].Alarm; a == nil || a.Code != "abs" || !a.Active {
		t.Errorf("alarm: %+v", got[2])
	}
	if g := got[3].Gap; g == nil || g.Dropped != 2 || !got[3].Resend {
		t.Errorf("gap: %+v", got[3])
	}
	if trip := got[4].Trip; trip == nil || trip.Metres == nil || *trip.Metres != 1500 || trip.Start == nil || trip.Start.Latitude != 54.19 || trip.End != nil {
		t.Errorf("trip: %+v", trip)
	}
	if n := got[5].Note; n == nil || n.Text != "ready" || n.Role != cloud.Workshop {
		t.Errorf("message: %+v", n)
	}
	if breaches := back.Breaches(); len(breaches) > 0 {
		t.Errorf("breaches: %v", breaches)
	}
}

// A sealed payload is opened if the car made it for this mailbox, and not else.
func TestReaderUnseals(t *testing.T) {
	back, car, document := world(t, family()...)
	lea, _ := back.Reader("lea")
	topic := car.to(back, "lea", "position/hpke")
	good := car.seal(car.own.Sign, document, lea.Mailbox, lea.Mailbox, topic)
	car.say(topic, good)
	m := wait(t, back, "lea", 1)[0]
	if m.Err != nil || len(m.Points) != 2 {
		t.Fatalf("sealed position: %v, %+v", m.Err, m)
	}
	stranger, err := profiles.NewIdentity()
	if err != nil {
		t.Fatal(err)
	}
	bad := map[string][]byte{
		"another signer":    car.seal(stranger.Sign, document, lea.Mailbox, lea.Mailbox, topic),
		"another addressee": car.seal(car.own.Sign, document, lea.Mailbox, strings.Repeat("0", 32), topic),
		"another topic":     car.seal(car.own.Sign, document, lea.Mailbox, lea.Mailbox, topic+"x"),
		"another version":   car.seal(car.own.Sign, cloud.Document{Version: 77, JWS: document.JWS}, lea.Mailbox, lea.Mailbox, topic),
		"wire version 1":    append([]byte{1}, good[1:]...),
		"cut short":         good[:20],
	}
	for name, payload := range bad {
		n := back.Count("lea")
		car.say(topic, payload)
		if got := wait(t, back, "lea", n+1); got[n].Err == nil {
			t.Errorf("%s was opened", name)
		}
	}
}

// seal makes what docs/security.md, Sealing, describes, to the seal key in the document.
func (c *car) seal(by ed25519.PrivateKey, d cloud.Document, mailbox, aud, topic string) []byte {
	return c.sealTo(mailbox, by, d, mailbox, aud, topic)
}

// sealTo is seal to the key of who has mailbox to.
func (c *car) sealTo(to string, by ed25519.PrivateKey, d cloud.Document, mailbox, aud, topic string) []byte {
	c.t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.EdDSA, Key: by}, (&jose.SignerOptions{}).WithType("gb-sealed"))
	if err != nil {
		c.t.Fatal(err)
	}
	signed, err := signer.Sign([]byte(`{"aud":"` + aud + `",` + fmt.Sprintf(position, 9, false)[1:]))
	if err != nil {
		c.t.Fatal(err)
	}
	compact, err := signed.CompactSerialize()
	if err != nil {
		c.t.Fatal(err)
	}
	public, err := hpke.NewDHKEMPublicKey(c.sealKey(d, to))
	if err != nil {
		c.t.Fatal(err)
	}
	info := binary.BigEndian.AppendUint64([]byte("glovebox/1/seal\x00"+c.own.VID+mailbox), d.Version)
	enc, sender, err := hpke.NewSender(public, hpke.HKDFSHA256(), hpke.AES128GCM(), info)
	if err != nil {
		c.t.Fatal(err)
	}
	padded := append([]byte(compact), make([]byte, 4096-len(compact))...)
	sealed, err := sender.Seal([]byte("gb/1/"+c.own.VID+"/"+topic), padded)
	if err != nil {
		c.t.Fatal(err)
	}
	return append(append([]byte{2}, enc...), sealed...)
}

func (c *car) sealKey(d cloud.Document, mailbox string) *ecdh.PublicKey {
	c.t.Helper()
	access, err := profiles.DecodeAccess(c.verified(d, c.trusted(d)))
	if err != nil {
		c.t.Fatal(err)
	}
	for _, u := range access.Users {
		if u.Mailbox == mailbox {
			return u.Seal.Sealing()
		}
	}
	c.t.Fatal("no such mailbox")
	return nil
}

// trusted reads the payload of a compact JWS without asking who signed it.
func (c *car) trusted(d cloud.Document) func(*jose.JSONWebSignature) ([]byte, error) {
	return func(s *jose.JSONWebSignature) ([]byte, error) { return s.UnsafePayloadWithoutVerification(), nil }
}

func (c *car) verified(d cloud.Document, open func(*jose.JSONWebSignature) ([]byte, error)) []byte {
	c.t.Helper()
	signed, err := jose.ParseSignedCompact(d.JWS, []jose.SignatureAlgorithm{jose.EdDSA})
	if err != nil {
		c.t.Fatal(err)
	}
	payload, err := open(signed)
	if err != nil {
		c.t.Fatal(err)
	}
	return payload
}

// A sequence number comes again with equal content, or the reader notices.
func TestRepeats(t *testing.T) {
	back, car, _ := world(t, family()...)
	topic := car.to(back, "anna", "position")
	first := fmt.Appendf(nil, position, 1, false)
	car.say(topic, first)
	car.say(topic, fmt.Appendf(nil, position, 1, true)) // only resend differs
	got := wait(t, back, "anna", 2)
	if got[0].Repeat || !got[1].Repeat || len(back.Breaches()) > 0 {
		t.Fatalf("repeat %v %v, breaches %v", got[0].Repeat, got[1].Repeat, back.Breaches())
	}
	car.say(topic, bytes.Replace(first, []byte("37.73"), []byte("37.74"), 1))
	wait(t, back, "anna", 3)
	if breaches := back.Breaches(); len(breaches) != 1 || !strings.Contains(breaches[0], "other content") {
		t.Fatalf("breaches %v", breaches)
	}
}

// What nobody may get is noticed.
func TestFaults(t *testing.T) {
	back, car, _ := world(t, family()...)
	lea, _ := back.Reader("lea")
	car.say("to/"+strings.Repeat("a", 32)+"/status", []byte("{}"))
	car.say(car.to(back, "anna", "status"), []byte(`{"speed":1}`))
	wait(t, back, "anna", 1)
	if n := len(back.Breaches()); n != 2 {
		t.Fatalf("%d breaches: %v", n, back.Breaches())
	}
	next, err := back.Remove("lea")
	if err != nil {
		t.Fatal(err)
	}
	if car.say(car.to(back, "lea", "position"), fmt.Appendf(nil, position, 9, false)); len(wait(t, back, "lea", 1)) != 1 || len(back.Breaches()) != 3 {
		t.Fatalf("a place in the open for one who has a key: %v", back.Breaches())
	}
	const alarm = `{"alarm":"abs","severity":"warning","active":true,"minute":"2026-11-21T20:33Z","epoch":"5f0c","seq":%d,"resend":false}`
	car.say("to/"+lea.Mailbox+"/alarms", fmt.Appendf(nil, alarm, 1)) // not applied yet: may happen
	wait(t, back, "lea", 2)
	if n := len(back.Breaches()); n != 3 {
		t.Fatalf("before the document is applied: %v", back.Breaches())
	}
	car.say("state", fmt.Appendf(nil, `{"online":true,"epoch":"e","policy":%d,"agent":"1"}`, next.Version))
	car.say("to/"+lea.Mailbox+"/alarms", fmt.Appendf(nil, alarm, 2))
	wait(t, back, "lea", 3)
	if breaches := back.Breaches(); len(breaches) != 4 || !strings.Contains(breaches[3], "took away") {
		t.Fatalf("after it: %v", breaches)
	}
}

// The document is what a car accepts first, its trust file holds the key, and
// each next one follows.
func TestDocuments(t *testing.T) {
	back, car, first := world(t, family()...)
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(back.Trust(), &set); err != nil || len(set.Keys) != 1 {
		t.Fatalf("trust file: %v, %d keys", err, len(set.Keys))
	}
	byTrusted := func(s *jose.JSONWebSignature) ([]byte, error) { return s.Verify(set.Keys[0]) }
	payload := car.verified(first, byTrusted)
	access, err := profiles.DecodeAccess(payload)
	if err != nil {
		t.Fatal(err)
	}
	if access, err = access.Open(car.own.Seal); err != nil {
		t.Fatal(err)
	}
	jonas := access.Users[2]
	if jonas.Name.Reveal() != "jonas" || !jonas.Verifier.Check(profiles.NewPIN("601435"), 0) {
		t.Errorf("jonas is %s, his PIN right: %t", jonas.Name.Reveal(), jonas.Verifier.Check(profiles.NewPIN("601435"), 0))
	}
	limited, err := back.Limit("lea")
	if err != nil {
		t.Fatal(err)
	}
	before := access.Users[1].Mailbox
	next, err := profiles.DecodeAccess(car.verified(limited, byTrusted))
	if err != nil {
		t.Fatal(err)
	}
	if next.Version != access.Version+1 || next.Previous != profiles.Hash(sha256.Sum256(payload)) {
		t.Errorf("version %d after %d, previous %v", next.Version, access.Version, next.Previous)
	}
	if lea := next.Users[1]; lea.Mailbox == before || lea.Sharing == profiles.Shared {
		t.Errorf("lea: the same mailbox %t, sharing %v", lea.Mailbox == before, lea.Sharing)
	}
	if _, err := back.Limit("lea"); err == nil {
		t.Error("lea was limited twice")
	}
}

// Each bad document is refused by the rules of the car, for its own reason.
func TestVariantsAreBad(t *testing.T) {
	back, _, first := world(t, family()...)
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(back.Trust(), &set); err != nil {
		t.Fatal(err)
	}
	verify := func(d cloud.Document) ([]byte, error) {
		signed, err := jose.ParseSignedCompact(d.JWS, []jose.SignatureAlgorithm{jose.EdDSA})
		if err != nil {
			return nil, err
		}
		return signed.Verify(set.Keys[0])
	}
	payload, err := verify(first)
	if err != nil {
		t.Fatal(err)
	}
	good, err := profiles.DecodeAccess(payload)
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range cloud.Variants() {
		bad, err := back.Variant(kind)
		if err != nil {
			t.Fatal(err)
		}
		payload, err := verify(bad)
		if signed := err == nil; signed != (kind != "foreign" && kind != "unsigned") {
			t.Errorf("%s: signature: %v", kind, err)
		}
		if err != nil {
			continue
		}
		access, err := profiles.DecodeAccess(payload)
		switch {
		case kind == "malformed":
			if err == nil {
				t.Error("malformed was read")
			}
		case err != nil:
			t.Errorf("%s: %v", kind, err)
		case kind == "older" && access.Version >= good.Version, kind == "forked" && (access.Version != good.Version || access.Hash == good.Hash):
			t.Errorf("%s: version %d beside %d", kind, access.Version, good.Version)
		case kind == "widened" && access.Users[2].Sharing != profiles.Shared:
			t.Error("widened: jonas is still limited")
		}
	}
	if fresh, err := back.Freshen(); err != nil || fresh.Version != first.Version+1 {
		t.Errorf("after the bad ones: version %d, %v", fresh.Version, err)
	}
}
