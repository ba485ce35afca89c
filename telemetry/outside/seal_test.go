package outside_test

import (
	"bytes"
	"crypto"
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/hpke"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"glovebox/telemetry/outside"
)

const vid = "f00df00df00df00df00df00df00df00d"

func carKey() ed25519.PrivateKey { return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, 32)) }

func phoneKey(t *testing.T) *ecdh.PrivateKey {
	key, err := ecdh.X25519().NewPrivateKey(bytes.Repeat([]byte{9}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// open is a phone: it opens what was sealed for it, as the contract says.
func open(key *ecdh.PrivateKey, mailbox string, version uint64, topic string, wire []byte) ([]byte, error) {
	private, err := hpke.NewDHKEMPrivateKey(key)
	if err != nil {
		return nil, err
	}
	info := binary.BigEndian.AppendUint64([]byte("glovebox/1/seal\x00"+vid+mailbox), version)
	r, err := hpke.NewRecipient(wire[1:33], private, hpke.HKDFSHA256(), hpke.AES128GCM(), info)
	if err != nil {
		return nil, err
	}
	return r.Open([]byte(topic), wire[33:])
}

func sealedCar(t *testing.T, seal []byte, o outside.Options) *car {
	car := newCar(t, outside.Builtin(), o)
	car.out.SetReaders(12, []outside.Reader{{ID: "anna", Mailbox: boxMain, Column: outside.ColumnMain, Seal: seal}}, car.now)
	car.link(true)
	car.say(weight, 1)
	car.at("12:01:55")
	car.fix(54.1934567, 6.6254321)
	car.at("12:02:00")
	return car
}

// A position to a reader with a key is sealed, and the seal is bound to
// vehicle, mailbox, document and topic, and signed by the car; status is not.
func TestPositionIsSealed(t *testing.T) {
	phone := phoneKey(t)
	car := sealedCar(t, phone.PublicKey().Bytes(), outside.Options{VID: vid, Sign: carKey(), Gzip: true})
	sealed := car.of(boxMain, outside.KindPosition)
	if len(sealed) != 1 || sealed[0].suffix != "position/hpke" || car.of(boxMain, outside.KindStatus)[0].suffix != "status/gz" {
		t.Fatalf("sent %v", car.sent)
	}
	wire := []byte(sealed[0].payload)
	if wire[0] != 2 || len(wire) != 1+32+4096+16 {
		t.Errorf("version %d, %d bytes: want 2 and 4145", wire[0], len(wire))
	}
	topic := "gb/1/" + vid + "/to/" + boxMain + "/position/hpke"
	plain, err := open(phone, boxMain, 12, topic, wire)
	if err != nil || len(plain) != 4096 {
		t.Fatalf("%d bytes, %v", len(plain), err)
	}
	for name, try := range map[string]func() ([]byte, error){
		"another mailbox":  func() ([]byte, error) { return open(phone, boxShared, 12, topic, wire) },
		"another document": func() ([]byte, error) { return open(phone, boxMain, 13, topic, wire) },
		"another topic": func() ([]byte, error) {
			return open(phone, boxMain, 12, strings.Replace(topic, "position", "trips", 1), wire)
		},
	} {
		if _, err := try(); err == nil {
			t.Errorf("opens for %s", name)
		}
	}

	jws, err := jose.ParseSignedCompact(strings.TrimRight(string(plain), "\x00"), []jose.SignatureAlgorithm{jose.EdDSA})
	if err != nil {
		t.Fatal(err)
	}
	payload, err := jws.Verify(carKey().Public())
	if err != nil {
		t.Fatal(err)
	}
	var claims struct {
		Action, Aud, Epoch string
		Seq                uint64
		Data               []struct{ Path string }
	}
	if err := json.Unmarshal(payload, &claims); err != nil || claims.Aud != boxMain || claims.Epoch != epoch || len(claims.Data) != 4 {
		t.Errorf("claims %+v, %v", claims, err)
	}
	protected, _, _ := strings.Cut(string(plain), ".")
	raw, err := base64.RawURLEncoding.DecodeString(protected)
	if err != nil {
		t.Fatal(err)
	}
	var header map[string]string
	if err := json.Unmarshal(raw, &header); err != nil {
		t.Fatal(err)
	}
	thumb, err := (&jose.JSONWebKey{Key: carKey().Public()}).Thumbprint(crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	if len(header) != 3 || header["alg"] != "EdDSA" || header["typ"] != "gb-sealed" || header["kid"] != base64.RawURLEncoding.EncodeToString(thumb) {
		t.Errorf("header %s", raw)
	}
}

// A full message of ten fixes still takes one step: size tells nothing.
func TestSealedSize(t *testing.T) {
	phone := phoneKey(t)
	car := sealedCar(t, phone.PublicKey().Bytes(), outside.Options{VID: vid, Sign: carKey()})
	for i := range 30 {
		car.fix(54-float64(i)/100, 6+float64(i)/100)
		car.run(car.now.Boot + 1e9)
	}
	for i, w := range car.of(boxMain, outside.KindPosition) {
		if len(w.payload) != 4145 {
			t.Errorf("message %d has %d bytes", i, len(w.payload))
		}
	}
}

// A key that cannot be used never opens the place.
func TestBrokenSealWithholds(t *testing.T) {
	phone := phoneKey(t).PublicKey().Bytes()
	for name, car := range map[string]*car{
		"half a key":          sealedCar(t, phone[:16], outside.Options{VID: vid, Sign: carKey()}),
		"a car without key":   sealedCar(t, phone, outside.Options{VID: vid}),
		"a car with half one": sealedCar(t, phone, outside.Options{VID: vid, Sign: carKey()[:32]}),
	} {
		if n := len(car.of(boxMain, outside.KindPosition)); n != 0 {
			t.Errorf("%s: %d positions sent", name, n)
		}
		if !slices.ContainsFunc(car.decided, func(d outside.Decision) bool {
			return d.Class == "position" && d.Outcome == outside.Withheld && d.Rule == outside.DefaultDeny
		}) {
			t.Errorf("%s: not reported as withheld", name)
		}
	}
}
