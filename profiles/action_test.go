package profiles_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"glovebox/profiles"
)

const (
	actionVID   = "6b1f0c52d2a94e7f8f0a3d5be4c71908"
	actionEpoch = "5f0c9a417d2e4b60a1b2c3d4e5f60718"
)

// action is the payload of one, with act and args as given.
func action(act, args string) string {
	text := `{"vid":"` + actionVID + `","key":"k","epoch":"` + actionEpoch + `","ctr":7,"exp":90,"act":"` + act + `"`
	if args != "" {
		text += `,"args":` + args
	}
	return text + "}"
}

func TestDecodeAction(t *testing.T) {
	a, err := profiles.DecodeAction([]byte(action("lock", "")))
	if err != nil {
		t.Fatal(err)
	}
	if a.VID != actionVID || a.Key != "k" || a.Epoch != actionEpoch || a.Ctr != 7 || a.Exp != 90 || a.Verb != profiles.Lock {
		t.Errorf("action %+v", a)
	}
	if a, err = profiles.DecodeAction([]byte(strings.NewReplacer(`"ctr":7`, `"ctr":9007199254740991`, `"exp":90`, `"exp":9007199254740991`).Replace(action("lock", "")))); err != nil || a.Ctr != 1<<53-1 || a.Exp != 1<<53-1 {
		t.Errorf("the largest numbers: %+v, %v", a, err)
	}
	good := action("lock", "{}")
	for name, bad := range map[string]string{
		"no claims":        `{}`,
		"two values":       good + good,
		"unknown member":   strings.Replace(good, `"ctr"`, `"level":"share","ctr"`, 1),
		"twice":            strings.Replace(good, `"ctr":7`, `"ctr":7,"ctr":7`, 1),
		"other case":       strings.Replace(good, `"ctr"`, `"Ctr"`, 1),
		"ctr 0":            strings.Replace(good, `"ctr":7`, `"ctr":0`, 1),
		"ctr too large":    strings.Replace(good, `"ctr":7`, `"ctr":9007199254740992`, 1),
		"ctr a float":      strings.Replace(good, `"ctr":7`, `"ctr":7.0`, 1),
		"exp negative":     strings.Replace(good, `"exp":90`, `"exp":-1`, 1),
		"exp missing":      strings.Replace(good, `"exp":90,`, ``, 1),
		"exp too large":    strings.Replace(good, `"exp":90`, `"exp":9007199254740992`, 1),
		"act missing":      strings.Replace(good, `"act":"lock"`, `"act":null`, 1),
		"key missing":      strings.Replace(good, `"key":"k"`, `"key":null`, 1),
		"vid short":        strings.Replace(good, actionVID, "6b1f", 1),
		"epoch upper case": strings.Replace(good, actionEpoch, strings.ToUpper(actionEpoch), 1),
		"args a list":      action("lock", "[]"),
		"args twice":       action("climate-start", `{"celsius":20,"celsius":21,"minutes":5}`),
		"not UTF-8":        strings.Replace(good, "lock", "lo\xffck", 1),
	} {
		if _, err := profiles.DecodeAction([]byte(bad)); !errors.Is(err, profiles.ErrBadAction) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestActionArguments(t *testing.T) {
	const person = `"a1000000000000000000000000000000"`
	for _, row := range []struct {
		act, args string
		ok        bool
	}{
		{"lock", "", true}, {"unlock", "{}", true}, {"flash", "{}", true}, {"climate-stop", "", true}, {"locate", "", true},
		{"lock", `{"door":1}`, false}, {"honk", "", false}, {"Lock", "", false}, {"", "", false},
		{"climate-start", `{"celsius":16,"minutes":1}`, true},
		{"climate-start", `{"celsius":29.5,"minutes":60}`, true},
		{"climate-start", `{"celsius":15.9,"minutes":5}`, false},
		{"climate-start", `{"celsius":29.6,"minutes":5}`, false},
		{"climate-start", `{"celsius":1e400,"minutes":5}`, false},
		{"climate-start", `{"celsius":"21","minutes":5}`, false},
		{"climate-start", `{"celsius":21,"minutes":0}`, false},
		{"climate-start", `{"celsius":21,"minutes":61}`, false},
		{"climate-start", `{"celsius":21,"minutes":5.5}`, false},
		{"climate-start", `{"celsius":21}`, false}, {"climate-start", "", false},
		{"climate-start", `{"celsius":21,"minutes":5,"seat":3}`, false},
		{"assign", `{"trip":"t","users":[` + person + `]}`, true},
		{"assign", `{"from":"2026-11-01","to":"2026-11-30","users":[` + person + `]}`, true},
		{"assign", `{"from":"2026-11-01","users":[` + person + `]}`, false}, {"assign", `{"from":"1 November","to":"2026-11-30","users":[` + person + `]}`, false},
		{"assign", `{"trip":"t","from":"2026-11-01","to":"2026-11-30","users":[` + person + `]}`, false},
		{"assign", `{"trip":"","users":[` + person + `]}`, false},
		{"assign", `{"trip":"t","users":[]}`, false}, {"assign", `{"trip":"t","users":["anna"]}`, false},
		{"message", `{"text":"hello"}`, true}, {"message", `{"text":""}`, false},
		{"message", `{"text":"` + strings.Repeat("x", 2001) + `"}`, false},
		{"message", `{"text":"` + strings.Repeat("ä", 2000) + `"}`, true},
		{"message", "", false}, {"message", `{"text":"x","to":"y"}`, false},
		{"assign", `{"trip":"` + strings.Repeat("x", 64) + `","users":[` + person + `]}`, true},
		{"assign", `{"trip":"` + strings.Repeat("x", 65) + `","users":[` + person + `]}`, false},
		{"assign", `{"trip":"t","users":[` + strings.Repeat(person+",", 5) + person + `]}`, true}, // the main user and five
		{"assign", `{"trip":"t","users":[` + strings.Repeat(person+",", 6) + person + `]}`, false},
		{"assign", `{"trip":"t","users":[` + person + `,7]}`, false}, {"assign", `{"users":[` + person + `]}`, false},
		{"book", `{"day":"2026-11-24"}`, true},
	} {
		a, err := profiles.DecodeAction([]byte(action(row.act, row.args)))
		if err != nil {
			t.Errorf("%s %s: %v", row.act, row.args, err)
			continue
		}
		for range 2 { // it may be asked again
			if _, err := a.Arguments(); (err == nil) != row.ok || err != nil && !errors.Is(err, profiles.ErrBadAction) {
				t.Errorf("%s %s: %v", row.act, row.args, err)
			}
		}
	}
	a, _ := profiles.DecodeAction([]byte(action("climate-start", `{"celsius":21.5,"minutes":10}`)))
	if args, err := a.Arguments(); err != nil || args.Celsius != 21.5 || args.For != 10*time.Minute {
		t.Errorf("arguments %+v: %v", args, err)
	}
}

// Each action needs a function of the list, and only lock, unlock and assign keep
// the order of their counters.
func TestVerbs(t *testing.T) {
	needs := map[profiles.Verb]profiles.Function{
		"lock": "remote-lock", "unlock": "remote-lock", "flash": "remote-lock", "climate-start": "remote-climate", "climate-stop": "remote-climate",
		"locate": "remote-locate", "assign": "trips", "message": "chat", "book": "booking",
	}
	if n := len(profiles.Verbs()); n != len(needs) {
		t.Errorf("%d actions, the contract has %d", n, len(needs))
	}
	for _, v := range profiles.Verbs() {
		f, ok := v.Function()
		if f != needs[v] {
			t.Errorf("%s needs %s, want %s", v, f, needs[v])
		}
		if _, err := profiles.ParseFunction(string(f)); !ok || err != nil {
			t.Errorf("%s needs %q: %v", v, f, err)
		}
		if want := v == profiles.Lock || v == profiles.Unlock || v == profiles.Assign; v.Ordered() != want {
			t.Errorf("%s ordered: %v", v, v.Ordered())
		}
	}
}

// An ask is read if and only if it is the one spelling of its three members, in
// any order.
func FuzzAsk(f *testing.F) {
	const box, key, challenge = "a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1", "k", "00112233445566778899aabbccddeeff"
	good := `{"mailbox":"` + box + `","key":"` + key + `","challenge":"` + challenge + `"}`
	for _, seed := range []string{
		good, `{}`, `[]`, good + " ", good + good, strings.Replace(good, "mailbox", "Mailbox", 1),
		strings.Replace(good, `"key"`, `"key":"k","key"`, 1), strings.Replace(good, `"k"`, `null`, 1),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		a, err := profiles.DecodeAsk(data)
		if err != nil {
			return
		}
		if !profiles.IsHex128(a.Mailbox) || !profiles.IsHex128(a.Challenge) {
			t.Fatalf("read %+v", a)
		}
		members, err := profiles.Members(data)
		if err != nil || len(members) != 3 {
			t.Fatalf("read %q", data)
		}
		for _, name := range []string{"mailbox", "key", "challenge"} {
			if members[name] == nil {
				t.Fatalf("read %q without %s", data, name)
			}
		}
	})
}
