package telemetry

import "time"

// A unit that wakes often has no network yet: for a minute after a session's end, which a
// sleep is, the line is tried every two seconds at least. Packets that go nowhere say
// nothing, so a try ends by itself where no machine answers.
const (
	brisk     = time.Minute
	briskMost = 2 * time.Second
)

// pause doubles from min to max; each one is cut by up to half, so that a fleet
// does not come back at the same instant.
type pause struct {
	min, max time.Duration
	rand     func() float64
	last     time.Duration // before it was cut; zero at first
	brisk    time.Time     // until then it is briskMost at most
	failed   bool          // the last attempt failed, and that was logged
}

// next is when the line is tried again, where it was last at tried.
func (p *pause) next(tried time.Time) (due time.Time) {
	now := time.Now()
	most, hurry := p.max, now.Before(p.brisk)
	if hurry {
		most = min(most, briskMost)
	}
	p.last = min(max(2*p.last, p.min), most)
	due = now.Add(p.last/2 + time.Duration(float64(p.last/2)*p.rand()))
	if at := tried.Add(briskMost); hurry && at.Before(due) {
		return later(at, now)
	}
	return due
}

// reach is how long a try may take until a machine answers; zero: as long as all of it.
func (p *pause) reach() time.Duration {
	if time.Now().Before(p.brisk) {
		return briskMost
	}
	return 0
}

func (p *pause) reset() { p.last = 0 }
