package hmi_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/godbus/dbus/v5"

	"glovebox/profiles"
)

// The requests reach the cabin as they were made.
func TestRequestsReachTheCabin(t *testing.T) {
	w := start(t)
	c := w.dial(t)
	for _, call := range []*dbus.Call{
		ask(c, "Session1.Login", dbusPath(anna), annasPIN, none),
		ask(c, "Session1.Login", dbusPath(jonas), "", bag("wait", true)),
		ask(c, "Session1.StartGuest", bag("wait", true)),
		ask(c, "Session1.StartGuest", bag("wait", false)),
		ask(c, "Session1.CancelPending", none),
		ask(c, "Privacy1.SetLevel", "offline", none),
		ask(c, "Settings1.Set", "radio", bag("volume", byte(7)), none),
		ask(c, "Settings1.Reset", "radio", none),
		askAt(c, dbusPath(jonas), "org.glovebox.Profile1.SetPIN", "", "739105", none),
		askAt(c, dbusPath(anna), "org.glovebox.Profile1.SetPIN", "", "739105", bag("code", carsCode)),
		askAt(c, dbusPath(jonas), "org.glovebox.Profile1.LinkFob", none),
		askAt(c, dbusPath(jonas), "org.glovebox.Profile1.UnlinkFobs", none),
		ask(c, "Session1.Logout", none),
	} {
		if call.Err != nil {
			t.Errorf("%s: %v", call.Method, call.Err)
		}
	}
	want := []string{
		"login " + anna.String() + " wait=false", "login " + jonas.String() + " wait=true", "guest wait=true", "guest wait=false",
		"cancel", "level offline", "set radio 1", "reset radio", "pin " + jonas.String() + " ‹private› ‹private›",
		"code " + anna.String() + " ‹private› ‹private›", "profiles.LinkFob " + jonas.String(), "profiles.UnlinkFobs " + jonas.String(), "logout",
	}
	if got := w.cabin.asked(); !slices.Equal(got, want) {
		t.Errorf("the cabin did\n%v, want\n%v", got, want)
	}
}

func TestPendingIsAnObject(t *testing.T) {
	w := start(t)
	c := w.dial(t)
	for pending, want := range map[string]dbus.ObjectPath{
		"": "/", "guest": "/org/glovebox/Agent1/profile/guest", anna.String(): dbusPath(anna),
	} {
		w.cabin.change(func(c *cabin) { c.session = profiles.SessionView{State: "idle", Pending: pending} })
		var v dbus.Variant
		if err := askAt(c, "/org/glovebox/Agent1", "org.freedesktop.DBus.Properties.Get", "org.glovebox.Session1", "Pending").Store(&v); err != nil {
			t.Fatal(err)
		}
		if v.Value() != want {
			t.Errorf("pending %q is %v", pending, v)
		}
	}
}

func TestLedgerIsFiltered(t *testing.T) {
	w := start(t)
	c := w.dial(t)
	for _, row := range []struct {
		filter map[string]dbus.Variant
		ids    []uint64
	}{
		{none, []uint64{1, 2}},
		{bag("after", uint64(1)), []uint64{2}},
		{bag("before", uint64(2)), []uint64{1}},
		{bag("from", int64(121)), nil},
		{bag("from", int64(120)), []uint64{1, 2}},
		{bag("to", int64(119)), []uint64{1}},
		{bag("outcome", "published", "limit", uint32(5)), []uint64{1}},
	} {
		var entries []map[string]dbus.Variant
		if err := ask(c, "Privacy1.Ledger", row.filter).Store(&entries); err != nil {
			t.Fatal(err)
		}
		var ids []uint64
		for _, e := range entries {
			ids = append(ids, e["id"].Value().(uint64))
		}
		if !slices.Equal(ids, row.ids) {
			t.Errorf("%v: got %v", row.filter, ids)
		}
	}
	var totals []map[string]dbus.Variant
	if err := ask(c, "Privacy1.Ledger", bag("totals", true, "kind", "position")).Store(&totals); err != nil || len(totals) != 1 {
		t.Fatalf("%d totals, %v", len(totals), err)
	}
	total := bag("from", int64(86400), "to", int64(2*86400-60), "reader", anna.String(), "kind", "position", "outcome", "published", "count", uint32(9))
	if fmt.Sprint(totals[0]) != fmt.Sprint(total) {
		t.Errorf("a total is %v, want %v", totals[0], total)
	}
	if err := ask(c, "Privacy1.Ledger", bag("totals", true, "class", "speed")).Err; name(err) != "InvalidArgument" {
		t.Errorf("totals by class: %v", err)
	}
	var why map[string]dbus.Variant
	if err := ask(c, "Privacy1.Why", uint64(2)).Store(&why); err != nil {
		t.Fatal(err)
	}
	want := bag("id", uint64(2), "from", int64(120), "to", int64(120), "class", "position", "reader", jonas.String(), "kind", "position",
		"outcome", "withheld", "rule", "position/limited", "limited_by", []string{"limited"}, "count", uint32(7))
	for key, v := range want {
		if why[key].String() != v.String() {
			t.Errorf("%s is %v, want %v", key, why[key], v)
		}
	}
	if err := ask(c, "Privacy1.Why", uint64(3)).Err; name(err) != "InvalidArgument" {
		t.Errorf("an entry that is not there: %v", err)
	}
}

func TestSignalsHaveTheirVSSTypes(t *testing.T) {
	w := start(t)
	var signals []map[string]dbus.Variant
	if err := ask(w.dial(t), "Vehicle1.Signals").Store(&signals); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"Vehicle.Speed": 72.75, "Vehicle.IsMoving": true, "Vehicle.LowVoltageSystemState": "ON"}
	for _, s := range signals {
		path := s["path"].Value().(string)
		if s["value"].Value() != want[path] {
			t.Errorf("%s is %v", path, s["value"])
		}
		delete(want, path)
		if path == "Vehicle.Speed" && s["age_ms"].Value() != uint64(120) {
			t.Errorf("its age is %v", s["age_ms"])
		}
	}
	if len(want) > 0 || len(signals) != 3 {
		t.Errorf("got %v", signals)
	}
}

// The name has one owner, and a face that could not take it says so.
func TestNameIsTakenOnce(t *testing.T) {
	w := start(t)
	second := &world{bus: w.bus, cabin: newCabin(), log: &logText{}}
	if err := second.own(); err == nil {
		t.Error("two agents own the name")
	}
}
