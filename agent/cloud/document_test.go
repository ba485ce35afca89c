package cloud_test

import (
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"glovebox/agent/cloud"
	"glovebox/profiles"
	"glovebox/telemetry/outside"
)

func fixed(label string) []byte {
	sum := sha256.Sum256([]byte(label))
	return sum[:]
}

func hex128(label string) string { return fmt.Sprintf("%x", fixed(label)[:16]) }

func ed(label string) ed25519.PrivateKey { return ed25519.NewKeyFromSeed(fixed(label)) }

func p256(t testing.TB, label string) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), fixed(label))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func public(t testing.TB, key crypto.Signer) profiles.Key {
	t.Helper()
	k, err := profiles.KeyOf(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// trust is a car's set with one back-end key.
func trust(t testing.TB, key crypto.Signer) cloud.KeySet {
	t.Helper()
	jwk, err := json.Marshal(public(t, key))
	if err != nil {
		t.Fatal(err)
	}
	s, err := cloud.ParseTrust([]byte(`{"keys":[` + string(jwk) + `]}`))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func sign(t testing.TB, payload []byte, key crypto.Signer) []byte {
	t.Helper()
	jws, err := outside.Sign(key, cloud.TypePolicy, payload)
	if err != nil {
		t.Fatal(err)
	}
	return jws
}

func car(t testing.TB) profiles.Identity {
	t.Helper()
	seal, err := ecdh.X25519().NewPrivateKey(fixed("seal"))
	if err != nil {
		t.Fatal(err)
	}
	return profiles.Identity{VID: hex128("car"), Sign: ed("car"), Seal: seal}
}

// access is a document with a main user, whose key is given, and a shared one.
func access(t testing.TB, main crypto.Signer) profiles.Access {
	t.Helper()
	a := profiles.Access{VID: hex128("car"), Version: 1, Issued: time.Date(2026, 11, 21, 20, 33, 10, 0, time.UTC)}
	for _, name := range []string{"anna", "lea"} {
		u := profiles.User{Person: profiles.Person{
			ID: profiles.ID(fixed(name)[:16]), Mailbox: hex128("box " + name), Role: profiles.Secondary, State: profiles.Active, Sharing: profiles.Shared,
		}}
		if name == "anna" {
			u.Role, u.Sign = profiles.Main, public(t, main)
		}
		sealed, err := profiles.SealPrivate(car(t).Seal.PublicKey(), a.VID, u.ID, profiles.Conceal(name), profiles.Verifier{})
		if err != nil {
			t.Fatal(err)
		}
		u.Sealed = sealed
		a.Users = append(a.Users, u)
	}
	return a
}

func encode(t testing.TB, a profiles.Access) []byte {
	t.Helper()
	payload, err := a.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return payload
}

// signers are the two kinds of key that a document may be signed with.
func signers(t testing.TB) map[string]crypto.Signer {
	return map[string]crypto.Signer{"EdDSA": ed("back end"), "ES256": p256(t, "back end")}
}

// Of all documents that are one bit, one byte, one character less or one newline away
// from a good one, and of random ones, none verifies.
func TestOneSpellingOfADocument(t *testing.T) {
	all := 0
	for alg, key := range signers(t) {
		keys := trust(t, key)
		good := sign(t, encode(t, access(t, ed("anna"))), key)
		payload, kid, err := cloud.Verify(good, keys)
		if err != nil || kid != public(t, key).Thumbprint() || string(payload) != string(payloadOf(t, good)) {
			t.Fatalf("%s: the good one: %v", alg, err)
		}
		tried := map[string]int{}
		refuse := func(kind string, spoilt []byte) {
			tried[kind], all = tried[kind]+1, all+1
			if payload, kid, err := cloud.Verify(spoilt, keys); err == nil || payload != nil || kid != "" {
				t.Errorf("%s: %s verifies: %q", alg, kind, spoilt)
			}
		}
		for i := range good {
			for bit := range 8 {
				spoilt := append([]byte{}, good...)
				spoilt[i] ^= 1 << bit
				refuse("a flipped bit", spoilt)
			}
			refuse("a truncation", good[:i])
			refuse("a cut start", good[i+1:])
		}
		for i := range len(good) + 1 {
			for _, extra := range []string{"\n", "\r\n", " "} {
				refuse("an inserted "+extra, []byte(string(good[:i])+extra+string(good[i:])))
			}
		}
		for b := range 256 {
			refuse("one byte more", append(append([]byte{}, good...), byte(b)))
			refuse("one byte before", append([]byte{byte(b)}, good...))
		}
		for random := range spoilt(good, 10_000) {
			refuse("a random one", random)
		}
		t.Logf("%s: %d bytes, refused %v", alg, len(good), tried)
	}
	atLeast(t, 50_000, all)
}

// payloadOf takes the payload out of a JWS by hand.
func payloadOf(t testing.TB, jws []byte) []byte {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(strings.Split(string(jws), ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// by signs payload under any header at all.
func by(t testing.TB, header string, payload []byte, key crypto.Signer) []byte {
	t.Helper()
	text := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString(payload)
	var signature []byte
	switch key := key.(type) {
	case ed25519.PrivateKey:
		signature = ed25519.Sign(key, []byte(text))
	case *ecdsa.PrivateKey:
		sum := sha256.Sum256([]byte(text))
		r, s, err := ecdsa.Sign(nil, key, sum[:])
		if err != nil {
			t.Fatal(err)
		}
		signature = append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
	}
	return []byte(text + "." + base64.RawURLEncoding.EncodeToString(signature))
}

func TestHeader(t *testing.T) {
	payload := []byte(`{"vid":"x"}`)
	edKey, ecKey := ed("back end"), p256(t, "back end")
	edKid, ecKid := public(t, edKey).Thumbprint(), public(t, ecKey).Thumbprint()
	keys := trust(t, edKey).With(public(t, ecKey), profiles.MainUser)
	head := func(alg, kid, more string) string {
		return `{"alg":"` + alg + `","kid":"` + kid + `","typ":"gb-policy"` + more + `}`
	}
	for _, row := range []struct {
		name string
		jws  []byte
		want error
	}{
		{"EdDSA", by(t, head("EdDSA", edKid, ""), payload, edKey), nil},
		{"ES256", by(t, head("ES256", ecKid, ""), payload, ecKey), nil},
		{"members in another order", by(t, `{"typ":"gb-policy","kid":"`+edKid+`","alg":"EdDSA"}`, payload, edKey), nil},
		{"the other key's algorithm", by(t, head("ES256", edKid, ""), payload, ecKey), cloud.ErrMalformed},
		{"the other algorithm's key", by(t, head("EdDSA", ecKid, ""), payload, edKey), cloud.ErrMalformed},
		{"alg none", by(t, head("none", edKid, ""), payload, edKey), cloud.ErrMalformed},
		{"alg HS256", by(t, head("HS256", edKid, ""), payload, edKey), cloud.ErrMalformed},
		{"alg in lower case", by(t, head("eddsa", edKid, ""), payload, edKey), cloud.ErrMalformed},
		{"signed with another key", by(t, head("EdDSA", edKid, ""), payload, ed("thief")), cloud.ErrUnsigned},
		{"an unknown key", by(t, head("EdDSA", public(t, ed("thief")).Thumbprint(), ""), payload, ed("thief")), cloud.ErrUnknownKey},
		{"no kid", by(t, `{"alg":"EdDSA","typ":"gb-policy"}`, payload, edKey), cloud.ErrMalformed},
		{"no typ", by(t, `{"alg":"EdDSA","kid":"`+edKid+`"}`, payload, edKey), cloud.ErrMalformed},
		{"another typ", by(t, strings.Replace(head("EdDSA", edKid, ""), "gb-policy", "gb-act", 1), payload, edKey), cloud.ErrMalformed},
		{"typ in upper case", by(t, strings.Replace(head("EdDSA", edKid, ""), "gb-policy", "GB-policy", 1), payload, edKey), cloud.ErrMalformed},
		{"crit", by(t, head("EdDSA", edKid, `,"crit":["exp"],"exp":1`), payload, edKey), cloud.ErrMalformed},
		{"its own key", by(t, head("EdDSA", edKid, `,"jwk":{}`), payload, edKey), cloud.ErrMalformed},
		{"a key's address", by(t, head("EdDSA", edKid, `,"jku":"https://x"`), payload, edKey), cloud.ErrMalformed},
		{"b64", by(t, head("EdDSA", edKid, `,"b64":true`), payload, edKey), cloud.ErrMalformed},
		{"kid twice", by(t, head("EdDSA", edKid, `,"kid":"`+edKid+`"`), payload, edKey), cloud.ErrMalformed},
		{"kid null", by(t, `{"alg":"EdDSA","kid":null,"typ":"gb-policy"}`, payload, edKey), cloud.ErrMalformed},
		{"a list", by(t, `["EdDSA"]`, payload, edKey), cloud.ErrMalformed},
		{"an empty payload", by(t, head("EdDSA", edKid, ""), nil, edKey), cloud.ErrMalformed},
		{"no signature", cut(by(t, head("EdDSA", edKid, ""), payload, edKey)), cloud.ErrUnsigned},
		{"plain JSON", payload, cloud.ErrMalformed},
		{"nothing", nil, cloud.ErrMalformed},
		{"64 KiB", by(t, head("EdDSA", edKid, ""), fill(t, head("EdDSA", edKid, ""), 64<<10), edKey), nil},
		{"over 64 KiB", by(t, head("EdDSA", edKid, ""), append(fill(t, head("EdDSA", edKid, ""), 64<<10), 'x'), edKey), cloud.ErrMalformed},
	} {
		if _, _, err := cloud.Verify(row.jws, keys); !errors.Is(err, row.want) {
			t.Errorf("%s: %v, want %v", row.name, err, row.want)
		}
	}
}

// cut drops the signature and keeps the dot.
func cut(jws []byte) []byte { return jws[:strings.LastIndex(string(jws), ".")+1] }

// fill is the longest payload with which a document of EdDSA has at most size bytes.
func fill(t testing.TB, header string, size int) []byte {
	t.Helper()
	rest := size - base64.RawURLEncoding.EncodedLen(len(header)) - base64.RawURLEncoding.EncodedLen(64) - 2
	n := base64.RawURLEncoding.DecodedLen(rest)
	if base64.RawURLEncoding.EncodedLen(n+1) <= rest {
		t.Fatal("not the longest")
	}
	return []byte(strings.Repeat("x", n))
}

func TestParseTrust(t *testing.T) {
	jwk := func(key any) string {
		k, err := profiles.KeyOf(key)
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(k)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	one, two := jwk(ed("a").Public()), jwk(p256(t, "b").Public())
	for _, row := range []struct {
		name, set string
		good      bool
	}{
		{"one key", `{"keys":[` + one + `]}`, true},
		{"two kinds", `{"keys":[` + one + `,` + two + `]}`, true},
		{"with kid and use", `{"keys":[{"kid":"2026","use":"sig",` + one[1:] + `]}`, true},
		{"no key", `{"keys":[]}`, false},
		{"no keys", `{}`, false},
		{"a key that seals", `{"keys":[` + jwk(car(t).Seal.PublicKey()) + `]}`, false},
		{"one of two is bad", `{"keys":[` + one + `,{"kty":"RSA"}]}`, false},
		{"a key alone", one, false},
		{"something besides", `{"keys":[` + one + `],"x":1}`, false},
		{"not JSON", `keys`, false},
	} {
		if _, err := cloud.ParseTrust([]byte(row.set)); row.good != (err == nil) {
			t.Errorf("%s: %v, want good %v", row.name, err, row.good)
		}
	}
}

// Whose key signed follows from the car as it is now, and being enrolled gives the
// back end nothing.
func TestWhoSigned(t *testing.T) {
	backEnd, anna, me := ed("back end"), p256(t, "anna"), car(t)
	for _, row := range []struct {
		name string
		main crypto.Signer
		key  crypto.Signer
		edit func(*profiles.Roster)
		want profiles.SignerKind
	}{
		{"back end", anna, backEnd, nil, profiles.BackEnd},
		{"main user", anna, anna, nil, profiles.MainUser},
		{"the car", anna, me.Sign, nil, profiles.Car},
		{"a stranger", anna, ed("thief"), nil, profiles.Stranger},
		{"a secondary user", anna, ed("lea"), func(r *profiles.Roster) { r.People[1].Sign = public(t, ed("lea")) }, profiles.Stranger},
		{"the back end, enrolled as main user", backEnd, backEnd, nil, profiles.BackEnd},
		{"the car, enrolled as main user", me.Sign, me.Sign, nil, profiles.Car},
		{"a main user who awaits activation", anna, anna, func(r *profiles.Roster) { r.People[0].State = profiles.AwaitingActivation }, profiles.Stranger},
	} {
		doc, err := cloud.ReadDocument(sign(t, encode(t, access(t, row.main)), backEnd), trust(t, backEnd), me)
		if err != nil {
			t.Fatal(err)
		}
		r, _, err := profiles.Roster{VID: me.VID}.Apply(doc.Access, doc.By)
		if err != nil {
			t.Fatal(err)
		}
		if row.edit != nil {
			row.edit(&r)
		}
		keys := trust(t, backEnd).For(me, r)
		if got := keys.Signer(public(t, row.key).Thumbprint()); got.Kind != row.want {
			t.Errorf("%s: signed by %s, want %s", row.name, got.Kind, row.want)
		}
		_, _, err = cloud.Verify(sign(t, []byte(`{}`), row.key), keys)
		if known := row.want != profiles.Stranger; known != (err == nil) {
			t.Errorf("%s: %v", row.name, err)
		}
	}
}

// From the wire to the roster: the good document goes in, each bad one is refused by
// its name, and the one in force may come again whoever signed it.
func TestReadDocument(t *testing.T) {
	backEnd, me := ed("back end"), car(t)
	first := sign(t, encode(t, access(t, ed("anna"))), backEnd)
	doc, err := cloud.ReadDocument(first, trust(t, backEnd), me)
	if err != nil || doc.Access.Users[0].Name.Reveal() != "anna" {
		t.Fatalf("the first document: %v", err)
	}
	roster, _, err := profiles.Roster{VID: me.VID}.Apply(doc.Access, doc.By)
	if err != nil {
		t.Fatal(err)
	}
	if !cloud.Repeats(first, roster.Hash) || !cloud.Repeats(sign(t, payloadOf(t, first), ed("gone")), roster.Hash) {
		t.Error("the document in force is not known again")
	}
	next := func(edit func(*profiles.Access)) []byte {
		a := doc.Access
		a.Version, a.Previous = 2, roster.Hash
		a.Users = append([]profiles.User{}, a.Users...)
		edit(&a)
		return sign(t, encode(t, a), backEnd)
	}
	same := next(func(*profiles.Access) {})
	if cloud.Repeats(same, roster.Hash) || cloud.Repeats(first, profiles.Hash{}) || cloud.Repeats([]byte("x"), roster.Hash) {
		t.Error("another document is taken for the one in force")
	}
	for _, row := range []struct {
		name string
		jws  []byte
		want string
	}{
		{"fresh", same, ""},
		{"the same again", first, ""},
		{"older", next(func(a *profiles.Access) { a.Version = 1; a.Issued = a.Issued.Add(1) }), "forked"},
		{"too far ahead", next(func(a *profiles.Access) { a.Version += 2000 }), "ahead"},
		{"of another car", next(func(a *profiles.Access) { a.VID = hex128("another car") }), "foreign"},
		{"of a foreign key", sign(t, payloadOf(t, same), ed("thief")), "foreign"},
		{"unsigned", cut(same), "unsigned"},
		{"widened", next(func(a *profiles.Access) { a.RemoteServices = true }), "forbidden"},
		{"sealed to another person", next(func(a *profiles.Access) { a.Users[0].Sealed, a.Users[1].Sealed = a.Users[1].Sealed, a.Users[0].Sealed }), "malformed"},
		{"not a document", sign(t, []byte(`{"vid":1}`), backEnd), "malformed"},
		{"not a JWS", []byte(`{}`), "malformed"},
	} {
		doc, err := cloud.ReadDocument(row.jws, trust(t, backEnd).For(me, roster), me)
		if err == nil {
			_, _, err = roster.Apply(doc.Access, doc.By)
		}
		if row.want == "" && err != nil || row.want != "" && newVerifier().Refusal(err) != row.want {
			t.Errorf("%s: %v is called %s, want %s", row.name, err, newVerifier().Refusal(err), row.want)
		}
	}
	later, _, err := roster.Apply(doc.Access, doc.By)
	if err != nil || later.Version != roster.Version {
		t.Errorf("a repeat: version %d, %v", later.Version, err)
	}
	if got := newVerifier().Refusal(fmt.Errorf("publish: %w", profiles.ErrOlder)); got != "older" {
		t.Errorf("older is called %s", got)
	}
}

func BenchmarkReadDocument(b *testing.B) {
	for alg, key := range signers(b) {
		jws, keys, me := sign(b, encode(b, access(b, ed("anna"))), key), trust(b, key), car(b)
		b.Run(alg, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := cloud.ReadDocument(jws, keys, me); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
