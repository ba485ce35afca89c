package agent_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"glovebox/agent"
	"glovebox/hal"
	"glovebox/profiles"
)

const (
	seatLength = "Vehicle.Cabin.Seat.Row1.DriverSide.Position"
	seatHeight = "Vehicle.Cabin.Seat.Row1.DriverSide.Height"
	seatHeat   = "Vehicle.Cabin.Seat.Row1.DriverSide.HeatingCooling"
	volume     = "Vehicle.Cabin.Infotainment.Media.Volume"
	source     = "Vehicle.Cabin.Infotainment.Media.Played.Source"
)

// adjustable is enrolled's car with a seat, a radio and heating that can be set, and
// what its log says.
func adjustable(t *testing.T) (*world, *bytes.Buffer) {
	t.Helper()
	log := &bytes.Buffer{}
	w := startWorld(t, "Taycan", enrolled(t).store, func(_ *world, n *agent.Needs) {
		n.Actuated = []string{warmth, seatLength, seatHeight, seatHeat, volume, source}
		n.Reach = map[string]agent.Reach{seatLength: {0, 300, 1}, seatHeight: {0, 100, 1}, seatHeat: {0, 100, 25}, warmth: {16, 29.5, 0.5}}
		n.Log = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{} // its digits are no setting's
			}
			return a
		}}))
	})
	w.say("Vehicle.LowVoltageSystemState", hal.Word("OFF"))
	return w, log
}

// sets does what the settings want of the car, and returns what was sent.
func (w *world) sets() []string {
	w.t.Helper()
	if _, done, _ := w.Execute(w.t.Context()); done {
		w.t.Error("an order was carried out")
	}
	sent := w.actuator.take()
	slices.Sort(sent)
	return sent
}

func (w *world) sent(what string, want ...string) {
	w.t.Helper()
	slices.Sort(want)
	if got := w.sets(); !slices.Equal(got, want) {
		w.t.Errorf("%s: sent %q, want %q", what, got, want)
	}
}

