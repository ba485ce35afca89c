package docs_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"glovebox/profiles"
)

// Whom the columns of the table of rights stand for in the code.
var signers = map[string]string{"BackEnd": "back end", "MainUser": "main user's key", "Car": "main user at the wheel"}

// The table of rights is the one that judges documents: every change that
// somebody may make has a row with the same signers, and no other has one.
func TestSecurityRights(t *testing.T) {
	src := read(t, "profiles/difference.go")
	name := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^\t(\w+)\s+ChangeKind = "([^"]+)"`).FindAllStringSubmatch(src, -1) {
		name[m[1]] = m[2]
	}
	_, table, _ := strings.Cut(src, "func rights()")
	table, _, _ = strings.Cut(table, "\n}\n")
	lists := map[string]string{}
	for _, m := range regexp.MustCompile(`(\w+) := \[\]SignerKind\{([^}]*)\}`).FindAllStringSubmatch(table, -1) {
		lists[m[1]] = m[2]
	}
	var want []string
	for _, m := range regexp.MustCompile(`(\w+):\s+(\w+|\{[^}]*\}),`).FindAllStringSubmatch(table, -1) {
		who := strings.Trim(m[2], "{}")
		if list, named := lists[who]; named {
			who = list
		}
		for kind, column := range signers {
			if strings.Contains(who, kind) {
				want = append(want, name[m[1]]+": "+column)
			}
		}
	}
	if len(want) < len(name) {
		t.Fatalf("read only %d rights of %d kinds of change", len(want), len(name))
	}
	var have []string
	for _, row := range tableRows(section(t, "docs/security.md", "## Rights")) {
		change, _, _ := strings.Cut(row[1], ",")
		change, _, _ = strings.Cut(change, ":")
		for i, column := range []string{"back end", "main user's key", "main user at the wheel"} {
			if row[2+i] == "yes" {
				have = append(have, change+": "+column)
			}
		}
	}
	same(t, "security.md, Rights", have, want)
}

// The table of actions has what each needs, and whose counters must rise.
func TestSecurityActions(t *testing.T) {
	var have, want []string
	for _, row := range tableRows(section(t, "docs/security.md", "# Actions")) {
		if row[0] == "action" {
			have = append(have, fmt.Sprint(row[1:]))
		}
	}
	for _, v := range profiles.Verbs() {
		function, _ := v.Function()
		counter := "window"
		if v.Ordered() {
			counter = "strictly rising"
		}
		want = append(want, fmt.Sprint([]string{"`" + string(v) + "`", "`" + string(function) + "`", counter}))
	}
	same(t, "security.md, Actions", have, want)
}

// The table of the lockout is what wrong PINs in a row really cost.
func TestSecurityLockout(t *testing.T) {
	row := tableRows(section(t, "docs/security.md", "# PIN and lockout"))[0][1:]
	var lockout profiles.Lockout
	for failure := 1; failure <= 10; failure++ {
		var err error
		if lockout, err = lockout.Pass(24 * time.Hour).Attempt(); err != nil {
			t.Fatal(err)
		}
		want := strings.ReplaceAll(row[max(1, failure-2)], " ", "")
		have := strings.ReplaceAll(strings.ReplaceAll(fmt.Sprint(lockout.Remaining), "m0s", "min"), "1h0min", "60min")
		switch {
		case failure < 4:
			have = strings.TrimSuffix(have, "s")
		case lockout.Off():
			have = "thePINisoffuntilitissetanew"
		}
		if have != want {
			t.Errorf("wrong PIN %d: wait %q, the page says %q", failure, have, want)
		}
	}
}
