package outside

import (
	"math"
	"slices"
	"strconv"
	"time"

	"glovebox/hal"
)

// fix is a gated fix and its arrival.
type fix struct {
	at     hal.Instant
	second int64 // of the sample grid
	hal.Position
}

// Fix takes a gated fix at its arrival; nil says that there is none now. The
// newest of each second is collected for the next message, while the link is
// up. A missing fix, whatever its cause, drops what was collected, as the
// closing of the place does.
func (o *Outside) Fix(p *hal.Position, at hal.Instant) {
	if at.Boot >= o.next {
		o.advance(at)
	}
	if p == nil || !onEarth(p) {
		o.dropPlace(at)
		return
	}
	o.lastFix = at.Boot
	f := fix{at: at, Position: *p}
	o.newest = &f
	t, ended := o.finder.Fix(*p, at)
	o.ended(t, ended, at)
	o.next = min(o.next, o.finder.Next())
	if !o.up || len(o.readers) == 0 || o.policy.numbers.PositionSample <= 0 {
		return
	}
	f.second = o.clock.index(at.Boot, o.policy.numbers.PositionSample)
	if n := len(o.fixes); n > 0 && o.fixes[n-1].second == f.second {
		o.fixes[n-1] = f
		return
	}
	o.fixes = append(o.fixes, f)
}

func onEarth(p *hal.Position) bool {
	return math.Abs(p.Latitude) <= 90 && math.Abs(p.Longitude) <= 180
}

// PurgePlace closes the place: what was collected is dropped, what was made
// and not yet sent no longer passes Recheck, and the indicator goes out.
func (o *Outside) PurgePlace(at hal.Instant) {
	o.advance(at)
	o.dropPlace(at)
	o.placeOut, o.shut = false, o.place
}

// dropPlace drops the fixes that were collected; messages made of fixes
// before are void.
func (o *Outside) dropPlace(at hal.Instant) {
	o.newest = nil
	if len(o.fixes) > 0 {
		o.fixes = nil
		for _, r := range o.readers {
			if cell, ok := o.placeFor(r, at.Boot); ok {
				o.report(Decision{
					At: at, Class: ClassPosition, Reader: r.ID, Kind: KindPosition,
					Outcome: Purged, Rule: cell.Rule, LimitedBy: cell.LimitedBy,
				})
			}
		}
	}
	o.place++
	o.pending = slices.DeleteFunc(o.pending, func(r Released) bool { return r.row().place && !o.Recheck(r, at) })
}

// placeFor decides whether a reader may have the place. A seal key that cannot
// be used keeps it in the car.
func (o *Outside) placeFor(r *reader, boot time.Duration) (Cell, bool) {
	if r.without(KindPosition) {
		return restricted, false
	}
	cell := o.policy.Decide(ClassPosition, r.Column, Unassigned, o.state(boot))
	if cell.Verdict == Allow && r.sealBroken {
		return Cell{Rule: DefaultDeny, LimitedBy: nobody}, false
	}
	return cell, cell.Verdict == Allow
}

// LocationInUse is the indicator: true from the hand-over of a place until one
// period after the last, or until the place closes.
func (o *Outside) LocationInUse(now hal.Instant) bool { return now.Boot < o.LocationUntil() }

// LocationUntil is when the indicator goes out if no place is handed over any more: in the
// past if it is out.
func (o *Outside) LocationUntil() time.Duration {
	if !o.placeOut {
		return 0
	}
	return o.placeAt + o.policy.numbers.PositionEvery
}

// passPosition makes the message of a position slot.
func (o *Outside) passPosition(now hal.Instant) {
	n := o.position.pass(o.clock, now.Boot)
	if n == 0 {
		return
	}
	if !o.up {
		for i, c := range columns {
			if o.policy.Decide(ClassPosition, c, Unassigned, Open).Verdict == Allow {
				o.miss(i, func(r *reader) { r.missedPosition.add(&o.position, o.clock, n) })
			}
		}
		return
	}
	fixes := o.fixes
	o.fixes = nil
	if len(fixes) > 0 {
		o.showPosition(fixes, o.position.slot(o.clock, 0), now)
	}
}

func (o *Outside) showPosition(fixes []fix, slot, now hal.Instant) {
	for _, r := range o.readers {
		cell, ok := o.placeFor(r, slot.Boot)
		if !ok {
			o.withhold(r, ClassPosition, KindPosition, cell, slot)
			continue
		}
		var own []fix
		for _, f := range fixes {
			if f.at.Boot >= r.since && now.Boot-f.at.Boot <= o.policy.numbers.PositionMaxAge {
				own = append(own, f)
			}
		}
		if len(own) == 0 {
			continue
		}
		o.pending = append(o.pending, o.placeMessage(r, own, slot, now))
	}
}

// placeMessage is the message of fixes to a reader who may have them.
func (o *Outside) placeMessage(r *reader, fixes []fix, slot, now hal.Instant) Released {
	out := o.release(r, formPosition, slot)
	out.place, out.oldest = o.place, fixes[0].at.Boot
	out.body = &eventBody{string(KindPosition), millis(wall(slot, now)), track(fixes)}
	return out
}

// Locate sends the newest gated fix to the reader of a mailbox now and reports
// whether it did: not to a reader who may not have the place, not without a fresh
// fix, whatever the cause, and not without a link.
func (o *Outside) Locate(mailbox string, now hal.Instant) bool {
	o.advance(now)
	r := o.find(mailbox)
	if r == nil || !o.up || o.newest == nil || o.newest.at.Boot < r.since || now.Boot-o.newest.at.Boot > o.policy.numbers.PositionMaxAge {
		return false
	}
	if cell, ok := o.placeFor(r, now.Boot); !ok {
		o.withhold(r, ClassPosition, KindPosition, cell, now)
		return false
	}
	o.pending = append(o.pending, o.placeMessage(r, []fix{*o.newest}, now, now))
	return true
}

// track writes fixes as VISS points; a path that no fix has is left out.
func track(fixes []fix) []point {
	var altitude, heading, latitude, longitude []dp
	for _, f := range fixes {
		ts := millis(f.at.UTC)
		latitude = append(latitude, dp{degrees(f.Latitude), ts})
		longitude = append(longitude, dp{degrees(f.Longitude), ts})
		if finite(f.Altitude) {
			altitude = append(altitude, dp{hal.Number(f.Altitude).String(), ts})
		}
		if finite(f.Course) {
			heading = append(heading, dp{hal.Number(f.Course).String(), ts})
		}
	}
	var out []point
	for _, p := range []point{
		{"Vehicle.CurrentLocation.Altitude", altitude},
		{"Vehicle.CurrentLocation.Heading", heading},
		{"Vehicle.CurrentLocation.Latitude", latitude},
		{"Vehicle.CurrentLocation.Longitude", longitude},
	} {
		if len(p.DP) > 0 {
			out = append(out, p)
		}
	}
	return out
}

// degrees has seven decimals: 11 mm.
func degrees(v float64) string { return strconv.FormatFloat(v, 'f', 7, 64) }

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
