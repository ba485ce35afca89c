package hmi_test

import (
	"testing"
	"time"

	"glovebox/agent/hmi"
	"glovebox/agent/hmi/internal/rawbus"
)

// However full the line of a user is, its newest start of a session is let in: of a
// burst that is far too long the last one wins, and what is superseded is told so.
func TestTheNewestStartIsNeverRefused(t *testing.T) {
	w := start(t, hmi.Limits{PerSecond: 1000, Burst: 2, Waiting: 4})
	w.cabin.change(func(c *cabin) { c.slow = make(chan struct{}) })
	conns := []*rawbus.Conn{w.dialRaw(t, hmiUser), w.dialRaw(t, hmiUser), w.dialRaw(t, hmiUser)}
	other := w.dialRaw(t, hmiUser)
	body := &rawbus.Wire{}
	login := rawCall("Session1.Login", "osa{sv}", body.S(string(dbusPath(anna))).S(annasPIN).Bag().B)
	for range 60 {
		for _, c := range conns {
			if _, err := c.Send(login); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := other.Send(rawCall("Settings1.Groups", "", nil)); err != nil { // they fill the line too
			t.Fatal(err)
		}
	}
	if _, err := other.Answer(61); err != nil { // Hello is 1; all have arrived
		t.Fatal(err)
	}
	last := w.dialRaw(t, hmiUser)
	serial, err := last.Send(login)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range conns {
		for answered := 0; answered < 60; {
			m, err := c.Receive()
			if err != nil {
				t.Fatal(err)
			}
			if m.Kind == rawbus.Error {
				answered++
				if m.ErrorName != "org.glovebox.Error.Superseded" {
					t.Errorf("login %d is answered %s", m.ReplySerial, m.ErrorName)
				}
			}
		}
	}
	close(w.cabin.slow)
	if m, err := last.Answer(serial); err != nil || m.ErrorName != "" {
		t.Errorf("the last is answered %s, %v", m.ErrorName, err)
	}
	if did := w.cabin.asked(); len(did) != 1 {
		t.Errorf("the cabin did %v", did)
	}
}

// The head unit's own programs may call ten times as often as an app, and an app's
// calls are counted together, whichever of its connections they come on.
func TestLimitsOfEachKindOfUser(t *testing.T) {
	for user, want := range map[uint32]struct{ least, most int }{appUser: {48, 48}, hmiUser: {264, 264}} {
		w := &world{bus: startBus(t), cabin: newCabin(), log: &logText{}, uids: &users{uids: map[string]uint32{}}}
		w.run(t, hmi.Access{HMI: []uint32{hmiUser}, App: map[uint32]string{appUser: "maps"}, UID: w.uids.uid})
		conns := []*rawbus.Conn{w.dialRaw(t, user), w.dialRaw(t, user), w.dialRaw(t, user)}
		m := rawCall("Session1.Permits", "s", (&rawbus.Wire{}).S("radio").B)
		began, answered := time.Now(), 0
		for range 90 { // so few that every refusal is said
			for _, c := range conns {
				if _, err := c.Send(m); err != nil {
					t.Fatal(err)
				}
			}
		}
		for _, c := range conns {
			for range 90 {
				m, err := c.Receive()
				for err == nil && m.Kind == rawbus.Signal {
					m, err = c.Receive()
				}
				if err != nil {
					t.Fatal(err)
				}
				if m.ErrorName == "" {
					answered++
				} else if m.ErrorName != "org.freedesktop.DBus.Error.LimitsExceeded" {
					t.Errorf("answered %s", m.ErrorName)
				}
			}
		}
		more := int(time.Since(began).Seconds()*float64(want.least)) + 1
		if answered < want.least || answered > want.most+more {
			t.Errorf("user %d: %d of 270 calls were answered in %v", user, answered, time.Since(began))
		}
	}
}
