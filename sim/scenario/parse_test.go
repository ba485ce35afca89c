package scenario_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"glovebox/sim/scenario"
)

const people = "users anna:main lea:shared jonas:limited\n"

// Each line that is wrong is named, with what is wrong and the nearest word.
func TestProblems(t *testing.T) {
	for _, tt := range []struct {
		name, source, want string
	}{
		{"unknown command", "boot\nlogn anna\n", `x.txtar:2: unknown command "logn": did you mean "login"?`},
		{"unknown check", people + "boot\nexpect stat idle", `x.txtar:3: expect: unknown check "stat": did you mean "state"?`},
		{"unknown fault", "fault ofline", `x.txtar:1: fault: unknown fault "ofline": did you mean "offline"?`},
		{"unknown name", people + "boot\nlogin ana", `x.txtar:3: login: unknown name "ana": did you mean "anna"?`},
		{"unknown kind", people + "expect publish anna statu", `did you mean "status"?`},
		{"unknown class", people + "expect withheld positon", `did you mean "position"?`},
		{"unknown function", "expect permits clmate yes", `did you mean "climate"?`},
		{"unknown error", people + "boot\nguest\nexpect error NotParkd", `did you mean "NotParked"?`},
		{"unknown alarm", "alarm cruise-falt on", `did you mean "cruise-fault"?`},
		{"unknown key", "expect setting radio volum 3", `did you mean "volume"?`},
		{"key of a set", people + "boot\nset radio volum 3", `x.txtar:3: set: unknown key "volum": did you mean "volume"?`},
		{"group of a set", people + "boot\nset radoi volume 3", `unknown group "radoi": did you mean "radio"?`},
		{"value out of range", people + "boot\nset radio volume 101", `x.txtar:3: set: radio volume cannot be "101": want 0 to 100`},
		{"value of another type", people + "boot\nset radio volume loud", `radio volume cannot be "loud"`},
		{"place off the earth", people + "boot\n" + `set navigation home {"name":"x","latitude":91,"longitude":0}`, "navigation home cannot be"},
		{"range of an expectation", "expect setting radio volume 101", `x.txtar:1: expect: radio volume cannot be "101"`},
		{"range behind at", people + "boot\nreplay can=rav4\nat 3s set radio volume 101", "x.txtar:4: at: radio volume"},
		{"range behind kill", people + "boot\nkill 1ms into set radio volume 101", "x.txtar:3: kill: radio volume"},
		{"path that the car does not have", "signal Vehicle.Sped 3", `x.txtar:1: signal: this car does not say it: unknown path "Vehicle.Sped": did you mean "Vehicle.Speed"?`},
		{"path of an expectation", "wait 1s\nexpect signal Vehicle.Sped 3", "x.txtar:2: expect: this car does not say it"},
		{"path of a range", "expect signal Vehicle.Sped min=1 max=2", "this car does not say it"},
		{"path of a never", "never signal Vehicle.Sped 3", "this car does not say it"},
		{"value that a path does not have", "signal Vehicle.LowVoltageSystemState ONN", `"ONN" is no value of it`},
		{"policy that is none", "wait 1s\npolicy p.csv\n-- p.csv --\nx\n", "x.txtar:2: policy p.csv: "},
		{"mapping that does not fit", "replay can=a dbc=can0:d mapping=m\n-- a --\n(1.5) can0 123#\n-- d --\n-- m --\n[[signal]]\npath = \"Vehicle.Speed\"\nbus = \"can0\"\ncan = \"A.B\"\n",
			`x.txtar:1: m:1: can: `},
		{"a letter and its neighbour", people + "gaer D", `unknown command "gaer": did you mean "gear"?`},
		{"unknown document", people + "document oldr", `did you mean "older"?`},
		{"nothing like it", "xylophone", `x.txtar:1: unknown command "xylophone"`},
		{"line numbers count comments", "# one\n\n  # three\nbot", "x.txtar:4: unknown command"},
		{"all at once", "bot\nwait\nwait 0s", "x.txtar:3: wait:"},
		{"unknown action", people + "app anna unlok", `x.txtar:2: app: unknown action "unlok": did you mean "unlock"?`},
		{"nobody's phone", people + "app ana unlock", `unknown name "ana": did you mean "anna"?`},
		{"not on a phone", people + "app anna export anna", "unknown action \"export\""},
		{"not in a workshop", people + "workshop remov-main", `did you mean "remove-main"?`},
		{"who was not invited", people + "app kai code", "unknown name \"kai\""},
		{"climate of words", people + "app anna climate on celsius=warm", "want a number"},
		{"cold climate", people + "app anna climate off celsius=20", "behind on"},
		{"function", people + "app anna restrict lea remote-lok", `did you mean "remote-lock"?`},
		{"frame without value", "expect frame body LOCK_COMMAND.LOCK", "MESSAGE.SIGNAL and its value"},
		{"letter of nothing", people + "expect mail anna", "the text is missing"},
		{"import of nothing", people + "boot\nhmi import anna a.json", `unknown attachment "a.json"`},
		{"kill into a phone", people + "boot\nkill 1ms into app anna lock", "the agent is not asked anything by that"},
		{"unknown door", "door drivr open", `x.txtar:1: door: unknown door "drivr": did you mean "driver"?`},
		{"a fob closes nothing", "door driver close fob=anna", "a fob opens a door"},
		{"unknown gear", "gear B", "x.txtar:1: gear: unknown gear"},
		{"unknown route", "boot\ndrive comute.gpx", `x.txtar:2: drive: unknown route "comute.gpx": did you mean "commute.gpx"?`},
		{"unknown way through the town", "boot\ndrive hafen-westent", `x.txtar:2: drive: unknown route "hafen-westent": did you mean "hafen-westend"?`},
		{"route that is none", "drive a.gpx\n-- a.gpx --\nx\n", "x.txtar:1: drive: route a.gpx"},
		{"speed without unit", "drive commute.gpx speed=50", "want such as 50km/h"},
		{"two drives of one car", "drive commute.gpx\ndrive block.gpx", "sync first"},
		{"the recorded car has no doors", "replay can=rav4\nlock", "x.txtar:2: a recorded car does nothing else"},
		{"a recorded car plays as it was recorded", "boot\nreplay can=rav4\nspeed 2x", "x.txtar:3: a recorded car does nothing else"},
		{"two speeds to begin with", "speed 2x\nspeed 3x\nboot", "x.txtar:2: speed: want it once before boot"},
		{"a car that begins with nothing", "speed 0x\nboot", "x.txtar:1: speed: want it once before boot"},
		{"a power cut that is ended", people + "boot\nfault power off", "fault: "},
		{"power of nobody", "fault power", "the agent does not run here"},
		{"clock back", "fault clock -1h", "want such as +25h"},
		{"clock for a time", "fault clock +1h for 3s", "say no for"},
		{"clock by no seconds", "fault clock +10ms", "want whole seconds"},
		{"a phone of nobody", people + "app mia lock", "x.txtar:2: app: unknown name \"mia\""},
		{"a trip of nobody", people + "expect trip for mia", `unknown name "mia"`},
		{"car values", "car Taycan 2024 sos=10", `did you mean "soc"?`},
		{"too full", "car Taycan 2024 soc=101", "soc=101: want a percentage"},
		{"values of a recorded car", "car Taycan 2024 soc=10\nreplay can=rav4", "odo, soc and cold are of the made car"},
		{"head after boot", people + "boot\nseed 4", "x.txtar:3: seed belongs before boot"},
		{"head twice", "seed 4\nseed 4", "x.txtar:2: seed stands twice"},
		{"two main users", "users anna:main lea:main", "2 main users"},
		{"no main user", "users lea:shared", "0 main users"},
		{"seven users", "users a:main b:shared c:shared d:shared e:shared f:shared g:shared", "at most 6"},
		{"name twice", "users anna:main anna:shared", "anna: the name is taken"},
		{"name of a reader", "users anna:main workshop:shared", "the name is taken"},
		{"role", "users anna:man", `did you mean "main"?`},
		{"PIN too short", "users anna:main:123", "4 to 12 digits"},
		{"no agent", people + "login anna", "x.txtar:2: login: the agent does not run here"},
		{"stopped agent", people + "boot\nstop\nguest", "x.txtar:4: guest: the agent does not run here"},
		{"two agents", "boot\nboot", "x.txtar:2: boot: the agent runs already"},
		{"kill into nothing", "boot\nkill 3ms into sync", "the agent is not asked anything by that"},
		{"at without a drive", "at 3s boot", "no drive plays here"},
		{"at behind at", "replay can=rav4\nat 3s at 4s boot", "cannot stand behind at"},
		{"two drives", "replay can=rav4\nreplay can=rav4", "sync first"},
		{"unknown action on the line", people + "action forgd anna", `x.txtar:2: action: unknown action "forgd": did you mean "forged"?`},
		{"an action of nobody", people + "action replayed mia", `unknown name "mia"`},
		{"a long wait", "wait 151s", "no wait is over"},
		{"wait until when", "wait until", "wait"},
		{"wait until no time", "wait until noon", "wait"},
		{"a time behind at", "boot\ndrive block.gpx\nat 3s wait until 9s", "cannot stand behind at"},
		{"what waits cannot go on meanwhile", people + "boot\nmeanwhile wait 3s", "x.txtar:3: meanwhile: wait 3s cannot stand behind meanwhile"},
		{"nor what a check judges", people + "boot\nmeanwhile expect ready", "cannot stand behind meanwhile"},
		{"nor itself", people + "boot\nmeanwhile meanwhile guest", "cannot stand behind meanwhile"},
		{"nor a drive", "boot\nmeanwhile drive block.gpx", "cannot stand behind meanwhile"},
		{"meanwhile at a time", "boot\ndrive block.gpx\nat 3s meanwhile lock", "cannot stand behind at"},
		{"nobody looks how it is refused meanwhile", people + "boot\nmeanwhile guest\nexpect error NotParked", "the line before cannot be refused"},
		{"sync with what", "boot\nsync all", "sync"},
		{"option twice", "replay can=rav4 can=rav4", "can stands twice"},
		{"bus twice", "replay can=a dbc=can0:b dbc=can0:b mapping=b\n-- a --\n-- b --\n", "dbc of a bus stands twice"},
		{"option of nothing", "boot\nreplay can=", "the value is missing"},
		{"option of another", "replay cam=rav4", `did you mean "can"?`},
		{"misspelt dbc", "replay can=a dbc=can0:b.dbc mapping=b.toml\n-- a --\n-- b.dbx --\n-- b.toml --\n", `x.txtar:1: unknown attachment "b.dbc": did you mean "b.dbx"?`},
		{"bus that is not named", "wait 1s\nreplay can=a dbc=can1:b mapping=b\n-- a --\n(1781518499.900000) can0 244#00\n-- b --\n", "x.txtar:2: replay: a has frames of bus can0, and dbc names can1"},
		{"log without a frame", "replay can=a dbc=can0:b mapping=b\n-- a --\n  can0  123   [2]  01 02\n-- b --\n", "x.txtar:1: replay: load drive: a has no frame; 1 lines are no frames, the first is line 1"},
		{"receiver without a fix", "replay can=rav4 nmea=a\n-- a --\n$GPRMC,,V,,,,,,,,,,N*53\n", "x.txtar:1: replay: no fix in 1 sentences of a"},
		{"replay of nothing", "replay for=3s", "want can, nmea or both"},
		{"own log, no mapping", "replay can=a.log dbc=can0:a.dbc\n-- a.log --\n-- a.dbc --\n", "dbc and mapping belong"},
		{"attachment missing", "replay can=a.log dbc=can0:a.dbc mapping=m.toml\n-- a.log --\n-- m.toml --\n", `unknown attachment "a.dbc"`},
		{"policy missing", "policy p.csv", `unknown attachment "p.csv"`},
		{"label unknown", people + "expect publish anna status since then", "no line above says mark then"},
		{"label twice", "mark a\nmark a", "x.txtar:2: mark: label a stands twice"},
		{"since where it means nothing", "mark a\nexpect state idle since a", "state looks at now"},
		{"disk unchanged since nothing", "expect disk unchanged", "needs since LABEL"},
		{"sent since nothing", "expect sent", "needs since LABEL"},
		{"error behind what is not refused", "boot\nexpect error NotParked", "the line before cannot be refused"},
		{"error within", people + "boot\nguest\nexpect error NotParked within 3s", "takes a name and nothing else"},
		{"duration without unit", "wait 3", "want such as 500ms, 10s or 2m"},
		{"negative duration", "wait -3s", "no duration"},
		{"too long", "wait 10m", "no wait is over"},
		{"within too long", "expect state idle within 3m", "no wait is over"},
		{"word too many", "boot now", `x.txtar:1: boot: "now" is one word too many`},
		{"never of a comparison", people + "never track anna", "say expect"},
		{"first without an outage", people + "expect first anna status", "no line above says fault offline"},
		{"short text", "never wire abc", "found anywhere"},
		{"path without root", "signal Speed 3", "want such as Vehicle.Speed"},
		{"after the end", "end\nboot", "x.txtar:2: nothing can follow end"},
		{"control letter", "title a\x01b", "no text"},
		{"include of nothing", "include other.txtar", "there are no other files"},
		{"attachment twice", "-- a --\n-- a --\n", "the attachment a stands twice"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := scenario.Parse("x.txtar", []byte(tt.source), nil)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%q: %v, want %s", tt.source, err, tt.want)
			}
		})
	}
}

