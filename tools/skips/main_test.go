package main

import (
	"strings"
	"testing"
)

func TestRun(t *testing.T) {
	const (
		passed  = `{"Action":"pass","Package":"glovebox/hal","Test":"TestA"}` + "\n"
		why     = `{"Action":"output","Package":"glovebox/hal","Test":"TestB","Output":"    b_test.go:9: no bus\n"}` + "\n"
		skipped = why + `{"Action":"skip","Package":"glovebox/hal","Test":"TestB"}` + "\n"
		failed  = `{"Action":"output","Package":"glovebox/hal","Test":"TestC","Output":"    c_test.go:1: wrong\n"}` + "\n" + `{"Action":"fail","Package":"glovebox/hal","Test":"TestC"}` + "\n"
	)
	for _, row := range []struct {
		name, in string
		may      []string
		code     int
		says     string
	}{
		{"all pass", passed, nil, 0, ""},
		{"a test is skipped", passed + skipped, nil, 1, "SKIPPED: hal.TestB: b_test.go:9: no bus"},
		{"a test is skipped that may be", passed + skipped, []string{"hal.TestB"}, 0, "as it may: hal.TestB: b_test.go:9: no bus"},
		{"a test fails", passed + failed, nil, 1, "c_test.go:1: wrong"},
		{"nothing ran", skipped, []string{"hal.TestB"}, 1, "no test ran"},
		{"no JSON", passed + "panic\n", nil, 0, "panic"},
		{"a package does not build", passed + `{"Action":"build-output","ImportPath":"x","Output":"undefined: y\n"}` + "\n" + `{"Action":"fail","Package":"glovebox/x"}` + "\n", nil, 1, "undefined: y"},
	} {
		var out strings.Builder
		if code := run(strings.NewReader(row.in), &out, false, row.may); code != row.code || !strings.Contains(out.String(), row.says) {
			t.Errorf("%s: exit %d, want %d with %q:\n%s", row.name, code, row.code, row.says, &out)
		}
	}
}

// What passing tests say is printed where it is asked for, without what go test says.
func TestRunVerbose(t *testing.T) {
	const in = `{"Action":"output","Package":"glovebox/hal","Test":"TestA","Output":"=== RUN   TestA\n"}` + "\n" +
		`{"Action":"output","Package":"glovebox/hal","Test":"TestA","Output":"    a_test.go:3: killed 3/3\n"}` + "\n" +
		`{"Action":"pass","Package":"glovebox/hal","Test":"TestA"}` + "\n"
	for verbose, want := range map[bool]string{false: "", true: "    a_test.go:3: killed 3/3\n"} {
		var out strings.Builder
		if code := run(strings.NewReader(in), &out, verbose, nil); code != 0 || out.String() != want {
			t.Errorf("verbose %v: exit %d: %q", verbose, code, out.String())
		}
	}
}
