package car

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"time"

	"glovebox/hal/can"
	"glovebox/hal/slcan"
)

// Replay plays a drive onto serial ports: each frame at its stamp as a line of
// an adapter on the port of its bus, each sentence at its own time, all on one
// clock.
type Replay struct {
	Drive *Drive
	Buses map[string]io.Writer // by the log's bus name; frames of other buses are left out
	GNSS  io.Writer            // nil leaves the sentences out
	Speed float64              // 2 is twice as fast as it was; 0 is 1
	Pace  *Pace                // by which it plays, in place of Speed; nil for none

	// Overlay, if set, may change a frame before it goes out. It is called
	// from Play's goroutine.
	Overlay func(bus string, f *can.Frame)

	out map[string][]byte // lines that are due, by bus
}

// Play plays the drive once and returns when its last stamp is over, or with
// ctx's error. A port that makes it wait makes it late, not incomplete. One
// Replay plays once at a time.
func (r *Replay) Play(ctx context.Context) error {
	pace := r.Pace
	if pace == nil {
		pace = NewPace(cmp.Or(max(0, r.Speed), 1))
	}
	frames, sentences := r.Drive.Frames, r.Drive.Sentences
	if r.GNSS == nil {
		sentences = nil
	}
	begun, start := pace.Time(), r.Drive.Start()
	end := start + r.Drive.Length()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-timer.C:
		}
		due := start + pace.Time() - begun
		n, err := r.sendFrames(frames, due)
		if err != nil {
			return err
		}
		frames = frames[n:]
		if n, err = r.sendSentences(sentences, due); err != nil {
			return err
		}
		sentences = sentences[n:]
		if due >= end {
			return nil
		}
		next := end
		if len(frames) > 0 {
			next = min(next, frames[0].At)
		}
		if len(sentences) > 0 {
			next = min(next, sentences[0].At)
		}
		timer.Reset(pace.Wait(begun+next-start, looks) + tick)
	}
}

// looks is how long a pace that changed may go unseen.
const looks = 20 * time.Millisecond

// tick gathers frames that follow each other closely into one write.
const tick = time.Millisecond

// sendFrames sends the frames that are due, one write a bus, and returns how
// many they were.
func (r *Replay) sendFrames(frames []Frame, due time.Duration) (int, error) {
	if r.out == nil {
		r.out = make(map[string][]byte, len(r.Buses))
	}
	n := 0
	for ; n < len(frames) && frames[n].At <= due; n++ {
		bus := frames[n].Bus
		if r.Buses[bus] == nil {
			continue
		}
		f := frames[n].Frame
		if r.Overlay != nil {
			r.Overlay(bus, &f)
		}
		r.out[bus] = slcan.Append(r.out[bus], f)
	}
	for bus, lines := range r.out {
		if len(lines) == 0 {
			continue
		}
		if _, err := r.Buses[bus].Write(lines); err != nil {
			return n, fmt.Errorf("replay %s: %w", bus, err)
		}
		r.out[bus] = lines[:0]
	}
	return n, nil
}

func (r *Replay) sendSentences(sentences []Sentence, due time.Duration) (int, error) {
	n := 0
	for ; n < len(sentences) && sentences[n].At <= due; n++ {
		if _, err := r.GNSS.Write(sentences[n].Text); err != nil {
			return n, fmt.Errorf("replay sentences: %w", err)
		}
	}
	return n, nil
}
