package outside_test

import (
	"bytes"
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/hpke"
	"encoding/binary"
	"encoding/json"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"glovebox/telemetry/outside"
)

// phone is a reader that keeps to the rules of docs/security.md, Sealing: what it takes is
// sealed for it, under its document and topic, and signed by its car for its mailbox.
type phone struct {
	key      *ecdh.PrivateKey
	car      ed25519.PublicKey
	mailbox  string
	document uint64
	topic    string
}

func (p phone) takes(wire []byte) bool {
	if len(wire) < 33 || wire[0] != 2 {
		return false
	}
	plain, err := open(p.key, p.mailbox, p.document, p.topic, wire)
	if err != nil {
		return false
	}
	jws, err := jose.ParseSignedCompact(strings.TrimRight(string(plain), "\x00"), []jose.SignatureAlgorithm{jose.EdDSA})
	if err != nil || jws.Signatures[0].Protected.ExtraHeaders["typ"] != "gb-sealed" {
		return false
	}
	var claims struct{ Aud string }
	payload, err := jws.Verify(p.car)
	return err == nil && json.Unmarshal(payload, &claims) == nil && claims.Aud == p.mailbox
}

// sealedFor seals a plaintext as anybody can who knows the reader's public key.
func sealedFor(t *testing.T, p phone, plain string) []byte {
	t.Helper()
	public, err := hpke.NewDHKEMPublicKey(p.key.PublicKey())
	if err != nil {
		t.Fatal(err)
	}
	info := binary.BigEndian.AppendUint64([]byte("glovebox/1/seal\x00"+vid+p.mailbox), p.document)
	enc, sender, err := hpke.NewSender(public, hpke.HKDFSHA256(), hpke.AES128GCM(), info)
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := sender.Seal([]byte(p.topic), []byte(plain+strings.Repeat("\x00", 4096-len(plain))))
	if err != nil {
		t.Fatal(err)
	}
	return append(append([]byte{2}, enc...), sealed...)
}

// A sealed message is taken in its one form, by the one reader, under the one topic and
// document, and from the one car: of all others none.
func TestSealMatrix(t *testing.T) {
	good := phone{phoneKey(t), carKey().Public().(ed25519.PublicKey), boxMain, 12, "gb/1/" + vid + "/to/" + boxMain + "/position/hpke"}
	car := sealedCar(t, good.key.PublicKey().Bytes(), outside.Options{VID: vid, Sign: carKey()})
	wire := []byte(car.of(boxMain, outside.KindPosition)[0].payload)
	tried := 0
	refuse := func(kind string, p phone, wire []byte) {
		t.Helper()
		if tried++; p.takes(wire) {
			t.Errorf("%s is taken", kind)
		}
	}
	for i := range wire {
		for bit := range 8 {
			if i >= 64 && i < len(wire)-64 && bit != i%8 { // each bit of what leads and of the tag, one of each byte between
				continue
			}
			spoilt := bytes.Clone(wire)
			spoilt[i] ^= 1 << bit
			refuse("a flipped bit", good, spoilt)
		}
		refuse("a truncation", good, wire[:i])
	}
	for b := range 256 {
		refuse("one byte more", good, append(bytes.Clone(wire), byte(b)))
		spoilt := bytes.Clone(wire)
		if spoilt[0] = byte(b); b != 2 {
			refuse("another version", good, spoilt)
		}
	}
	for i := range 1000 {
		p := good
		p.document = uint64(i) + map[bool]uint64{true: 13}[i >= 12]
		refuse("another document", p, wire)
	}
	thief, err := ecdh.X25519().NewPrivateKey(bytes.Repeat([]byte{8}, 32))
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*phone){
		"another key": func(p *phone) { p.key = thief }, "another mailbox": func(p *phone) { p.mailbox = boxShared },
		"another car": func(p *phone) {
			p.car = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{6}, 32)).Public().(ed25519.PublicKey)
		},
		"another topic": func(p *phone) { p.topic = strings.Replace(p.topic, "position", "trips", 1) },
		"no topic":      func(p *phone) { p.topic = "" }, "a topic that is longer": func(p *phone) { p.topic += "/" },
	} {
		p := good
		change(&p)
		refuse(name, p, wire)
	}
	inside := func(key ed25519.PrivateKey, typ, payload string) string {
		jws, err := outside.Sign(key, typ, []byte(payload))
		if err != nil {
			t.Fatal(err)
		}
		return string(jws)
	}
	own := inside(carKey(), "gb-sealed", `{"aud":"`+boxMain+`"}`)
	for name, plain := range map[string]string{
		"another's signature inside": inside(ed25519.NewKeyFromSeed(bytes.Repeat([]byte{6}, 32)), "gb-sealed", `{"aud":"`+boxMain+`"}`),
		"another's aud":              inside(carKey(), "gb-sealed", `{"aud":"`+boxShared+`"}`),
		"no aud":                     inside(carKey(), "gb-sealed", `{}`),
		"another type inside":        inside(carKey(), "gb-facts", `{"aud":"`+boxMain+`"}`),
		"no signature":               own[:strings.LastIndexByte(own, '.')+1],
		"no signed object":           `{"aud":"` + boxMain + `"}`,
	} {
		refuse(name, good, sealedFor(t, good, plain))
	}
	if t.Logf("%d inputs refused", tried); tried < 10_000 {
		t.Errorf("%d inputs: want 10,000", tried)
	}
	if !good.takes(wire) || !good.takes(sealedFor(t, good, own)) {
		t.Error("the good one is refused")
	}
}

// Whatever else than what was sealed arrives, a phone takes none of it.
func FuzzSealedOpen(f *testing.F) {
	key, err := ecdh.X25519().NewPrivateKey(bytes.Repeat([]byte{9}, 32))
	if err != nil {
		f.Fatal(err)
	}
	p := phone{key, carKey().Public().(ed25519.PublicKey), boxMain, 12, "gb/1/" + vid + "/to/" + boxMain + "/position/hpke"}
	f.Add([]byte{})
	f.Add(append([]byte{2}, p.key.PublicKey().Bytes()...))
	f.Add(append([]byte{1}, bytes.Repeat([]byte{7}, 4144)...))
	f.Add(append([]byte{2}, bytes.Repeat([]byte{0}, 4144)...)) // a point of low order
	f.Fuzz(func(t *testing.T, wire []byte) {
		if p.takes(wire) {
			t.Fatalf("%x is taken", wire)
		}
	})
}