// Every name of a refusal that the page has, of D-Bus, of the car or of the back end,
// may be expected.
func TestRefusals(t *testing.T) {
	for _, name := range []string{
		"WrongPIN", "LockedOut", "NoSuchProfile", "NotPermitted", "NotParked", "Superseded", "GuestUnavailable", "RosterFull", "NotReady",
		"InvalidArgument", "QuotaExceeded", "CodeExpired", "CodeWrong", "CodeVoid", "EraseFailed", "Offline",
		"UnknownMethod", "UnknownInterface", "UnknownObject", "Failed",
		"expired", "not-permitted", "bad-request", "not-now", "busy", "unknown", "Refused", "Warning",
	} {
		if _, err := scenario.Parse("x.txtar", []byte(people+"boot\nguest\nexpect error "+name), nil); err != nil {
			t.Error(err)
		}
	}
}

// What must be refused is the agent's to refuse.
func TestRefusedSettings(t *testing.T) {
	for _, line := range []string{"set radio volume 101", "set radio volum 3", "set radoi volume 3"} {
		if _, err := scenario.Parse("x.txtar", []byte(people+"boot\nguest\n"+line+"\nexpect error InvalidArgument"), nil); err != nil {
			t.Error(err)
		}
	}
}

// What is read is what stands there.
func TestHead(t *testing.T) {
	s, err := scenario.Parse("dir/a.txtar", []byte("\uFEFFtitle  A  title \nseed 7\nspeed 2.5x\nconfig telemetry.gzip true\n"+
		"policy p.csv\ncar Macan Electric 2025\nusers anna:main:none lea:shared:4802:seal\n-- p.csv --\n"+
		"class,main,shared,limited,limited_assigned,workshop,backend,guest_driving,no_position,offline,action_detail,reason\n"+
		"@slot.main,withhold,withhold,withhold,withhold,withhold,withhold,withhold,withhold,withhold,every=2s pad=0,test\n"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if s.Name != "a" || s.Title != "A  title" || s.Seed != 7 || s.Speed != 2.5 || s.Policy != "p.csv" || s.Model != "Macan Electric" || s.Year != 2025 {
		t.Errorf("%+v", s.Head)
	}
	if got := fmt.Sprint(s.Users, s.Config); got != "[{anna main none false} {lea shared 4802 true}] [{telemetry.gzip true}]" {
		t.Error(got)
	}
}

// Included lines stand in place of the line that includes them, attachments too.
func TestInclude(t *testing.T) {
	files := map[string]string{"b.txtar": "wait 2s\n-- b --\nB\n", "loop.txtar": "include loop.txtar\n"}
	read := func(name string) ([]byte, error) {
		if text, ok := files[name]; ok {
			return []byte(text), nil
		}
		return nil, os.ErrNotExist
	}
	s, err := scenario.Parse("a.txtar", []byte("wait 1s\ninclude b.txtar\nwait 3s\n-- a --\nA\n"), read)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, step := range s.Steps {
		got = append(got, fmt.Sprintf("%s:%d %s", step.File, step.Line, step.Text()))
	}
	if strings.Join(got, ", ") != "a.txtar:1 wait 1s, b.txtar:1 wait 2s, a.txtar:3 wait 3s" || len(s.Files) != 2 {
		t.Errorf("%q, %d files", got, len(s.Files))
	}
	for source, want := range map[string]string{
		"include loop.txtar": "loop.txtar:1: include loop.txtar: the files include each other",
		"include none.txtar": "a.txtar:1: file does not exist",
	} {
		if _, err := scenario.Parse("a.txtar", []byte(source), read); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", source, err)
		}
	}
}

// A file that a line names is an attachment, else one beside the scenario, else one that
// comes along.
func TestFiles(t *testing.T) {
	beside := func(name string) ([]byte, error) {
		if name == "a.log" {
			return []byte("(1781518499.900000) can0 244#00\n"), nil
		}
		return nil, os.ErrNotExist
	}
	const lamp = "-- b.dbc --\n" + lampDBC + "-- m --\n[[signal]]\npath = \"Vehicle.Cabin.Light.PerceivedAmbientLight\"\nbus = \"can0\"\ncan = \"LAMP.LEVEL\"\n"
	for source, want := range map[string]string{
		"replay can=a.log dbc=can0:b.dbc mapping=m\n" + lamp: "",
		"replay can=a.log dbc=can1:b.dbc mapping=m\n" + lamp: "a.log has frames of bus can0",
		"replay can=b.log dbc=can0:b.dbc mapping=m\n" + lamp: `unknown attachment "b.log"`,
		"drive a.log":           "drive: route a.log",
		"drive block":           "",
		"drive block.gpx":       "",
		"drive hafen-westend":   "",
		"drive hafen.gpx":       "",
		"drive routes/blok.gpx": `unknown route "routes/blok.gpx"`,
	} {
		_, err := scenario.Parse("x.txtar", []byte(source), beside)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", source, err, want)
		}
	}
}

