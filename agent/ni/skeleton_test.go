package ni_test

import (
	"io"
	"time"

	"glovebox/profiles"
)

// skeleton is what the observers may know, and what they may not know but is the same in
// both fillings of a test. Times count from the world's begin.
type skeleton struct {
	seed   uint64
	start  time.Time
	length time.Duration

	latency      time.Duration // of acknowledgements
	gzip, sealed bool

	identity                 profiles.Identity
	people                   []person // the main user first
	workshop, backend, inbox string   // mailboxes
	documents                []document
	mailboxes                io.Reader

	sessions []session
	drives   []drive
	tunnels  []tunnel
	lights   []light
	probes   []probe
	killed   time.Duration // a power cut; zero: none
	wrong    time.Duration // by which the wall clock is wrong at first
	hidden   *hiddenDrive  // of NI-10; else nil
	assigned *assignedTrip // of NI-7; else nil
	corners  map[string]int
}

// span is a time from a moment to another.
type span struct{ from, to time.Duration }

func (s span) holds(at time.Duration) bool { return at >= s.from && at < s.to }

// session is somebody at the wheel. A spell is a time in which the driver hides; one that
// is not over with the session ends with it.
type session struct {
	span
	guest  bool
	who    int
	spells []span
}

// drive is a time in use, and what the car shows once it has ended.
type drive struct {
	span
	holes    []span // without a fix, in truth
	charge   float64
	fuel     float64
	odometer float64 // metres
	door     bool
}

type tunnel struct{ span }

// light is a warning in the course of a minute.
type light struct {
	minute time.Duration // a full one of UTC
	code   int
	on     bool
	blinks bool // it comes and goes before it is as it will be
	often  int  // so often once more, at moments that all know: readers are told of some
}

// probe is an ask, or an action, of one reader.
type probe struct {
	at   time.Duration
	who  int
	verb profiles.Verb // empty: an ask
}

// size says how long worlds are.
type size struct {
	name        string
	least, most time.Duration
}

var (
	usual = size{"usual", 10 * time.Minute, 60 * time.Minute}
	small = size{"small", 8 * time.Minute, 16 * time.Minute}
	large = size{"large", time.Hour, 48 * time.Hour}
)

// Where in a second things are: nothing that people or phones do falls together with what
// the car says, nor with the moments in which a fresh process takes over.
const (
	atWheel = 300 * time.Millisecond // sessions begin and end
	atHand  = 450 * time.Millisecond // levels, coverage, documents
	atSlot  = 750 * time.Millisecond // slots lie there
)

func newSkeleton(seed uint64, z size) *skeleton { return skeletonOf(seed, z, seed%10 == 0) }

// sealedSkeleton is one whose readers all have a key to seal to.
func sealedSkeleton(seed uint64, z size) *skeleton { return skeletonOf(seed, z, true) }

func skeletonOf(seed uint64, z size, sealed bool) *skeleton {
	r := draws(seed, "skeleton")
	s := &skeleton{seed: seed, corners: map[string]int{}, length: r.within(z.least, z.most).Truncate(time.Second)}
	s.start = time.Date(2026, 11, 21, 8, 0, 0, 250e6, time.UTC).Add(r.seconds(0, 12*3600))
	if r.oneIn(4) {
		s.latency = someWait
	}
	s.sealed, s.gzip = sealed, r.oneIn(3)
	s.family()
	s.drive()
	if r.oneIn(4) && len(s.drives) > 0 { // the daily latch lies inside a drive
		d := s.drives[r.IntN(len(s.drives))]
		latch := time.Date(2026, 11, 22, 2, 0, 0, 0, time.UTC)
		s.start = latch.Add(-(d.from + d.to) / 2).Truncate(time.Second).Add(250 * time.Millisecond)
		s.corners["latch in a drive"]++
	}
	if r := draws(seed, "wall clock"); r.oneIn(4) {
		const day = 24 * time.Hour
		s.wrong = pick(r, -56*365*day, -60*day, -time.Hour, time.Hour)
		s.corners["clock corrected"]++
	}
	s.hide()
	s.cover()
	s.warn()
	s.changes()
	s.ask()
	return s
}

// slotAfter is the next slot of a grid.
func (s *skeleton) slotAfter(at, every time.Duration) time.Duration {
	return s.start.Add(at).Truncate(every).Add(every).Sub(s.start)
}

// atCorner moves a moment to a slot, or a nanosecond beside it, once in four.
func (s *skeleton) atCorner(r chance, at time.Duration) time.Duration {
	if !r.oneIn(4) {
		return at
	}
	beside := pick[time.Duration](r, -1, 0, 1)
	s.corners[[]string{"slot - 1 ns", "slot", "slot + 1 ns"}[beside+1]]++
	return s.slotAfter(at, pick(r, 10*time.Second, time.Minute)) + beside
}

