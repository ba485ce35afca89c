package console_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"glovebox/hal/can"
	"glovebox/hal/slcan"
	"glovebox/headunit"
	"glovebox/sim"
	"glovebox/sim/cloud"
	"glovebox/sim/console"
)

// Each role has one letter.
func TestLetters(t *testing.T) {
	for letter, who := range map[string][2]string{"M": {"main", "shared"}, "S": {"secondary", "shared"}, "L": {"limited", ""}, "G": {"guest", ""}, "W": {"workshop", ""}, "B": {"backend", ""}, "": {"", ""}} {
		if got := console.LetterOf(who[0], who[1]); got != letter {
			t.Errorf("the letter of %v is %q, want %q", who, got, letter)
		}
	}
}

// Values of the ledger have a unit that people use.
func TestValues(t *testing.T) {
	for _, tt := range []struct {
		path string
		v    any
		want string
	}{
		{"Vehicle.Speed", 61.24, "61.2 km/h"},
		{"Vehicle.TraveledDistance", 12500700.0, "12500.7 km"},
		{"Vehicle.Service.TimeToService", 25920000.0, "300 days"},
		{"Vehicle.LowVoltageSystemState", "ON", "ON"},
		{"Vehicle.Cabin.Door.Row1.DriverSide.IsOpen", true, "DriverSide IsOpen"},
		{"Vehicle.Cabin.Door.Row1.DriverSide.IsOpen", false, "DriverSide IsOpen: no"},
	} {
		if got := console.ValueWords(tt.path, tt.v); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.path, got, tt.want)
		}
	}
	if got := console.PlaceWords(-54.19, 6.62); got != "54.19000 S 6.62000 E" {
		t.Errorf("a place is %q", got)
	}
}

// Of hundreds of readings what is another value is told, once.
func TestReadings(t *testing.T) {
	r := console.ReadingsOf()
	for i := range 500 {
		r.Line(fmt.Sprintf(`{"t":%d.25,"path":"Vehicle.Speed","value":"%d"}`, i, i))
	}
	r.Line(`{"t":1,"path":"Vehicle.IsMoving","value":null}`)
	r.Line(`{"dropped":12}`)
	r.Line(`{"t":1,"path":"Vehicle.X.IsOpen","value":"true"}`)
	got := r.Due()
	for _, want := range []string{`{"path":"Vehicle.Speed","value":499,"unit":"km/h"}`, `{"path":"Vehicle.X.IsOpen","value":true,"unit":""}`} {
		if !strings.Contains(got, want) || strings.Count(got, "path") != 2 {
			t.Errorf("due is %s, want in it %s", got, want)
		}
	}
	r.Line(`{"t":501,"path":"Vehicle.Speed","value":"499"}`)
	if got := r.Due(); got != "null" {
		t.Errorf("the same is told again: %s", got)
	}
	r.Line(`{"t":502,"path":"Vehicle.Speed","value":null}`)
	if got := r.Due(); got != `[{"path":"Vehicle.Speed","value":null,"unit":"km/h"}]` {
		t.Errorf("what became absent is told as %s", got)
	}
}

