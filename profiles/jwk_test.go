package profiles_test

import (
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"glovebox/profiles"
)

func TestParseKey(t *testing.T) {
	const x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" // RFC 8037, appendix A.2
	const ecX, ecY = "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4", "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"
	ed := `{"kty":"OKP","crv":"Ed25519","x":"` + x + `"}`
	ec := `{"kty":"EC","crv":"P-256","x":"` + ecX + `","y":"` + ecY + `"}` // RFC 7517, appendix A.1
	xk := `{"kty":"OKP","crv":"X25519","x":"` + x + `"}`
	for _, row := range []struct {
		name, jwk string
		good      bool
	}{
		{"Ed25519", ed, true},
		{"P-256", ec, true},
		{"X25519", xk, true},
		{"with kid, use and alg", `{"kid":"a","use":"sig","alg":"EdDSA",` + ed[1:], true},
		{"P-256 with alg", `{"alg":"ES256",` + ec[1:], true},
		{"use of the other kind", `{"use":"enc",` + ed[1:], false},
		{"alg of the other kind", `{"alg":"ES256",` + ed[1:], false},
		{"alg none", `{"alg":"none",` + ed[1:], false},
		{"with its private part", `{"d":"` + x + `",` + ed[1:], false},
		{"kty of the other kind", strings.Replace(ed, "OKP", "EC", 1), false},
		{"kty in lower case", strings.Replace(ed, "OKP", "okp", 1), false},
		{"x twice", `{"x":"` + x + `",` + ed[1:], false},
		{"x padded", strings.Replace(ed, x, x+"=", 1), false},
		{"x too short", strings.Replace(ed, x, x[:42], 1), false},
		{"x too long", strings.Replace(ed, x, x+"AA", 1), false},
		{"x with unused bits set", strings.Replace(ed, x, x[:42]+"p", 1), false},
		{"x with a newline", strings.Replace(ed, x, `\n`+x, 1), false},
		{"x missing", `{"kty":"OKP","crv":"Ed25519"}`, false},
		{"y on a curve without one", `{"y":"` + x + `",` + ed[1:], false},
		{"y missing", `{"kty":"EC","crv":"P-256","x":"` + ecX + `"}`, false},
		{"a point beside the curve", strings.Replace(ec, ecY, x, 1), false},
		{"P-384", strings.Replace(ec, "P-256", "P-384", 1), false},
		{"secp256k1", strings.Replace(ec, "P-256", "secp256k1", 1), false},
		{"RSA", `{"kty":"RSA","n":"AQAB","e":"AQAB"}`, false},
		{"symmetric", `{"kty":"oct","k":"AQAB"}`, false},
		{"an X25519 key of low order", strings.Replace(xk, x, strings.Repeat("A", 43), 1), false},
		{"another of low order", strings.Replace(xk, x, "4Ot6fDtBuK4WVuP68Z_EatoJjeucMrH9hmIFFl9JuAA", 1), false},
		{"null", "null", false},
		{"nothing", "", false},
	} {
		k, err := profiles.ParseKey([]byte(row.jwk))
		if row.good != (err == nil) || k.IsZero() == row.good {
			t.Errorf("%s: %v, want good %v", row.name, err, row.good)
		}
	}
	k, err := profiles.ParseKey([]byte(ed))
	if err != nil || k.Thumbprint() != "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k" { // RFC 8037, appendix A.3
		t.Errorf("thumbprint %s, %v", k.Thumbprint(), err)
	}
}

// A key to which nothing can be sealed is refused, and no other: what X25519 itself
// says of a multiplication with it.
func TestLowOrderKeys(t *testing.T) {
	refused := 0
	for _, near := range []string{ // 0, the two points of order 8, the prime
		strings.Repeat("00", 32),
		"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
		"5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
		strings.Repeat("ff", 31) + "7f",
	} {
		u, _ := hex.DecodeString(near)
		for n := range 512 {
			u[0], u[31] = byte(n), u[31]&0x7F|byte(n>>8)<<7
			public, err := ecdh.X25519().NewPublicKey(u)
			if err != nil {
				t.Fatal(err)
			}
			_, err = x25519(t, "a").ECDH(public)
			_, got := profiles.ParseKey(fmt.Appendf(nil, `{"kty":"OKP","crv":"X25519","x":%q}`, base64.RawURLEncoding.EncodeToString(u)))
			if (got != nil) != (err != nil) {
				t.Errorf("%x: %v, and X25519 says %v", u, got, err)
			}
			if err != nil {
				refused++
			}
		}
	}
	if refused != 14 {
		t.Errorf("%d of the keys are of low order, want 7 and their copies with the highest bit", refused)
	}
}

