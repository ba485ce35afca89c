package cloud_test

import (
	"crypto"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"errors"
	"iter"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"glovebox/agent/cloud"
	"glovebox/profiles"
	"glovebox/telemetry/outside"
)

// orderers are the two kinds of key that a phone may sign with.
func orderers(t testing.TB) map[string]crypto.Signer {
	return map[string]crypto.Signer{"EdDSA": ed("lea's phone"), "ES256": p256(t, "lea's phone")}
}

// people are Anna and Lea, each with a key, a mailbox and nothing else.
func people(t testing.TB, lea crypto.Signer) profiles.Roster {
	return profiles.Roster{VID: hex128("car"), People: []profiles.Person{
		{ID: profiles.ID{1}, Mailbox: hex128("box anna"), Role: profiles.Main, State: profiles.Active, Sign: public(t, ed("anna"))},
		{ID: profiles.ID{2}, Mailbox: hex128("box lea"), Role: profiles.Secondary, State: profiles.Active, Sign: public(t, lea)},
	}}
}

// claims are those of an action of a key.
func claims(t testing.TB, key crypto.Signer, ctr int) string {
	return string(must(t, map[string]any{
		"vid": hex128("car"), "key": public(t, key).Thumbprint(), "epoch": hex128("epoch"),
		"ctr": ctr, "exp": 90, "act": "climate-start", "args": map[string]any{"celsius": 21.5, "minutes": 10},
	}))
}

func must(t testing.TB, v any) []byte {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func signedAction(t testing.TB, payload string, key crypto.Signer) []byte {
	t.Helper()
	jws, err := outside.Sign(key, cloud.TypeAction, []byte(payload))
	if err != nil {
		t.Fatal(err)
	}
	return jws
}

// unhurried is a verifier whose clock runs so fast that no rate matters.
type unhurried struct {
	*cloud.Verifier
	people profiles.Roster
	now    time.Duration
}

func (d *unhurried) take(jws []byte) (profiles.Action, error) {
	d.now += 10 * time.Second
	a, _, err := d.Action(jws, d.people, d.now)
	return a, err
}

// newVerifier is the one of the car of all tests; it trusts no back end.
func newVerifier() *cloud.Verifier {
	return cloud.NewVerifier(profiles.Identity{VID: hex128("car")}, cloud.KeySet{})
}

func step(err error) cloud.Step {
	if r, ok := errors.AsType[*cloud.Refused](err); ok {
		return r.Step
	}
	return ""
}

// Of all actions that are one bit, one byte, one character less or one newline away
// from a good one, and of random ones, none passes; then the good one does.
func TestOneSpellingOfAnAction(t *testing.T) {
	all := 0
	for alg, key := range orderers(t) {
		d := &unhurried{newVerifier(), people(t, key), 0}
		good := signedAction(t, claims(t, key, 7), key)
		tried := 0
		refuse := func(kind string, spoilt []byte) {
			tried++
			if a, err := d.take(spoilt); err == nil || a.Key != "" {
				t.Errorf("%s: %s passes: %q", alg, kind, spoilt)
			}
		}
		for i := range good {
			for bit := range 8 {
				spoilt := append([]byte{}, good...)
				spoilt[i] ^= 1 << bit
				refuse("a flipped bit", spoilt)
			}
			refuse("a truncation", good[:i])
		}
		for i := range len(good) + 1 {
			for _, extra := range []string{"\n", "\r\n", " "} {
				refuse("an inserted "+extra, []byte(string(good[:i])+extra+string(good[i:])))
			}
		}
		for b := range 256 {
			refuse("one byte more", append(append([]byte{}, good...), byte(b)))
		}
		for random := range spoilt(good, 10_000) {
			refuse("a random one", random)
		}
		a, err := d.take(good)
		if err != nil || a.Ctr != 7 || a.Verb != profiles.ClimateStart {
			t.Errorf("%s: the good one: %+v, %v", alg, a, err)
		}
		t.Logf("%s: %d bytes, %d refused", alg, len(good), tried)
		all += tried
	}
	atLeast(t, 27_900, all)
}

// atLeast holds a matrix against the size that the rules want of it.
func atLeast(t *testing.T, want, inputs int) {
	t.Helper()
	if t.Logf("%d inputs refused", inputs); inputs < want {
		t.Errorf("%d inputs: want %d", inputs, want)
	}
}

// spoilt are n random ones, some letters away from a good one.
func spoilt(good []byte, n int) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		draw := rand.New(rand.NewPCG(1, 2))
		const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."
		for n > 0 {
			random := append([]byte{}, good...)
			for range 1 + draw.IntN(8) {
				random[draw.IntN(len(random))] = letters[draw.IntN(len(letters))]
			}
			if string(random) == string(good) {
				continue
			}
			if n--; !yield(random) {
				return
			}
		}
	}
}

