package agent_test

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"glovebox/agent"
	"glovebox/hal"
	"glovebox/profiles"
)

// The head unit is shown the car as it is: what it is, how it moves, and which of its
// wires are alive. A bus counts as dead after five seconds, so does a receiver.
func TestVehicleView(t *testing.T) {
	ill := false
	w := startWorld(t, "", newStore(), func(_ *world, n *agent.Needs) {
		n.Model = agent.Model{Name: "Taycan", Year: 2024, Country: "DE"}
		n.Buses, n.Recovered = []string{"body", "drive"}, []string{"outbox"}
		n.BusIll = func(time.Duration) bool { return ill }
	})
	want := hal.VehicleView{
		Model: "Taycan", ModelYear: 2024, Country: "DE", GuestAvailable: true,
		CAN: "down", GNSS: "down", Cloud: "down", Recovered: []string{"outbox"},
		Health: []hal.HealthView{{Code: "store-recovered", Severity: "warning", Active: true, Since: w.now}},
	}
	shows := func(when string, change func(*hal.VehicleView)) {
		t.Helper()
		change(&want)
		if got := w.VehicleView(); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v\nwant %+v", when, got, want)
		}
	}
	shows("at the start", func(*hal.VehicleView) {})
	w.say("Vehicle.LowVoltageSystemState", hal.Word("OFF"))
	shows("one bus speaks", func(v *hal.VehicleView) { v.CAN, v.Parked = "degraded", true })
	w.Observe("drive", 1, nil, w.now)
	w.Linked(true)
	w.Fix(&hal.Position{Latitude: 54.19, Longitude: 6.62})
	shows("all speak", func(v *hal.VehicleView) { v.CAN, v.GNSS, v.Cloud = "up", "up", "up" })
	ill = true
	shows("one of them is not well", func(v *hal.VehicleView) { v.CAN = "degraded" })
	ill = false
	shows("it is well again", func(v *hal.VehicleView) { v.CAN = "up" })
	w.turn(5*time.Second - 1)
	shows("just before five seconds", func(*hal.VehicleView) {})
	w.turn(1)
	shows("after five seconds", func(v *hal.VehicleView) { v.CAN, v.GNSS = "down", "down" })
	w.say("Vehicle.Speed", hal.Number(1))
	shows("it moves", func(v *hal.VehicleView) { v.CAN, v.Moving, v.Parked = "degraded", true, false })
}

// What a car has no wire for is off, not down.
func TestVehicleWithoutWires(t *testing.T) {
	w := startWorld(t, "Macan", newStore(), func(_ *world, n *agent.Needs) { n.Buses, n.GNSS, n.Cloud = nil, false, false })
	w.Linked(true)
	if v := w.VehicleView(); v.CAN != "off" || v.GNSS != "off" || v.Cloud != "off" || !v.Parked {
		t.Errorf("%+v", v)
	}
}

// The picker shows all of a person that the document says.
func TestProfileView(t *testing.T) {
	w := newWorld(t, "Taycan", newStore())
	w.pins = everybody
	a := w.access()
	a.Users[0].Name = profiles.Conceal("Anna")
	a.Users[1].State, a.Users[1].Restricted = profiles.AwaitingActivation, []profiles.Function{"position", "radio"}
	a.Users[2].Verifier = profiles.Verifier{}
	w.apply(1, a, profiles.BackEnd)
	want := []profiles.ProfileView{
		{ID: anna, Name: profiles.Conceal("Anna"), Role: "main", State: "active", Sharing: "shared", HasPIN: true},
		{ID: jonas, Name: profiles.Conceal("x"), Role: "secondary", State: "active", Sharing: "limited"},
		{ID: lea, Name: profiles.Conceal("x"), Role: "secondary", State: "awaiting-activation", Sharing: "shared", HasPIN: true, Restricted: []string{"position", "radio"}},
	}
	if got := w.Profiles(); !reflect.DeepEqual(got, want) {
		t.Errorf("%#v\nwant %#v", got, want)
	}
}

