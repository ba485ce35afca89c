// Skips reads the events of go test -json and prints what go test prints, and every
// test that was skipped with its reason. It ends with 1 if a test failed, if none ran,
// or if one was skipped that is not named on the command line: a check that was not made
// must not look like one that passed.
//
//	go test -json ./... | skips [-v] PACKAGE.TEST…
//
// With -v it prints too what the tests say that pass.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// event is one line of go test -json (go doc test2json).
type event struct {
	Action, Package, Test, Output, ImportPath string
}

func main() {
	verbose := flag.Bool("v", false, "print what the tests say that pass")
	flag.Parse()
	os.Exit(run(os.Stdin, os.Stdout, *verbose, flag.Args()))
}

func run(in io.Reader, out io.Writer, verbose bool, may []string) (code int) {
	said := map[string]string{} // what a test printed, by package and test
	ran := false
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var e event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			fmt.Fprintln(out, lines.Text())
			continue
		}
		name := strings.TrimPrefix(e.Package, "glovebox/") + "." + e.Test
		switch {
		case e.Action == "build-output":
			fmt.Fprint(out, e.Output)
		case e.Action == "output" && e.Test == "":
			if !strings.HasPrefix(e.Output, "PASS") && !strings.HasPrefix(e.Output, "testing: warning") {
				fmt.Fprint(out, e.Output)
			}
		case e.Action == "output":
			said[name] += e.Output
		case e.Action == "pass" && e.Test != "":
			ran = true
			if verbose {
				fmt.Fprint(out, words(said[name]))
			}
			delete(said, name)
		case e.Action == "fail":
			fmt.Fprint(out, said[name])
			code = 1
		case e.Action == "skip" && e.Test != "":
			if slices.Contains(may, name) {
				fmt.Fprintf(out, "skipped, as it may: %s%s", name, reason(said[name]))
			} else {
				fmt.Fprintf(out, "SKIPPED: %s%s", name, reason(said[name]))
				code = 1
			}
		}
	}
	if err := lines.Err(); err != nil {
		fmt.Fprintln(out, err)
		return 1
	}
	if !ran {
		fmt.Fprintln(out, "no test ran")
		return 1
	}
	return code
}

// words is what a test says itself, without what go test says of it.
func words(said string) (all string) {
	for line := range strings.Lines(said) {
		if text := strings.TrimLeft(line, " "); !strings.HasPrefix(text, "=== ") && !strings.HasPrefix(text, "--- ") {
			all += line
		}
	}
	return all
}

// reason is the line in which a test says why it is skipped.
func reason(said string) string {
	for line := range strings.Lines(said) {
		if strings.Contains(line, "_test.go:") {
			return ": " + strings.TrimLeft(line, " ")
		}
	}
	return "\n"
}
