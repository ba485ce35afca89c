package outside

import (
	"encoding/json"
	"maps"
	"slices"
	"time"

	"glovebox/hal"
)

// Alarm is a warning light: its code (docs/contract.md, Alarm codes), how bad it is, and
// whether it is on.
type Alarm struct {
	Code     string
	Severity string
	Active   bool
}

// alarmBody is an alarm on the wire: code, severity, active, minute and
// nothing else.
type alarmBody struct {
	Alarm    string `json:"alarm"`
	Severity string `json:"severity"`
	Active   bool   `json:"active"`
	Minute   string `json:"minute"`
}

func (b *alarmBody) json(s Seq, _ string) ([]byte, error) {
	return json.Marshal(struct {
		Epoch  string `json:"epoch"`
		Seq    uint64 `json:"seq"`
		Resend bool   `json:"resend"`
		alarmBody
	}{s.Epoch, s.N, s.Resend, *b})
}

func (b *alarmBody) sound() bool { return b.Alarm != "" }

// minute is the minute an alarm leaves in.
func minute(t time.Time) string { return t.UTC().Format("2006-01-02T15:04Z") }

// Alarm tells the state of a warning light. What is as it was changes nothing;
// a light that was never on and is not on is no news. Main and shared readers
// learn at once, limited readers at the next full minute, the others at their
// next slot. Alarms do not need the link to leave at once: they are kept. What
// waits for a slot waits for one with the link up, and its newest state leaves.
func (o *Outside) Alarm(a Alarm, at hal.Instant) {
	old, known := o.alarms[a.Code]
	if known && old == a || !known && !a.Active {
		return
	}
	o.advance(at)
	o.alarms[a.Code] = a
	if o.unset {
		o.undated[a.Code] = true
	}
	for i, c := range columns {
		switch {
		case immediate(c):
			o.showAlarm(i, a, at, at.UTC)
		case o.hasReaders(i):
			o.columns[i].waiting[a.Code] = true
		}
	}
	o.plan()
}

// Retell has every reader told the lights that are on once more, as after the queue was
// lost.
func (o *Outside) Retell(at hal.Instant) {
	for _, r := range o.readers {
		o.tell(r, o.on(), at)
	}
	o.plan()
}

// on is the codes of the lights that are on.
func (o *Outside) on() map[string]bool {
	on := map[string]bool{}
	for code, a := range o.alarms {
		if a.Active {
			on[code] = true
		}
	}
	return on
}

// tell has one reader told the state of these lights: now, or at the next slot.
func (o *Outside) tell(r *reader, codes map[string]bool, at hal.Instant) {
	if !immediate(r.Column) {
		maps.Copy(r.untold, codes)
		return
	}
	for _, code := range slices.Sorted(maps.Keys(codes)) {
		o.showAlarmTo(r, o.alarms[code], at, at.UTC)
	}
	clear(r.untold)
}

// untold reports whether a reader of the column waits to be told what is on.
func (o *Outside) untold(i int) bool {
	return slices.ContainsFunc(o.readers, func(r *reader) bool { return r.index == i && len(r.untold) > 0 })
}

// showAlarms makes what waited for this slot, by code.
func (o *Outside) showAlarms(i int, slot hal.Instant) {
	for _, r := range o.readers {
		if r.index != i {
			continue
		}
		for _, code := range slices.Sorted(maps.Keys(r.untold)) {
			if !o.columns[i].waiting[code] {
				o.showAlarmTo(r, o.alarms[code], slot, slot.UTC)
			}
		}
	}
	waiting := o.columns[i].waiting
	for _, code := range slices.Sorted(maps.Keys(waiting)) {
		a := o.alarms[code]
		again := a.Active && o.columns[i].shown[code] == a // it went out and came back in between
		o.columns[i].shown[code] = a
		for _, r := range o.readers {
			if r.index == i && (!again || r.untold[code]) {
				o.showAlarmTo(r, a, slot, slot.UTC)
			}
		}
	}
	clear(waiting)
	for _, r := range o.readers {
		if r.index == i {
			clear(r.untold)
		}
	}
}

func (o *Outside) showAlarm(i int, a Alarm, slot hal.Instant, utc time.Time) {
	for _, r := range o.readers {
		if r.index == i {
			o.showAlarmTo(r, a, slot, utc)
		}
	}
}

func (o *Outside) showAlarmTo(r *reader, a Alarm, slot hal.Instant, utc time.Time) {
	if out, ok := o.offer(r, formAlarm, slot); ok {
		out.body = &alarmBody{a.Code, a.Severity, a.Active, minute(utc)}
		o.pending = append(o.pending, out)
	}
}