// corpus is every scenario of the project and every usage line of the language.
func corpus(t testing.TB) [][]byte {
	t.Helper()
	names, err := filepath.Glob("../scenarios/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatalf("no scenarios: %v", err)
	}
	var all [][]byte
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, text)
	}
	return append(all,
		[]byte("boot\nkill 250us into guest\n"), []byte("car Taycan 2024\nboot\nspeed 10x\nspeed 0x\nfault can-garbage for 90s\nfault can-garbage off\nfault unplug gnss off\n"), []byte("fault unplug can for 90s\nfault can-garbage\nfault gnss\n"),
		[]byte(people+"app anna invite kai shared\napp kai code\napp kai accept\napp kai accept 12AB pin=none\napp anna activate kai\nboot\nlogin kai\n"),
		[]byte(people+"app lea climate on celsius=22.5 minutes=7\napp lea climate off\napp anna restrict lea\napp anna restrict lea chat trips\napp lea chat Is  it ready?\n"),
		[]byte(people+"boot\nassign t lea jonas\nhmi pin anna none 4711\nhmi erase everything pin=480213\nhmi import lea a.json\nworkshop remove-main confirm\nworkshop remove-main\n-- a.json --\n{}\n"),
		[]byte("car Taycan 2024\n"+people+"mark a\nexpect mail lea hello you since a\nexpect not frame body LOCK_COMMAND.LOCK 0.5 since a within 2s\nexpect frame body LOCK_COMMAND\nnever sms lea code\n"),
		[]byte("boot\nfault power for 2s\nfault clock +25h\nfault disk-full for 3s\nfault slow-disk\nfault duplicate for 1s\n"),
		[]byte("car Taycan 2024 odo=12.5km soc=62.5 cold=30s\nunlock fob=anna\ndoor driver open fob=lea\ndoor trunk close\nlock\nunlock\n"),
		[]byte("fob anna in\nfob lea out\nignition on\ngear D\ndrive block.gpx speed=12.5km/h\nat 3s signal Vehicle.Speed 3\n"),
		[]byte("mark a\nexpect not statistic bus.a.bad 3 since a within 1m30s\nexpect disk unchanged since a\n"),
		[]byte("replay can=c nmea=n dbc=can1:d dbc=can0:d mapping=m for=1h0m3s\nsync\n-- c --\n(1.5) can0 123#\n-- n --\n$GPRMC,101501.00,A,5412.3457,N,00637.6544,E,0.40,,150626,,,A*40\n-- d --\n-- m --\n"),
		[]byte(people+"boot\nlogin lea pin=none wait\nexpect error WrongPIN\ndocument limit lea\nexpect withheld doors for jonas rule=doors/limited\n"),
		[]byte(people+"expect gap lea status dropped=3\nexpect signal Vehicle.Speed min=-1.5 max=2\nexpect signal Vehicle.Speed 4.5 at=3s\nnever place jonas\n"))
}

