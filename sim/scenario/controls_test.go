package scenario_test

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"glovebox/hal"
	"glovebox/sim/cloud"
	"glovebox/sim/scenario"
)

var loadRAV4 = sync.OnceValues(scenario.LoadRAV4)

func rav4(t *testing.T) *scenario.RAV4 {
	t.Helper()
	r, err := loadRAV4()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// published is what a faultless agent makes of the drive: the newest fix of each
// second, stamped with its arrival.
func published(r *scenario.RAV4) (all []scenario.Spot) {
	start := time.Date(2026, 11, 21, 20, 0, 0, 350e6, time.UTC)
	at, fixes := r.Fixes()
	for i, f := range fixes {
		p := scenario.Spot{Time: start.Add(at[i]), Latitude: f.Latitude, Longitude: f.Longitude}
		if n := len(all); n > 0 && all[n-1].Time.Unix() == p.Time.Unix() {
			all[n-1] = p
		} else {
			all = append(all, p)
		}
	}
	return all
}

// measured is the way between the first and the last fix, of sim/scenarios/rav4/truth.md.
const measured = 1011.0

// The track check passes what a faultless agent publishes, and each fault fails.
func TestTrackControls(t *testing.T) {
	r := rav4(t)
	good := published(r)
	if wrong := r.Compare(good, measured); wrong != "" {
		t.Fatalf("the drive itself: %s", wrong)
	}
	for _, tt := range []struct {
		name string
		want string
		harm func([]scenario.Spot) []scenario.Spot
	}{
		{"a place 0.2 m off", "no recorded fix", func(s []scenario.Spot) []scenario.Spot { s[30].Latitude += 2e-6; return s }},
		{"longitude off", "no recorded fix", func(s []scenario.Spot) []scenario.Spot { s[3].Longitude -= 2e-6; return s }},
		{"a missing number", "no recorded fix", func(s []scenario.Spot) []scenario.Spot { s[3].Longitude = math.NaN(); return s }},
		{"zero island", "no recorded fix", func(s []scenario.Spot) []scenario.Spot {
			s[9].Latitude, s[9].Longitude = 0, 0
			return s
		}},
		{"backwards", "out of order", func(s []scenario.Spot) []scenario.Spot {
			for i, j := 0, len(s)-1; i < j; i, j = i+1, j-1 {
				s[i].Latitude, s[j].Latitude = s[j].Latitude, s[i].Latitude
				s[i].Longitude, s[j].Longitude = s[j].Longitude, s[i].Longitude
			}
			return s
		}},
		{"three seconds missing", "seconds had a fix", func(s []scenario.Spot) []scenario.Spot { return slices.Delete(s, 20, 23) }},
		{"two seconds missing", "seconds had a fix", func(s []scenario.Spot) []scenario.Spot { return slices.Delete(s, 20, 22) }},
		{"two more", "seconds had a fix", func(s []scenario.Spot) []scenario.Spot {
			return slices.Insert(s, 21, s[20], s[20])
		}},
		{"the last ten missing", "seconds had a fix", func(s []scenario.Spot) []scenario.Spot { return s[:len(s)-10] }},
		{"two a second", "seconds had a fix", func(s []scenario.Spot) []scenario.Spot {
			var twice []scenario.Spot
			for _, p := range s {
				later := p
				later.Time = p.Time.Add(time.Millisecond)
				twice = append(twice, p, later)
			}
			return twice
		}},
		{"nothing", "too few", func([]scenario.Spot) []scenario.Spot { return nil }},
	} {
		if wrong := r.Compare(tt.harm(slices.Clone(good)), measured); !strings.Contains(wrong, tt.want) {
			t.Errorf("%s: says %q, want %q", tt.name, wrong, tt.want)
		}
	}
	for _, one := range [][]scenario.Spot{slices.Delete(slices.Clone(good), 20, 21), slices.Insert(slices.Clone(good), 21, good[20])} {
		if wrong := r.Compare(one, measured); wrong != "" {
			t.Errorf("%d places of %d: %s", len(one), len(good), wrong)
		}
	}
	for _, other := range []float64{measured * 1.03, measured * 0.97} {
		if wrong := r.Compare(good, other); !strings.Contains(wrong, "were measured") {
			t.Errorf("measured %.0f m: says %q", other, wrong)
		}
	}
}

// Who publishes a corner less has gone another way.
func TestTrackAcrossACorner(t *testing.T) {
	var around []scenario.Spot
	for i := range 20 {
		east, north := min(i, 10), max(i-10, 0)
		around = append(around, scenario.Spot{Time: time.Unix(int64(i), 0), Latitude: 54.19 + 1e-4*float64(north), Longitude: 6.62 + 1e-4*float64(east)})
	}
	if wrong := scenario.CompareTrack(around, around); wrong != "" {
		t.Errorf("the way itself: %s", wrong)
	}
	across := slices.Clone(around)
	for i := 9; i < 12; i++ { // it stands, and is behind the corner at once
		across[i].Latitude, across[i].Longitude = around[8].Latitude, around[8].Longitude
	}
	if wrong := scenario.CompareTrack(across, around); !strings.Contains(wrong, "the recorded way") {
		t.Errorf("across the corner: says %q", wrong)
	}
}

func zip(data []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write(data)
	_ = w.Close()
	return b.Bytes()
}

// The place check finds a place of the drive in each form, zipped too, and
// nothing in what holds none.
func TestPlaceControls(t *testing.T) {
	r := rav4(t)
	_, fixes := r.Fixes()
	p := fixes[len(fixes)/2]
	number := func(order binary.ByteOrder, v float64) []byte {
		b := make([]byte, 8)
		order.PutUint64(b, math.Float64bits(v))
		return b
	}
	semicircle := func(order binary.ByteOrder, v float64) []byte {
		b := make([]byte, 4)
		order.PutUint32(b, uint32(int32(math.Round(v*(1<<31)/180))))
		return b
	}
	cut := fixes[slices.IndexFunc(fixes, func(f hal.Position) bool { // rounded it is another text
		return fmt.Sprintf("%.9f", f.Latitude)[:len("54.1901")] != fmt.Sprintf("%.4f", f.Latitude)
	})]
	minutes := math.Mod(p.Latitude, 1) * 60
	planted := map[string][]byte{
		"as published":          fmt.Appendf(nil, "%.7f", p.Latitude),
		"four decimals":         fmt.Appendf(nil, "%.4f", p.Longitude),
		"four decimals, cut":    []byte(fmt.Sprintf("%.9f", p.Longitude)[:len("-122.4719")]),
		"four decimals, north":  []byte(fmt.Sprintf("%.9f", cut.Latitude)[:len("54.1901")]),
		"without its sign":      fmt.Appendf(nil, "%.5f", -p.Longitude),
		"a sentence":            fmt.Appendf(nil, "%02d%09.6f", int(p.Latitude), minutes),
		"just beside the drive": number(binary.LittleEndian, slices.MaxFunc(fixes, func(a, b hal.Position) int { return cmp.Compare(a.Latitude, b.Latitude) }).Latitude+5e-5),
		"float64 little endian": number(binary.LittleEndian, p.Latitude),
		"float64 big endian":    number(binary.BigEndian, p.Longitude),
		"semicircles, little":   semicircle(binary.LittleEndian, p.Longitude),
		"semicircles, big":      semicircle(binary.BigEndian, p.Latitude),
	}
	for name, plant := range planted {
		among := slices.Concat([]byte(`{"data":[{"x":"`), plant, []byte(`"}]}     `))
		for form, data := range map[string][]byte{"": among, ", zipped": zip(among), ", zipped twice": zip(zip(among))} {
			if r.Place([]byte("topic"), data) == "" {
				t.Errorf("%s%s is not found", name, form)
			}
		}
	}
	for name, data := range map[string]string{
		"three decimals":   fmt.Sprintf("%.3f", p.Latitude),
		"another town":     "54.1371 6.5754",
		"a status message": `{"action":"subscription","subscriptionId":"status","epoch":"5f0c","seq":41,"ts":"2026-11-21T20:33:10.000Z","data":[{"path":"Vehicle.Cabin.Door.Row1.DriverSide.IsOpen","dp":[{"value":"false","ts":"2026-11-21T20:33:00.000Z"}]}]}`,
		"spaces":           strings.Repeat(" ", 1024),
	} {
		if found := r.Place([]byte(data), zip([]byte(data))); found != "" {
			t.Errorf("%s: found %s", name, found)
		}
	}
}

// wireFiles writes what a world records of the line.
func wireFiles(t *testing.T, raw []byte, payloads ...[]byte) string {
	t.Helper()
	dir := t.TempDir()
	var lines []byte
	for _, p := range payloads {
		line, err := json.Marshal(map[string]any{"dir": "out", "reader": "anna", "topic": "gb/1/a/to/b/status", "payload": p})
		if err != nil {
			t.Fatal(err)
		}
		lines = append(append(lines, line...), '\n')
	}
	for name, data := range map[string][]byte{"wire.bin": raw, "wire.jsonl": lines} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// The wire check finds a text in any byte that was sent, also zipped, in hex and
// in base64 at any offset.
func TestWireControls(t *testing.T) {
	const text = "Heron Quay 4471"
	planted := []byte("before " + text + " after")
	rows := map[string]string{
		"raw":     wireFiles(t, planted),
		"zipped":  wireFiles(t, nil, []byte("{}"), zip(planted)),
		"hex":     wireFiles(t, []byte(hex.EncodeToString(planted))),
		"HEX":     wireFiles(t, []byte(strings.ToUpper(hex.EncodeToString(planted)))),
		"message": wireFiles(t, nil, planted),
	}
	for before := range 3 {
		coded := base64.StdEncoding.EncodeToString(append([]byte("xyz")[:before], planted...))
		rows[fmt.Sprintf("base64 at %d", before)] = wireFiles(t, []byte(coded))
	}
	for name, dir := range rows {
		if where, err := scenario.OnWire(dir, text, 0, 0, 0); err != nil || where == "" {
			t.Errorf("%s: not found, %v", name, err)
		}
		if where, err := scenario.OnWire(dir, "Heron Quay 9382", 0, 0, 0); err != nil || where != "" {
			t.Errorf("%s: found what is not there %s, %v", name, where, err)
		}
	}
	if _, err := scenario.OnWire(t.TempDir(), text, 0, 0, 0); err == nil {
		t.Error("no recording is no proof")
	}
	// What was sent before the line of a never does not count, and what is sent behind
	// it does.
	twice := wireFiles(t, []byte(text+" "+text))
	for before, want := range map[int]bool{0: true, len(text): true, 2 * len(text): false} {
		if where, err := scenario.OnWire(twice, text, int64(before), 0, 0); err != nil || (where != "") != want {
			t.Errorf("behind %d bytes: %q, %v", before, where, err)
		}
	}
	// Of a record that has lost its beginning, what is kept counts as it did.
	for before, want := range map[int64]bool{0: true, 5000: true, 5000 + int64(len(text)): true, 5001 + 2*int64(len(text)): false} {
		if where, err := scenario.OnWire(twice, text, before, 0, 5000); err != nil || (where != "") != want {
			t.Errorf("5000 bytes were dropped, behind %d: %q, %v", before, where, err)
		}
	}
}

// A gap record fails when it counts one too many or too few, begins or ends
// elsewhere, or counts what the reader has.
func TestGapControls(t *testing.T) {
	at := func(s float64) time.Time {
		return time.Date(2026, 11, 21, 20, 0, 0, 0, time.UTC).Add(time.Duration(s * float64(time.Second)))
	}
	cut := scenario.Outage{From: at(18.5), To: at(48.5)}
	back := at(51.2)
	good := cloud.Gap{Kind: "status", From: at(20), To: at(50), Dropped: 7, Reason: "age"}
	found := []cloud.Message{{Kind: "status", Time: at(15)}, {Kind: "status", Time: at(51)}}
	if wrong := cut.Miscounted(good, 5*time.Second, back, found); wrong != "" {
		t.Fatalf("a right count: %s", wrong)
	}
	for name, harm := range map[string]func(*cloud.Gap){
		"one more":     func(g *cloud.Gap) { g.Dropped++ },
		"one less":     func(g *cloud.Gap) { g.Dropped-- },
		"too early":    func(g *cloud.Gap) { g.From, g.Dropped = at(15), 8 },
		"too late":     func(g *cloud.Gap) { g.From, g.Dropped = at(25), 6 },
		"ends early":   func(g *cloud.Gap) { g.To, g.Dropped = at(45), 6 },
		"ends late":    func(g *cloud.Gap) { g.To, g.Dropped = at(55), 8 },
		"turned round": func(g *cloud.Gap) { g.From, g.To = g.To, g.From },
		"other reason": func(g *cloud.Gap) { g.Reason = "policy" },
	} {
		g := good
		harm(&g)
		if cut.Miscounted(g, 5*time.Second, back, found) == "" {
			t.Errorf("%s: passes", name)
		}
	}
	if cut.Miscounted(good, 5*time.Second, back, append(found, cloud.Message{Kind: "status", Time: at(30)})) == "" {
		t.Error("a message of a slot that counts as missed: passes")
	}
	if cut.Miscounted(good, 0, back, found) == "" {
		t.Error("no slots at all: passes")
	}
}

// A slot that is filled in later is found, and what is from before, after or only
// old within a status is not.
func TestBackfillControls(t *testing.T) {
	at := func(s int) time.Time { return time.Date(2026, 11, 21, 20, 0, s, 0, time.UTC) }
	cut := scenario.Outage{From: at(10), To: at(40)}
	for _, tt := range []struct {
		name   string
		m      cloud.Message
		filled bool
	}{
		{"a missed status", cloud.Message{Kind: "status", Time: at(20)}, true},
		{"a missed position", cloud.Message{Kind: "position", Time: at(20)}, true},
		{"a place of then", cloud.Message{Kind: "position", Time: at(41), Points: []cloud.Point{{Path: "Vehicle.CurrentLocation.Latitude", Time: at(39)}}}, true},
		{"the newest state", cloud.Message{Kind: "status", Time: at(41), Points: []cloud.Point{{Path: "Vehicle.Speed", Time: at(39)}}}, false},
		{"before", cloud.Message{Kind: "status", Time: at(9)}, false},
		{"what is kept", cloud.Message{Kind: "alarms", Time: at(20)}, false},
	} {
		if got := cut.Filled(tt.m); (got != "") != tt.filled {
			t.Errorf("%s: says %q", tt.name, got)
		}
	}
}

// Only what is kept may come twice, and only if it says so.
func TestRepeatControls(t *testing.T) {
	for _, tt := range []struct {
		name string
		m    cloud.Message
		ok   bool
	}{
		{"kept, said so", cloud.Message{Kind: "alarms", Repeat: true, Resend: true}, true},
		{"kept, not said", cloud.Message{Kind: "alarms", Repeat: true}, false},
		{"live", cloud.Message{Kind: "position", Repeat: true, Resend: true}, false},
		{"no repeat", cloud.Message{Kind: "status"}, true},
	} {
		if _, wrong := scenario.JudgeRepeats([]cloud.Message{tt.m}); (wrong == "") != tt.ok {
			t.Errorf("%s: says %q", tt.name, wrong)
		}
	}
}

// A value that no frame of the drive holds is found among the readings.
func TestStrangeControls(t *testing.T) {
	recorded := map[string]map[string]bool{"Vehicle.Speed": {"29.38": true}}
	for line, want := range map[string]string{
		`{"t":1,"path":"Vehicle.Speed","value":"29.38"}`: "",
		`{"t":1,"path":"Vehicle.Speed","value":null}`:    "",
		`{"t":1,"path":"Vehicle.Speed","value":"29.39"}`: "Vehicle.Speed 29.39",
		`{"t":1,"path":"Vehicle.VIN","value":"X"}`:       "Vehicle.VIN X",
	} {
		if got := scenario.Strange(recorded, line); got != want {
			t.Errorf("%s: found %q, want %q", line, got, want)
		}
	}
}
