package telemetry_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"glovebox/telemetry/outside"
)

// However sending, purging, receipts, breaks, silence, session ends and restarts
// fall together: what was purged is not handed over once Purge returned; a
// number never stands for two contents and none is missing; kept messages come
// in order and all arrive; live ones are handed over once.
func TestInterleavings(t *testing.T) {
	worlds := 60
	if testing.Short() {
		worlds = 10
	}
	purged, repeated, live := 0, 0, 0
	for seed := range worlds {
		within(t, func(t *testing.T, dir string) {
			w := &world{car: drive(t, dir, nil), r: rand.New(rand.NewPCG(uint64(seed), 1)), sent: map[string]bool{}, gone: map[string]int{}}
			synctest.Wait() // a line is open
			for range 80 {
				w.step()
			}
			w.settle()
			if t.Failed() {
				t.Logf("seed %d: %s", seed, w.port.seen())
			}
			purged, repeated, live = purged+len(w.gone), repeated+w.repeated, live+w.live
		})
		if t.Failed() {
			return
		}
	}
	if purged < worlds || repeated < worlds || live < worlds {
		t.Errorf("%d purged, %d repeated, %d live: the worlds are too tame", purged, repeated, live)
	}
}

// world is one car and what was done to it.
type world struct {
	*car
	r     *rand.Rand
	code  int // number of the newest alarm
	epoch int
	sent  map[string]bool // alarms that must arrive
	gone  map[string]int  // alarms that were purged, and how many messages had been handed over then

	repeated, live int
}

func (w *world) step() {
	to := []outside.Reader{anna, lea}[w.r.IntN(2)]
	switch w.r.IntN(16) {
	case 0, 1, 2, 3:
		w.code++
		code := fmt.Sprintf("code-%04d", w.code)
		w.sent[to.Mailbox+code] = true
		w.send(alarmTo(w.t, to, code))
	case 4, 5:
		w.send(statusTo(w.t, to, fmt.Sprint(w.r.IntN(100))))
	case 6:
		w.purge(to)
	case 7:
		w.port.line().acknowledge(1 + w.r.IntN(10))
	case 8:
		w.port.line().lose()
	case 9:
		hold := w.r.IntN(2) == 0
		w.port.set(func() { w.port.hold = hold })
	case 10:
		refuse := w.r.IntN(3) == 0
		w.port.set(func() { w.port.refuse = refuse })
	case 11:
		w.epoch++
		w.Renew(epoch(1000 + w.epoch))
	case 12:
		w.Mute(w.r.IntN(3) == 0)
	case 13:
		w.park()
		w.epoch++
		w.options.Epoch = epoch(1000 + w.epoch)
		w.start()
	default:
		time.Sleep(time.Duration(w.r.IntN(2000)) * time.Millisecond)
	}
	if w.r.IntN(3) > 0 {
		synctest.Wait()
	}
}

// purge purges all that was sent to a reader so far.
func (w *world) purge(to outside.Reader) {
	live := func(r outside.Released) bool { return r.Mailbox() != to.Mailbox }
	kept := func(tag outside.Tag, _ int) bool { return tag.Mailbox != to.Mailbox || tag.Kind == outside.KindGaps }
	if _, err := w.Purge(live, kept); err != nil {
		w.t.Fatal(err)
	}
	handed := len(w.port.mail())
	for i := 1; i <= w.code; i++ {
		key := fmt.Sprintf("%scode-%04d", to.Mailbox, i)
		if w.sent[key] {
			delete(w.sent, key)
			w.gone[key] = handed
		}
	}
}

// settle lets all arrive, and looks at what was handed over.
func (w *world) settle() {
	w.Mute(false)
	w.port.set(func() { w.port.refuse, w.port.hold = false, false })
	w.port.line().acknowledge(1000)
	time.Sleep(5 * time.Minute)
	synctest.Wait()
	if w.waiting() != 0 {
		w.t.Errorf("%d messages still wait", w.waiting())
	}
	content := map[string]string{}
	last := map[string]uint64{}
	order := map[string]string{}
	for i, m := range w.port.mail() {
		key := fmt.Sprintf("%s %s %d", m.Mailbox, m.Epoch, m.Seq)
		old, again := content[key]
		switch {
		case again && old != m.text:
			w.t.Errorf("%s stands for\n%s\nand\n%s", key, old, m.text)
		case again && (m.Kind == "status" || !m.Resend):
			w.t.Errorf("%s %s was handed over twice, resend is %v", key, m.Kind, m.Resend)
		case again:
			w.repeated++
		case m.Resend:
			w.t.Errorf("%s is called a repeat", key)
		case m.Seq != last[m.Mailbox+m.Epoch]+1:
			w.t.Errorf("%s comes after %d", key, last[m.Mailbox+m.Epoch])
		}
		if !again {
			content[key] = m.text
			last[m.Mailbox+m.Epoch] = m.Seq
			if m.Kind == "status" {
				w.live++
			}
			if m.Alarm != "" && m.Alarm <= order[m.Mailbox] {
				w.t.Errorf("%s came after %s", m.Alarm, order[m.Mailbox])
			}
			order[m.Mailbox] = max(order[m.Mailbox], m.Alarm)
		}
		if before, purged := w.gone[m.Mailbox+m.Alarm]; purged && i >= before {
			w.t.Errorf("%s was handed over after it was purged", m.Alarm)
		}
		delete(w.sent, m.Mailbox+m.Alarm)
	}
	for key := range w.sent {
		w.t.Errorf("%s never arrived", key)
	}
}
