package car_test

import (
	"math"
	"testing"
	"testing/synctest"
	"time"

	"glovebox/hal"
	"glovebox/hal/can"
	"glovebox/hal/mapping"
	"glovebox/hal/slcan"
	"glovebox/sim/car"
)

// command is the frame that tells an actuator a physical value.
func (l *listener) command(t *testing.T, a mapping.Actuator, value float64) can.Frame {
	t.Helper()
	m := l.file.Message(a.CAN.Message)
	f := m.Frame()
	if err := m.Signal(a.CAN.Signal).Plan().Put(f.Data[:f.Len], value); err != nil {
		t.Fatal(err)
	}
	return f
}

// confirmed is the newest physical value of what confirms an actuator.
func (l *listener) confirmed(a mapping.Actuator) float64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	m := l.file.Message(a.Confirm.Message)
	f := l.last[m.ID]
	v, _ := m.Signal(a.Confirm.Signal).Plan().Value(f.Data[:f.Len])
	return v
}

// Every actuator of the mapping file obeys and confirms it within 200 ms, however
// the bytes of a command are cut, and nobody else's frames move anything.
func TestActuatorsObey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, l := live(t, car.Setup{})
		time.Sleep(2 * time.Second)
		values := map[string][]float64{
			"LOCK_COMMAND": {0, 1, 0}, "FLASH_COMMAND": {1, 0}, "CLIMATE_COMMAND": {1, 0}, "TEMPERATURE_COMMAND": {16, 29.5},
			"SEAT_LENGTH_COMMAND": {0, 300}, "SEAT_HEIGHT_COMMAND": {12}, "SEAT_RECLINE_COMMAND": {-5.5, 31.2}, "SEAT_HEATING_COMMAND": {75, 0},
			"VOLUME_COMMAND": {100, 7}, "SOURCE_COMMAND": {2, 5},
		}
		for _, a := range l.plan.Actuators() {
			if len(values[a.CAN.Message]) == 0 {
				t.Errorf("%s is not tried", a.Path)
			}
			for _, value := range values[a.CAN.Message] {
				text := slcan.Append([]byte("C\rS6\rO\r"), l.command(t, a, value))
				v.Hear("powertrain", text)
				time.Sleep(250 * time.Millisecond)
				if got := l.confirmed(a); got == value {
					t.Errorf("%s: the command is heard on the other bus", a.Path)
				}
				for i := range text {
					v.Hear(a.Bus, text[i:i+1])
				}
				time.Sleep(200 * time.Millisecond)
				if got := l.confirmed(a); math.Abs(got-value) > 1e-9 {
					t.Errorf("%s: %v after 200 ms, want %v", a.Path, got, value)
				}
			}
		}
		v.Hear("elsewhere", []byte("t500101\r"))
		v.Hear("body", []byte("r5001\rt500\rt5000\rT0000050010 1\rt212101\r"))
		time.Sleep(250 * time.Millisecond)
		l.want(t, "Cabin.Door.Row1.DriverSide.IsLocked", "false")
	})
}

// The lights flash for a while and go out by themselves; the lock does not close
// on an open door; a command takes back what was set by hand.
func TestActuatorsHaveLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, l := live(t, car.Setup{})
		order := func(id uint32, value byte) {
			v.Hear("body", slcan.Append(nil, can.Frame{ID: id, Len: 1, Data: can.Data{value}}))
			time.Sleep(200 * time.Millisecond)
		}
		order(0x501, 1)
		l.want(t, "Body.Lights.Hazard.IsSignaling", "true")
		time.Sleep(4 * time.Second)
		l.want(t, "Body.Lights.Hazard.IsSignaling", "false")

		order(0x500, 0)
		if err := v.Door("driver", true); err != nil {
			t.Fatal(err)
		}
		order(0x500, 1)
		l.want(t, "Cabin.Door.Row1.DriverSide.IsLocked", "false")
		if err := v.Door("driver", false); err != nil {
			t.Fatal(err)
		}
		order(0x500, 1)
		l.want(t, "Cabin.Door.Row1.DriverSide.IsLocked", "true")

		if err := v.Set("Vehicle.Cabin.HVAC.IsAirConditioningActive", hal.Bool(false)); err != nil {
			t.Fatal(err)
		}
		order(0x502, 1)
		l.want(t, "Cabin.HVAC.IsAirConditioningActive", "true")
		time.Sleep(10 * time.Minute)
		if warm, _ := l.value("Cabin.HVAC.AmbientAirTemperature").Float(); warm < 20 || warm > 21 {
			t.Errorf("%v °C after ten minutes of heating to 21", warm)
		}
	})
}

// Each fob is said in turn: who is near, and whose opened the doors last.
func TestFobs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, l := live(t, car.Setup{Fobs: []string{"anna", "lea"}})
		type said struct{ near, unlocked bool }
		heard := func() map[uint32]said {
			all := map[uint32]said{}
			m := l.file.Message("FOB")
			for range 4 {
				time.Sleep(100 * time.Millisecond)
				l.mu.Lock()
				f := l.last[m.ID]
				l.mu.Unlock()
				value := func(name string) float64 { v, _ := m.Signal(name).Plan().Value(f.Data[:f.Len]); return v }
				all[uint32(value("ID"))] = said{value("PRESENT") == 1, value("UNLOCKED") == 1}
			}
			return all
		}
		want := func(anna, lea said) {
			t.Helper()
			time.Sleep(time.Second)
			got := heard()
			if len(got) != 2 || got[car.FobID("anna")] != anna || got[car.FobID("lea")] != lea {
				t.Errorf("%v, want anna %v and lea %v", got, anna, lea)
			}
		}
		want(said{}, said{})
		if err := v.Fob("lea", true); err != nil {
			t.Fatal(err)
		}
		want(said{}, said{near: true})
		if err := v.Unlock("anna"); err != nil {
			t.Fatal(err)
		}
		want(said{true, true}, said{near: true})
		l.want(t, "Cabin.Door.Row1.DriverSide.IsLocked", "false")
		v.Lock(true)
		want(said{near: true}, said{near: true})
		if err := v.Unlock("lea"); err != nil {
			t.Fatal(err)
		}
		if err := v.Fob("lea", false); err != nil {
			t.Fatal(err)
		}
		want(said{near: true}, said{})
		if err := v.Fob("", true); err == nil {
			t.Error("a fob without a name")
		}
	})
}