// Seat, climate and radio are set in the car when somebody comes to the wheel, and with
// each change; a guest finds the defaults, and the seat where it is. On the move the
// seat stays where it is.
func TestSettingsAreSetInTheCar(t *testing.T) {
	w, log := adjustable(t)
	w.login(anna)
	w.sent("nothing was ever set", warmth+"=21", volume+"=30")
	w.set("seat", map[string]any{"position": map[string]any{"length": uint32(500), "height": uint32(1000)}})
	w.set("radio", map[string]any{"volume": byte(12), "last": map[string]any{"band": "SXM", "service_id": uint32(36)}})
	w.set("climate", map[string]any{"driver_celsius": 23.5, "seat_heating": byte(1)})
	w.set("climate", map[string]any{"driver_celsius": 24.0})
	w.sent("set", seatLength+"=150", seatHeight+"=100", volume+"=12", source+"=SIRIUS_XM", warmth+"=24", seatHeat+"="+hal.Number(100.0/3).String())
	w.set("display", map[string]any{"theme": "dark"})
	w.sent("nothing of the car's")
	w.login(lea)
	w.sent("another person", warmth+"=21", volume+"=30")
	w.login(anna)
	w.sent("back", seatLength+"=150", seatHeight+"=100", volume+"=12", source+"=SIRIUS_XM", warmth+"=24")
	w.pass(3*time.Second, 50)
	w.set("seat", map[string]any{"position": map[string]any{"length": uint32(0)}})
	w.set("radio", map[string]any{"volume": byte(13)})
	w.sent("on the move", volume+"=13")
	w.park()
	if _, err := w.StartGuest(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	w.sent("a guest", warmth+"=21", volume+"=30")
	w.pass(time.Minute, -1)
	if strings.Contains(log.String(), "not confirmed") || strings.Contains(log.String(), "not applied") {
		t.Errorf("a car that obeys is complained about: %s", log)
	}
}

// What the car does not show is said in the log, by its path and never its value. It
// holds up nobody, and what a session wanted ends with it.
func TestWhatTheCarDoesNotShowIsSaid(t *testing.T) {
	w, log := adjustable(t)
	w.actuator.disobey()
	w.login(anna)
	w.set("seat", map[string]any{"position": map[string]any{"length": uint32(500)}})
	w.set("radio", map[string]any{"volume": byte(77)})
	if len(w.sets()) == 0 {
		t.Fatal("nothing was sent")
	}
	w.pass(4*time.Second, -1)
	w.CarryOut()
	if strings.Contains(log.String(), "not confirmed") {
		t.Errorf("after 4 s: %s", log)
	}
	w.pass(2*time.Second, -1)
	w.CarryOut()
	if said := log.String(); !strings.Contains(said, volume) || strings.Contains(said, seatLength) || strings.Contains(said, "77") {
		t.Errorf("after 6 s: %s", said)
	}
	w.pass(25*time.Second, -1) // a seat has a long way
	w.CarryOut()
	if said := log.String(); !strings.Contains(said, seatLength) {
		t.Errorf("after 31 s: %s", said)
	}
	log.Reset()
	w.set("radio", map[string]any{"volume": byte(78)})
	w.sets()
	if err := w.Logout(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.pass(time.Minute, -1)
	w.CarryOut()
	if strings.Contains(log.String(), "not confirmed") {
		t.Errorf("of a session that is over: %s", log)
	}
	w.actuator.fails = fmt.Errorf("%w: set to 78", agent.ErrNotSent)
	w.login(anna)
	w.sets()
	if said := log.String(); !strings.Contains(said, "not applied") || strings.Contains(said, "78") {
		t.Errorf("a bus that is gone: %s", said)
	}
}

// What stays with the vehicle is everybody's; what stays for a driving cycle ends when
// the ignition goes off, and with the session; the rest is the person's.
func TestScopes(t *testing.T) {
	w, _ := adjustable(t)
	get := func(group, key string) any {
		t.Helper()
		values, err := w.Get(profiles.ID{}, group)
		if err != nil {
			t.Fatal(err)
		}
		return values[group][key]
	}
	w.login(anna)
	w.set("display", map[string]any{"brightness": byte(33), "theme": "dark"})
	w.say("Vehicle.LowVoltageSystemState", hal.Word("ON"))
	w.set("climate", map[string]any{"fan": byte(90), "driver_celsius": 18.0})
	if again, err := w.Login(t.Context(), anna, profiles.PIN{}, false); err != nil || again["climate"]["fan"] != byte(90) {
		t.Errorf("a head unit that asks again is told %v, %v", again["climate"], err)
	}
	w.hears("set", "display brightness theme", "climate driver_celsius fan")
	w.say("Vehicle.LowVoltageSystemState", hal.Word("OFF"))
	w.hears("ignition off", "climate fan")
	if get("climate", "fan") != byte(40) || get("climate", "driver_celsius") != 18.0 {
		t.Errorf("then the climate is %v, %v", get("climate", "fan"), get("climate", "driver_celsius"))
	}
	w.login(lea)
	if get("display", "brightness") != byte(33) || get("display", "theme") != "auto" {
		t.Errorf("another person has %v and %v", get("display", "brightness"), get("display", "theme"))
	}
	settings, err := w.StartGuest(t.Context(), false)
	if err != nil || settings["display"]["brightness"] != byte(33) {
		t.Errorf("a guest is told %v, %v", settings["display"], err)
	}
	writes := len(w.store.Writes)
	w.set("display", map[string]any{"brightness": byte(1)})
	if len(w.store.Writes) != writes {
		t.Error("a guest's choice is on the disk")
	}
	if w.login(lea); get("display", "brightness") != byte(33) {
		t.Errorf("after a guest there is %v", get("display", "brightness"))
	}
	w = w.again(false)
	w.login(anna)
	if get("display", "brightness") != byte(33) || get("display", "theme") != "dark" || get("climate", "fan") != byte(40) {
		t.Errorf("after a restart there is %v, %v, %v", get("display", "brightness"), get("display", "theme"), get("climate", "fan"))
	}
	if err := w.Set(t.Context(), profiles.ID{}, profiles.Values{"display": nil}, nil); err != nil {
		t.Fatal(err)
	}
	if w.login(lea); get("display", "brightness") != byte(80) {
		t.Errorf("what was forgotten is %v", get("display", "brightness"))
	}
}

// An app's store is read and written by itself, a person's from the disk and a guest's
// in memory; a login says nothing of it but that others are there now.
func TestAppStores(t *testing.T) {
	w := enrolled(t)
	data := func(n int) map[string]any {
		return map[string]any{"data": profiles.Typed{Type: "s", Value: strings.Repeat("x", n)}}
	}
	for _, guest := range []bool{false, true} {
		if !guest {
			w.login(anna)
		} else if _, err := w.StartGuest(t.Context(), false); err != nil {
			t.Fatal(err)
		}
		w.hears("begin", map[bool][]string{true: {"ended replaced", "app.maps"}}[guest]...)
		if got, err := w.Get(profiles.ID{}, "app.maps"); err != nil || len(got["app.maps"]) != 0 {
			t.Errorf("guest %v: at first %v, %v", guest, got, err)
		}
		w.set("app.maps", data(5))
		w.hears("set", "app.maps data")
		if got, err := w.Get(profiles.ID{}, "app.maps"); err != nil || !reflect.DeepEqual(got["app.maps"], data(5)) {
			t.Errorf("guest %v: then %v, %v", guest, got, err)
		}
	}
	// Case Q1 of a guest, whom no disk counts: what is refused changes nothing.
	for i := range 15 {
		w.set(fmt.Sprint("app.", i), data(1<<16))
	}
	w.set("app.maps", data(1<<16))
	for _, values := range []profiles.Values{{"app.maps": data(1<<16 + 1)}, {"app.17": data(1), "radio": {"volume": byte(1)}}} {
		if err := w.Set(t.Context(), profiles.ID{}, values, nil); !errors.Is(err, profiles.ErrQuotaExceeded) {
			t.Errorf("too much: %v", err)
		}
	}
	if got, _ := w.Get(profiles.ID{}, "radio"); got["radio"]["volume"] != byte(30) {
		t.Error("what was refused set the volume")
	}
	if settings, err := w.Login(t.Context(), anna, profiles.PIN{}, false); err != nil || len(settings["app.maps"]) != 0 {
		t.Errorf("a login reads %v of an app, %v", settings["app.maps"], err)
	}
	if err := w.Set(t.Context(), profiles.ID{}, profiles.Values{"app.maps": nil}, nil); err != nil {
		t.Fatal(err)
	}
	if got, err := w.Get(anna, ""); err != nil || len(got) != 0 {
		t.Errorf("everything that she has set is %v, %v", got, err)
	}
}

// What a person has set can be taken along, by nobody else; one Set over many groups is
// one write, all or none. Case X2: a guest is refused, and nothing is on the disk.
func TestTakenAlong(t *testing.T) {
	w := enrolled(t)
	w.login(anna)
	w.set("radio", map[string]any{"volume": byte(12)})
	w.set("climate", map[string]any{"fan": byte(1)})
	w.set("app.maps", map[string]any{"zoom": profiles.Typed{Type: "y", Value: byte(3)}})
	for _, who := range []profiles.ID{lea, jonas} {
		if _, err := w.Get(who, ""); !errors.Is(err, profiles.ErrNotPermitted) {
			t.Errorf("somebody else's settings: %v", err)
		}
		if err := w.Set(t.Context(), who, profiles.Values{"radio": {"volume": byte(1)}}, nil); !errors.Is(err, profiles.ErrNotPermitted) {
			t.Errorf("somebody else's settings are set: %v", err)
		}
	}
	values, err := w.Get(anna, "")
	want := profiles.Values{"radio": {"volume": byte(12)}, "app.maps": {"zoom": profiles.Typed{Type: "y", Value: byte(3)}}}
	if err != nil || !reflect.DeepEqual(values, want) {
		t.Fatalf("taken along: %v, want %v, %v", values, want, err)
	}
	if _, err := w.StartGuest(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	writes := len(w.store.Writes)
	if _, err := w.Get(anna, ""); !errors.Is(err, profiles.ErrNotPermitted) {
		t.Errorf("a guest takes along: %v", err)
	}
	if err := w.Set(t.Context(), anna, values, nil); !errors.Is(err, profiles.ErrNotPermitted) || len(w.store.Writes) != writes {
		t.Errorf("a guest brings: %v", err)
	}
	w.login(lea)
	writes = len(w.store.Writes)
	bad := values.Clone()
	bad["sound"] = map[string]any{"bass": int16(11)}
	if err := w.Set(t.Context(), lea, bad, nil); !errors.Is(err, profiles.ErrInvalid) || len(w.store.Writes) != writes {
		t.Errorf("one that is wrong: %v", err)
	}
	if err := w.Set(t.Context(), lea, values, nil); err != nil || len(w.store.Writes) != writes+1 {
		t.Errorf("brought along in %d writes, %v", len(w.store.Writes)-writes, err)
	}
	if got, err := w.Get(lea, ""); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("she has %v, %v", got, err)
	}
}

// A seat that is to move once an order from afar is done does not where the car drives by
// then, nor when it is parked again.
func TestASeatThatWaitsStaysOnTheMove(t *testing.T) {
	w, _ := adjustable(t)
	w.login(anna)
	w.sets()
	w.set("seat", map[string]any{"position": map[string]any{"length": uint32(500)}})
	w.set("radio", map[string]any{"volume": byte(12)})
	w.pass(3*time.Second, 50)
	w.sent("on the move", volume+"=12")
	w.park()
	w.sent("parked again")
}
