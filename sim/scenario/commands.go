package scenario

// entry is a row of the table of commands.
type entry struct {
	word  string
	usage string
	head  bool // before boot only
	once  bool
	needs needs
	parse func(*parser, *line) (Command, error)
}

type needs bool

// agentRuns marks commands that make no sense without an agent.
const agentRuns needs = true

// commands is the table of what a line may begin with, besides include.
func commands() []entry {
	return []entry{
		{"title", "title TEXT", true, true, false, parseTitle},
		{"seed", "seed N", true, true, false, parseSeed},
		{"speed", "speed 10x", true, true, false, parseSpeed},
		{"config", "config KEY VALUE", true, false, false, parseConfig},
		{"policy", "policy FILE", true, true, false, parsePolicy},
		{"car", "car MODEL YEAR [odo=D] [soc=P] [cold=D]", true, true, false, parseCar},
		{"users", "users NAME:ROLE[:PIN[:seal]] …", true, true, false, parseUsers},
		{"boot", "boot", false, false, false, parseBoot},
		{"stop", "stop", false, false, agentRuns, parseStop},
		{"kill", "kill [D into COMMAND]", false, false, agentRuns, parseKill},
		{"restart", "restart", false, false, agentRuns, parseVerb("restart")},
		{"replay", "replay [can=F] [nmea=F] [dbc=BUS:FILE …] [mapping=F] [for=D]", false, false, false, parseReplay},
		{"drive", "drive FILE.gpx [speed=50km/h]", false, false, false, parseDrive},
		{"door", "door driver|passenger|… open|close [fob=NAME]", false, false, false, parseDoor},
		{"lock", "lock", false, false, false, parseLock},
		{"unlock", "unlock [fob=NAME]", false, false, false, parseUnlock},
		{"ignition", "ignition on|off", false, false, false, parseIgnition},
		{"gear", "gear P|R|N|D", false, false, false, parseGear},
		{"fob", "fob NAME in|out", false, false, false, parseFob},
		{"signal", "signal PATH VALUE", false, false, false, parseSignal},
		{"alarm", "alarm CODE on|off", false, false, false, parseAlarm},
		{"document", "document older|forked|malformed|foreign|unsigned|widened|fresh|limit NAME|remove NAME", false, false, false, parseDocument},
		{"login", "login NAME [pin=PIN] [wait]", false, false, agentRuns, parseLogin},
		{"guest", "guest [wait]", false, false, agentRuns, parseGuest},
		{"logout", "logout", false, false, agentRuns, parseVerb("logout")},
		{"set", "set GROUP KEY VALUE", false, false, agentRuns, parseSet},
		{"level", "level share|no-position|offline", false, false, agentRuns, parseLevel},
		{"assign", "assign TRIP NAME…", false, false, agentRuns, parseAssign},
		{"hmi", "hmi ACTION …", false, false, agentRuns, parseHMI},
		{"app", "app NAME ACTION …", false, false, false, parseApp},
		{"workshop", "workshop ACTION …", false, false, false, parseWorkshop},
		{"fault", "fault KIND [for D]", false, false, false, parseFault},
		{"wait", "wait D", false, false, false, parseWait},
		{"at", "at D COMMAND", false, false, false, parseAt},
		{"sync", "sync", false, false, false, parseSync},
		{"mark", "mark LABEL", false, false, false, parseMark},
		{"expect", "expect [not] CHECK [since LABEL] [within D]", false, false, false, parseExpect},
		{"never", "never CHECK", false, false, false, parseNever},
		{"end", "end", false, false, false, parseEnd},
	}
}

// laterChecks are words of the language that this program does not run yet.
func laterChecks() []string { return []string{"trip"} }

// Word is a row of the table of commands or checks, for whoever lists them.
type Word struct{ Word, Usage string }

// Commands lists what a line may begin with.
func Commands() []Word {
	all := []Word{{"include", "include FILE"}}
	for _, e := range commands() {
		all = append(all, Word{e.word, e.usage})
	}
	return all
}

// Checks lists what may follow expect and never.
func Checks() []Word {
	var all []Word
	for _, e := range checks() {
		all = append(all, Word{e.word, e.usage})
	}
	return all
}
