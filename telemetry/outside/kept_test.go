package outside_test

import (
	"strings"
	"testing"

	"glovebox/telemetry/outside"
)

// What waited on disk is told only if it is as this package writes it, each part of it;
// a result of an older agent, which named no epoch, is told too.
func TestStoredAsItWasWritten(t *testing.T) {
	const (
		head   = `{"v":1,"reader":"anna","mailbox":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","column":"main","kind":"ack","utc":"2026-11-21T12:01:07.25Z","boot":40000000000,`
		result = head + `"ack":{"key":"key","epoch":"0123456789abcdef0123456789abcdef","ctr":7,"result":"done"}}`
		alarm  = `{"v":1,"reader":"anna","mailbox":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","column":"limited","kind":"alarms","utc":"2026-11-21T12:02:00Z","boot":92750000000,"pad":1024,` +
			`"alarm":{"alarm":"abs","severity":"warning","active":true,"minute":"2026-11-21T12:02Z"}}`
		trips = `{"v":1,"reader":"jonas","mailbox":"cccccccccccccccccccccccccccccccc","column":"limited","kind":"trips","utc":"2026-11-21T12:05:00Z","boot":272750000000,"pad":1024,`
		gap   = `{"v":1,"reader":"jonas","mailbox":"cccccccccccccccccccccccccccccccc","column":"limited","kind":"gaps","utc":"0001-01-01T00:00:00Z","boot":0,"pad":1024,` +
			`"gap":{"kind":"alarms","from":"2026-11-21T12:01:07.250Z","to":"2026-11-21T12:01:07.250Z","dropped":7,"reason":"bytes"}}`
		message = `{"v":1,"reader":"anna","mailbox":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","column":"main","kind":"messages","utc":"2026-11-21T12:01:07.25Z","boot":40000000000,` +
			`"booking":{"id":"m1","kind":"booking","from":"anna","role":"main","text":"","wish":{"day":"monday"},"time":"2026-11-21T12:01:07Z","read":false}}`
		stub = trips + `"stub":{"trip":"dbe5882e2579683432c1bfc525454add","day":"2026-11-21","distance_km":"0-10"}}`
		trip = trips + `"trip":{"trip":"6ae6783f4fbde91b6eb88b73a48ed247","day":"2026-11-21","distance_m":109,"duration_s":12,` +
			`"start":{"ts":"2026-11-21T12:01:08.250Z","latitude":54.19,"longitude":6.6201537},"end":{"ts":"2026-11-21T12:01:20.250Z","latitude":54.19,"longitude":6.6218444},"track":"o~viI}~kg@?qI"}}`
	)
	for _, row := range []struct {
		name, data, old, new string
		read                 bool
	}{
		{"a result", result, "", "", true},
		{"an alarm", alarm, "", "", true},
		{"a result without an epoch", result, `"epoch":"0123456789abcdef0123456789abcdef",`, "", true},
		{"an epoch that is short", result, "0123456789abcdef0123456789abcdef", "0123456789abcdef0123456789abcde", false},
		{"an epoch in upper case", result, "0123456789abcdef0123456789abcdef", "0123456789ABCDEF0123456789abcdef", false},
		{"another result", result, `"done"`, `"dune"`, false},
		{"unknown", result, `"done"`, `"unknown"`, true},
		{"done for a reason", result, `"done"`, `"done","reason":"busy"`, false},
		{"refused for a reason", result, `"done"`, `"refused","reason":"busy"`, true},
		{"refused for none", result, `"done"`, `"refused"`, false},
		{"refused for one of another's", result, `"done"`, `"refused","reason":"done"`, false},
		{"a member more", result, `"ctr":7`, `"ctr":7,"place":1`, false},
		{"a later version", result, `"v":1`, `"v":2`, false},
		{"an earlier version", result, `"v":1`, `"v":0`, false},
		{"a mailbox that is short", result, `"aaa`, `"aa`, false},
		{"a mailbox that is no hex", result, `"aaa`, `"gaa`, false},
		{"an unknown column", result, `"main"`, `"mein"`, false},
		{"another kind", result, `"kind":"ack"`, `"kind":"alarms"`, false},
		{"a kind that is live", result, `"kind":"ack"`, `"kind":"position"`, false},
		{"no time", result, "2026-11-21T12:01:07.25Z", "noon", false},
		{"no number", result, "40000000000", `"40"`, false},
		{"a reader with a quote", result, `"anna"`, `"an\"na"`, true},
		{"a reader that never ends", result, `"anna"`, `"anna`, false},
		{"a reader with half an escape", result, `"anna"`, `"an\u00"`, false},
		{"something behind", result, `}}`, `}}}`, false},
		{"cut", result, `}}`, `}`, false},
		{"no padding", alarm, `"pad":1024,`, "", true},
		{"padding of nothing", alarm, "1024", "0", true},
		{"less than nothing", alarm, "1024", "-1", false},
		{"the most padding", alarm, "1024", "1048576", true},
		{"more", alarm, "1024", "1048577", false},
		{"padding that is none", alarm, "1024", "1e3", false},
		{"an alarm without a name", alarm, `"abs"`, `""`, false},
		{"a gap", gap, "", "", true},
		{"a gap in nothing", gap, `"kind":"alarms"`, `"kind":""`, false},
		{"a gap for its age", gap, `"bytes"`, `"age"`, true},
		{"a gap for another reason", gap, `"bytes"`, `"boredom"`, false},
		{"a message", message, "", "", true},
		{"without an id", message, `"m1"`, `""`, false},
		{"of no kind", message, `"booking"`, `""`, false},
		{"of nobody", message, `"role":"main"`, `"role":""`, false},
		{"of no time", message, "12:01:07Z", "noon", false},
		{"without a wish", message, `"wish":{"day":"monday"},`, "", true},
		{"with a wish that is none", message, `{"day":"monday"}`, `"monday"`, false},
		{"a trip without its places", stub, "", "", true},
		{"its number is short", stub, "dbe5", "dbe", false},
		{"its day is none", stub, "2026-11-21\",\"d", "2026-11-31\",\"d", false},
		{"its distance is no band", stub, "0-10", "0 to 10", false},
		{"its distance is a long band", stub, "0-10", "0000000-00000010", false},
		{"its distance is not told", stub, `,"distance_km":"0-10"`, "", true},
		{"a trip", trip, "", "", true},
		{"without a start", trip, `"start":{"ts":"2026-11-21T12:01:08.250Z","latitude":54.19,"longitude":6.6201537}`, `"start":null`, false},
		{"without an end", trip, `"end":{"ts":"2026-11-21T12:01:20.250Z","latitude":54.19,"longitude":6.6218444}`, `"end":null`, false},
		{"of another day", trip, `"day":"2026-11-21"`, `"day":"2026-11-22"`, false},
		{"that took longer", trip, `"duration_s":12`, `"duration_s":13`, false},
		{"that took no time told", trip, `"duration_s":12,`, "", true},
		{"shorter than nothing", trip, `"distance_m":109`, `"distance_m":-1`, false},
		{"of no length", trip, `"distance_m":109`, `"distance_m":0`, true},
		{"with a band that is none", trip, `"distance_m":109`, `"distance_km":"far"`, false},
		{"with a track that is none", trip, "o~viI}~kg@?qI", "o~viI}~kg@?q", false},
	} {
		if row.old != "" && !strings.Contains(row.data, row.old) {
			t.Fatalf("%s: nothing to replace", row.name)
		}
		data := []byte(strings.Replace(row.data, row.old, row.new, 1))
		r, err := outside.UnmarshalReleased(data)
		if (err == nil) != row.read {
			t.Errorf("%s: %v", row.name, err)
		}
		if err == nil {
			if head, err := outside.UnmarshalHead(data); err != nil || head != r.Head() {
				t.Errorf("%s: head %+v, %v", row.name, head, err)
			}
		}
	}
}
