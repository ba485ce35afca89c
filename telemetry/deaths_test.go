package telemetry_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"
)

// A thousand times the line dies: at a message, in the middle of a batch, with some of it
// acknowledged, later than a broker would end it, with the network gone for a while. Nothing
// that is kept is lost, and each reader hears it in order; what is heard again says so and
// has the number it had. No message is there at three deaths in a row: it would be suspected.
func TestAThousandDeaths(t *testing.T) {
	t.Parallel()
	deaths := 0
	within(t, func(t *testing.T, dir string) {
		w := &world{car: drive(t, dir, nil), r: rand.New(rand.NewPCG(7, 7)), sent: map[string]bool{}, gone: map[string]int{}}
		synctest.Wait()
		for deaths < 1000 {
			prompt := deaths%2 == 0
			w.port.set(func() { w.port.hold = prompt || w.r.IntN(2) == 0 })
			for range w.r.IntN(4) {
				to := anna
				if w.r.IntN(2) == 0 {
					to = lea
				}
				w.code++
				code := fmt.Sprintf("code-%04d", w.code)
				w.sent[to.Mailbox+code] = true
				w.send(alarmTo(t, to, code), statusTo(t, to, fmt.Sprint(w.code)))
			}
			if w.r.IntN(2) == 0 {
				synctest.Wait()
			}
			if w.port.line().acknowledge(w.r.IntN(4)); !prompt {
				time.Sleep(11 * time.Second)
				if deaths%4 == 1 {
					w.port.set(func() { w.port.hold = false })
					w.port.line().acknowledge(1000)
					synctest.Wait()
				}
			}
			w.port.set(func() { w.port.refuse = w.r.IntN(5) == 0 })
			before := w.port.opened()
			w.port.line().lose()
			deaths++
			if w.port.refuse {
				time.Sleep(time.Duration(w.r.IntN(90)) * time.Second)
				w.port.set(func() { w.port.refuse = false })
			}
			for w.port.opened() == before {
				time.Sleep(time.Second)
			}
		}
		w.settle()
		if n := w.port.opened(); n < 1001 {
			t.Errorf("%d lines were opened", n)
		}
		if w.repeated < 100 || w.live == 0 {
			t.Errorf("%d repeated, %d live: the deaths are too tame", w.repeated, w.live)
		}
		t.Logf("%d deaths: %d alarms arrived in order, %d handed over again", deaths, w.code, w.repeated)
	})
}