// Each check has its place: what is wrong in two ways is refused at the earlier one.
func TestOrderOfChecks(t *testing.T) {
	lea := ed("lea's phone")
	kid := public(t, lea).Thumbprint()
	head := `{"alg":"EdDSA","kid":"` + kid + `","typ":"gb-act"}`
	good := claims(t, lea, 7)
	gone := people(t, lea)
	gone.People[1].State = profiles.Removing
	for _, row := range []struct {
		name string
		jws  []byte
		want cloud.Step
	}{
		{"good", signedAction(t, good, lea), ""},
		{"too long", []byte(strings.Repeat("x", 4097)), cloud.AtSize},
		{"no JWS", []byte("x"), cloud.AtForm},
		{"a document's type", by(t, strings.Replace(head, "gb-act", "gb-policy", 1), []byte(good), lea), cloud.AtHeader},
		{"none", by(t, strings.Replace(head, "EdDSA", "none", 1), []byte(good), lea), cloud.AtSignature},
		{"crit", by(t, strings.Replace(head, "}", `,"crit":["b64"]}`, 1), []byte(good), lea), cloud.AtHeader},
		{"a stranger", signedAction(t, good, ed("stranger")), cloud.AtKey},
		{"the back end", signedAction(t, good, ed("back end")), cloud.AtKey},
		{"forged", by(t, head, []byte(good), ed("stranger")), cloud.AtSignature},
		{"another's claim", signedAction(t, claims(t, ed("anna"), 7), lea), cloud.AtClaims},
		{"ctr 0", signedAction(t, claims(t, lea, 0), lea), cloud.AtClaims},
		{"another car", signedAction(t, strings.Replace(good, hex128("car"), hex128("other"), 1), lea), cloud.AtVehicle},
		{"another car, bad claims", signedAction(t, strings.Replace(good, hex128("car"), "x", 1), lea), cloud.AtClaims},
	} {
		d := &unhurried{newVerifier(), people(t, lea), 0}
		if _, err := d.take(row.jws); step(err) != row.want {
			t.Errorf("%s: refused at %q (%v), want %q", row.name, step(err), err, row.want)
		}
	}
	d := &unhurried{newVerifier(), gone, 0}
	if _, err := d.take(signedAction(t, good, lea)); step(err) != cloud.AtKey {
		t.Errorf("removed: %v", err)
	}
}

// A key has ten actions at once and five a second; who sends more is told once a
// minute, when the signature is theirs, and the others go on.
func TestRates(t *testing.T) {
	lea := ed("lea's phone")
	d := &unhurried{newVerifier(), people(t, lea), 0}
	good := signedAction(t, claims(t, lea, 7), lea)
	passed, told, at := 0, 0, time.Hour
	for range 100 {
		switch a, busy, err := d.Action(good, d.people, at); {
		case err == nil:
			passed++
		case step(err) == cloud.AtRate && busy && a.Ctr == 7:
			told++
		case step(err) != cloud.AtRate:
			t.Fatal(err)
		}
	}
	if passed != 10 || told != 1 {
		t.Errorf("%d passed and %d were told at once, want 10 and 1", passed, told)
	}
	forged := by(t, `{"alg":"EdDSA","kid":"`+public(t, lea).Thumbprint()+`","typ":"gb-act"}`, []byte(claims(t, lea, 8)), ed("stranger"))
	at += time.Minute
	looked := 0
	for range 100 {
		a, busy, err := d.Action(forged, d.people, at)
		if step(err) == cloud.AtSignature {
			looked++
		}
		if err == nil || busy || a.Key != "" {
			t.Fatal("a forger is told")
		}
	}
	if looked != 11 {
		t.Errorf("looked at %d forged signatures, want the ten of the rate and one", looked)
	}
	at += time.Minute
	if _, _, err := d.Action(signedAction(t, claims(t, ed("anna"), 1), ed("anna")), d.people, at); err != nil {
		t.Errorf("Anna: %v", err)
	}
	passed = 0
	for range 50 { // ten a second for five seconds, after a rest
		at += 100 * time.Millisecond
		if _, _, err := d.Action(good, d.people, at); err == nil {
			passed++
		}
	}
	if passed < 25 || passed > 35 {
		t.Errorf("%d of 50 passed in five seconds, want about 35", passed)
	}
}

