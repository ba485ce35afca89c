package agent

import (
	"slices"
	"strings"
	"time"

	"glovebox/hal"
	"glovebox/telemetry/outside"
)

// AlarmRule says when a warning of the car is on: while Path has the value When.
type AlarmRule struct {
	Code     string // docs/contract.md, Configuration
	Path     string
	When     hal.Value
	Severity string
}

// A contact that chatters is told of, but not each time: from its third edge within ten
// minutes on its newest state leaves once a minute (docs/contract.md, Configuration).
const (
	calmEdges    = 2
	calmWithin   = 10 * time.Minute
	chatterEvery = time.Minute
)

// alarm is a warning that is or was on since boot. The head unit sees it as it is;
// readers are told of edges, and of a chattering one now and then.
type alarm struct {
	rule   AlarmRule
	active bool
	since  hal.Instant

	edges  [calmEdges]time.Duration // the last ones, newest first, boot clock
	count  int                      // how many of them there are
	toldAt time.Duration            // when readers were told last
	owed   bool                     // they are told a minute after that
}

// edge is the alarm once its state changed, and whether readers are told at once.
func (a alarm) edge(active bool, at hal.Instant) (next alarm, news bool) {
	chatters := a.count == calmEdges && at.Boot-a.edges[calmEdges-1] < calmWithin
	copy(a.edges[1:], a.edges[:])
	a.edges[0], a.count = at.Boot, min(a.count+1, calmEdges)
	a.active, a.since = active, at
	if a.owed = chatters && at.Boot-a.toldAt < chatterEvery; a.owed {
		return a, false
	}
	return a.tell(at), true
}

// tell is the alarm once readers were told of it.
func (a alarm) tell(at hal.Instant) alarm {
	a.toldAt, a.owed = at.Boot, false
	return a
}

// due is when readers are told of it, if they are.
func (a alarm) due() time.Duration {
	if !a.owed {
		return outside.Never
	}
	return a.toldAt + chatterEvery
}

func (a alarm) outside() outside.Alarm {
	return outside.Alarm{Code: a.rule.Code, Severity: a.rule.Severity, Active: a.active}
}

// alarm notes the state of a warning and reports whether it is another one now that
// readers are told of at once.
func (v *vehicle) alarm(rule AlarmRule, active bool, at hal.Instant) (a outside.Alarm, news bool) {
	is, known := v.alarms[rule.Code]
	switch {
	case known && is.active == active:
		return a, false
	case !known && !active:
		is = alarm{rule: rule, since: at} // no edge; but before the start it may have been on
		v.alarms[rule.Code] = is
		return is.outside(), true
	}
	is.rule = rule
	is, news = is.edge(active, at)
	v.alarms[rule.Code] = is
	v.alarmDue = min(v.alarmDue, is.due())
	return is.outside(), news
}

// alarmsDue are the warnings that readers are told of now, by code. One that is again
// as they know it is no news to the pipeline.
func (v *vehicle) alarmsDue(now hal.Instant) (all []outside.Alarm) {
	if now.Boot < v.alarmDue {
		return nil
	}
	v.alarmDue = outside.Never
	for code, a := range v.alarms {
		if now.Boot >= a.due() {
			a = a.tell(now)
			v.alarms[code] = a
			all = append(all, a.outside())
		}
		v.alarmDue = min(v.alarmDue, a.due())
	}
	slices.SortFunc(all, func(a, b outside.Alarm) int { return strings.Compare(a.Code, b.Code) })
	return all
}

// carriedAlarm is a warning as it is carried over to a fresh process, and how its contact
// chattered: readers are told of it as they would have been.
type carriedAlarm struct {
	Code   string                   `json:"code"`
	Active bool                     `json:"active"`
	Since  hal.Instant              `json:"since"`
	Edges  [calmEdges]time.Duration `json:"edges"`
	Count  int                      `json:"count"`
	ToldAt time.Duration            `json:"told_at"`
	Owed   bool                     `json:"owed"`
}

// carryAlarms is all warnings that the car has said anything of, by code.
func (v *vehicle) carryAlarms() (all []carriedAlarm) {
	for code, a := range v.alarms {
		all = append(all, carriedAlarm{code, a.active, a.since, a.edges, a.count, a.toldAt, a.owed})
	}
	slices.SortFunc(all, func(a, b carriedAlarm) int { return strings.Compare(a.Code, b.Code) })
	return all
}

// resumeAlarms takes in what carryAlarms told, of the warnings that this car still has.
func (v *vehicle) resumeAlarms(from []carriedAlarm) {
	for _, rules := range v.rules {
		for _, rule := range rules {
			if i := slices.IndexFunc(from, func(c carriedAlarm) bool { return c.Code == rule.Code }); i >= 0 {
				c := from[i]
				a := alarm{rule, c.Active, c.Since, c.Edges, c.Count, c.ToldAt, c.Owed}
				v.alarms[rule.Code] = a
				v.alarmDue = min(v.alarmDue, a.due())
			}
		}
	}
}
