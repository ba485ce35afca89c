package profiles_test

import (
	"crypto/rand"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"pgregory.net/rapid"

	"glovebox/profiles"
)

func TestAcceptablePIN(t *testing.T) {
	for _, row := range []struct {
		name, pin string
		good      bool
	}{
		{"main's of the scenarios", "480213", true},
		{"shared's", "590324", true},
		{"limited's", "601435", true},
		{"four digits", "5930", true},
		{"twelve digits", "593017264805", true},
		{"three digits", "593", false},
		{"thirteen digits", "5930172648051", false},
		{"none", "", false},
		{"a letter", "59301a", false},
		{"a space", "5930 1", false},
		{"other digits", "٥٩٣٠", false},
		{"minus", "-59301", false},
		{"all equal", "7777777", false},
		{"counts up", "345678", false},
		{"counts down", "98765432", false},
		{"counts up over nine", "78901", false},
		{"counts down over zero", "21098", false},
		{"by two", "135798", true},
		{"commonest", "1234", false},
		{"a year", "1984", false},
		{"a column of keys", "2580", false},
		{"twice three", "123123", false},
		{"commonest with more", "19840", true},
	} {
		err := profiles.NewPIN(row.pin).Acceptable()
		if row.good != (err == nil) || err != nil && !errors.Is(err, profiles.ErrInvalid) {
			t.Errorf("%s: %v, want good %v", row.name, err, row.good)
		}
		if err != nil && row.pin != "" && strings.Contains(err.Error(), row.pin) {
			t.Errorf("%s: the error tells the PIN", row.name)
		}
	}
}