// drive draws drives and who is at the wheel.
func (s *skeleton) drive() {
	r := draws(s.seed, "drives")
	stretch := max(1, float64(s.length)/float64(40*time.Minute)/2)
	long := func(a, b int, stretch float64) time.Duration {
		return r.seconds(int(float64(a)*stretch), int(float64(b)*stretch))
	}
	odometer, charge := 409_990_000+20_000*r.Float64(), 90.0
	at, seat := r.seconds(20, 60), -1
	for len(s.drives) < 8 {
		if seat < 0 && (len(s.drives) == 0 || !r.oneIn(10)) { // else nobody is at the wheel
			s.sessions = append(s.sessions, session{span: span{at + atWheel, s.length}, guest: r.oneIn(4), who: r.IntN(2)})
			seat = len(s.sessions) - 1
			at += r.seconds(5, 30)
		}
		d := drive{span: span{at, at + long(90, 500, min(stretch, 4))}} // over half an hour it would crawl, to stay in its band
		if len(s.drives) == 0 {
			d.to = min(d.to, s.length-3*time.Minute)
		}
		if d.to+time.Minute > s.length {
			break
		}
		odometer += d.length().Seconds() * r.Float64() * 20
		charge -= 6 * r.Float64()
		d.odometer, d.charge, d.fuel, d.door = odometer, charge, r.number(0, 100), r.oneIn(2)
		if r.oneIn(4) {
			d.odometer, d.charge = 410_000_000-1, 85-1e-9
			s.corners["below a step"]++
		}
		odometer, charge = max(odometer, d.odometer), min(charge, d.charge)
		d.to = s.atCorner(r, d.to)
		s.drives = append(s.drives, d)
		if seat >= 0 && r.oneIn(8) { // gone on the move
			s.sessions[seat].to = d.from + r.seconds(60, int(d.length()/time.Second)) + atWheel
			s.corners["end on the move"]++
			seat = -1
		}
		at = (d.to + time.Second).Truncate(time.Second)
		if seat >= 0 && !r.oneIn(3) {
			s.sessions[seat].to = at + r.seconds(3, 40) + atWheel
			if r.oneIn(6) {
				s.sessions[seat].to = s.slotAfter(s.sessions[seat].to, 10*time.Second)
				s.corners["end at a slot"]++
			}
			at, seat = s.sessions[seat].to.Truncate(time.Second)+2*time.Second, -1
		}
		at += max(40*time.Second, long(10, 200, stretch)) // a shorter rest is part of a trip
	}
	if len(s.sessions) > 0 && s.sessions[len(s.sessions)-1].from > s.length-time.Minute {
		s.sessions = s.sessions[:len(s.sessions)-1]
	}
	if r.oneIn(5) && len(s.drives) > 1 { // power is cut in a drive, and nobody is at the wheel afterwards
		d := s.drives[r.IntN(len(s.drives))]
		s.killed = d.from + d.length()/2 + 300*time.Millisecond
		for i := range s.sessions {
			if s.sessions[i].holds(s.killed) {
				s.sessions[i].to = s.killed
			}
		}
		s.corners["restart on the move"]++
	}
}

func (s span) length() time.Duration { return s.to - s.from }

// hide draws spells in which the driver hides, and holes in which there is no fix.
func (s *skeleton) hide() {
	r := draws(s.seed, "spells")
	length := func() time.Duration {
		if r.oneIn(4) {
			n := pick(r, 119, 120, 121)
			s.corners["spell of 119 to 121 s"]++
			return time.Duration(n) * time.Second
		}
		return pick(r, time.Second, 10*time.Second, 59*time.Second, 60*time.Second, 61*time.Second, r.seconds(20, 400), never)
	}
	for i := range s.sessions {
		one := &s.sessions[i]
		for at := one.from.Truncate(time.Second) + r.seconds(5, 200) + atHand; at < one.to-time.Second; {
			from := s.atCorner(r, at)
			to := s.atCorner(r, from.Truncate(time.Second)+length()+atHand)
			if to >= one.to-time.Second {
				to = never
			}
			if from < one.to-time.Second {
				one.spells = append(one.spells, span{from, to})
			}
			at = min(to, one.to).Truncate(time.Second) + r.seconds(15, 300) + atHand
		}
	}
	if first := &s.sessions[0]; len(first.spells) == 0 { // there is one in every world
		from := s.drives[0].from + 10*time.Second + atHand
		first.spells = []span{{from, from + 30*time.Second}}
	}
	for i := range s.drives {
		d := &s.drives[i]
		for at := d.from + r.seconds(0, 400); at < d.to; at += r.seconds(100, 900) {
			if r.oneIn(2) {
				d.holes = append(d.holes, span{at, at + length()})
			}
		}
	}
}

