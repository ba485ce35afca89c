package dist_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
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

// What the page for integrators names of the bus is there, and its unit has the groups that the bus lets in.
func TestIntegratePageNamesWhatIsThere(t *testing.T) {
	page, seen := read(t, "docs/integrate.md"), 0
	for _, named := range regexp.MustCompile("`(\\w+1)\\.(\\w+)[`(]").FindAllStringSubmatch(page, -1) {
		xml := read(t, "agent/hmi/org.glovebox."+named[1]+".xml")
		if seen++; !strings.Contains(xml, `name="`+named[2]+`"`) {
			t.Errorf("%s has no %s", named[1], named[2])
		}
	}
	if seen < 8 {
		t.Errorf("only %d members", seen)
	}
	policy := read(t, "dist/dbus/org.glovebox.Agent1.conf")
	for _, group := range strings.Fields(keys(page, "SupplementaryGroups")[0]) {
		if !strings.Contains(policy, `group="`+group+`"`) {
			t.Errorf("the bus knows no group %s", group)
		}
	}
	unit := read(t, "dist/systemd/gloveboxd.service")
	for _, said := range []struct{ key, value, page string }{
		{"StartLimitBurst", "8", "Eight starts within two minutes"}, {"StartLimitIntervalSec", "120", "Eight starts within two minutes"},
		{"WatchdogSec", "20s", "(after 20 s)"}, {"RestartSec", "1s", "(one second later)"}, {"RestartPreventExitStatus", "78", "(exit 78)"},
	} {
		if !strings.Contains(page, said.page) || keys(unit, said.key)[0] != said.value {
			t.Errorf("the page says %q, the unit %s=%s", said.page, said.key, keys(unit, said.key)[0])
		}
	}
}
