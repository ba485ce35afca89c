package dist_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// man has nothing to say about the pages as they are installed.
func TestInstalledManPages(t *testing.T) {
	needs(t, "man")
	pages, err := filepath.Glob(filepath.Join(unpacked(t), "usr/share/man/man?/*.gz"))
	if err != nil || len(pages) != 5 {
		t.Fatalf("%v %v", pages, err)
	}
	for _, page := range pages {
		cmd := exec.Command("man", "--warnings", "-l", page)
		cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8", "MANWIDTH=80", "MANROFFSEQ=")
		said := &strings.Builder{}
		cmd.Stderr = said
		if out, err := cmd.Output(); err != nil || said.Len() > 0 || len(out) < 1000 {
			t.Errorf("%s: %v: %s (%d bytes)", filepath.Base(page), err, said, len(out))
		}
	}
}

// The installed completion offers every command of the installed program, with no agent there.
func TestInstalledCompletion(t *testing.T) {
	needs(t, "bash")
	root := unpacked(t)
	cmd := exec.Command("bash", "-c", `. "$1"; COMP_WORDS=(gloveboxctl ""); COMP_CWORD=1; _gloveboxctl; printf '%s\n' "${COMPREPLY[@]}"`,
		"bash", filepath.Join(root, "usr/share/bash-completion/completions/gloveboxctl"))
	cmd.Env = []string{"PATH=" + filepath.Join(root, "usr/bin") + ":/usr/bin:/bin", "GLOVEBOX_BUS=unix:path=/nonexistent"}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	offered := " " + strings.Join(strings.Fields(string(out)), " ") + " "
	help := output(t, filepath.Join(root, "usr/bin/gloveboxctl"), "--help")
	_, commands, _ := strings.Cut(help, "\nCommands:\n")
	count := 0
	for line := range strings.Lines(commands) {
		if word := strings.TrimPrefix(line, "  "); word != line && word[0] != ' ' {
			count++
			if name := strings.Fields(word)[0]; !strings.Contains(offered, " "+name+" ") && name != "completion" {
				t.Errorf("%s is not offered in %s", name, offered)
			}
		}
	}
	if count < 20 {
		t.Errorf("only %d commands in\n%s", count, help)
	}
}

// The program for the other processor is a whole one: it takes the shipped configuration.
func TestARM64Runs(t *testing.T) {
	needs(t, "qemu-aarch64-static", "dpkg-deb")
	root := t.TempDir()
	output(t, "dpkg-deb", "-x", deb(t, "glovebox", "arm64"), root)
	for _, args := range [][]string{{"--config", filepath.Join(root, "etc/glovebox/gloveboxd.toml"), "--check"}, {"--version"}} {
		cmd := exec.Command("qemu-aarch64-static", append([]string{filepath.Join(root, "usr/bin/gloveboxd")}, args...)...)
		want := map[bool]string{true: "ok", false: field(t, deb(t, "glovebox", "arm64"), "Version")}[len(args) == 3]
		if out, err := cmd.Output(); err != nil || strings.TrimSpace(string(out)) != want {
			t.Errorf("%v: %v: %s", args, err, out)
		}
	}
}