// A new verifier knows its PIN and no other, is as strong as we want it, and two of
// the same PIN differ.
func TestNewVerifier(t *testing.T) {
	v, err := profiles.NewVerifier(profiles.NewPIN("480213"), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(v.Reveal(), "$argon2id$v=19$m=19456,t=2,p=1$") || v.Weak() || v.IsZero() {
		t.Errorf("a new verifier is %s, weak %v", v.Reveal(), v.Weak())
	}
	if !v.Check(profiles.NewPIN("480213"), 0) || v.Check(profiles.NewPIN("480214"), 0) {
		t.Error("the verifier is wrong about a PIN")
	}
	if back, err := profiles.ParseVerifier(v.Reveal()); err != nil || back != v {
		t.Errorf("reads back: %v", err)
	}
	again, err := profiles.NewVerifier(profiles.NewPIN("480213"), rand.Reader)
	if err != nil || again == v {
		t.Errorf("the same salt again: %v", err)
	}
	if _, err := profiles.NewVerifier(profiles.NewPIN("480213"), iotest.ErrReader(errors.New("none left"))); err == nil {
		t.Error("a verifier without random bytes")
	}
}

// Who has no PIN types none; who has one types it.
func TestCheck(t *testing.T) {
	v := cheap(t, "480213")
	for _, row := range []struct {
		name     string
		verifier profiles.Verifier
		pin      string
		good     bool
	}{
		{"right", v, "480213", true},
		{"wrong", v, "480214", false},
		{"one digit more", v, "4802130", false},
		{"none typed", v, "", false},
		{"no PIN set, none typed", profiles.Verifier{}, "", true},
		{"no PIN set, one typed", profiles.Verifier{}, "480213", false},
	} {
		if got := row.verifier.Check(profiles.NewPIN(row.pin), 0); got != row.good {
			t.Errorf("%s: %v", row.name, got)
		}
	}
}

// A verifier is weak where any part of it costs less than a new one does.
func TestWeakVerifier(t *testing.T) {
	v, err := profiles.NewVerifier(profiles.NewPIN("480213"), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(v.Reveal(), "$") // "", argon2id, v, parameters, salt, tag
	for _, row := range []struct {
		part     int
		old, new string
		weak     bool
	}{
		{3, "", "", false},
		{3, "m=19456", "m=19455", true}, {3, "m=19456", "m=65536", false},
		{3, "t=2", "t=1", true}, {3, "t=2", "t=3", false},
		{4, parts[4][:4], "", true}, {4, parts[4][:4], "AAAAAAAA", false},
		{5, parts[5][:4], "", true}, {5, parts[5][:4], "AAAAAAAA", false},
	} {
		changed := slices.Clone(parts)
		changed[row.part] = strings.Replace(changed[row.part], row.old, row.new, 1)
		text := strings.Join(changed, "$")
		if v, err := profiles.ParseVerifier(text); err != nil || v.Weak() != row.weak {
			t.Errorf("%s: weak %v, %v", text, v.Weak(), err)
		}
	}
}

func TestParseVerifier(t *testing.T) {
	good := cheap(t, "480213").Reveal()
	for _, row := range []struct {
		name, old, new string
		good           bool
	}{
		{"as it is", "", "", true},
		{"64 MiB", "m=8", "m=65536", true},
		{"more than 64 MiB", "m=8", "m=65537", false},
		{"no memory", "m=8", "m=0", false},
		{"ten passes", "t=1", "t=10", true},
		{"eleven passes", "t=1", "t=11", false},
		{"no pass", "t=1", "t=0", false},
		{"five lanes", "p=1", "p=5", false},
		{"leading zero", "m=8", "m=08", false},
		{"plus", "m=8", "m=+8", false},
		{"parameters in another order", "m=8,t=1", "t=1,m=8", false},
		{"one more parameter", "p=1", "p=1,x=1", false},
		{"argon2i", "argon2id", "argon2i", false},
		{"older version", "v=19", "v=16", false},
		{"salt missing", "p=1$", "p=1$$", false},
		{"salt of four bytes", good[:strings.LastIndex(good, "$")], "$argon2id$v=19$m=8,t=1,p=1$AAAAAA", false},
		{"padded", good, good + "=", false},
		{"newline", good, good + "\n", false},
		{"text before", good, "x" + good, false},
		{"one more part", good, good + "$AAAA", false},
		{"a salt that is no base64", "p=1$", "p=1$!", false},
		{"a tag that is no base64", good, good[:len(good)-1] + "!", false},
		{"bcrypt", good, "$2a$10$abcdefghijklmnopqrstuv", false},
	} {
		phc := strings.Replace(good, row.old, row.new, 1)
		v, err := profiles.ParseVerifier(phc)
		if row.good != (err == nil) || err == nil && v.Reveal() != phc {
			t.Errorf("%s: %v, want good %v", row.name, err, row.good)
		}
	}
	if v, err := profiles.ParseVerifier(""); err != nil || !v.IsZero() {
		t.Errorf("no verifier: %v", err)
	}
}

func TestLockoutTable(t *testing.T) {
	waits := []time.Duration{
		0, 0, 0, 30 * time.Second, time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour,
	}
	var l profiles.Lockout
	for i, wait := range waits {
		next, err := l.Attempt()
		if err != nil || next.Failures != i+1 || next.Remaining != wait || next.Off() || next.RetryAfter() != uint32(wait/time.Second) {
			t.Fatalf("failure %d: %+v, %v; want a wait of %v", i+1, next, err, wait)
		}
		l = next
		if wait > 0 {
			if same, err := l.Attempt(); !errors.Is(err, profiles.ErrLockedOut) || same != l {
				t.Fatalf("failure %d: a try while waiting: %+v, %v", i+1, same, err)
			}
			l = l.Pass(wait - time.Nanosecond)
			if _, err := l.Attempt(); !errors.Is(err, profiles.ErrLockedOut) || l.RetryAfter() != 1 {
				t.Fatalf("failure %d: a try 1 ns early: %v, %d s left", i+1, err, l.RetryAfter())
			}
			l = l.Pass(time.Nanosecond)
		}
	}
	last, err := l.Attempt()
	if err != nil || last.Failures != 10 || !last.Off() {
		t.Fatalf("failure 10: %+v, %v", last, err)
	}
	for _, d := range []time.Duration{0, time.Hour, 10 * 365 * 24 * time.Hour} {
		if same, err := last.Pass(d).Attempt(); !errors.Is(err, profiles.ErrLockedOut) || same.Failures != 10 {
			t.Errorf("after %v more a PIN that is off was looked at: %+v, %v", d, same, err)
		}
	}
}

// No order of tries and waits looks at a PIN more than ten times, nor sooner than the
// table says; a clock that goes back shortens nothing.
func TestLockoutNeverGivesATryAway(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var l profiles.Lockout
		tries, running := 0, time.Duration(0)
		due := []time.Duration{0, 0, 0, 0, 30, 60, 300, 900, 1800, 3600} // seconds before each try
		free := time.Duration(0)
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			if rapid.Bool().Draw(t, "wait") {
				d := time.Duration(rapid.Int64Range(-int64(time.Hour), int64(2*time.Hour)).Draw(t, "for"))
				l = l.Pass(d)
				running += max(0, d)
				continue
			}
			next, err := l.Attempt()
			if err != nil {
				if tries < 10 && running >= free {
					t.Fatalf("try %d was refused after %v, due at %v", tries+1, running, free)
				}
				continue
			}
			if running < free || tries == 10 {
				t.Fatalf("try %d after %v, due at %v", tries+1, running, free)
			}
			tries++
			if l = next; tries < 10 {
				free = running + due[tries]*time.Second
			}
		}
	})
}