// A scenario that is printed reads as the same scenario, and prints as the same
// text.
func TestFormat(t *testing.T) {
	for _, source := range corpus(t) {
		roundTrip(t, source, true)
	}
}

func roundTrip(t *testing.T, source []byte, must bool) {
	t.Helper()
	s, err := scenario.Parse("x.txtar", source, nil)
	if err != nil {
		if must {
			t.Errorf("%s\n%v", source, err)
		}
		return
	}
	printed := scenario.Format(s)
	again, err := scenario.Parse("x.txtar", printed, nil)
	if err != nil {
		t.Fatalf("%s\nprinted as\n%s\n%v", source, printed, err)
	}
	if len(again.Steps) != len(s.Steps) || !reflect.DeepEqual(again.Head, s.Head) || !reflect.DeepEqual(again.Files, s.Files) {
		t.Fatalf("%s\nreads again as another scenario", printed)
	}
	for i := range s.Steps {
		if !reflect.DeepEqual(s.Steps[i].Command, again.Steps[i].Command) {
			t.Fatalf("%q reads again as %q", s.Steps[i].Text(), again.Steps[i].Text())
		}
	}
	if string(scenario.Format(again)) != string(printed) {
		t.Fatalf("%s\nprints again as\n%s", printed, scenario.Format(again))
	}
}