// The session is shown as it is: who, in which role and why, who waits, and what they
// may use.
func TestSessionView(t *testing.T) {
	w := enrolled(t)
	shows := func(when string, want profiles.SessionView) {
		t.Helper()
		got := w.SessionView()
		if (len(got.Functions) > 0) != (want.Role != "") {
			t.Errorf("%s: functions %v", when, got.Functions)
		}
		got.Functions = nil
		if want.WipeState == "" {
			want.WipeState = "clean"
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v\nwant %+v", when, got, want)
		}
	}
	shows("after a start", profiles.SessionView{State: "idle", Reason: "boot", Parked: true})
	w.login(anna)
	shows("the main user", profiles.SessionView{State: "active", Reason: "chosen", Profile: anna, Role: "main", RuntimeDirectory: "/run/sessions/1", Parked: true})
	w.pass(3*time.Second, 50)
	if _, err := w.StartGuest(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	shows("a guest waits", profiles.SessionView{State: "active", Reason: "chosen", Profile: anna, Role: "main", RuntimeDirectory: "/run/sessions/1", Pending: "guest"})
	if _, err := w.Login(t.Context(), lea, profiles.PIN{}, true); err != nil {
		t.Fatal(err)
	}
	shows("Lea waits", profiles.SessionView{State: "active", Reason: "chosen", Profile: anna, Role: "main", RuntimeDirectory: "/run/sessions/1", Pending: lea.String()})
	w.park()
	shows("Lea", profiles.SessionView{State: "active", Reason: "chosen", Profile: lea, Role: "secondary", RuntimeDirectory: "/run/sessions/2", Parked: true})
	if _, err := w.StartGuest(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	shows("a guest", profiles.SessionView{State: "guest", Reason: "chosen", Role: "guest", RuntimeDirectory: "/run/sessions/3", Parked: true})
	if err := w.Logout(t.Context()); err != nil {
		t.Fatal(err)
	}
	shows("nobody", profiles.SessionView{State: "idle", Reason: "logout", Parked: true})
}

// A warning is shown while it is on, since when, the others not; values with their age.
func TestHealthAndSignals(t *testing.T) {
	w := startWorld(t, "Taycan", newStore(), func(_ *world, n *agent.Needs) {
		n.Alarms = append(n.Alarms, agent.AlarmRule{Code: "abs", Path: "Vehicle.ADAS.ABS.IsError", When: hal.Bool(true), Severity: "critical"},
			agent.AlarmRule{Code: "oil", Path: "Vehicle.Oil", When: hal.Bool(true), Severity: "info"})
	})
	w.say("Vehicle.Chassis.Brake.IsBrakesWorn", hal.Bool(true))
	brake := w.now
	w.turn(time.Minute)
	w.say("Vehicle.ADAS.ABS.IsError", hal.Bool(true))
	w.say("Vehicle.Oil", hal.Bool(false))
	abs := w.now
	w.turn(time.Second)
	want := []hal.HealthView{{Code: "abs", Severity: "critical", Active: true, Since: abs}, {Code: "brake", Severity: "warning", Active: true, Since: brake}}
	if got := w.VehicleView().Health; !slices.Equal(got, want) {
		t.Errorf("%+v\nwant %+v", got, want)
	}
	w.say("Vehicle.ADAS.ABS.IsError", hal.Bool(false))
	if got := w.VehicleView().Health; !slices.Equal(got, want[1:]) {
		t.Errorf("%+v\nwant %+v", got, want[1:])
	}
	signals := []hal.SignalView{
		{Path: "Vehicle.ADAS.ABS.IsError", Value: hal.Bool(false)},
		{Path: "Vehicle.Chassis.Brake.IsBrakesWorn", Value: hal.Bool(true), Age: 61 * time.Second},
		{Path: "Vehicle.Oil", Value: hal.Bool(false), Age: time.Second},
	}
	if got := w.Signals(); !slices.Equal(got, signals) {
		t.Errorf("%+v\nwant %+v", got, signals)
	}
}
