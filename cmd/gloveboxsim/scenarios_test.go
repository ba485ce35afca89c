package main

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Who asks for JSON reads JSON, whatever becomes of the run, and the last line says why
// nothing came of it.
func TestRunPrintsJSON(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"bad.txtar": "bot\n", "good.txtar": "boot\nend\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	bad, good := filepath.Join(dir, "bad.txtar"), filepath.Join(dir, "good.txtar")
	for _, tt := range []struct {
		name, says string
		args       []string
		want       int
	}{
		{"a file that is wrong", `did you mean "boot"`, []string{"run", "--json", bad}, exitUsage},
		{"a file that is not there", "no such file", []string{"run", "--json", filepath.Join(dir, "none")}, exitUsage},
		{"no file", "files", []string{"run", "--json"}, exitUsage},
		{"a flag that is none", "--quick", []string{"run", good, "--quick", "--json"}, exitUsage},
		{"a flag that is wrong", "one job or more", []string{"run", "--json", "--jobs", "0", good}, exitUsage},
		{"no patience", "patience from 1", []string{"run", "--json", "--patience", "0", good}, exitUsage},
		{"too much of it", "patience from 1 to 10", []string{"run", "--json", "--patience", "11", good}, exitUsage},
		{"a limit of nothing", "limit over 0", []string{"run", "--json", "--limit", "0s", good}, exitUsage},
		{"a flag that is no number", "jobs", []string{"run", "--json", "--jobs=x", good}, exitUsage},
		{"no agent", "no-such-program", []string{"run", "--json", "--gloveboxd", "/no-such-program", good}, exitSetup},
		{"no place for the outputs", "bad.txtar", []string{"run", "--json", "--out", bad, good}, exitSetup},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var out, problems strings.Builder
			if got := commandContext(t.Context(), tt.args, &out, &problems); got != tt.want {
				t.Errorf("exit %d, want %d: %s", got, tt.want, problems.String())
			}
			var last map[string]any
			said := ""
			for lines := bufio.NewScanner(strings.NewReader(out.String())); lines.Scan(); {
				last = nil
				if err := json.Unmarshal(lines.Bytes(), &last); err != nil {
					t.Fatalf("%v in %q", err, lines.Text())
				}
				if text, ok := last["error"].(string); ok {
					said += text
				}
			}
			if last["passed"] != 0.0 || !strings.Contains(said, tt.says) {
				t.Errorf("said %q, want %q in its errors", out.String(), tt.says)
			}
			if problems.Len() == 0 {
				t.Error("nothing for people")
			}
		})
	}
}

// Whoever reads only the end learns what failed.
func TestRunSaysFailuresAgain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	bad, good := filepath.Join(dir, "bad.txtar"), filepath.Join(dir, "good.txtar")
	for name, text := range map[string]string{bad: "boot\nexpect state guest\nend\n", good: "boot\nend\n"} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var out, problems strings.Builder
	if got := commandContext(t.Context(), []string{"run", "--gloveboxd", agent(t), bad, good}, &out, &problems); got != exitFailed {
		t.Fatalf("exit %d: %s", got, problems.String())
	}
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	end := lines[max(0, len(lines)-3):]
	if end[0] != "FAIL  bad" || !strings.HasPrefix(end[1], "    2 ") || !strings.HasSuffix(end[1], "expect state guest  → idle, reason boot") || end[2] != "1 passed, 1 failed" {
		t.Errorf("the end is %q", end)
	}
}