// Every key reads back as itself, and go-jose gives it the same name.
func TestKeyRoundTrip(t *testing.T) {
	ecdsaKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for name, public := range map[string]any{
		"EdDSA": ed25519.NewKeyFromSeed(fixed("a")).Public(), "ES256": ecdsaKey.Public(), "": x25519(t, "a").PublicKey(),
	} {
		k := keyOf(t, public)
		var back profiles.Key
		if err := json.Unmarshal([]byte(jwk(t, k)), &back); err != nil || back != k {
			t.Errorf("%s: %v: %v became %v", name, err, k, back)
		}
		if same, ok := k.Public().(interface{ Equal(x any) bool }); ok && !same.Equal(public) {
			t.Errorf("%s: another key came back", name)
		}
		if k.Algorithm() != name || k.Signs() != (name != "") || k.Seals() != (name == "") || (k.Sealing() != nil) != k.Seals() {
			t.Errorf("%s: algorithm %q, signs %v, seals %v", name, k.Algorithm(), k.Signs(), k.Seals())
		}
		if name == "" {
			continue // go-jose knows no X25519
		}
		theirs := jose.JSONWebKey{}
		if err := theirs.UnmarshalJSON([]byte(jwk(t, k))); err != nil {
			t.Fatal(err)
		}
		sum, err := theirs.Thumbprint(5) // crypto.SHA256
		if err != nil || base64.RawURLEncoding.EncodeToString(sum) != k.Thumbprint() {
			t.Errorf("%s: thumbprint %s: %v", name, k.Thumbprint(), err)
		}
	}
	p384, err := ecdh.P384().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, public := range []any{nil, "key", p384.PublicKey(), ed25519.PublicKey{1}} {
		if k, err := profiles.KeyOf(public); err == nil || !k.IsZero() {
			t.Errorf("%T: want an error", public)
		}
	}
}

func TestIdentity(t *testing.T) {
	first, err := profiles.NewIdentity()
	if err != nil {
		t.Fatal(err)
	}
	second, _ := profiles.NewIdentity()
	if !profiles.IsHex128(first.VID) || first.VID == second.VID || first.Sign.Equal(second.Sign) {
		t.Error("identities are not fresh")
	}
	kept, err := first.Encode()
	if err != nil {
		t.Fatal(err)
	}
	back, err := profiles.DecodeIdentity(kept)
	if err != nil || back.VID != first.VID || !back.Sign.Equal(first.Sign) || !back.Seal.Equal(first.Seal) || back.Public() != first.Public() {
		t.Errorf("another identity came back: %v", err)
	}
	public, err := json.Marshal(first.Public())
	if err != nil {
		t.Fatal(err)
	}
	p := first.Public()
	want := fmt.Sprintf(`{"vid":"%s","sign":{"kty":"OKP","crv":"Ed25519","x":"%s"},"seal":{"kty":"OKP","crv":"X25519","x":"%s"}}`, first.VID,
		base64.RawURLEncoding.EncodeToString(p.Sign.Public().(ed25519.PublicKey)), base64.RawURLEncoding.EncodeToString(p.Seal.Sealing().Bytes()))
	if string(public) != want {
		t.Errorf("public identity\n%s, want\n%s", public, want)
	}
	for i := range kept {
		spoilt := slices.Delete(slices.Clone(kept), i, i+1)
		if _, err := profiles.DecodeIdentity(spoilt); err == nil {
			t.Errorf("accepted without byte %d", i)
		}
	}
}