// cover draws tunnels, apart from all spells: what is hidden there would be a tunnel in
// a tunnel.
func (s *skeleton) cover() {
	r := draws(s.seed, "tunnels")
	for at := r.within(time.Minute, s.length); at < s.length-2*time.Minute; at += r.within(3*time.Minute, s.length) {
		from, ok := s.calm(at.Truncate(time.Second)+atHand, 3*time.Minute)
		if !ok {
			return
		}
		from = s.atCorner(r, from)
		to := s.atCorner(r, from.Truncate(time.Second)+pick(r, r.seconds(2, 40), r.seconds(40, 80), r.seconds(60, 400))+atHand)
		for _, one := range s.sessions {
			for _, sp := range one.spells {
				if sp.from > from {
					to = min(to, sp.from-3*time.Minute)
				}
			}
			for _, edge := range []time.Duration{one.from, one.to} {
				if edge > from {
					to = min(to, edge-5*time.Second)
				}
			}
		}
		if to > from+time.Second && to < s.length {
			s.tunnels = append(s.tunnels, tunnel{span: span{from, to}})
			at = to
		}
	}
}

// calm moves a moment behind whatever is going on with the connection: tunnels, spells,
// sessions that begin or end, the power cut.
func (s *skeleton) calm(at, apart time.Duration) (time.Duration, bool) {
	for moved := true; moved; {
		moved = false
		behind := func(sp span) {
			if at > sp.from-apart && at < sp.to+apart {
				at, moved = sp.to+apart, true
			}
		}
		for _, t := range s.tunnels {
			behind(t.span)
		}
		for _, one := range s.sessions {
			for _, sp := range one.spells {
				behind(span{sp.from, min(sp.to, one.to)})
			}
			for _, edge := range []time.Duration{one.from, one.to} {
				if at > edge-5*time.Second && at < edge+5*time.Second {
					at, moved = edge+5*time.Second, true
				}
			}
		}
		if s.killed > 0 {
			behind(span{s.killed - 10*time.Second, s.killed + time.Minute})
		}
	}
	return at.Truncate(time.Second) + atHand, at < s.length-time.Minute
}

// warn draws warnings, each code at most once in eleven minutes.
func (s *skeleton) warn() {
	r := draws(s.seed, "lights")
	for i, minute := 0, s.slotAfter(2*time.Minute, time.Minute); minute < s.length-2*time.Minute; minute += time.Minute {
		if r.oneIn(6) && (s.killed == 0 || s.killed < minute-time.Minute || s.killed > minute+2*time.Minute) {
			l := light{minute, i % len(codes), i/len(codes)%2 == 0, r.oneIn(3), 0}
			if r.oneIn(3) {
				l.often = 2 * (1 + r.IntN(5))
				s.corners["chattering light"]++
			}
			s.lights = append(s.lights, l)
			i++
		}
		if i%len(codes) == 0 && i > 0 && r.oneIn(2) {
			minute += 11 * time.Minute
		}
	}
}

// ask draws what readers order and ask.
func (s *skeleton) ask() {
	r := draws(s.seed, "probes")
	for range r.IntN(41) {
		at := s.atCorner(r, r.within(time.Minute, s.length-time.Minute))
		p := probe{at: at, who: r.IntN(len(s.people))}
		if !r.oneIn(2) {
			p.verb = pick(r, profiles.Verbs()...)
		}
		s.probes = append(s.probes, p)
	}
}

// prober is the limited reader who asks and orders again and again in NI-8.
const prober = 1

// probed has the prober ask and order at any time, often several times a slot.
func (s *skeleton) probed() {
	r := draws(s.seed, "probing")
	for at := r.seconds(60, 90); at < s.length-time.Minute; at += r.seconds(1, 150) {
		for range 1 + r.IntN(3) {
			q := probe{at: s.atCorner(r, at+r.within(0, time.Minute)), who: prober}
			if r.oneIn(2) {
				q.verb = pick(r, profiles.Verbs()...)
			}
			s.probes = append(s.probes, q)
		}
	}
}

// flooded has the main user ask more than is answered around the end of each session: how
// many are answered must not tell whose it was.
func (s *skeleton) flooded() {
	for _, one := range s.sessions {
		if one.to >= s.length || one.to == s.killed {
			continue
		}
		for i := range 24 {
			s.probes = append(s.probes, probe{at: one.to - 900*time.Millisecond + time.Duration(i)*37*time.Millisecond})
		}
		for i := range 12 {
			s.probes = append(s.probes, probe{at: one.to + 700*time.Millisecond + time.Duration(i)*13*time.Millisecond})
		}
		s.corners["flood at an end"]++
	}
}
