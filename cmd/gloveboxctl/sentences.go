package main

import (
	"cmp"
	"fmt"
	"strings"

	"glovebox/headunit"
)

// words are the agent's words as people say them.
var words = map[string]string{
	"main": "the main user", "secondary": "a secondary user",
	"boot": "since the agent started", "logout": "since a logout", "replaced": "since somebody else came",
	"fob": "a fob opened the car", "unknown-fob": "the fobs in the car are nobody's, or more than one person's",
	"removed": "since a person was removed", "restart": "since the agent stopped",
	"left": "since the driver left the car", "suspend": "since the unit slept",
	"backend": "back end", "car": "the car",
}

// endings are why a session is ending, as people say it.
var endings = map[string]string{
	"left": "for the driver left the car", "logout": "after a logout", "replaced": "for somebody else comes",
	"removed": "for the person was removed", "restart": "for the agent stops", "suspend": "for the unit goes to sleep",
}

func word(w any) string {
	text, _ := w.(string)
	return cmp.Or(words[text], text)
}

// wheel says who is at the wheel, by name, and who waits.
func wheel(session map[string]any, names map[string]string) string {
	who := ""
	switch id, _ := session["profile"].(string); session["state"] {
	case "active":
		who = fmt.Sprintf("%s is at the wheel, %s", cmp.Or(names[id], "somebody"), word(session["role"]))
	case "guest":
		who = "A guest is at the wheel"
	case "leaving":
		who = strings.TrimSuffix("A session is ending and waits for an app, "+endings[fmt.Sprint(session["reason"])], ", ")
	default:
		who = strings.TrimSuffix("Nobody is at the wheel, "+word(session["reason"]), ", ")
	}
	if suggested, _ := session["suggested"].(string); suggested != "" {
		who += fmt.Sprintf("; it is %s's, whose PIN is asked for", cmp.Or(names[suggested], "somebody"))
	}
	if pending, _ := session["pending"].(string); pending == "guest" {
		who += "; a guest waits until the car is parked"
	} else if pending != "" {
		who += fmt.Sprintf("; %s waits until the car is parked", cmp.Or(names[pending], "somebody"))
	}
	return who + "."
}

// known says how a person is known to the car.
func known(p headunit.Profile) string {
	pin, fobs := "no PIN", "no fob"
	if p.Properties["has_pin"] == true {
		pin = "a PIN"
	}
	switch n, _ := p.Properties["fobs"].(uint32); {
	case n == 1:
		fobs = "one fob"
	case n > 1:
		fobs = fmt.Sprint(n, " fobs")
	}
	return fmt.Sprintf("%s has %s and %s.", p.Name, pin, fobs)
}

// leaves says which level holds, and whether the place leaves the car now.
func leaves(privacy map[string]any) string {
	level := fmt.Sprint("Level ", privacy["level"])
	if privacy["effective_level"] != privacy["level"] {
		level += fmt.Sprint(", as if it were ", privacy["effective_level"])
	}
	if privacy["location_in_use"] == true {
		return level + ": the place leaves the car now."
	}
	return level + ": no place leaves the car now."
}

// limits are why less leaves than the people allow.
var limits = map[string]string{
	"guest":   "a guest drives: the place stays in the car",
	"waiting": "the place begins to leave later in this drive",
}

// states are why a part of the car does not work.
var states = map[string]string{
	"can down": "CAN is down: no bus says anything; is the ignition off, or a cable loose?", "can degraded": "CAN is degraded: one of the buses says nothing, or was in trouble a moment ago",
	"can off": "CAN is off: no bus is configured, or its DBC or mapping file is bad; gloveboxd --check says which", "gnss down": "GNSS is down: the receiver says nothing or has no fix",
	"gnss degraded": "GNSS is degraded: the receiver has no fix", "gnss off": "GNSS is off: no receiver is configured",
	"cloud down": "the cloud is down: there is no connection to the broker; what must not be lost waits", "cloud degraded": "the cloud is degraded",
	"cloud off": "the cloud is off: no broker is configured, or a trust or certificate file is bad; gloveboxd --check says which",
}

// causes is all that is not as it is on a good day, and why.
func causes(session, privacy, vehicle map[string]any) (all []string) {
	by, _ := privacy["limited_by"].([]string)
	for _, rule := range by {
		if why := limits[rule]; why != "" {
			all = append(all, why)
		} else if level := privacy["level"]; rule == "level" {
			all = append(all, fmt.Sprintf("the driver chose %s for this drive; gloveboxctl privacy share ends it", level))
		} else {
			all = append(all, "less leaves because of "+rule)
		}
	}
	for _, part := range []string{"can", "gnss", "cloud"} {
		chosen := part == "cloud" && privacy["level"] == "offline"
		if why := states[fmt.Sprint(part, " ", vehicle[part])]; why != "" && !chosen {
			all = append(all, why)
		}
	}
	if recovered, _ := vehicle["recovered"].([]string); len(recovered) > 0 {
		all = append(all, "repaired at this start: "+strings.Join(recovered, ", ")+"; what was damaged is in the quarantine")
	}
	switch session["wipe_state"] {
	case "pending":
		all = append(all, "what a guest left is not wiped yet; it is tried again")
	case "failed":
		all = append(all, "files of an earlier session could not be removed from memory; they are out of everybody's reach, and gone when the machine restarts")
	}
	if privacy["policy"] == "test" {
		all = append(all, "the policy is one for tests: more may leave than the built-in one allows")
	}
	return all
}

// reader is who reads, by name where there is one.
func reader(r map[string]any) string {
	name, _ := r["name"].(string)
	if name == "" && (r["role"] == "main" || r["role"] == "secondary") {
		return "not told here" // to a guest
	}
	return cmp.Or(name, word(r["role"]))
}

// list is words with commas, or nothing.
func list(v any) string {
	all, _ := v.([]string)
	return cmp.Or(strings.Join(all, ", "), "nothing")
}
