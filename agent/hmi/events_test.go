package hmi_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"glovebox/profiles"
)

// A burst of signals does not make its raiser wait, and arrives whole and in order.
func TestBurstKeepsItsOrder(t *testing.T) {
	w := start(t)
	listen := hear(t, w.dial(t))
	const n = 3000
	began := time.Now()
	for i := range n {
		w.face.SettingsChanged("radio", []string{fmt.Sprint(i)})
		w.face.Refresh()
	}
	if took := time.Since(began); took > time.Second {
		t.Errorf("raising %d signals took %v", n, took)
	}
	for i, s := range listen(n) {
		if keys := s.Body[1].([]string); len(keys) != 1 || keys[0] != fmt.Sprint(i) {
			t.Fatalf("signal %d names %v", i, keys)
		}
	}
}

// A signal comes behind the answer to the call that it follows from: it waits a moment,
// which the answer has for itself.
func TestSignalsWaitAMoment(t *testing.T) {
	w := start(t)
	listen := hear(t, w.dial(t))
	for range 20 {
		raised := time.Now()
		w.face.SettingsChanged("radio", []string{"volume"})
		listen(1)
		if took := time.Since(raised); took < time.Millisecond {
			t.Fatalf("heard after %v", took)
		}
	}
}

// When one session ends and another begins the bus hears of the end, then what is
// so now, then whose settings those are.
func TestOrderOfASessionsEnd(t *testing.T) {
	w := start(t)
	listen := hear(t, w.dial(t))
	for i, state := range []string{"active", "idle", "active", "idle", "active"} {
		w.face.Ending("replaced", time.Second)
		listen(1)
		w.cabin.change(func(c *cabin) { c.session.State = state })
		w.face.Ended("replaced", profiles.Receipt{})
		w.face.SettingsChanged("radio", []string{"volume"})
		w.face.Refresh()
		var names []string
		for _, s := range listen(3) {
			names = append(names, s.Name[strings.LastIndex(s.Name, ".")+1:])
		}
		if want := []string{"Ended", "PropertiesChanged", "Changed"}; !slices.Equal(names, want) {
			t.Errorf("%d: heard %v, want %v", i, names, want)
		}
	}
}

func TestSignalsSayWhatTheContractSays(t *testing.T) {
	w := start(t)
	listen := hear(t, w.dial(t))
	w.face.Ending("left", 5*time.Second)
	w.face.Ended("left", profiles.Receipt{Method: "memory", Result: "erased", Stores: []profiles.StoreReceipt{
		{Name: "settings", Before: 12, Result: "erased"}}})
	w.face.Ended("logout", profiles.Receipt{})
	w.face.SettingsChanged("radio", []string{"volume", "last"})
	w.face.SettingsChanged("radio", nil)
	w.face.LedgerChanged(7)
	store := []map[string]dbus.Variant{bag("name", "settings", "before", uint32(12), "after", uint32(0), "result", "erased")}
	want := []struct {
		name string
		body []any
	}{
		{"Session1.Ending", []any{"left", uint64(5000)}},
		{"Session1.Ended", []any{"left", bag("method", "memory", "generation", uint64(0), "stores", store, "result", "erased")}},
		{"Session1.Ended", []any{"logout", none}},
		{"Settings1.Changed", []any{"radio", []string{"volume", "last"}}},
		{"Settings1.Changed", []any{"radio", []string{}}},
		{"Privacy1.LedgerChanged", []any{uint64(7)}},
	}
	for i, s := range listen(len(want)) {
		if s.Name != "org.glovebox."+want[i].name || s.Path != "/org/glovebox/Agent1" || !reflect.DeepEqual(s.Body, want[i].body) {
			t.Errorf("got %s %v, want %v", s.Name, s.Body, want[i])
		}
	}
}

// Each signal of ours has the types of the XML.
func TestSignalsHaveTheirTypes(t *testing.T) {
	w := start(t)
	listen := hear(t, w.dial(t))
	w.face.Ending("left", time.Second)
	w.face.Ended("left", profiles.Receipt{Method: "memory"})
	w.face.SettingsChanged("radio", []string{"volume"})
	w.face.LedgerChanged(7)
	w.face.MessageArrived("chat")
	w.face.TripsChanged()
	want := map[string]string{}
	for iface, d := range files(t) {
		for _, s := range d.Signals {
			for _, arg := range s.Args {
				want[iface+"."+s.Name] += arg.Type
			}
		}
	}
	for _, s := range listen(len(want)) {
		if got := dbus.SignatureOf(s.Body...).String(); got != want[s.Name] {
			t.Errorf("%s carries %q, the XML says %q", s.Name, got, want[s.Name])
		}
		delete(want, s.Name)
	}
	if len(want) > 0 {
		t.Errorf("never raised: %v", want)
	}
}