// A phone shows a place while it is fresh, and afterwards none: no last place, no cause.
func TestMailbox(t *testing.T) {
	m := console.NewMailboxFor("id")
	point := func(path, value string) cloud.Point { return cloud.Point{Path: path, Value: value} }
	place := cloud.Message{Kind: "position", At: noon, Points: []cloud.Point{point("Vehicle.CurrentLocation.Latitude", "54.1"), point("Vehicle.CurrentLocation.Latitude", "54.2"), point("Vehicle.CurrentLocation.Longitude", "6.6")}}
	m.Take(place)
	m.Take(cloud.Message{Kind: "status", Points: []cloud.Point{point("Vehicle.Speed", "1")}, Repeat: true})
	m.Take(cloud.Message{Kind: "status", Points: []cloud.Point{point("Vehicle.Range", "250000")}})
	m.Take(cloud.Message{Kind: "alarms", Alarm: &cloud.Alarm{Code: "tyre", Severity: "warning", Active: true}})
	m.Take(cloud.Message{Kind: "alarms", Alarm: &cloud.Alarm{Code: "oil", Active: true}})
	m.Take(cloud.Message{Kind: "alarms", Alarm: &cloud.Alarm{Code: "oil"}})
	m.Take(cloud.Message{Kind: "messages", Note: &cloud.Note{From: "jonas", Role: "secondary", Kind: "chat", Text: "hello"}})
	m.Take(cloud.Message{Kind: "trips", Trip: &cloud.Trip{ID: "a", Day: "2026-11-29", Band: "0-10"}})
	for _, tt := range []struct {
		name string
		at   time.Time
		want string
	}{
		{"fresh", noon.Add(console.PlaceFresh), `"place":{"lat":54.2,"lon":6.6}`},
		{"old", noon.Add(console.PlaceFresh + 1), `"place":null`},
		{"what was there before", noon, `"values":{"Vehicle.Range":"250000"}`},
		{"a warning that is over", noon, `"warnings":[{"code":"tyre","severity":"warning"}]`},
		{"an own line", noon, `"text":"hello","t":"","mine":true`},
		{"a trip without its distance", noon, `"trips":[{"id":"a","day":"2026-11-29","km":"0-10","mine":false,"assigned":[]}]`},
	} {
		if got := m.Shows(tt.at); !strings.Contains(got, tt.want) {
			t.Errorf("%s: %s, want in it %s", tt.name, got, tt.want)
		}
	}
}

// The receiver's newest sentence of each kind is told, and garbage takes no room.
func TestReceiver(t *testing.T) {
	var r console.Receiver
	const rmc, void = "$GNRMC,120000.00,A,5411.40000,N,00637.20000,E,20.0,90.0,291126,,,A*44", "$GNRMC,120001.00,V,,,,,,,291126,,,N*"
	r.Hear("3.1,W\r\n" + rmc[:20])
	r.Hear(rmc[20:] + "\r\n" + "$GNGGA,120000.00,5411.4,N,00637.2,E,1,09,0.8,3.0,M,41.2,M,,*00\r\n")
	if got := r.Due(); len(got) != 2 || got[1] != "GNRMC "+rmc {
		t.Errorf("due is %q", got)
	}
	if got := r.Due(); got != nil {
		t.Errorf("the same is told again: %q", got)
	}
	for range 10_000 {
		r.Hear(strings.Repeat("x", 100))
	}
	if r.Holds() > 4096 {
		t.Errorf("%d bytes of garbage are held", r.Holds())
	}
	if kind := console.SentenceKind([]byte("$<img>,x")); kind != "" {
		t.Errorf("a sentence of kind %q", kind)
	}
}

// A line of the agent's log has its time and level apart.
func TestLogLines(t *testing.T) {
	for line, want := range map[string]string{
		`time=2026-11-29T12:00:00.5+01:00 level=WARN msg="port closed" wire=gnss`: `{"t":"2026-11-29T11:00:00.500Z","level":"warn","text":"msg=\"port closed\" wire=gnss"}`,
		"panic: no such thing": `{"t":"1970-01-01T00:00:00.000Z","level":"info","text":"panic: no such thing"}`,
	} {
		if got := console.LogLine(line); got != want {
			t.Errorf("%s: %s", line, got)
		}
	}
}

