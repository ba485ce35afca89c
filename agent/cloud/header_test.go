package cloud_test

import (
	"crypto"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"glovebox/agent/cloud"
	"glovebox/profiles"
)

// Each forged header is refused, for a document and for an action, with either kind of key;
// then the good one passes.
func TestForgedHeaders(t *testing.T) {
	forged := 0
	for alg, key := range orderers(t) {
		other := orderers(t)[map[string]string{"EdDSA": "ES256", "ES256": "EdDSA"}[alg]]
		for typ, passes := range map[string]func(jws []byte) bool{
			cloud.TypeAction: func(jws []byte) bool {
				_, _, err := newVerifier().Action(jws, people(t, key), time.Hour)
				return err == nil
			},
			cloud.TypePolicy: func(jws []byte) bool {
				_, _, err := cloud.Verify(jws, trust(t, key))
				return err == nil
			},
		} {
			payload := []byte(claims(t, key, 7))
			for name, jws := range headers(t, alg, typ, payload, key, other) {
				forged++
				if passes(jws) {
					t.Errorf("%s, %s: %s passes", alg, typ, name)
				}
			}
			if !passes(by(t, `{"alg":"`+alg+`","kid":"`+public(t, key).Thumbprint()+`","typ":"`+typ+`"}`, payload, key)) {
				t.Errorf("%s, %s: the good one is refused", alg, typ)
			}
		}
	}
	atLeast(t, 60, forged)
}

// headers are signed objects of one key that are good but for their header.
func headers(t *testing.T, alg, typ string, payload []byte, key, other crypto.Signer) map[string][]byte {
	t.Helper()
	kid := public(t, key).Thumbprint()
	good := `{"alg":"` + alg + `","kid":"` + kid + `","typ":"` + typ + `"}`
	with := func(old, new string) []byte {
		if !strings.Contains(good, old) {
			t.Fatalf("no %s in %s", old, good)
		}
		return by(t, strings.Replace(good, old, new, 1), payload, key)
	}
	more := func(member string) []byte { return with("}", ","+member+"}") }
	otherAlg := map[string]string{"EdDSA": "ES256", "ES256": "EdDSA"}[alg]
	text := func(header string) string {
		return base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString(payload)
	}
	hs256 := text(strings.Replace(good, alg, "HS256", 1))
	mac := hmac.New(sha256.New, []byte(kid)) // what is public of the key, as the secret
	mac.Write([]byte(hs256))
	raw := base64.RawURLEncoding.EncodeToString
	return map[string][]byte{
		"none":                          with(alg, "none"),
		"none, without a signature":     []byte(text(strings.Replace(good, alg, "none", 1)) + "."),
		"HS256 with the public key":     []byte(hs256 + "." + raw(mac.Sum(nil))),
		"the other algorithm":           with(alg, otherAlg),
		"signed by the other algorithm": by(t, strings.Replace(good, alg, otherAlg, 1), payload, other),
		"signed by another key":         by(t, good, payload, other),
		"ES384":                         with(alg, "ES384"),
		"lower case":                    with(alg, strings.ToLower(alg)),
		"an algorithm too many":         more(`"alg":"` + alg + `"`),
		"an algorithm that is no text":  with(`"`+alg+`"`, "1"),
		"no algorithm":                  with(`"alg":"`+alg+`",`, ""),
		"its own key":                   more(`"jwk":{"kty":"OKP"}`),
		"the address of a key":          more(`"jku":"https://192.0.2.1/k"`),
		"a certificate":                 more(`"x5c":["MIIB"]`),
		"the address of a certificate":  more(`"x5u":"https://192.0.2.1/c"`),
		"crit":                          more(`"crit":["exp"]`),
		"b64":                           more(`"b64":false,"crit":["b64"]`),
		"a member that is unknown":      more(`"x":1`),
		"kid twice":                     more(`"kid":"` + kid + `"`),
		"another kid":                   with(kid, public(t, other).Thumbprint()),
		"no kid":                        with(`"kid":"`+kid+`",`, ""),
		"kid null":                      with(`"`+kid+`"`, "null"),
		"another typ":                   with(typ, "JWT"),
		"typ in upper case":             with(typ, strings.ToUpper(typ)),
		"no typ":                        with(`,"typ":"`+typ+`"`, ""),
		"typ twice":                     more(`"typ":"` + typ + `"`),
		"Alg":                           with(`"alg"`, `"Alg"`),
		"a list":                        by(t, `["`+alg+`"]`, payload, key),
		"something behind":              by(t, good+"{}", payload, key),
		"nothing":                       by(t, "", payload, key),
		"JSON serialisation": []byte(`{"protected":"` + raw([]byte(good)) + `","payload":"` + raw(payload) + `","signature":"` +
			strings.Split(string(by(t, good, payload, key)), ".")[2] + `"}`),
	}
}

// A document verifies if and only if it is one of the good ones, byte by byte.
func FuzzDocument(f *testing.F) {
	good := map[string]bool{}
	keys := trust(f, ed("back end")).With(public(f, p256(f, "back end")), profiles.MainUser)
	for _, jws := range [][]byte{sign(f, []byte(`{"vid":"x","version":1}`), ed("back end")), sign(f, []byte("{}"), ed("back end"))} {
		good[string(jws)] = true
		f.Add(jws)
		f.Add(jws[1:])
		f.Add(append(jws[:len(jws):len(jws)], '='))
	}
	f.Add([]byte("e30.e30.e30"))
	f.Fuzz(func(t *testing.T, jws []byte) {
		payload, kid, err := cloud.Verify(jws, keys)
		if (err == nil) != good[string(jws)] || err != nil && (payload != nil || kid != "") {
			t.Fatalf("%q: %q, %v", jws, payload, err)
		}
	})
}
