package hmi_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/godbus/dbus/v5"

	"glovebox/profiles"
)

var miaContact = bag("name", "Mia", "email", "mia@example.com", "mobile", "+12025550123")

// What the main user decides reaches the cabin as it was said, and a removal is answered
// with the receipt.
func TestRosterReachesTheCabin(t *testing.T) {
	w := start(t)
	c := w.dial(t)
	var invited dbus.ObjectPath
	if err := ask(c, "Roster1.Invite", miaContact, "shared", none).Store(&invited); err != nil || invited != dbusPath(mia) {
		t.Errorf("%s, %v", invited, err)
	}
	var receipt map[string]dbus.Variant
	if err := ask(c, "Roster1.Remove", dbusPath(jonas), none).Store(&receipt); err != nil {
		t.Fatal(err)
	}
	stores, _ := receipt["stores"].Value().([]map[string]dbus.Variant)
	if receipt["method"].Value() != "key" || receipt["generation"].Value() != uint64(7) || receipt["result"].Value() != "erased" || len(stores) != 1 || stores[0]["after"].Value() != uint32(1) {
		t.Errorf("%v", receipt)
	}
	for _, call := range []*dbus.Call{
		ask(c, "Roster1.Activate", dbusPath(jonas), bag("code", "K7QM2R9T")),
		ask(c, "Roster1.SetSharing", dbusPath(jonas), "limited", none),
		ask(c, "Roster1.Restrict", dbusPath(jonas), []string{"trips", "booking"}, none),
		ask(c, "Roster1.SetRemoteServices", true, none),
		ask(c, "Roster1.ResetPIN", dbusPath(jonas), none),
		ask(c, "Roster1.Erase", "everything", bag("pin", "480213")),
		ask(c, "Roster1.Cancel", dbus.ObjectPath("/org/glovebox/Agent1/profile/x"), none),
		askAt(c, dbusPath(jonas), "org.glovebox.Profile1.Rename", " Jonas B. ", none),
	} {
		if call.Err != nil {
			t.Errorf("%s: %v", call.Method, call.Err)
		}
	}
	said := func(v profiles.Revision, code bool) string { return fmt.Sprintf("%T%v code=%v", v, v, code) }
	want := []string{
		"invite Miamia@example.com+12025550123shared code=false", said(profiles.Remove{Who: jonas}, false), said(profiles.Activate{Who: jonas}, true),
		said(profiles.SetSharing{Who: jonas, Sharing: profiles.Limited}, false), said(profiles.Restrict{Who: jonas, Functions: []profiles.Function{"trips", "booking"}}, false),
		said(profiles.SetRemoteServices{On: true}, false), said(profiles.ResetPIN{Who: jonas}, false), said(profiles.EraseEverything{}, true), said(profiles.Cancel{}, false), said(profiles.Rename{Who: jonas}, false),
	}
	if got := w.cabin.asked(); !slices.Equal(got, want) {
		t.Errorf("the cabin did\n%q, want\n%q", got, want)
	}
}

// A contact has three members, each a text, and a sharing level is one of two words.
func TestRosterRefusesArguments(t *testing.T) {
	w := start(t)
	c := w.dial(t)
	for what, call := range map[string]*dbus.Call{
		"half of the car":        ask(c, "Roster1.Erase", "trips", bag("pin", "480213")),
		"a code for everything":  ask(c, "Roster1.Erase", "everything", bag("code", "480213")),
		"a contact with more":    ask(c, "Roster1.Invite", bag("name", "Mia", "fax", "1"), "shared", none),
		"a number as a number":   ask(c, "Roster1.Invite", bag("name", "Mia", "mobile", uint32(1)), "shared", none),
		"another sharing level":  ask(c, "Roster1.Invite", miaContact, "all", none),
		"another level to set":   ask(c, "Roster1.SetSharing", dbusPath(jonas), "all", none),
		"a long code":            ask(c, "Roster1.Activate", dbusPath(jonas), bag("code", fmt.Sprintf("%065d", 1))),
		"a code where none goes": ask(c, "Roster1.Remove", dbusPath(jonas), bag("code", "x")),
	} {
		if name(call.Err) != "InvalidArgument" {
			t.Errorf("%s: %v", what, call.Err)
		}
	}
	if did := w.cabin.asked(); len(did) > 0 {
		t.Errorf("the cabin was asked: %v", did)
	}
}
