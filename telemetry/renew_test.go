package telemetry_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"glovebox/telemetry"
)

// A line shows the car online, and its will shows it offline, under the same
// epoch; a stop says so before it closes.
func TestState(t *testing.T) {
	within(t, func(t *testing.T, dir string) {
		c := drive(t, dir, func(c *car) { c.options.DocumentVersion = 12 })
		synctest.Wait()
		w := c.port.line()
		const body = `,"epoch":"00000000000000000000000000000001","policy":12,"agent":"1.0.0"}`
		if got := w.states(); len(got) != 1 || got[0] != `{"online":true`+body {
			t.Errorf("state %q", got)
		}
		will := w.opening.Will
		if string(will.Payload) != `{"online":false`+body || will.Topic != stateTopic || !will.Retained {
			t.Errorf("will %+v", will)
		}
		if o := w.opening; o.Client != vid || o.Keepalive != 30*time.Second || !slices.Equal(o.Subscribe, []string{"gb/1/" + vid + "/policy", "gb/1/" + vid + "/act", "gb/1/" + vid + "/ask"}) {
			t.Errorf("opened with %+v", o)
		}
		c.DocumentVersion(13)
		synctest.Wait()
		c.park()
		got := w.states()
		if len(got) != 3 || got[1] != `{"online":true,"epoch":"00000000000000000000000000000001","policy":13,"agent":"1.0.0"}` ||
			got[2] != `{"online":false,"epoch":"00000000000000000000000000000001","policy":13,"agent":"1.0.0"}` {
			t.Errorf("states %q", got)
		}
		if seen := c.port.seen(); seen != "0s dial, 0s close" {
			t.Errorf("seen %s", seen)
		}
	})
}

// The will names the document in force: when another one came into force, and nothing
// is on the way, the line is opened anew, once for all that came together; what was
// known of numbers goes on. A silent line is left alone.
func TestWillNamesTheDocument(t *testing.T) {
	within(t, func(t *testing.T, dir string) {
		links := 0
		c := drive(t, dir, func(c *car) {
			c.options.DocumentVersion = 12
			c.callbacks.Link = func(bool) { links++ }
		})
		time.Sleep(10 * time.Second)
		c.send(alarmTo(t, anna, "abs"))
		for v := range 3 {
			c.DocumentVersion(uint64(13 + v))
			time.Sleep(200 * time.Millisecond)
		}
		time.Sleep(10 * time.Second)
		c.send(alarmTo(t, anna, "brake"))
		synctest.Wait()
		if seen := c.port.seen(); seen != "0s dial, 11.1s close, 11.1s dial" {
			t.Errorf("seen %s", seen)
		}
		if will := string(c.port.line().opening.Will.Payload); !strings.Contains(will, `{"online":false,`) || !strings.Contains(will, `"policy":15,`) {
			t.Errorf("will %s", will)
		}
		if got := list(c.port.mail()); got != "a1 alarmsabs 1, a1 alarmsbrake 2" {
			t.Errorf("mail %s", got)
		}
		c.DocumentVersion(16)
		time.Sleep(100 * time.Millisecond)
		c.Mute(true)
		time.Sleep(30 * time.Second)
		if seen := c.port.seen(); !strings.HasSuffix(seen, "mute") || links != 3 {
			t.Errorf("seen %s, told of the link %d times", seen, links)
		}
		c.Mute(false)
		time.Sleep(time.Minute)
		if will := string(c.port.line().opening.Will.Payload); !strings.Contains(will, `"policy":16,`) {
			t.Errorf("after the silence the will is %s", will)
		}
	})
}

// Whatever the line was doing, a session's end closes it and opens the next one
// exactly 500 ms later, once, with a new epoch and every mailbox from 1.
func TestRenew(t *testing.T) {
	for _, row := range []struct {
		name   string
		before func(*car) // from 0 s to 10 s
		want   string
	}{
		{"line open", func(*car) {}, "0s dial, 10s close, 10.5s dial"},
		{"busy", func(c *car) { c.port.set(func() { c.port.slow = 20 * time.Millisecond }) }, "0s dial, 10.02s close, 10.52s dial"},
		{"resting after a failed dial", func(c *car) {
			c.port.set(func() { c.port.refuse = true })
			c.port.line().lose()
			time.Sleep(8 * time.Second) // dials at 0.5, 1.5, 3.5, 7.5
			c.port.set(func() { c.port.refuse = false })
		}, "0s dial, 0s close, 500ms dial, 1.5s dial, 3.5s dial, 7.5s dial, 10.5s dial"},
		{"dialling", func(c *car) {
			c.port.set(func() { c.port.hang = true })
			c.port.line().lose()
			time.Sleep(8 * time.Second)
			c.port.set(func() { c.port.hang = false })
		}, "0s dial, 0s close, 500ms dial, 10.5s dial"},
		{"just renewed", func(c *car) {
			time.Sleep(9700 * time.Millisecond)
			c.Renew(epoch(7))
		}, "0s dial, 9.7s close, 10.5s dial"},
	} {
		t.Run(row.name, func(t *testing.T) {
			within(t, func(t *testing.T, dir string) {
				c := drive(t, dir, nil)
				synctest.Wait()
				c.send(alarmTo(t, anna, "abs"), alarmTo(t, anna, "brake"))
				synctest.Wait()
				row.before(c)
				time.Sleep(10*time.Second - time.Since(c.port.begun))
				synctest.Wait()
				c.Renew(epoch(2))
				time.Sleep(5 * time.Second)
				c.send(alarmTo(t, anna, "fuel-low"), alarmTo(t, lea, "fuel-low"))
				synctest.Wait()
				if seen := c.port.seen(); seen != row.want {
					t.Errorf("seen %s\nwant %s", seen, row.want)
				}
				mail := c.port.mail()
				if got := list(mail); got != "a1 alarmsabs 1, a1 alarmsbrake 2, a1 alarmsfuel-low 1, b2 alarmsfuel-low 1" {
					t.Errorf("mail %s", got)
				}
				if mail[1].Epoch != epoch(1) || mail[2].Epoch != epoch(2) {
					t.Errorf("epochs %s, then %s", mail[1].Epoch, mail[2].Epoch)
				}
			})
		})
	}
}

