package car_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"glovebox/hal"
	"glovebox/hal/can"
	"glovebox/hal/nmea"
	"glovebox/hal/slcan"
	"glovebox/sim/car"
)

// heardAt is a port that notes when it was written to.
type heardAt struct {
	bytes.Buffer
	at []time.Time
	n  []int // bytes of each write
}

func (h *heardAt) Write(p []byte) (int, error) {
	h.at = append(h.at, time.Now())
	h.n = append(h.n, len(p))
	return h.Buffer.Write(p)
}

// A playback says every frame of each bus and every sentence, in order, within a
// tick or so of its own time and never before it; the second one says the same.
func TestLap(t *testing.T) {
	drive := load(t)
	synctest.Test(t, func(t *testing.T) {
		for _, speed := range []float64{1, 10} {
			var can0, can1, gnss heardAt
			r := &car.Replay{Drive: drive, Buses: map[string]io.Writer{"can0": &can0, "can1": &can1}, GNSS: &gnss, Speed: speed}
			begun := time.Now()
			if err := r.Play(t.Context()); err != nil {
				t.Fatal(err)
			}
			length := time.Duration(float64(drive.Length()) / speed)
			if took := time.Since(begun); took < length || took > length+5*time.Millisecond {
				t.Errorf("speed %v: took %v, want %v", speed, took, length)
			}
			var text []byte
			for _, s := range drive.Sentences {
				text = append(text, s.Text...)
			}
			if !bytes.Equal(gnss.Bytes(), text) {
				t.Errorf("speed %v: other sentences", speed)
			}
			for bus, port := range map[string]*heardAt{"can0": &can0, "can1": &can1} {
				checkFrames(t, drive, bus, port, begun, speed)
			}
			if speed == 10 {
				once := can0.Len()
				if err := r.Play(t.Context()); err != nil || can0.Len() != 2*once {
					t.Errorf("second playback: %d bytes, %v, want %d", can0.Len()-once, err, once)
				}
			}
		}
	})
}

// checkFrames compares what a port heard with the drive, frame by frame.
func checkFrames(t *testing.T, drive *car.Drive, bus string, port *heardAt, begun time.Time, speed float64) {
	t.Helper()
	rest := slices.DeleteFunc(slices.Clone(drive.Frames), func(f car.Frame) bool { return f.Bus != bus })
	var d slcan.Decoder
	heard, bad := port.Bytes(), 0
	for i, at := range port.at {
		d.Feed(heard[:port.n[i]], func(f *can.Frame) {
			due := begun.Add(time.Duration(float64(rest[0].At-drive.Start()) / speed))
			if *f != rest[0].Frame || at.Before(due) || at.Sub(due) > 3*time.Millisecond {
				bad++
			}
			rest = rest[1:]
		})
		heard = heard[port.n[i]:]
	}
	if bad > 0 || len(rest) > 0 {
		t.Errorf("%s at speed %v: %d frames wrong or late, %d missing", bus, speed, bad, len(rest))
	}
}

func TestOverlay(t *testing.T) {
	drive := load(t)
	synctest.Test(t, func(t *testing.T) {
		var can0 heardAt
		r := &car.Replay{Drive: drive, Buses: map[string]io.Writer{"can0": &can0}, Speed: 1000}
		r.Overlay = func(bus string, f *can.Frame) {
			if bus == "can0" && f.ID == 0x0B4 {
				f.Data = can.Data{1, 2, 3}
			}
		}
		for range 2 { // the drive itself stays as it was: the overlay sees it anew
			can0.Reset()
			if err := r.Play(t.Context()); err != nil {
				t.Fatal(err)
			}
			var d slcan.Decoder
			changed := 0
			d.Feed(can0.Bytes(), func(f *can.Frame) {
				if f.ID == 0x0B4 && f.Data == (can.Data{1, 2, 3}) {
					changed++
				}
			})
			if changed != 2487 || d.Stats().Frames != 53_800 {
				t.Errorf("%d of %d frames changed", changed, d.Stats().Frames)
			}
			r.Overlay = func(bus string, f *can.Frame) {
				if f.ID == 0x0B4 && f.Data == (can.Data{1, 2, 3}) {
					t.Error("the overlay changed the drive")
				}
				if f.ID == 0x0B4 {
					f.Data = can.Data{1, 2, 3}
				}
			}
		}
	})
}

func TestLapEndsWithItsContext(t *testing.T) {
	drive := load(t)
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		begun := time.Now()
		err := (&car.Replay{Drive: drive, GNSS: io.Discard}).Play(ctx)
		if took := time.Since(begun); !errors.Is(err, context.DeadlineExceeded) || took > 11*time.Second {
			t.Errorf("%v after %v", err, took)
		}
	})
}

// The whole way: a playback at high speed over real pseudo-terminals loses nothing.
func TestLapOverPorts(t *testing.T) {
	drive := load(t)
	p := newPty(t)
	port := open(t, p)
	gathered := make(chan slcan.Stats, 1)
	go func() {
		var d slcan.Decoder
		buf := make([]byte, 4096)
		for d.Stats().Frames < 53_800 {
			n, err := port.Read(buf)
			if err != nil {
				break
			}
			d.Feed(buf[:n], func(*can.Frame) {})
		}
		gathered <- d.Stats()
	}()
	r := &car.Replay{Drive: drive, Buses: map[string]io.Writer{"can0": p}, Speed: 60}
	if err := r.Play(t.Context()); err != nil {
		t.Fatal(err)
	}
	select {
	case got := <-gathered:
		if want := (slcan.Stats{Frames: 53_800}); got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
	case <-time.After(5 * time.Second):
		t.Error("frames are missing")
	}
}

// Garbage holds no frame and no fix, and what is said around it stays whole.
func TestGarbage(t *testing.T) {
	frame, sentence := []byte("t1A0203E8\r"), load(t).Sentences[0].Text
	for seed := range uint64(200) {
		junk := car.Garbage(seed, 50)
		if !bytes.Equal(junk, car.Garbage(seed, 50)) {
			t.Fatal("the same seed gives other bytes")
		}
		var d slcan.Decoder
		d.Feed(slices.Concat(frame, junk, frame), func(*can.Frame) {})
		if s := d.Stats(); s.Frames != 2 || s.Bad == 0 || s.Garbage == 0 || s.Overlong == 0 || s.Refused == 0 {
			t.Errorf("seed %d: %+v", seed, s)
		}
		var n nmea.Decoder
		n.Feed(slices.Concat(sentence, junk, sentence), func(*hal.Position) {})
		if s := n.Stats(); s.Good != 2 || s.Fixes != 1 || s.Bad == 0 || s.Stray == 0 {
			t.Errorf("seed %d: %+v", seed, s)
		}
	}
}
