package scenario

import (
	"fmt"
	"slices"
)

// rules say where a row may stand.
type rules uint8

const (
	head       rules = 1 << iota // before boot only
	later                        // and behind it too
	once                         // once only
	agentRuns                    // not without an agent
	since                        // a check asks what happened since a moment
	madeCar                      // the recorded car has no people
	expectOnly                   // a check that makes no sense behind never
)

// commands is the table of what a line may begin with, besides include.
var commands = table(
	form{usage: "title TEXT", new: into(func(s *Scenario) slots { return slots{&s.Title} }), rules: head | once},
	form{usage: "seed N", new: into(func(s *Scenario) slots { return slots{&s.Seed} }), rules: head | once},
	form{usage: "speed 10x", new: as[speed], rules: head | later},
	form{usage: "config KEY VALUE", new: as[config], rules: head},
	form{usage: "policy FILE", new: into(func(s *Scenario) slots { return slots{&s.Policy} }), rules: head | once},
	form{usage: "car MODEL YEAR [odo=12500km] [soc=62] [cold=D]", new: as[model], rules: head | once},
	form{usage: "users NAME:ROLE[:PIN[:seal]] …", new: as[users], rules: head | once},
	form{usage: "boot", new: as[boot]},
	form{usage: "stop", new: as[stop], rules: agentRuns},
	form{usage: "kill [D into COMMAND]", new: as[kill], rules: agentRuns},
	form{usage: "restart", new: as[restart], rules: agentRuns},
	form{usage: "replay [can=F] [nmea=F] [dbc=BUS:FILE …] [mapping=F] [for=D]", new: as[replay]},
	form{usage: "drive FILE.gpx [speed=50km/h]", new: as[drive], rules: madeCar},
	form{usage: "door driver|passenger|… open [fob=NAME]", new: as[door], rules: madeCar},
	form{usage: "door driver|passenger|… close", new: as[door], rules: madeCar, want: "a fob opens a door, it does not close one"},
	form{usage: "lock", new: as[lock], rules: madeCar},
	form{usage: "unlock [fob=NAME]", new: as[unlock], rules: madeCar},
	form{usage: "ignition on|off", new: as[ignition], rules: madeCar},
	form{usage: "gear P|R|N|D", new: as[gear], rules: madeCar},
	form{usage: "fob NAME in|out", new: as[fob], rules: madeCar},
	form{usage: "signal PATH VALUE", new: as[signal]},
	form{usage: "alarm CODE on|off", new: as[alarm]},
	form{usage: "document older|forked|malformed|foreign|unsigned|widened|fresh", new: as[document]},
	form{usage: "document limit|remove NAME", new: as[document]},
	form{usage: "action replayed|forged NAME", new: as[forgery]},
	form{usage: "login NAME [pin=PIN] [wait]", new: as[login], rules: agentRuns},
	form{usage: "guest [wait]", new: as[guest], rules: agentRuns},
	form{usage: "logout", new: as[logout], rules: agentRuns},
	form{usage: "set GROUP KEY VALUE", new: as[set], rules: agentRuns},
	form{usage: "level share|no-position|offline", new: as[level], rules: agentRuns},
	form{usage: "assign TRIP NAME…", new: as[assign], rules: agentRuns},
	form{usage: "hmi ACTION", new: as[screen], rules: agentRuns},
	form{usage: "app NAME ACTION", new: as[phone]},
	form{usage: "workshop ACTION", new: as[workshop]},
	form{usage: "fault offline|broker-restart|duplicate|can|gnss|can-garbage|gnss-garbage|disk-full [for D]", new: as[fault]},
	form{usage: "fault power|slow-disk|sleep [for D]", new: as[agentFault]},
	form{usage: "fault unplug can|gnss [for D]", new: as[unplug]},
	form{usage: "fault offline|duplicate|can|gnss|can-garbage|gnss-garbage|disk-full|slow-disk off", new: as[mend]},
	form{usage: "fault unplug can|gnss off", new: as[plug]},
	form{usage: "fault clock +D", new: as[clockShift], want: "a clock that was moved stays so, say no for"},
	form{usage: "wait D", new: as[wait]},
	form{usage: "wait until D", new: as[waitUntil]},
	form{usage: "at D COMMAND", new: as[at]},
	form{usage: "meanwhile COMMAND", new: as[meanwhile]},
	form{usage: "sync [drive]", new: as[syncUp]},
	form{usage: "mark LABEL", new: as[mark]},
	form{usage: "expect [not] CHECK [since LABEL] [within D]", new: as[expect]},
	form{usage: "expect error ERROR", new: as[expectError], want: "expect error takes a name and nothing else"},
	form{usage: "never CHECK", new: as[never]},
	form{usage: "end", new: as[end]},
)