// FuzzParse: whatever a file holds, it is read or its problems have lines; what
// is read prints as a file that reads the same.
func FuzzParse(f *testing.F) {
	for _, source := range corpus(f) {
		f.Add(source)
	}
	f.Add([]byte("-- --"))
	f.Add([]byte("at 3s kill 1ms into at 2s set a b c since d within 3s\n"))
	f.Fuzz(func(t *testing.T, source []byte) {
		if len(source) > 1<<16 {
			return
		}
		_, err := scenario.Parse("x.txtar", source, nil)
		if err != nil {
			lines := strings.Count(string(source), "\n") + 1
			for _, p := range err.(scenario.Problems) {
				if p.Line < 0 || p.Line > lines || p.Text == "" {
					t.Fatalf("%q: a problem in line %d of %d: %s", source, p.Line, lines, p.Text)
				}
			}
			return
		}
		roundTrip(t, source, true)
	})
}

// A line has the comment right above it, as one text; a blank line between is none.
func TestNotes(t *testing.T) {
	s, err := scenario.Parse("x.txtar", []byte("# Of the file.\n\nboot\n# Anna gets in,\n#  and says so.\nlogin anna\nlogout\n"), nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"", "Anna gets in, and says so.", ""} {
		if got := s.Steps[i].Note; got != want {
			t.Errorf("%s: %q, want %q", s.Steps[i].Text(), got, want)
		}
	}
}

