package car

import (
	"bytes"
	"time"

	"glovebox/hal"
	"glovebox/hal/nmea"
)

const (
	day = 24 * time.Hour

	// epoch is how long one word of a receiver lasts that tells no time.
	epoch = time.Second
	// What a receiver says without a fix may be wrong. Within these bounds it is
	// believed; beyond, its clock was set.
	slack, ahead = 2 * time.Second, time.Minute
)

// clock follows the time that a receiver's sentences tell, as the agent's own decoder
// understands them. Its time only goes on: where the receiver's clock is set, one
// epoch passes.
type clock struct {
	decoder nmea.Decoder
	now     time.Duration // since the first sentence

	ofDay  time.Duration // that was told last
	toldAt time.Duration // when, by now
	told   bool
	spoke  bool // it said a fix, or that there is none

	utc   time.Duration // of the first sentence, by the newest fix with a date
	first time.Duration // the same, by the first such fix
	dated bool
	set   int // how many times
}

// hear takes the next line.
func (c *clock) hear(line []byte) {
	var fix *hal.Position
	words := 0
	c.decoder.Feed(line, func(p *hal.Position) {
		words++
		if p != nil {
			fix = p
		}
	})
	ofDay, ok := c.decoder.Clock()
	if c.spoke && (ok && !c.told || !ok && words > 0) { // words without a time
		c.now += epoch
	}
	c.spoke = c.spoke || words > 0
	switch {
	case !ok:
		return
	case fix == nil || fix.Time.IsZero():
		c.follow(ofDay)
	case !c.dated:
		c.follow(ofDay)
		c.utc, c.dated = time.Duration(fix.Time.UnixNano())-c.now, true
		c.first = c.utc
	default:
		c.jump(time.Duration(fix.Time.UnixNano()) - c.utc)
	}
	c.ofDay, c.told = ofDay, true
}

// follow goes on to a time of the day. A day has no end here, and a leap second,
// 23:59:60, is the midnight after it.
func (c *clock) follow(ofDay time.Duration) {
	if !c.told {
		c.toldAt = c.now
		return
	}
	step := ofDay - c.ofDay
	if step < -day/2 {
		step += day
	}
	switch at := c.toldAt + step; {
	case step < -slack || step > ahead:
		c.now += epoch
		c.toldAt = c.now
		c.set++
	default:
		c.now, c.toldAt = max(c.now, at), at
	}
}

// jump goes on to the time of a fix with a date, which is believed further.
func (c *clock) jump(at time.Duration) {
	if at < c.now-slack || at > c.now+day/2 {
		c.now += epoch
		c.utc += at - c.now
		at = c.now
		c.set++
	}
	c.now, c.toldAt = max(c.now, at), at
}

// readSentences dates each line with the receiver's clock; a line without a time
// belongs to the one before. Where no fix told the date, or another than the frames,
// the drives begin as close to each other as they can.
func (d *Drive) readSentences(text []byte) {
	var c clock
	for line := range bytes.Lines(text) {
		c.hear(line)
		said := bytes.TrimRight(line, "\r\n")
		said = append(said[:len(said):len(said)], "\r\n"...)
		d.Sentences = append(d.Sentences, Sentence{At: c.now, Text: said})
	}
	d.note(c.set, "times the receiver's clock was set")
	if len(d.Sentences) == 0 {
		return
	}
	begin := c.first
	if !c.dated {
		d.Notes = append(d.Notes, "the receiver told no date")
		if begin = c.ofDay - c.toldAt; len(d.Frames) > 0 && c.told { // of the nearest day
			begin += (d.Frames[0].At - begin).Round(day)
		}
	}
	if len(d.Frames) > 0 {
		begin = d.beside(begin, c.now, c.told)
	}
	for i := range d.Sentences {
		d.Sentences[i].At += begin
	}
}

// beside moves the begin of so long a time to the frames, if it is apart from them: by
// whole days if the time of the day is known and that is enough.
func (d *Drive) beside(begin, length time.Duration, told bool) time.Duration {
	from, to := d.Frames[0].At, d.Frames[len(d.Frames)-1].At
	apart := func(begin time.Duration) bool { return begin > to+ahead || begin+length < from-ahead }
	if !apart(begin) {
		return begin
	}
	d.Notes = append(d.Notes, "the receiver told another time than the frames")
	if near := begin + (from - begin).Round(day); told && !apart(near) {
		return near
	}
	return from
}
