package outside_test

import (
	"encoding/json"
	"testing"
	"time"

	"glovebox/hal/vss"
	"glovebox/telemetry/outside"
)

// Every warning of the fixed list reaches every reader, with its five members and nothing else,
// and what service is due in does too, as far as each may know it.
func TestWarningsAndServiceReachAll(t *testing.T) {
	codes := []string{"tyre-pressure-fl", "tyre-pressure-fr", "tyre-pressure-rl", "tyre-pressure-rr", "oil-pressure", "coolant-hot", "battery-12v",
		"brake", "abs", "airbag", "engine", "fuel-low", "cruise-fault", "service-due", "intrusion", "store-recovered"}
	car := newCar(t, outside.Builtin(), outside.Options{})
	car.link(true)
	const due, left = "Vehicle.Service.IsServiceDue", "Vehicle.Service.TimeToService"
	if !vss.Has(due) || !vss.Has(left) || !vss.Has(service) {
		t.Fatal("a path that is none")
	}
	car.say(left, 86400)
	car.say(service, 749)
	for _, code := range codes {
		car.light(code, true)
	}
	car.run(car.now.Boot + 15*time.Hour)
	distance := map[string]string{boxMain: "749", boxShared: "749", boxLimited: "500", boxShop: "500", boxBack: "500"}
	for _, r := range family {
		told := map[string]bool{}
		for _, w := range car.of(r.Mailbox, outside.KindAlarms) {
			var members map[string]any
			if err := json.Unmarshal([]byte(w.payload), &members); err != nil {
				t.Fatal(err)
			}
			told[members["alarm"].(string)] = members["active"] == true && members["severity"] == "warning" && members["minute"] != nil
			if len(members) != 3+4 { // epoch, seq, resend
				t.Errorf("%s: %v", r.ID, members)
			}
		}
		for _, code := range codes {
			if !told[code] {
				t.Errorf("%s is not told of %s", r.ID, code)
			}
		}
		last := car.last(r.Mailbox)
		if last["Service.TimeToService"] != "86400" || last["Service.DistanceToService"] != distance[r.Mailbox] {
			t.Errorf("%s: service in %q s and %q km: want 86400 and %s", r.ID, last["Service.TimeToService"], last["Service.DistanceToService"], distance[r.Mailbox])
		}
	}
}