// An ask is answered for the mailbox of the key's own person only.
func TestAsk(t *testing.T) {
	lea := ed("lea's phone")
	kid := public(t, lea).Thumbprint()
	ask := func(box, key string) []byte {
		return must(t, map[string]string{"mailbox": box, "key": key, "challenge": hex128("challenge")})
	}
	invited := people(t, lea)
	invited.People[1].State = profiles.Confirmed
	for _, row := range []struct {
		name   string
		text   []byte
		people profiles.Roster
		want   cloud.Step
	}{
		{"good", ask(hex128("box lea"), kid), people(t, lea), ""},
		{"another's mailbox", ask(hex128("box anna"), kid), people(t, lea), cloud.AtKey},
		{"a stranger's key", ask(hex128("box lea"), "x"), people(t, lea), cloud.AtKey},
		{"not active", ask(hex128("box lea"), kid), invited, cloud.AtKey},
		{"too long", []byte(strings.Repeat(" ", 1025)), people(t, lea), cloud.AtSize},
		{"no JSON", []byte("x"), people(t, lea), cloud.AtClaims},
	} {
		if _, err := newVerifier().Ask(row.text, row.people, time.Hour); step(err) != row.want {
			t.Errorf("%s: %v, want %q", row.name, err, row.want)
		}
	}
	d, passed := newVerifier(), 0
	for range 30 {
		if _, err := d.Ask(ask(hex128("box lea"), kid), people(t, lea), time.Hour); err == nil {
			passed++
		}
	}
	if passed != 10 {
		t.Errorf("%d asks at once, want 10", passed)
	}
}

// fixedES256 signs an action by RFC 6979: each process of a fuzz target makes the same.
func fixedES256(t testing.TB, payload string, key crypto.Signer) []byte {
	t.Helper()
	header := `{"alg":"ES256","kid":"` + public(t, key).Thumbprint() + `","typ":"gb-act"}`
	text := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString([]byte(payload))
	sum := sha256.Sum256([]byte(text))
	der, err := key.Sign(nil, sum[:], crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	var point struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &point); err != nil {
		t.Fatal(err)
	}
	signature := append(point.R.FillBytes(make([]byte, 32)), point.S.FillBytes(make([]byte, 32))...)
	return []byte(text + "." + base64.RawURLEncoding.EncodeToString(signature))
}

// An action passes if and only if it is one of the good ones, byte by byte.
func FuzzAction(f *testing.F) {
	good := map[string]bool{}
	signers := orderers(f)
	for _, alg := range []string{"EdDSA", "ES256"} {
		jws := signedAction(f, claims(f, signers["EdDSA"], 7), signers["EdDSA"])
		if alg == "ES256" {
			jws = fixedES256(f, claims(f, signers[alg], 7), signers[alg])
		}
		good[string(jws)] = true
		f.Add(jws)
		f.Add(jws[:len(jws)-1])
		f.Add(append([]byte(" "), jws...))
	}
	f.Add([]byte("e30.e30.e30"))
	roster := people(f, signers["EdDSA"])
	roster.People = append(roster.People, profiles.Person{ID: profiles.ID{3}, Role: profiles.Secondary, State: profiles.Active, Sign: public(f, signers["ES256"])})
	f.Fuzz(func(t *testing.T, jws []byte) {
		a, _, err := newVerifier().Action(jws, roster, time.Hour)
		if (err == nil) != good[string(jws)] {
			t.Fatalf("%q: %v", jws, err)
		}
		if err != nil && step(err) == "" || err != nil && a.Key != "" {
			t.Fatalf("%q: %+v, %v", jws, a, err)
		}
	})
}
