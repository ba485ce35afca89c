package profiles_test

import (
	"bytes"
	"crypto/hpke"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"glovebox/profiles"
)

// What was sealed for one person of one car opens for that person and car alone, and
// no changed bit opens at all.
func TestPrivateOpensOnlyWhereItBelongs(t *testing.T) {
	me, id := car(t), idOf("anna")
	v := cheap(t, "480213")
	sealed, err := profiles.SealPrivate(me.Seal.PublicKey(), me.VID, id, profiles.Conceal("Anna"), v)
	if err != nil {
		t.Fatal(err)
	}
	name, got, err := profiles.OpenPrivate(me.Seal, me.VID, id, sealed)
	if err != nil || name.Reveal() != "Anna" || got != v {
		t.Fatalf("open: %v", err)
	}
	if _, _, err := profiles.OpenPrivate(me.Seal, me.VID, idOf("lea"), sealed); err == nil {
		t.Error("opens for another person")
	}
	if _, _, err := profiles.OpenPrivate(me.Seal, hex128("another car"), id, sealed); err == nil {
		t.Error("opens under another vehicle id")
	}
	if _, _, err := profiles.OpenPrivate(x25519(t, "another"), me.VID, id, sealed); err == nil {
		t.Error("opens with another key")
	}
	wire, err := base64.RawURLEncoding.DecodeString(sealed)
	if err != nil || wire[0] != 2 {
		t.Fatalf("version byte %d, %v", wire[0], err)
	}
	for i := range wire {
		wire[i] ^= 0x10
		if _, _, err := profiles.OpenPrivate(me.Seal, me.VID, id, base64.RawURLEncoding.EncodeToString(wire)); err == nil {
			t.Errorf("opens with byte %d changed", i)
		}
		wire[i] ^= 0x10
	}
	for n := range sealed {
		if _, _, err := profiles.OpenPrivate(me.Seal, me.VID, id, sealed[:n]+"\n"+sealed[n:]); err == nil {
			t.Errorf("opens with a newline after %d characters", n)
		}
		if _, _, err := profiles.OpenPrivate(me.Seal, me.VID, id, sealed[:n]); err == nil {
			t.Errorf("opens cut to %d characters", n)
		}
	}
}

// seal is HPKE as docs/security.md, The access document, describes it, written once more.
func seal(t *testing.T, plain string) string {
	me := car(t)
	public, err := hpke.DHKEM(me.Seal.Curve()).NewPublicKey(me.Seal.PublicKey().Bytes())
	if err != nil {
		t.Fatal(err)
	}
	enc, sender, err := hpke.NewSender(public, hpke.HKDFSHA256(), hpke.AES128GCM(), []byte("glovebox/1/private"))
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := sender.Seal([]byte(me.VID+idOf("anna").String()), []byte(plain))
	if err != nil {
		t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(append(append([]byte{2}, enc...), sealed...))
}

func TestPrivatePlaintext(t *testing.T) {
	phc := cheap(t, "480213").Reveal()
	for _, row := range []struct {
		name, plain string
		good        bool
	}{
		{"name and PIN", `{"name":"Anna","pin":"` + phc + `"}`, true},
		{"no PIN", `{"name":"Anna"}`, true},
		{"empty PIN", `{"name":"Anna","pin":""}`, true},
		{"a long name", `{"name":"` + strings.Repeat("x", 200) + `"}`, true},
		{"a longer name", `{"name":"` + strings.Repeat("x", 201) + `"}`, false},
		{"an empty name", `{"name":""}`, false},
		{"no name", `{"pin":"` + phc + `"}`, false},
		{"name as number", `{"name":5}`, false},
		{"one member more", `{"name":"Anna","role":"main"}`, false},
		{"name twice", `{"name":"Anna","name":"Lea"}`, false},
		{"another letter case", `{"Name":"Anna"}`, false},
		{"a PIN that is no hash", `{"name":"Anna","pin":"480213"}`, false},
		{"two values", `{"name":"Anna"}{}`, false},
		{"nothing", ``, false},
	} {
		_, _, err := profiles.OpenPrivate(car(t).Seal, car(t).VID, idOf("anna"), seal(t, row.plain))
		if row.good != (err == nil) {
			t.Errorf("%s: %v, want good %v", row.name, err, row.good)
		}
		if err != nil && (strings.Contains(err.Error(), "480213") || strings.Contains(err.Error(), "Anna")) {
			t.Errorf("%s: the error tells what was sealed: %v", row.name, err)
		}
	}
}

// However a personal value is printed, its text is not in it.
func TestPersonalValuesPrintAsPrivate(t *testing.T) {
	const secret = "Hanna-Lotte 480213"
	v := cheap(t, "480213")
	person := profiles.Person{ID: idOf("anna"), Name: profiles.Conceal(secret), Verifier: v}
	me := car(t)
	values := map[string]any{
		"name": profiles.Conceal(secret), "PIN": profiles.NewPIN(secret), "verifier": v, "identity": me,
		"person": person, "pointer": &person, "list": []profiles.Person{person}, "roster": profiles.Roster{People: []profiles.Person{person}},
		"change": profiles.User{Person: person}, "map": map[string]profiles.PIN{"pin": profiles.NewPIN(secret)},
	}
	kept, err := me.Encode()
	if err != nil {
		t.Fatal(err)
	}
	var identity struct{ Sign, Seal string }
	if err := json.Unmarshal(bytes.ReplaceAll(bytes.ReplaceAll(kept, []byte("sign_seed"), []byte("sign")), []byte("seal_key"), []byte("seal")), &identity); err != nil {
		t.Fatal(err)
	}
	secrets := []string{secret, "480213", v.Reveal(), v.Reveal()[30:50], fmt.Sprint([]byte(me.Sign)[:8]), identity.Sign, identity.Seal,
		base64.StdEncoding.EncodeToString(me.Sign)[:40]}
	for what, value := range values {
		var printed bytes.Buffer
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%20.3s", "%T %[1]v"} {
			fmt.Fprintf(&printed, verb+"\n", value)
		}
		fmt.Fprintln(&printed, fmt.Errorf("log in %v: refused", value), value)
		for _, h := range []slog.Handler{slog.NewJSONHandler(&printed, nil), slog.NewTextHandler(&printed, nil)} {
			slog.New(h).Info("message", "value", value, slog.Group("g", "value", value))
		}
		if err := json.NewEncoder(&printed).Encode(value); err != nil {
			t.Errorf("%s: %v", what, err)
		}
		for _, s := range secrets {
			hexed := fmt.Sprintf("%x", s)
			for _, form := range []string{s, hexed, strings.ToUpper(hexed)} {
				if strings.Contains(printed.String(), form) {
					t.Errorf("%s prints %q:\n%s", what, form, printed.String())
				}
			}
		}
		if !strings.Contains(printed.String(), "‹private›") {
			t.Errorf("%s never prints ‹private›:\n%s", what, printed.String())
		}
	}
}
