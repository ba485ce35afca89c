package dist_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// A udev rule is matches and assignments of keys that udev has, one rule a line, and each label that is jumped to is there.
// udevadm verify, from systemd 254 on, says the same; where it is, it is asked too.
func TestUdevRules(t *testing.T) {
	text := read(t, "dist/udev/60-glovebox.rules")
	if wrong := udevMistakes(text); wrong != "" {
		t.Error(wrong)
	}
	for _, bad := range []string{
		strings.Replace(text, `ATTRS{idVendor}==`, `ATTRS{idVendor}=`, 1), strings.Replace(text, `MODE="0660"`, `MODE=0660`, 1),
		strings.Replace(text, `SYMLINK+=`, `SYMLINKS+=`, 1), strings.Replace(text, `LABEL="glovebox_end"`, "", 1), strings.Replace(text, `, GROUP`, ` GROUP`, 1),
	} {
		if udevMistakes(bad) == "" {
			t.Errorf("passes:\n%s", bad)
		}
	}
	// Whoever may open an adapter is the agent, and the configuration names the links.
	conf := read(t, "dist/gloveboxd.toml")
	for _, link := range regexp.MustCompile(`SYMLINK\+="(\w+)"`).FindAllStringSubmatch(text, -1) {
		if !strings.Contains(conf, `"/dev/`+link[1]+`"`) {
			t.Errorf("gloveboxd.toml does not name /dev/%s", link[1])
		}
	}
}

var (
	udevMatch  = regexp.MustCompile(`^(ACTION|SUBSYSTEM|KERNEL|ATTRS?\{\w+\}|ENV\{\w+\}|SUBSYSTEMS|TAG)(==|!=)"[^"]+"$`)
	udevAssign = regexp.MustCompile(`^((SYMLINK|TAG)\+=|(GROUP|MODE|ENV\{\w+\}|GOTO|LABEL)=)"[^"]+"$`)
)

// udevMistakes is the first thing that udev would not take; empty if nothing.
func udevMistakes(text string) string {
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		for _, part := range strings.Split(line, ", ") {
			if !udevMatch.MatchString(part) && !udevAssign.MatchString(part) {
				return "neither match nor assignment: " + part
			}
		}
	}
	for _, to := range regexp.MustCompile(`GOTO="(\w+)"`).FindAllStringSubmatch(text, -1) {
		if !strings.Contains(text, `LABEL="`+to[1]+`"`) {
			return "no label " + to[1]
		}
	}
	return ""
}

// What the unit lets the agent open are the classes of devices that the modules bring.
func TestModulesBringTheDevices(t *testing.T) {
	modules := read(t, "dist/modules-load.d/glovebox.conf")
	bring := map[string]string{"char-ttyACM rw": "cdc-acm", "char-ttyUSB rw": "usbserial", "char-ttyS rw": ""} // the last is in the kernel itself
	for _, class := range keys(read(t, "dist/systemd/gloveboxd.service"), "DeviceAllow") {
		if module, known := bring[class]; !known || !strings.Contains(modules, module) {
			t.Errorf("nothing loads what %s needs", class)
		}
	}
}

// The scripts of the package are plain shell.
func TestScriptsAreShell(t *testing.T) {
	for _, name := range []string{"postinst", "prerm", "postrm", "build.sh"} {
		if info, err := os.Stat("deb/" + name); err != nil || info.Mode().Perm()&0o111 == 0 {
			t.Errorf("%s: %v", name, err)
		}
		output(t, "sh", "-n", "deb/"+name)
	}
}
