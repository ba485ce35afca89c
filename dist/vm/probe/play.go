package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"time"
)

// A step of a page: a command of a console block, and the output that the page shows.
type step struct {
	line    int
	command string
	output  string
}

// steps reads the console blocks of a page: `# ` is the prompt, `> ` goes on with a command,
// the rest is output.
func steps(page string) (all []step) {
	inside := false
	for n, line := range strings.Split(page, "\n") {
		more, goesOn := strings.CutPrefix(line, ">")
		command, isCommand := strings.CutPrefix(line, "# ")
		switch {
		case strings.HasPrefix(line, "```"):
			inside = line == "```console"
		case !inside:
		case isCommand && !strings.HasPrefix(command, "What is not as usual") && !strings.HasPrefix(command, "  - "):
			all = append(all, step{line: n + 1, command: command})
		case goesOn && len(all) > 0 && all[len(all)-1].output == "":
			all[len(all)-1].command += "\n" + strings.TrimPrefix(more, " ")
		case len(all) > 0:
			all[len(all)-1].output += line + "\n"
		}
	}
	return all
}

// play runs a page's commands in one shell and compares what they print; `…` stands for
// anything.
func play(name string) error {
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	all := steps(string(text))
	if len(all) == 0 {
		return fmt.Errorf("%s has no console block", name)
	}
	shell := exec.Command("bash")
	in, err := shell.StdinPipe()
	if err != nil {
		return err
	}
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	shell.Stdout, shell.Stderr = w, w
	if err := shell.Start(); err != nil {
		return err
	}
	out := bufio.NewReader(r)
	wrong := 0
	for _, s := range all {
		got, err := enter(in, out, s.command)
		if err != nil {
			return fmt.Errorf("%s:%d: %s: %w", name, s.line, s.command, err)
		}
		if !same(s.output, got) {
			wrong++
			fmt.Printf("%s:%d: # %s\nthe page:\n%sthe machine:\n%s\n", name, s.line, s.command, s.output, got)
		}
	}
	_ = in.Close()
	_ = shell.Process.Kill() // what it left in the background is not waited for
	fmt.Printf("%d commands of %s, %d with another output\n", len(all), name, wrong)
	if wrong > 0 {
		return fmt.Errorf("%d of %d commands print something else", wrong, len(all))
	}
	return nil
}

const mark = "the-end-of-a-step"

// enter runs one command and returns what it printed.
func enter(in io.Writer, out *bufio.Reader, command string) (string, error) {
	if _, err := fmt.Fprintf(in, "%s\necho %s\n", command, mark); err != nil {
		return "", err
	}
	said, failed := make(chan string), make(chan error)
	go func() {
		var got strings.Builder
		for {
			line, err := out.ReadString('\n')
			if err != nil {
				failed <- err
				return
			}
			if before, _, ended := strings.Cut(line, mark); ended {
				said <- got.String() + before
				return
			}
			got.WriteString(line)
		}
	}()
	select {
	case got := <-said:
		return got, nil
	case err := <-failed:
		return "", err
	case <-time.After(5 * time.Minute):
		return "", fmt.Errorf("no end after five minutes")
	}
}

// same compares without blanks at the ends of lines.
func same(want, got string) bool {
	trim := func(s string) string {
		lines := strings.Split(strings.TrimSpace(s), "\n")
		for i, l := range lines {
			lines[i] = strings.TrimRight(l, " \t\r")
		}
		return strings.Join(lines, "\n")
	}
	pattern := strings.ReplaceAll(regexp.QuoteMeta(trim(want)), "…", ".*")
	return regexp.MustCompile(`(?s)^` + pattern + `$`).MatchString(trim(got))
}
