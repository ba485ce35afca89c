package profiles_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"glovebox/profiles"
)

// payload is a small good document as text, to be spoilt.
func payload(t testing.TB) string {
	return fmt.Sprintf(`{"vid":%q,"version":7,"previous":"","issued":"2026-11-21T20:33:10Z",`+
		`"users":[{"id":%q,"mailbox":%q,"role":"main","state":"active","sharing":"shared","restricted":[],"sign":%s,"seal":%s,"private":"AAAA"},`+
		`{"id":%q,"mailbox":%q,"role":"secondary","state":"active","sharing":"limited","restricted":["radio"],"private":"AAAA"}],`+
		`"readers":[{"role":"backend","mailbox":%q,"seal":%s}],"inbox":%q,"guest_services":true,"remote_services":false}`,
		hex128("car"), hex128("anna"), hex128("box anna"), jwk(t, signKey(t, "anna")), jwk(t, sealKey(t, "anna")),
		hex128("lea"), hex128("box lea"), hex128("box backend"), jwk(t, sealKey(t, "backend")), hex128("inbox"))
}

func jwk(t testing.TB, k profiles.Key) string {
	text, err := json.Marshal(k)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Who is in the car is said, be it nobody; and what is wrong says with whom.
func TestUsersMustBeThere(t *testing.T) {
	whole := payload(t)
	from, to := strings.Index(whole, `"users":`), strings.Index(whole, `"readers":`)
	for users, good := range map[string]bool{`"users":[],`: true, `"users":null,`: false, ``: false} {
		if _, err := profiles.DecodeAccess([]byte(whole[:from] + users + whole[to:])); (err == nil) != good {
			t.Errorf("%s: %v, want good %v", users, err, good)
		}
	}
	second := strings.Replace(whole, `"role":"secondary"`, `"role":"guest"`, 1)
	if _, err := profiles.DecodeAccess([]byte(second)); err == nil || !strings.Contains(err.Error(), "user 2") {
		t.Errorf("a bad second user: %v", err)
	}
}

func TestDecodeAccess(t *testing.T) {
	lea, box := hex128("lea"), hex128("box lea")
	for _, row := range []struct {
		name, old, new string
		good           bool
	}{
		{"as it is", "", "", true},
		{"space between", `,"users":`, ` , "users" : `, true},
		{"members in another order", `"version":7,"previous":"",`, `"previous":"","version":7,`, true},
		{"previous absent", `"previous":"",`, ``, true},
		{"previous null", `"previous":""`, `"previous":null`, true},
		{"previous in hex", `"previous":""`, `"previous":"` + strings.Repeat("0a", 32) + `"`, true},
		{"previous in base64url", `"previous":""`, `"previous":"` + strings.Repeat("A", 42) + `I"`, true},
		{"previous in upper-case hex", `"previous":""`, `"previous":"` + strings.Repeat("0A", 32) + `"`, false},
		{"previous with a newline", `"previous":""`, `"previous":"\n` + strings.Repeat("A", 42) + `I"`, false},
		{"previous too short", `"previous":""`, `"previous":"0a"`, false},
		{"previous all zero", `"previous":""`, `"previous":"` + strings.Repeat("00", 32) + `"`, false},
		{"issued with a fraction", `:10Z"`, `:10.25Z"`, true},
		{"issued at offset zero", `:10Z"`, `:10+00:00"`, true},
		{"issued in seconds", `"2026-11-21T20:33:10Z"`, `1795293190`, true},
		{"issued in the last second", `"2026-11-21T20:33:10Z"`, `253402300799`, true},
		{"issued a second later", `"2026-11-21T20:33:10Z"`, `274877906944`, false},
		{"state empty", `"state":"active","sharing":"limited"`, `"state":"","sharing":"limited"`, false},
		{"issued in local time", `:10Z"`, `:10+01:00"`, false},
		{"issued without a zone", `:10Z"`, `:10"`, false},
		{"issued missing", `"issued":"2026-11-21T20:33:10Z",`, ``, false},
		{"issued negative", `"2026-11-21T20:33:10Z"`, `-5`, false},
		{"vid missing", `"vid":"` + hex128("car") + `",`, ``, false},
		{"vid in upper case", `"vid":"` + hex128("car"), `"vid":"` + strings.ToUpper(hex128("car")), false},
		{"vid named otherwise", `"vid"`, `"Vid"`, false},
		{"vid twice", `"version":7`, `"vid":"` + hex128("car") + `","version":7`, false},
		{"vid twice, once escaped", `"version":7`, `"\u0076id":"` + hex128("car") + `","version":7`, false},
		{"vid once, escaped", `"vid"`, `"\u0076id"`, true},
		{"version zero", `"version":7`, `"version":0`, false},
		{"version negative", `"version":7`, `"version":-7`, false},
		{"version with a fraction", `"version":7`, `"version":7.0`, false},
		{"version with an exponent", `"version":7`, `"version":7e0`, false},
		{"version as text", `"version":7`, `"version":"7"`, false},
		{"version at the end", `"version":7`, `"version":9007199254740991`, true},
		{"version over the end", `"version":7`, `"version":9007199254740992`, false},
		{"version over 64 bits", `"version":7`, `"version":18446744073709551623`, false},
		{"version null", `"version":7`, `"version":null`, false},
		{"unknown member", `"version":7`, `"version":7,"x":1`, false},
		{"unknown null member", `"version":7`, `"version":7,"x":null`, false},
		{"unknown member of a user", `"role":"main"`, `"role":"main","admin":true`, false},
		{"unknown member of a reader", `"role":"backend"`, `"role":"backend","id":"x"`, false},
		{"unknown member of a key", `"kty":"OKP"`, `"kty":"OKP","x5u":"http://x"`, false},
		{"member of a user twice", `"role":"main"`, `"role":"main","role":"main"`, false},
		{"member of a key twice", `"kty":"OKP"`, `"kty":"OKP","kty":"OKP"`, false},
		{"role in upper case", `"role":"main"`, `"role":"Main"`, false},
		{"role guest", `"role":"secondary"`, `"role":"guest"`, false},
		{"state unknown", `"state":"active"`, `"state":"asleep"`, false},
		{"state removing", `"state":"active","sharing":"limited"`, `"state":"removing","sharing":"limited"`, false},
		{"main's sharing absent", `"sharing":"shared",`, ``, true},
		{"main's sharing limited", `"sharing":"shared"`, `"sharing":"limited"`, false},
		{"secondary's sharing absent", `"sharing":"limited",`, ``, false},
		{"sharing unknown", `"sharing":"limited"`, `"sharing":"all"`, false},
		{"restricted absent", `"restricted":["radio"],`, ``, true},
		{"restricted null", `"restricted":["radio"]`, `"restricted":null`, true},
		{"restricted twice", `["radio"]`, `["radio","radio"]`, false},
		{"restricted unknown", `["radio"]`, `["horn"]`, false},
		{"restricted main", `"restricted":[]`, `"restricted":["radio"]`, false},
		{"restricted as text", `["radio"]`, `"radio"`, false},
		{"no readers", `"readers":[`, `"inbox_was":[`, false},
		{"users null", `"users":[`, `"users":null,"x":[`, false},
		{"id zero", lea, strings.Repeat("0", 32), false},
		{"id of another", lea, hex128("anna"), false},
		{"mailbox of another", box, hex128("box anna"), false},
		{"mailbox of the back end", box, hex128("box backend"), false},
		{"mailbox of the car", box, hex128("inbox"), false},
		{"mailbox with a wildcard", box, "#" + box[1:], false},
		{"mailbox too short", box, box[1:], false},
		{"mailbox absent", `"mailbox":"` + box + `",`, ``, false},
		{"private absent", `,"private":"AAAA"}]`, `}]`, false},
		{"private null", `"private":"AAAA"}]`, `"private":null}]`, false},
		{"private as object", `"private":"AAAA"}]`, `"private":{}}]`, false},
		{"services absent", `,"guest_services":true,"remote_services":false`, ``, true},
		{"services as number", `"guest_services":true`, `"guest_services":1`, false},
		{"inbox absent", `,"inbox":"` + hex128("inbox") + `"`, ``, true},
		{"a signing key to seal to", jwk(t, sealKey(t, "anna")), jwk(t, signKey(t, "x")), false},
		{"a sealing key to sign with", jwk(t, signKey(t, "anna")), jwk(t, sealKey(t, "x")), false},
		{"the same key twice", jwk(t, sealKey(t, "backend")), jwk(t, sealKey(t, "anna")), false},
		{"a sign key twice", `"role":"secondary"`, `"sign":` + jwk(t, signKey(t, "anna")) + `,"role":"secondary"`, false},
		{"another's sign key", `"role":"secondary"`, `"sign":` + jwk(t, signKey(t, "lea")) + `,"role":"secondary"`, true},
		{"a reader's signing key", `"role":"backend"`, `"sign":` + jwk(t, signKey(t, "back")) + `,"role":"backend"`, true},
		{"a reader's sealing key to sign with", `"role":"backend"`, `"sign":` + jwk(t, sealKey(t, "back")) + `,"role":"backend"`, false},
		{"a reader's signing key to seal to", jwk(t, sealKey(t, "backend")), jwk(t, signKey(t, "back")), false},
		{"two values", `"remote_services":false}`, `"remote_services":false}{}`, false},
		{"something after it", `"remote_services":false}`, `"remote_services":false}x`, false},
		{"newline after it", `"remote_services":false}`, "\"remote_services\":false}\n", true},
		{"a list", payload(t), `[` + payload(t) + `]`, false},
		{"null", payload(t), `null`, false},
		{"nothing", payload(t), ``, false},
		{"not UTF-8", `"role":"main"`, "\"role\":\"main\xff\"", false},
		{"half a surrogate pair", `"private":"AAAA"}]`, `"private":"\ud800"}]`, false},
	} {
		text := payload(t)
		if row.old != "" {
			if !strings.Contains(text, row.old) {
				t.Fatalf("%s: the document has no %s", row.name, row.old)
			}
			text = strings.Replace(text, row.old, row.new, 1)
		}
		a, err := profiles.DecodeAccess([]byte(text))
		if row.good != (err == nil) || err != nil && !errors.Is(err, profiles.ErrMalformed) {
			t.Errorf("%s: %v, want good %v", row.name, err, row.good)
		}
		if err != nil && !reflect.DeepEqual(a, profiles.Access{}) {
			t.Errorf("%s: refused, and yet something came out", row.name)
		}
	}
}

// What is written reads back the same, whoever the people are.
func TestAccessRoundTrip(t *testing.T) {
	people := household(t)
	rapid.Check(t, func(rt *rapid.T) {
		a := copyOf(people)
		a.Version = rapid.Uint64Range(1, 1<<53-1).Draw(rt, "version")
		a.Issued = time.Unix(rapid.Int64Range(0, 1<<34).Draw(rt, "issued"), rapid.Int64Range(0, 1e9-1).Draw(rt, "ns")).UTC()
		a.GuestServices, a.RemoteServices = rapid.Bool().Draw(rt, "guest"), rapid.Bool().Draw(rt, "remote")
		if rapid.Bool().Draw(rt, "follows") {
			a.Previous = profiles.Hash(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(rt, "previous"))
		}
		a.Users = a.Users[:rapid.IntRange(0, len(a.Users)).Draw(rt, "users")]
		a.Readers = a.Readers[:rapid.IntRange(0, len(a.Readers)).Draw(rt, "readers")]
		for i := range a.Users {
			u := &a.Users[i]
			u.Name, u.Verifier = profiles.Private{}, profiles.Verifier{} // only Open brings these
			u.Sealed = rapid.StringMatching(`[A-Za-z0-9_-]{1,40}`).Draw(rt, "private")
			if u.Role == profiles.Secondary {
				u.Sharing = rapid.SampledFrom([]profiles.Sharing{profiles.Limited, profiles.Shared}).Draw(rt, "sharing")
				u.Restricted = rapid.SliceOfDistinct(rapid.SampledFrom(profiles.Functions()), rapid.ID[profiles.Function]).Draw(rt, "restricted")
			}
			if len(u.Restricted) == 0 {
				u.Restricted = nil
			}
		}
		data, err := a.Encode()
		if err != nil {
			rt.Fatal(err)
		}
		back, err := profiles.DecodeAccess(data)
		if err != nil {
			rt.Fatal(err)
		}
		if len(a.Users) == 0 {
			a.Users = nil
		}
		if len(a.Readers) == 0 {
			a.Readers = nil
		}
		a.Hash = back.Hash
		if !reflect.DeepEqual(a, back) {
			rt.Fatalf("wrote %+v\nread  %+v", a, back)
		}
	})
}

// FuzzAccessDocument: what is accepted means the same as its canonical form, member
// by member as encoding/json reads both, and that form reads back as itself.
func FuzzAccessDocument(f *testing.F) {
	good := payload(f)
	f.Add([]byte(good))
	f.Add([]byte(strings.Replace(good, `"2026-11-21T20:33:10Z"`, `1795293190`, 1)))
	f.Add([]byte(strings.Replace(good, `"version":7`, `"version":7,"version":8`, 1)))
	f.Add([]byte(strings.Replace(good, `"vid"`, `"VID"`, 1)))
	f.Add([]byte(`{"vid":"` + hex128("car") + `","version":1,"issued":"2026-11-21T20:33:10Z","users":[]}`))
	f.Add([]byte(strings.Replace(good, `"previous":""`, `"previous":"`+strings.Repeat("A", 42)+`I"`, 1)))
	f.Add([]byte(good + "x"))
	f.Fuzz(func(t *testing.T, data []byte) {
		a, err := profiles.DecodeAccess(data)
		if err != nil {
			return
		}
		canonical, err := a.Encode()
		if err != nil {
			t.Fatalf("accepted but not to be written: %v", err)
		}
		back, err := profiles.DecodeAccess(canonical)
		if err != nil {
			t.Fatalf("the canonical form is refused: %v", err)
		}
		again, err := back.Encode()
		if err != nil || !bytes.Equal(canonical, again) {
			t.Fatalf("not stable: %v\n%s\n%s", err, canonical, again)
		}
		if got, want := meaning(t, data), meaning(t, canonical); !reflect.DeepEqual(got, want) {
			t.Fatalf("accepted as something else:\n%v\n%v", got, want)
		}
	})
}

// meaning reads a document with encoding/json and drops what may be spelled in more
// than one way.
func meaning(t *testing.T, data []byte) any {
	var doc map[string]any
	if err := json.Unmarshal(data, &doc); err != nil {
		t.Fatalf("accepted, and no JSON object: %v", err)
	}
	issued := doc["issued"]
	if seconds, is := issued.(float64); is {
		issued = time.Unix(int64(seconds), 0).UTC().Format(time.RFC3339Nano)
	}
	at, err := time.Parse(time.RFC3339Nano, issued.(string))
	if err != nil {
		t.Fatal(err)
	}
	doc["issued"] = at.UnixNano()
	if previous, _ := doc["previous"].(string); len(previous) == 43 {
		raw, err := base64.RawURLEncoding.DecodeString(previous)
		if err != nil {
			t.Fatal(err)
		}
		doc["previous"] = hex.EncodeToString(raw)
	} else if previous != "" && len(previous) != 64 {
		t.Fatalf("accepted previous %q", previous)
	}
	readers := map[string]any{}
	if list, _ := doc["readers"].([]any); list != nil {
		for _, r := range list {
			readers[r.(map[string]any)["role"].(string)] = r
		}
	}
	doc["readers"] = readers
	plain := strip(doc).(map[string]any)
	if users, _ := plain["users"].([]any); users != nil {
		for _, u := range users {
			if u := u.(map[string]any); u["role"] == "main" {
				u["sharing"] = "shared"
			}
		}
	}
	return plain
}

// strip drops members that are null, empty or false, and what a key may say besides.
func strip(v any) any {
	switch v := v.(type) {
	case map[string]any:
		if _, key := v["kty"]; key {
			delete(v, "kid")
			delete(v, "use")
			delete(v, "alg")
		}
		for name, value := range v {
			value = strip(value)
			v[name] = value
			if value == nil || value == "" || value == false || reflect.DeepEqual(value, []any{}) || reflect.DeepEqual(value, map[string]any{}) {
				delete(v, name)
			}
		}
	case []any:
		for i := range v {
			v[i] = strip(v[i])
		}
	}
	return v
}

// A time that cannot be written again is none: the document could not be kept.
func TestIssuedInAFarYear(t *testing.T) {
	for seconds, good := range map[string]bool{"253402300799": true, "253402300800": false, "274877906943": false} {
		payload := `{"vid":"` + strings.Repeat("c0", 16) + `","version":1,"issued":` + seconds + `,"users":[]}`
		a, err := profiles.DecodeAccess([]byte(payload))
		if (err == nil) != good {
			t.Errorf("%s is %v, %v", seconds, a.Issued, err)
		}
		if _, err := (profiles.Roster{Issued: a.Issued}).EncodeOpen(); err != nil {
			t.Errorf("%s: %v", seconds, err)
		}
	}
}
