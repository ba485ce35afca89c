package agent_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"glovebox/agent"
)

// Case W4: the unit sleeps in a guest's session. The guest is gone before, and when it wakes
// the car is online two seconds after there is a network, at the latest, however long there
// was none before.
func TestOnlineAfterASleep(t *testing.T) {
	for _, network := range []time.Duration{0, 300 * time.Millisecond, 3 * time.Second, 11 * time.Second, 50 * time.Second} {
		t.Run(fmt.Sprint(network), func(t *testing.T) {
			inBubble(t, func(t *testing.T, b *bubble) {
				there := func(is bool) { b.broker.mu.Lock(); b.broker.away = !is; b.broker.mu.Unlock() }
				if _, err := b.StartGuest(t.Context(), false); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Minute)
				there(false)
				if err := b.Stop(agent.Suspend); err != nil || b.SessionView().State != "idle" {
					t.Errorf("%s before the sleep, %v", b.SessionView().State, err)
				}
				time.Sleep(10 * time.Minute)
				if err := b.Stop(agent.Suspend); err != nil {
					t.Error(err)
				}
				agent.Renew(b.Cabin)
				time.Sleep(network)
				there(true)
				before, at := len(b.broker.events("connect")), b.at()
				time.Sleep(2 * time.Second)
				synctest.Wait()
				if lines := b.broker.events("connect"); len(lines) != before+1 {
					t.Errorf("%v after there is a network: %d connections more", b.at()-at, len(lines)-before)
				}
			})
		})
	}
}