// Of the bus what the agent says, and is asked, is told.
func TestBusLines(t *testing.T) {
	line := func(kind, of, member string, body ...any) sim.BusLine {
		return sim.BusLine{T: "2026-11-29T12:00:00.123456Z", Type: kind, Path: "/org/glovebox/Agent1", Interface: of, Member: member, Body: body}
	}
	for _, tt := range []struct {
		name string
		line sim.BusLine
		want string
	}{
		{"a call", line("method-call", "org.glovebox.Session1", "Login", "/p", "‹private›"), `{"t":"2026-11-29T12:00:00.123Z","member":"Session1.Login","path":"/org/glovebox/Agent1","text":"/p ‹private›","call":true}`},
		{"a signal", line("signal", "org.glovebox.Trips1", "Changed"), `{"t":"2026-11-29T12:00:00.123Z","member":"Trips1.Changed","path":"/org/glovebox/Agent1","text":"","call":false}`},
		{"what the bus does", line("method-call", "org.freedesktop.DBus", "AddMatch", "type='signal'"), ""},
	} {
		if got := console.BusLine(tt.line); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

// What a signal says is taken over; what it only names is asked for.
func TestHeard(t *testing.T) {
	changed := func(of string, values map[string]any, named ...string) headunit.Signal {
		return headunit.Signal{Name: "Properties.PropertiesChanged", Body: []any{"org.glovebox." + of, values, named}}
	}
	everything := []string{"people", "Privacy1", "settings", "trips", "notes", "ledger"}
	for _, tt := range []struct {
		name string
		said headunit.Signal
		want []string
	}{
		{"somebody else drives", changed("Session1", map[string]any{"State": "active", "Profile": "/x"}), everything},
		{"parked", changed("Session1", map[string]any{"Parked": true}), nil},
		{"while a guest drives", changed("Session1", nil, "Parked"), append([]string{"Session1"}, everything...)},
		{"the level", changed("Privacy1", map[string]any{"Level": "offline"}), nil},
		{"who receives what", changed("Privacy1", nil, "Readers"), []string{"Privacy1"}},
		{"a name", changed("Profile1", nil, "Name"), []string{"people"}},
		{"something else", headunit.Signal{Name: "Roster1.Changed"}, nil},
	} {
		got, session := console.Heard(tt.said)
		if !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: asks for %v, want %v", tt.name, got, tt.want)
		}
		if values, _ := tt.said.Body, 0; tt.name == "parked" && (len(values) != 3 || session["Parked"] != true) {
			t.Errorf("parked: %v", session)
		}
	}
}

// However many frames come, each is read and told once when it is due.
func TestFramesAreReadWhenDue(t *testing.T) {
	dir := t.TempDir()
	for file, from := range map[string]string{"body.dbc": "car.dbc", "powertrain.dbc": "car.dbc", "mapping.toml": "mapping.toml"} {
		text, err := os.ReadFile(filepath.Join("..", "scenarios", "taycan", from))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, file), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	truth := console.TruthOf(&sim.World{Dir: dir, Ports: map[string]*sim.Port{"powertrain": nil, "body": nil}})
	var said []byte
	const id = 0x100
	for i := range 52_000 {
		said = slcan.Append(said[:0], can.Frame{ID: id, Len: 8, Data: can.Data{byte(i), byte(i >> 8)}})
		truth.Hear("powertrain", said)
	}
	now := noon
	if got := truth.Due(now); len(got) != 1 || !strings.Contains(got[0], `"data":"1FCB`) {
		t.Errorf("due is %v", got)
	}
	if got := truth.Due(now.Add(time.Second)); got != nil {
		t.Errorf("nothing came, and it is told again: %v", got)
	}
	for range 100 {
		truth.Hear("powertrain", said)
	}
	if got := truth.Due(now.Add(time.Second)); got != nil {
		t.Errorf("the same came, and is told again: %v", got)
	}
	if got := truth.Due(now.Add(2 * time.Second)); len(got) != 1 || !strings.Contains(got[0], `"rate":50`) {
		t.Errorf("a frame that stays the same has its rate told: %v", got)
	}
}

// The lines without a terminal keep their names, whatever the log's events are.
func TestLines(t *testing.T) {
	var l console.Lines
	var got []string
	for _, e := range []console.Event{
		console.Told("world", `{"lap":1,"phase":"driving"}`),
		console.Told("world", `{"lap":1,"phase":"driving","ok":3}`),
		console.Told("wheel", `{"state":"active","who":"anna","role":"main","reason":"fob"}`),
		console.Told("wheel", `{"state":"active","who":"anna","role":"main","parked":true}`),
		console.Told("privacy", `{"level":"share","effective":"no-position","limited_by":["waiting"],"in_use":false}`),
		console.Told("signal", `{"path":"Vehicle.Speed","value":12.5}`),
		console.Told("link", `{"name":"can","age":3000}`),
		console.Told("clock", `{"since":1}`),
		console.Told("notes", `{"alarms":[{"code":"tyre","severity":"warning"}]}`),
		console.Told("notes", `{"alarms":[]}`),
		console.Told("state", `{"online":true,"epoch":"e","policy":2}`),
		console.Told("published", `{"t":"2026-11-21T12:00:00.000Z","reader":"lea","column":"shared","kind":"status","bytes":9,"epoch":"e","seq":1,"resend":false}`),
		console.Told("ledger", `{"who":"anna","id":4,"t":"2026-11-21T12:00:00.000Z","class":"speed","reader":"lea","message":"status","outcome":"withheld","rule":"speed/shared","limited_by":["speed/shared"],"count":2}`),
		console.Told("ledger", `{"who":"guest","id":1,"copy":true}`),
		console.Told("breach", `{"text":"too much"}`),
		console.Told("truth", `{"lat":1}`),
	} {
		for _, line := range l.Take(e, noon) {
			text, err := json.Marshal(line)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, string(text))
		}
	}
	const head = `{"t":"2026-11-21T12:00:00.000Z","event":`
	want := []string{
		head + `"lap","lap":1,"phase":"driving"}`,
		head + `"session","state":"active","who":"anna","role":"main","reason":"fob"}`,
		head + `"privacy","level":"share","effective":"no-position","limited_by":["waiting"],"location_in_use":false}`,
		head + `"signals","age_ms":3000,"values":{"Vehicle.Speed":12.5}}`,
		head + `"alarm","alarm":"tyre","severity":"warning","active":true}`,
		head + `"alarm","alarm":"tyre","active":false}`,
		head + `"state","online":true,"epoch":"e","policy":2}`,
		`{"event":"published","t":"2026-11-21T12:00:00.000Z","reader":"lea","column":"shared","kind":"status","bytes":9,"epoch":"e","seq":1,"resend":false}`,
		head + `"ledger","who":"anna","id":4,"minute":"2026-11-21T12:00Z","class":"speed","reader":"lea","kind":"status","outcome":"withheld","rule":"speed/shared","limited_by":["speed/shared"],"count":2}`,
		head + `"fault","fault":"too much"}`,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// The picture of the terminal is made of the log alone.
func TestPictureOfALog(t *testing.T) {
	var p console.Picture
	for _, e := range []console.Event{
		console.Told("world", `{"title":"a drive","bus":"unix:path=/bus","lap":2,"phase":"driving","drive_since":"2026-11-21T11:59:00.000Z","drive_ms":120000}`),
		console.Told("link", `{"name":"can","state":"up","rate":9,"buses":[{"name":"body","rate":9}]}`),
		console.Told("wheel", `{"state":"active","who":"lea","role":"secondary","parked":true}`),
		console.Told("privacy", `{"level":"share","effective":"share","in_use":true,"policy":"built-in","readers":[{"name":"anna","receives":["status","position"]},{"name":"jonas","receives":["status"]}]}`),
		console.Told("phone", `{"name":"jonas","letter":"L"}`),
		console.Told("published", `{"t":"2026-11-21T12:00:00.000Z","reader":"anna","column":"main","kind":"position","bytes":7}`),
		console.Told("ledger", `{"who":"lea","id":4,"t":"2026-11-21T12:00:00.000Z","class":"speed","reader":"anna","outcome":"withheld","rule":"speed/main","count":1}`),
		console.Told("ledger", `{"who":"lea","id":4,"t":"2026-11-21T12:00:00.000Z","class":"speed","reader":"anna","outcome":"withheld","rule":"speed/main","count":2}`),
		console.Told("breach", `{"text":"too much"}`),
	} {
		p.Take(e)
	}
	text := strings.Join(console.Draw(p.At(noon), 110, 40, false), "\n")
	for _, want := range []string{"a drive", "lap 2, driving 1:00 of 2:00", "body 9 frames/s", "Lea, Secondary user", "Position shared with Anna", "Jonas     Limited", "Position live", "LEDGER of Lea", "speed", "Anna ×2", "1 breaches"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	if len(p.Ledger) != 1 {
		t.Errorf("an entry that has grown is there %d times", len(p.Ledger))
	}
	p.Take(console.Told("wheel", `{"state":"idle"}`))
	if len(p.Ledger) != 0 {
		t.Errorf("nobody is at the wheel and the ledger is open: %v", p.Ledger)
	}
}
