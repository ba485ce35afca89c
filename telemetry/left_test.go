package telemetry_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"glovebox/telemetry"
	"glovebox/telemetry/outside"
)

// takeOver has another process take over: this one opens no line any more, goes on for a
// while as calls are answered, and ends; the next one comes after that again.
func (c *car) takeOver(ends, starts time.Duration) {
	c.t.Helper()
	c.HandOver()
	time.Sleep(ends)
	c.park()
	c.options.Before = c.Left()
	time.Sleep(starts)
	c.options.Epoch = epoch(9)
	c.start()
}

// After a session's end a line opens when it would have opened in this process, to the
// instant, whoever opens it; the one that goes says nothing and opens nothing. What a
// person's end looks like stands beside it.
func TestAnotherProcessOpensTheLine(t *testing.T) {
	const muted = 60 * time.Second // the broker has given it up
	late := map[string]time.Duration{"silent, and the process goes on for a while": 7 * time.Second}
	for name, row := range map[string]func(*car){
		"silent, and the process goes on for a while": func(c *car) { c.Mute(true); time.Sleep(10 * time.Second); c.Mute(false) },
		"open":    func(*car) {},
		"no line": func(c *car) { c.port.set(func() { c.port.refuse = true }); c.port.line().lose() },
		"dialling": func(c *car) {
			c.port.set(func() { c.port.hang = true })
			c.port.line().lose()
			time.Sleep(8 * time.Second)
			c.port.set(func() { c.port.hang = false })
		},
		"silent": func(c *car) { c.Mute(true); time.Sleep(10 * time.Second); c.Mute(false) },
		"silent, and long so": func(c *car) {
			c.Mute(true)
			time.Sleep(muted - 200*time.Millisecond)
			c.Mute(false)
		},
		"silent for ever": func(c *car) { c.Mute(true); time.Sleep(3 * muted); c.Mute(false) },
	} {
		t.Run(name, func(t *testing.T) {
			seen, states := map[bool]string{}, map[bool]string{}
			for _, another := range []bool{false, true} {
				within(t, func(t *testing.T, dir string) {
					c := drive(t, dir, nil)
					time.Sleep(10 * time.Second)
					synctest.Wait()
					row(c)
					synctest.Wait()
					c.Renew(epoch(9))
					if time.Sleep(late[name]); another {
						c.takeOver(110*time.Millisecond, 70*time.Millisecond)
					}
					time.Sleep(100 * time.Second)
					c.port.set(func() { c.port.refuse = false })
					time.Sleep(3 * time.Minute)
					synctest.Wait()
					seen[another] = c.port.seen()
					for _, w := range c.port.lines {
						states[another] += strings.Join(w.states(), " ") + "; "
					}
				})
			}
			// a silent line's socket is closed by whoever holds it then
			if a, b := withoutClose(seen[true]), withoutClose(seen[false]); a != b {
				t.Errorf("another process: %s\n     this process: %s", a, b)
			}
			if states[true] != states[false] {
				t.Errorf("another process: %s\n     this process: %s", states[true], states[false])
			}
		})
	}
}

func withoutClose(seen string) string {
	var all []string
	for _, e := range strings.Split(seen, ", ") {
		if !strings.HasSuffix(e, "close") {
			all = append(all, e)
		}
	}
	return strings.Join(all, ", ")
}

// A process that takes over late, after the line has opened again, is one more session's
// end to the outside: no word, and 500 ms.
func TestAnotherProcessThatComesLate(t *testing.T) {
	within(t, func(t *testing.T, dir string) {
		c := drive(t, dir, nil)
		time.Sleep(10 * time.Second)
		c.Renew(epoch(2))
		time.Sleep(10 * time.Second)
		c.takeOver(110*time.Millisecond, 70*time.Millisecond)
		time.Sleep(10 * time.Second)
		if seen := c.port.seen(); seen != "0s dial, 10s close, 10.5s dial, 20s close, 20.5s dial" {
			t.Errorf("seen %s", seen)
		}
		for _, w := range c.port.lines {
			if states := w.states(); len(states) != 1 || strings.Contains(states[0], `"online":false`) {
				t.Errorf("states %q", states)
			}
		}
	})
}

// However close end and exchange follow each other, the process that goes says nothing.
func TestAnotherProcessAtOnce(t *testing.T) {
	for range 20 {
		within(t, func(t *testing.T, dir string) {
			c := drive(t, dir, nil)
			time.Sleep(10 * time.Second)
			synctest.Wait()
			c.Renew(epoch(2))
			c.takeOver(0, 0)
			time.Sleep(10 * time.Second)
			if seen := c.port.seen(); seen != "0s dial, 10s close, 10.5s dial" {
				t.Errorf("seen %s", seen)
			}
			if states := c.port.lines[0].states(); len(states) != 1 {
				t.Errorf("states %q", states)
			}
		})
	}
}

// Nor does it where both come while it hands a message over, and it learns of them at once.
func TestAnotherProcessWhileOneIsHandedOver(t *testing.T) {
	for range 20 { // which of the two it sees first is chance
		within(t, func(t *testing.T, dir string) {
			c := drive(t, dir, func(c *car) {
				c.callbacks.Decide = func(outside.Released) telemetry.Answer {
					c.Renew(epoch(2))
					c.HandOver()
					c.stop()
					return telemetry.Send
				}
			})
			synctest.Wait()
			c.send(statusTo(t, anna, "x"))
			synctest.Wait()
			if states := c.port.line().states(); len(states) != 1 {
				t.Errorf("states %q", states)
			}
		})
	}
}

// One that starts too late for the instant opens the line at once.
func TestAnotherProcessThatIsSlow(t *testing.T) {
	within(t, func(t *testing.T, dir string) {
		c := drive(t, dir, nil)
		time.Sleep(10 * time.Second)
		c.Renew(epoch(2))
		c.takeOver(900*time.Millisecond, 300*time.Millisecond)
		time.Sleep(10 * time.Second)
		if seen := c.port.seen(); seen != "0s dial, 10s close, 11.2s dial" {
			t.Errorf("seen %s", seen)
		}
	})
}
