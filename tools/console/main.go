// Console plays the console blocks of a page, word by word, in one shell from the first to the last, and ends with 1 at the
// first step that says something else than the page does.
//
// A block begins with ```console. A line `# …` is a command, lines `> …` behind it go on with it, and what follows is what it
// says, on both of its outputs. There … stands for anything in a line, and a line that is only … for any number of lines.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"time"
)

// stepTime is how long a command may take.
const stepTime = 5 * time.Minute

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: console PAGE")
		os.Exit(2)
	}
	text, err := os.ReadFile(os.Args[1])
	if err == nil {
		err = play(string(text), os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "console:", err)
		os.Exit(1)
	}
}

// step is a command of a page and what it says there.
type step struct {
	line          int
	command, says string
}

// steps are the commands of a page, in order.
func steps(page string) (all []step, err error) {
	inside, n := false, 0
	for line := range strings.Lines(page) {
		line, n = strings.TrimSuffix(line, "\n"), n+1
		last := len(all) - 1
		switch command, is := strings.CutPrefix(line, "# "); {
		case !inside:
			inside = line == "```console"
			if inside {
				all = append(all, step{}) // nothing before its first command
			}
		case line == "```":
			inside = false
		case is:
			all = append(all, step{line: n, command: command})
		case all[last].line == 0:
			return nil, fmt.Errorf("line %d: a block begins with a command", n)
		case strings.HasPrefix(line+" ", "> ") && all[last].says == "":
			all[last].command += "\n" + strings.TrimPrefix(line[1:], " ")
		default:
			all[last].says += line + "\n"
		}
	}
	if inside {
		return nil, errors.New("the last block has no end")
	}
	played := all[:0]
	for _, s := range all {
		if s.line > 0 {
			played = append(played, s)
		}
	}
	return played, nil
}

// means reports whether what a command said is what the page has.
func means(page, said string) bool {
	pattern := &strings.Builder{}
	pattern.WriteString(`\A`)
	for line := range strings.Lines(page) {
		if line == "…\n" {
			pattern.WriteString(`(?:.*\n)*`)
			continue
		}
		pattern.WriteString(strings.ReplaceAll(regexp.QuoteMeta(line), "…", ".*"))
	}
	pattern.WriteString(`\z`)
	return regexp.MustCompile(pattern.String()).MatchString(said)
}

// mark stands behind what a command said; no command says it.
const mark = "\x01\x02\x03"

// play runs the steps of a page and says which it did.
func play(page string, log io.Writer) error {
	all, err := steps(page)
	if err != nil {
		return err
	}
	shell := exec.Command("bash")
	in, err := shell.StdinPipe()
	if err != nil {
		return err
	}
	out, write, err := os.Pipe()
	if err != nil {
		return err
	}
	defer out.Close()
	shell.Stdout, shell.Stderr = write, write
	if err := errors.Join(shell.Start(), write.Close()); err != nil {
		return err
	}
	defer func() { _, _ = in.Close(), shell.Wait() }()
	said := bufio.NewReader(out)
	for _, s := range all {
		begun := time.Now()
		if err := out.SetReadDeadline(begun.Add(stepTime)); err != nil {
			return err
		}
		if _, err := fmt.Fprintf(in, "%s\nprintf '%s\\n'\n", s.command, mark); err != nil {
			return err
		}
		text := ""
		for !strings.HasSuffix(text, mark+"\n") {
			line, err := said.ReadString('\n')
			if text += line; err != nil {
				return fmt.Errorf("line %d: %s: %w\n%s", s.line, s.command, err, text)
			}
		}
		text = strings.TrimSuffix(text, mark+"\n")
		if text != "" && !strings.HasSuffix(text, "\n") {
			text += "\n"
		}
		if !means(s.says, text) {
			return fmt.Errorf("line %d: %s\nsays\n%sand not\n%s", s.line, s.command, text, s.says)
		}
		fmt.Fprintf(log, "ok %d: %s (%.1f s)\n", s.line, strings.SplitN(s.command, "\n", 2)[0], time.Since(begun).Seconds())
	}
	return nil
}