// Without luck the pauses between two lines double from half a second to a
// minute; luck takes up to half of each away.
func TestPauses(t *testing.T) {
	for _, row := range []struct {
		name string
		luck float64
		want string
	}{
		{"longest", 1, "0s dial, 500ms dial, 1.5s dial, 3.5s dial, 7.5s dial, 15.5s dial, 31.5s dial, 1m3.5s dial, 2m3.5s dial"},
		{"shortest", 0, "0s dial, 250ms dial, 750ms dial, 1.75s dial, 3.75s dial, 7.75s dial, 15.75s dial, 31.75s dial, 1m1.75s dial, 1m31.75s dial, 2m1.75s dial"},
	} {
		t.Run(row.name, func(t *testing.T) {
			within(t, func(t *testing.T, dir string) {
				c := drive(t, dir, func(c *car) {
					c.options.Rand = func() float64 { return row.luck }
					c.port.refuse = true
				})
				time.Sleep(125 * time.Second)
				if seen := c.port.seen(); seen != row.want {
					t.Errorf("seen %s\nwant %s", seen, row.want)
				}
			})
		})
	}
}

// Going offline is silence: no close before the broker must have given the line
// up, no new line while it lasts. Lifted earlier, it is silent all the same until
// then: after that the next line comes, after the usual pause.
func TestMuteAndLift(t *testing.T) {
	for _, row := range []struct {
		name string
		do   func(*car) // from 10 s on
		want string
	}{
		{"long", func(c *car) {
			time.Sleep(200 * time.Second)
			c.Mute(false)
		}, "0s dial, 10s mute, 1m0s close, 4m3.5s dial"},
		{"the client finds out first", func(c *car) {
			time.Sleep(40 * time.Second)
			c.port.line().lose()
			time.Sleep(60 * time.Second)
			c.Mute(false)
		}, "0s dial, 10s mute, 1m0s close, 1m53.5s dial"},
		{"short", func(c *car) {
			time.Sleep(5 * time.Second)
			c.Mute(false)
			if at, waits := c.OpensAt(); !waits || at.Sub(c.port.begun) != time.Minute {
				c.t.Errorf("opens after %s, waits %v", at.Sub(c.port.begun), waits)
			}
			time.Sleep(55 * time.Second)
			if at, waits := c.OpensAt(); waits {
				c.t.Errorf("still waits for %s", at.Sub(c.port.begun))
			}
		}, "0s dial, 10s mute, 1m0s close, 1m0.5s dial"},
		{"from the last byte on", func(c *car) {
			c.Mute(false)
			time.Sleep(85 * time.Second) // a second line since 1m0.5s
			c.send(statusTo(c.t, anna, "x"))
			time.Sleep(4 * time.Second)
			c.Mute(true)
			c.send(statusTo(c.t, anna, "swallowed"))
			time.Sleep(4 * time.Second)
			c.Mute(false)
		}, "0s dial, 10s mute, 1m0s close, 1m0.5s dial, 1m39s mute, 2m35s close, 2m35.5s dial"},
		{"twice, at once", func(c *car) {
			c.Mute(false)
			c.Mute(true)
			time.Sleep(5 * time.Second)
			c.Mute(false)
		}, "0s dial, 10s mute, 1m0s close, 1m0.5s dial"},
		{"a session ends meanwhile", func(c *car) {
			time.Sleep(5 * time.Second)
			c.Renew(epoch(2))
			time.Sleep(20 * time.Second)
			c.Mute(false)
		}, "0s dial, 10s mute, 1m0s close, 1m1s dial"},
		{"a session's end lifts it", func(c *car) {
			time.Sleep(5 * time.Second)
			c.Renew(epoch(2))
			c.Mute(false)
		}, "0s dial, 10s mute, 1m0s close, 1m1s dial"},
		{"while dialling", func(c *car) {
			c.Mute(false)
			c.port.set(func() { c.port.hang = true })
			time.Sleep(51 * time.Second)
			c.Mute(true)
			c.port.set(func() { c.port.hang = false })
			time.Sleep(10 * time.Second)
			c.Mute(false)
		}, "0s dial, 10s mute, 1m0s close, 1m0.5s dial, 1m16s dial"},
		{"while it opens", func(c *car) {
			c.Mute(false)
			c.port.set(func() { c.port.hang, c.port.half = true, true })
			time.Sleep(51 * time.Second)
			c.Mute(true)
			c.port.set(func() { c.port.hang = false })
			time.Sleep(10 * time.Second)
			c.Mute(false)
		}, "0s dial, 10s mute, 1m0s close, 1m0.5s dial, 1m1s mute, 2m0.5s close, 2m4s dial"},
		{"while it opens, and lifted at once", func(c *car) {
			c.Mute(false)
			c.port.set(func() { c.port.hang, c.port.half = true, true })
			time.Sleep(51 * time.Second)
			c.Mute(true)
			c.Mute(false)
			c.port.set(func() { c.port.hang = false })
		}, "0s dial, 10s mute, 1m0s close, 1m0.5s dial, 1m1s mute, 2m0.5s close, 2m4s dial"},
	} {
		t.Run(row.name, func(t *testing.T) {
			within(t, func(t *testing.T, dir string) {
				c := drive(t, dir, nil)
				time.Sleep(10 * time.Second)
				c.Mute(true)
				synctest.Wait()
				row.do(c)
				time.Sleep(100 * time.Second)
				synctest.Wait()
				if seen := c.port.seen(); seen != row.want {
					t.Errorf("seen %s\nwant %s", seen, row.want)
				}
			})
		})
	}
}

