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
