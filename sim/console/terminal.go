package console

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// roomy is the number of rows from which sections stand apart.
const roomy = 28

// Draw is a picture as lines of a terminal of that size: at most height of them,
// each at most width columns. What finds no room is left out from below; the
// ledger takes what is left.
func Draw(p Picture, width, height int, colour bool) []string {
	sections := [][]*line{p.header(width), p.wheel(), p.signals(width), p.warnings(), p.mailboxes(width)}
	var all []*line
	for i, s := range sections {
		if i > 0 && height >= roomy {
			all = append(all, &line{})
		}
		all = append(all, s...)
	}
	footer := new(line).add(faint, "Ctrl-C ends it")
	if height >= roomy {
		all = append(all, &line{})
		all = append(all, p.ledger(width, height-len(all)-1)...)
		for len(all) < height-1 {
			all = append(all, &line{})
		}
		all = append(all, footer)
	} else {
		all = append(all, p.ledger(width, height-len(all))...)
	}
	all = all[:min(len(all), max(height, 0))]
	out := make([]string, len(all))
	for i, l := range all {
		out[i] = l.render(width, colour)
	}
	return out
}

// header is where the simulator is and how the wires are.
func (p Picture) header(width int) []*line {
	top := new(line).add(strong, "Glovebox").add(plainText, "  "+p.Title)
	right := p.Now.UTC().Format("15:04:05") + " UTC"
	if p.Progress.Of > 0 {
		right = clock(min(p.Progress.At, p.Progress.Of)) + " of " + clock(p.Progress.Of) + "  " + right
	}
	if p.Progress.Playback > 0 {
		right = fmt.Sprintf("lap %d, %s ", p.Progress.Playback, p.Progress.Phase) + right
	}
	top.to(width-len(right)).add(plainText, right)
	wires := new(line)
	for i, b := range p.Buses {
		if i == 0 {
			wires.add(faint, "CAN ").add(plainText, b.State).add(faint, ": ")
		} else {
			wires.add(faint, ", ")
		}
		wires.add(plainText, b.Name).add(faint, fmt.Sprintf(" %.0f frames/s", b.PerSecond))
	}
	if len(p.Buses) > 0 {
		wires.add(faint, "   ")
	}
	wires.add(faint, "GNSS ").add(plainText, known(p.GNSS.State)).add(faint, fmt.Sprintf(": %.0f fixes/s", p.GNSS.PerSecond))
	online := "offline"
	if p.Agent.Online {
		online = "online"
	}
	cloud := new(line).add(faint, "broker ").add(plainText, known(p.Broker.State)).add(faint, fmt.Sprintf(": %d messages   agent ", p.Broker.Messages)).
		add(plainText, strings.TrimSpace(online+" "+p.Agent.Version)).add(faint, "   policy ").
		add(plainText, known(p.Agent.Policy)).add(faint, fmt.Sprintf(", document %d", p.Agent.Document))
	head := []*line{top, wires, cloud}
	if p.URL != "" {
		head = append(head, new(line).add(faint, "page ").add(plainText, p.URL))
	}
	if address, _, _ := strings.Cut(p.Bus, ","); address != "" { // a guid follows, which nobody needs to say
		head = append(head, new(line).add(faint, "bus ").add(plainText, address))
	}
	return append(head, new(line).add(faint, strings.Repeat("─", width)))
}

// margin is the column where the first two sections begin to say something.
const margin = 15

// wheel is who is at the wheel and what leaves the car.
func (p Picture) wheel() []*line {
	w := p.Wheel
	first := new(line).add(strong, "AT THE WHEEL").to(margin)
	switch {
	case w.State == "guest":
		first.add(strong, "Guest").add(plainText, ", nothing is kept")
	case w.Name != "":
		first.add(strong, readerWord(w.Name)).add(plainText, ", "+roleWord(w.Role))
	default:
		first.add(plainText, "nobody: who is driving?")
	}
	motion := "on the move"
	if w.Parked {
		motion = "parked"
	}
	first.add(plainText, "   "+motion).add(faint, "   level ").add(plainText, w.level())
	if w.Pending != "" {
		first.add(caution, "   "+readerWord(w.Pending)+" waits until the car is parked")
	}
	s, words := w.place()
	second := new(line).to(margin).add(s, words).add(faint, "   LocationInUse ").add(plainText, onOff(w.LocationInUse))
	return []*line{first, second}
}

// level is what the driver chose, and what other rules make of it.
func (w Wheel) level() string {
	rules := slices.DeleteFunc(slices.Clone(w.LimitedBy), func(rule string) bool { return rule == "level" })
	switch by := strings.Join(rules, ", "); {
	case w.Effective != w.Level:
		return levelWord(w.Level) + ", limited to " + levelWord(w.Effective) + " by " + by
	case by != "":
		return levelWord(w.Level) + ", also by " + by
	}
	return levelWord(w.Level)
}

// place says in words where the position goes: the head unit's own texts.
func (w Wheel) place() (style, string) {
	switch {
	case w.LocationInUse && len(w.Receivers) > 0:
		names := make([]string, len(w.Receivers))
		for i, name := range w.Receivers {
			names[i] = readerWord(name)
		}
		return good, "Position shared with " + strings.Join(names, ", ")
	case w.LocationInUse:
		return good, "Position leaves the car"
	case w.Level == "offline":
		return secret, "Nothing leaves the car"
	case w.State == "guest" || w.Level == "no-position":
		return secret, "Position stays in the car"
	case w.State == "active":
		return plainText, "No position leaves now"
	}
	return plainText, "Waiting for driver"
}

// warnings are the car's alarms, and what went wrong around it.
func (p Picture) warnings() []*line {
	l := new(line).add(strong, "ALARMS").to(margin)
	if len(p.Alarms) == 0 {
		l.add(plainText, "none")
	}
	for i, a := range p.Alarms {
		if i > 0 {
			l.add(plainText, ", ")
		}
		l.add(caution, "! "+a.Code).add(plainText, fmt.Sprintf(" (%s) on since %s", a.Severity, a.Since.UTC().Format("15:04:05")))
	}
	all := []*line{l}
	if p.Note != "" {
		all = append(all, new(line).add(strong, "SIMULATOR").to(margin).add(caution, p.Note))
	}
	if p.Breaches > 0 {
		all = append(all, new(line).add(strong, "FAULTS").to(margin).add(wrong, fmt.Sprintf("%d breaches of the contract seen by the back end", p.Breaches)))
	}
	return all
}

func roleWord(role string) string {
	switch role {
	case "main":
		return "Main user"
	case "secondary":
		return "Secondary user"
	}
	return role
}

func levelWord(level string) string {
	switch level {
	case "share":
		return "Share"
	case "no-position":
		return "No position"
	case "offline":
		return "Offline"
	}
	return level
}

// known is a state, or a dash before the agent has told it.
func known(state string) string {
	if state == "" {
		return absent
	}
	return state
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

// clock writes minutes and seconds.
func clock(d time.Duration) string {
	s := int(d.Round(time.Second).Seconds())
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}