// A stop while muted closes the socket without a word.
func TestStopWhileMuted(t *testing.T) {
	within(t, func(t *testing.T, dir string) {
		c := drive(t, dir, nil)
		synctest.Wait()
		c.Mute(true)
		synctest.Wait()
		c.park()
		if seen := c.port.seen(); seen != "0s dial, 0s mute, 0s close" {
			t.Errorf("seen %s", seen)
		}
		if states := c.port.line().states(); len(states) > 2 {
			t.Errorf("states %q", states)
		}
	})
}

// Above a muted line everything goes on as in a tunnel, and the repeat is the
// same: whoever reads it later cannot tell silence from a tunnel.
func TestSilenceIsATunnel(t *testing.T) {
	runs := map[bool]string{}
	for _, muted := range []bool{true, false} {
		within(t, func(t *testing.T, dir string) {
			c := drive(t, dir, nil)
			synctest.Wait()
			c.send(alarmTo(t, anna, "abs"))
			synctest.Wait()
			if muted {
				c.Mute(true)
			} else {
				c.port.set(func() { c.port.hold = true })
			}
			w := c.port.line()
			c.send(alarmTo(t, anna, "brake"))
			synctest.Wait()
			if handed := c.count(); muted && handed != 1 {
				t.Errorf("%d messages reported as handed over: the second went nowhere", handed)
			}
			time.Sleep(40 * time.Second)
			w.lose() // the ping went unanswered
			c.port.set(func() { c.port.refuse = true })
			time.Sleep(20 * time.Second)
			c.send(alarmTo(t, lea, "brake"))
			c.port.set(func() { c.port.refuse, c.port.hold = false, false })
			if muted {
				c.Mute(false)
			}
			time.Sleep(2 * time.Minute)
			synctest.Wait()
			runs[muted] = list(c.port.line().mail()) + " at " + c.port.line().mail()[0].At.String()
		})
	}
	if runs[true] != runs[false] || runs[true] != "a1 alarmsbrake 2r, b2 alarmsbrake 1 at 1m11.5s" {
		t.Errorf("silence: %s\n tunnel: %s", runs[true], runs[false])
	}
}

// A broker that ends each connection as soon as it is open, as for a second client of
// the same name, is called no more often than one that is not there.
func TestPausesWhereEachLineEndsAtOnce(t *testing.T) {
	within(t, func(t *testing.T, dir string) {
		c := drive(t, dir, func(c *car) {
			c.options.Rand = func() float64 { return 1 }
			c.port.rude = func(telemetry.Message) bool { return true }
		})
		time.Sleep(70 * time.Second)
		if n := c.port.opened(); n != 8 {
			t.Errorf("%d connections in 70 s, want 8: %s", n, c.port.seen())
		}
		c.port.set(func() { c.port.rude = nil })
		c.send(alarmTo(t, anna, "abs"))
		time.Sleep(2 * time.Minute)
		if c.waiting() != 0 {
			t.Errorf("%d messages wait", c.waiting())
		}
	})
}
