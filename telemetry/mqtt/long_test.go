package mqtt_test

import (
	"strings"
	"testing"
	"time"

	"glovebox/telemetry"
	"glovebox/telemetry/internal/testbroker"
)

// A message longer than any the car takes is not taken into memory: it comes without its
// payload, it is acknowledged, and what comes after it comes whole.
func TestLongMessage(t *testing.T) {
	broker := testbroker.Start(t, nil)
	act := "gb/1/" + vid + "/act"
	got := make(chan string, 8)
	o := opening(30 * time.Second)
	o.Subscribe = []string{act}
	o.Inbound = func(topic string, payload []byte) { got <- topic + " " + string(payload) }
	l := dial(t, broker.Address(), o)
	long := strings.Repeat("x", 1<<20)
	edge := long[:128<<10-len(act)-4] // a packet of 128 KiB behind its length: the topic, the two lengths of both, the payload
	for _, row := range [][2]string{{edge, edge}, {edge + "x", ""}, {"short", "short"}, {long, ""}, {long[:100<<10], long[:100<<10]}, {long, ""}, {"last", "last"}} {
		broker.Publish(act, row[0], false)
		if g := <-got; g != act+" "+row[1] {
			t.Errorf("of %d bytes came %d", len(row[0]), len(g)-len(act)-1)
		}
	}
	acknowledged(t, l.Publish(telemetry.Message{Topic: state, Payload: []byte("here")}))
}