// onPeople are the actions that a phone and the head unit have in common.
var onPeople = []string{
	"invite NAME shared|limited", "cancel NAME", "remove NAME", "share NAME shared|limited",
	"restrict NAME [FUNCTION…]", "guest-services on|off", "remote-services on|off", "transfer NAME",
	"chat TEXT", "book TEXT",
}

// actions are the tables of what may follow the word of a screen.
var actions = map[string][]*form{
	"app": acts(onPeople, "activate NAME", "accept [CODE] [pin=PIN] [password=PASSWORD]", "code", "lock", "unlock", "flash", "locate",
		"climate on [celsius=21] [minutes=10]", "climate off", "assign TRIP NAME…", "add-car CODE", "new-phone"),
	"hmi": acts(onPeople, "activate NAME [code=CODE]", "cancel-pending", "pin NAME OLD NEW [code=CODE]", "reset-pin NAME", "link-fob NAME", "unlink-fobs NAME",
		"export NAME", "import NAME FILE", "erase everything [pin=PIN]", "inhibit [for D]", "keep TEXT", "read"),
	"workshop": acts(nil, "invite-main NAME", "remove-main [confirm]", "chat TEXT", "quote TEXT", "write NAME TEXT"),
}

// acts is a table of actions.
func acts(common []string, others ...string) []*form {
	var rows []form
	for _, u := range append(slices.Clone(common), others...) {
		f := form{usage: u, new: as[words]}
		switch u {
		case "climate off":
			f.want = "celsius and minutes: want a number, behind on"
		case "inhibit [for D]":
			f.new = as[inhibit]
		case "keep TEXT":
			f.new = as[keep]
		}
		rows = append(rows, f)
	}
	return table(rows...)
}

// Word is a row of the table of commands or checks, for whoever lists them.
type Word struct{ Word, Usage string }

// Commands lists what a line may begin with.
func Commands() []Word { return append([]Word{{"include", "include FILE"}}, listed(commands)...) }

// Checks lists what may follow expect and never.
func Checks() []Word { return listed(checks) }

// Actions lists what may follow the word of a screen: app, hmi or workshop.
func Actions(screen string) []Word { return listed(actions[screen]) }

func listed(table []*form) (all []Word) {
	for _, f := range table {
		n := len(all)
		switch {
		case f.new == nil:
		case n > 0 && all[n-1].Word == f.word:
			all[n-1].Usage += " | " + f.usage
		default:
			all = append(all, Word{f.word, f.usage})
		}
	}
	return all
}

// inner is the table of a line inside a line.
func (t part) inner() []*form {
	switch t.name {
	case "CHECK":
		return checks
	case "COMMAND":
		return commands
	}
	return actions[t.screen]
}

// allowed says why a command cannot stand here.
func (p *parser) allowed(f *form) error {
	switch {
	case f.rules&(head|later) == head && p.booted:
		return fmt.Errorf("%s belongs before boot", f.word)
	case f.rules&once != 0 && p.seen[f.word]:
		return fmt.Errorf("%s stands twice", f.word)
	case f.rules&agentRuns != 0 && !p.running:
		return fmt.Errorf("%s: the agent does not run here", f.word)
	}
	if p.seen[f.word] = true; f.rules&madeCar != 0 {
		p.handle()
	}
	return nil
}

// handle notes that only a made car does what the line says.
func (p *parser) handle() {
	if p.handled == 0 {
		p.handled = p.line
	}
}
