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

// showAlarms makes what waited for this slot, by code.
func (o *Outside) showAlarms(i int, slot hal.Instant) {
	waiting := o.columns[i].waiting
	for _, code := range slices.Sorted(maps.Keys(waiting)) {
		a := o.alarms[code]
		if a.Active && o.columns[i].shown[code] == a {
			continue // it went out and came back in between
		}
		o.columns[i].shown[code] = a
		o.showAlarm(i, a, slot, slot.UTC)
	}
	clear(waiting)
}

func (o *Outside) showAlarm(i int, a Alarm, slot hal.Instant, utc time.Time) {
	for _, r := range o.readers {
		if r.index != i {
			continue
		}
		if out, ok := o.offer(r, formAlarm, slot); ok {
			out.body = &alarmBody{a.Code, a.Severity, a.Active, minute(utc)}
			o.pending = append(o.pending, out)
		}
	}
}
