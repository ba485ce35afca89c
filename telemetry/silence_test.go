package telemetry_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"glovebox/hal"
	"glovebox/telemetry"
	"glovebox/telemetry/outside"
)

var family = []outside.Reader{
	{ID: "anna", Mailbox: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", Column: outside.ColumnMain},
	{ID: "lea", Mailbox: "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", Column: outside.ColumnShared},
	{ID: "jonas", Mailbox: "cccccccccccccccccccccccccccccccc", Column: outside.ColumnLimited},
	{ID: "workshop", Mailbox: "dddddddddddddddddddddddddddddddd", Column: outside.ColumnWorkshop},
	{ID: "backend", Mailbox: "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee", Column: outside.ColumnBackend},
}

// spell is a time in which the driver hides, or the fix is gone.
type spell struct{ from, to time.Duration }

// hide is what is done about the spells of a drive.
type hide int

const (
	byLevel   hide = iota // the driver lowers to no-position and raises again
	byGuest               // a guest is at the wheel, share is chosen
	bySky                 // a person at share; the receiver has no fix
	byOffline             // the driver goes offline
	byTunnel              // a person at share; neither fix nor coverage
	byNothing             // a person at share: the negative control
)

// play plays one drive of a quarter of an hour, the same for the same seed
// but for how it is hidden, and returns every byte every reader sees.
func play(t *testing.T, seed uint64, spells []spell, how hide) []string {
	r := rand.New(rand.NewPCG(seed, 9))
	start := hal.Instant{UTC: time.Date(2026, 11, 21, 12, 0, 3, 0, time.UTC).Add(time.Duration(r.Int64N(1e12))), Boot: time.Minute}
	now := start
	gate := telemetry.NewGate(outside.Builtin().Numbers(), telemetry.OpenEnd).Motion(true, false).Begin(how == byGuest)
	out := outside.New(outside.Builtin(), start, outside.Options{TripIDs: rand.NewChaCha8([32]byte{1})})
	out.SetReaders(1, family, start)
	out.Link(true, start)
	var sent []string
	seq := map[string]uint64{}
	take := func() {
		for _, m := range out.Tick(now) {
			if !out.Recheck(m, now) {
				continue
			}
			seq[m.Mailbox()]++
			suffix, payload, err := m.Encode(outside.Seq{Epoch: "e", N: seq[m.Mailbox()]})
			if err != nil {
				t.Fatal(err)
			}
			sent = append(sent, fmt.Sprintf("%s %.4s/%s %s", now.Boot, m.Mailbox(), suffix, payload))
		}
	}
	covered := true
	regate := func(next telemetry.Gate) {
		if gate.Open() && !next.Open() {
			out.PurgePlace(now)
		}
		gate = next
		out.Link(covered && !gate.Muted(), now)
	}
	hidden := func(at time.Duration) bool {
		for _, s := range spells {
			if at >= s.from && at < s.to {
				return true
			}
		}
		return false
	}
	say := func(path string, v float64) { out.Signal(hal.Reading{Path: path, Value: hal.Number(v), At: now}) }

	was := false
	odometer, fuel, lat := 1e8, 80.0, 54.0
	const end = 15 * time.Minute
	for at := time.Duration(0); at < end+10*time.Minute; at += 500 * time.Millisecond {
		for out.Next() <= start.Boot+at {
			now = hal.Instant{UTC: start.UTC.Add(max(out.Next(), now.Boot) - start.Boot), Boot: max(out.Next(), now.Boot)}
			take()
		}
		now = hal.Instant{UTC: start.UTC.Add(at), Boot: start.Boot + at}
		inUse := at >= time.Minute && at < end
		out.InUse(inUse, now)
		out.Moving(inUse, now)
		regate(gate.Motion(!inUse, inUse))
		if at == end && how == byGuest {
			regate(gate.End(false))
		}
		if at == end+time.Minute { // somebody's session ends
			out.EndTrip(now)
		}
		if in := hidden(at); in != was {
			was = in
			switch {
			case how == byLevel && in:
				regate(gate.SetLevel(telemetry.LevelNoPosition, inUse))
			case how == byOffline && in:
				regate(gate.SetLevel(telemetry.LevelOffline, inUse))
			case how == byLevel || how == byOffline:
				regate(gate.SetLevel(telemetry.LevelShare, inUse))
			case how == bySky && in:
				out.Fix(nil, now) // the receiver says so at once
			case how == byTunnel:
				if in {
					out.Fix(nil, now)
				}
				covered = !in
				regate(gate)
			}
			take()
		}
		if inUse {
			odometer, fuel, lat = odometer+15, fuel-r.Float64()/100, lat+1e-4
			say("Vehicle.TraveledDistance", odometer)
			say("Vehicle.Powertrain.FuelSystem.RelativeLevel", fuel)
			say("Vehicle.Speed", 108)
		}
		if fix := (&hal.Position{Latitude: lat, Longitude: 8}); hidden(at) && (how == bySky || how == byTunnel) {
			out.Fix(nil, now)
		} else {
			passed, next := gate.Fix(fix, now)
			regate(next)
			out.Fix(passed, now)
		}
		if r.IntN(200) == 0 {
			out.Alarm(outside.Alarm{Code: "abs", Severity: "warning", Active: r.IntN(2) == 0}, now)
			take()
		}
	}
	return sent
}

func same(a, b []string) string {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("message %d:\n%s\n%s", i, a[i], b[i])
		}
	}
	if len(a) != len(b) {
		return fmt.Sprintf("%d messages and %d", len(a), len(b))
	}
	return ""
}

// someSpells draws spells within a drive, some of them about the 60 s and the
// slots at which things change. They end before the drive does: a hidden end
// is another rule.
func someSpells(r *rand.Rand) []spell {
	var out []spell
	at := time.Minute + time.Duration(r.IntN(120))*time.Second
	for range 1 + r.IntN(3) {
		length := []time.Duration{time.Second, 10 * time.Second, 59 * time.Second, 60 * time.Second, 61 * time.Second, 3 * time.Minute}[r.IntN(6)]
		if at+length > 14*time.Minute {
			break
		}
		out = append(out, spell{at, at + length})
		at += length + time.Duration(1+r.IntN(240))*time.Second/2
	}
	return out
}

// From outside, a driver at no-position is a car without a fix, and offline is
// a car without fix and coverage: every byte to every reader, at every instant.
func TestHiddenLooksLikeNoFix(t *testing.T) {
	shown := 0
	for seed := range uint64(40) {
		spells := someSpells(rand.New(rand.NewPCG(seed, 5)))
		noFix := play(t, seed, spells, bySky)
		if d := same(play(t, seed, spells, byLevel), noFix); d != "" {
			t.Fatalf("seed %d, spells %v: no-position is told from a missing fix: %s", seed, spells, d)
		}
		if d := same(play(t, seed, spells, byOffline), play(t, seed, spells, byTunnel)); d != "" {
			t.Fatalf("seed %d, spells %v: offline is told from no coverage: %s", seed, spells, d)
		}
		if same(play(t, seed, spells, byNothing), noFix) != "" {
			shown++
		}
	}
	if shown < 36 {
		t.Errorf("a missing fix shows in %d of 40 drives only: the test proves little", shown)
	}
}

// From outside, a guest's drive is one of a person without a fix.
func TestGuestLooksLikeNoFix(t *testing.T) {
	for seed := range uint64(20) {
		whole := []spell{{0, 15 * time.Minute}}
		if d := same(play(t, seed, whole, byGuest), play(t, seed, whole, bySky)); d != "" {
			t.Fatalf("seed %d: %s", seed, d)
		}
	}
}