// After 30 wrong PINs of whoever one in ten minutes is looked at, until the first of
// them is a day old; those tries make the day no longer.
func TestTally(t *testing.T) {
	var tally profiles.Tally
	try := func(what string, looked bool) {
		t.Helper()
		next, err := tally.Attempt()
		if looked != (err == nil) || err != nil && !errors.Is(err, profiles.ErrLockedOut) {
			t.Fatalf("%s: %v, want it looked at: %v", what, err, looked)
		}
		tally = next
	}
	for i := range 30 {
		if tally.RetryAfter() != 0 {
			t.Fatalf("after %d failures a wait of %d s", i, tally.RetryAfter())
		}
		try("one of the 30", true)
		if i < 29 {
			tally = tally.Pass(time.Minute)
		}
	}
	running := 29 * time.Minute
	for day := 24 * time.Hour; running+10*time.Minute < day; running += 10 * time.Minute {
		if tally.RetryAfter() != 600 {
			t.Fatalf("after %v RetryAfter is %d", running, tally.RetryAfter())
		}
		try("at once", false)
		tally = tally.Pass(10*time.Minute - time.Nanosecond)
		try("1 ns before ten minutes are over", false)
		tally = tally.Pass(time.Nanosecond)
		try("after ten minutes", true)
	}
	tally = tally.Pass(24*time.Hour - running)
	if tally.RetryAfter() != 0 || len(tally) != 29 {
		t.Fatalf("when the first is a day old: %+v", tally)
	}
	tally = tally.Pass(30 * time.Minute)
	for range 29 {
		try("after the day", true)
	}
	if left := tally.Pass(48 * time.Hour); len(left) != 0 {
		t.Errorf("two days later there is %+v", left)
	}
}

// A right PIN takes its own try back, and the wait after it, and no other.
func TestTallyForgives(t *testing.T) {
	tally := profiles.UnknownTally()
	if tally.RetryAfter() != 600 {
		t.Errorf("what cannot be read waits %d s", tally.RetryAfter())
	}
	tally = tally.Pass(10 * time.Minute)
	for range 3 { // a family that knows its PINs
		next, err := tally.Attempt()
		if err != nil || next.RetryAfter() != 600 {
			t.Fatalf("%v, %+v", err, next)
		}
		if tally = next.Pass(time.Second).Forgive(); tally.RetryAfter() != 0 || len(tally) != 30 {
			t.Fatalf("after a right PIN: %+v", tally)
		}
	}
	if len(profiles.Tally{}.Forgive()) != 0 {
		t.Error("forgave what nobody did")
	}
}