// A wrong word is said with the one that may have been meant.
func TestNear(t *testing.T) {
	for line, want := range map[string]string{"lgin anna": "login", "login anna wiat": "wait", "expect eror NotParked": "error", "boot boot": ""} {
		_, err := scenario.Parse("x.txtar", []byte("users anna:main\nboot\nlogin anna\n"+line+"\n"), nil)
		if problems, is := errors.AsType[scenario.Problems](err); !is || problems[0].Near != want {
			t.Errorf("%s: %+v, want %q", line, err, want)
		}
	}
}

// The page on scenarios has every command, every check and every action.
func TestDocumented(t *testing.T) {
	page, err := os.ReadFile("../../docs/scenarios.md")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(string(page), `\|`, "|")
	for _, w := range append(scenario.Commands(), scenario.Checks()...) {
		if !strings.Contains(text, "`"+w.Usage+"`") {
			t.Errorf("docs/scenarios.md does not have `%s`", w.Usage)
		}
	}
	for _, row := range scenario.Rows() {
		if row.Before != "" && row.Before != "expect " && !strings.Contains(text, "`"+row.Usage+"`") {
			t.Errorf("docs/scenarios.md does not have `%s`, behind %s", row.Usage, row.Before)
		}
	}
}

// The example of that page is a scenario.
func TestExample(t *testing.T) {
	page, err := os.ReadFile("../../docs/scenarios.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(page), "## One example\n\n```\n")
	example, _, ok := strings.Cut(after, "```")
	if !ok {
		t.Fatal("the page has no example")
	}
	if s, err := scenario.Parse("example.txtar", []byte(example), nil); err != nil || len(s.Steps) < 20 {
		t.Error(err)
	}
}

// No wait in a line is longer than a scenario may take.
func TestLimit(t *testing.T) {
	if _, err := scenario.Parse("x.txtar", []byte("wait "+(150*time.Second).String()), nil); err != nil {
		t.Error(err)
	}
}
