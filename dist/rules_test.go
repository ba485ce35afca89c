package dist_test

import (
	"compress/gzip"
	"io"
	"io/fs"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"
)

// Debian's rules for packages, as far as they concern these (Debian Policy 4.6; lintian has names for each).
func TestPackagesKeepDebiansRules(t *testing.T) {
	for _, name := range []string{"glovebox", "glovebox-sim"} {
		file := deb(t, name, "amd64")
		files, conf := map[string]entry{}, ""
		for _, e := range contents(t, control, file) {
			if path.Base(e.Name) == "conffiles" {
				conf = string(e.content)
			}
		}
		size := 0
		for _, e := range contents(t, installs, file) {
			files[e.Name] = e
			size += len(e.content)
			if why := against(e, conf); why != "" {
				t.Errorf("%s: %s: %s", name, e.Name, why)
			}
		}
		if size > 24<<20 {
			t.Errorf("%s holds %d bytes", name, size)
		}
		docs := "./usr/share/doc/" + name + "/"
		if len(files[docs+"copyright"].content) == 0 {
			t.Errorf("%s has no copyright", name)
		}
		log := unzipped(t, files[docs+"changelog.Debian.gz"].content)
		if entry := regexp.MustCompile(`^glovebox \((\S+)\) stable; urgency=medium\n\n  \* .+\n\n -- .+ <.+@.+>  \w{3}, \d\d \w{3} \d{4} [\d:]{8} \+0000\n$`).FindStringSubmatch(log); entry == nil || entry[1] != field(t, file, "Version") {
			t.Errorf("%s: changelog %q", name, log)
		}
		for _, program := range programs(files) {
			if _, man := files["./usr/share/man/man1/"+program+".1.gz"]; !man && len(files["./usr/share/man/man8/"+program+".8.gz"].content) == 0 {
				t.Errorf("%s: %s has no man page", name, program)
			}
		}
		for i, line := range strings.Split(field(t, file, "Description"), "\n") {
			if len(line) > 80 || i == 0 && (strings.HasSuffix(line, ".") || strings.HasPrefix(line, name)) {
				t.Errorf("%s: description %q", name, line)
			}
		}
	}
}

// programs are the names of what a package puts where shells look.
func programs(files map[string]entry) (all []string) {
	for name, e := range files {
		if program, is := strings.CutPrefix(name, "./usr/bin/"); is && e.FileInfo().Mode().IsRegular() {
			all = append(all, program)
		}
	}
	return all
}

// against is the rule that a file of a package breaks; empty if none.
func against(e entry, conffiles string) string {
	mode := e.FileInfo().Mode()
	run := strings.HasPrefix(e.Name, "./usr/bin/") || strings.HasSuffix(e.Name, ".sh")
	zipped := strings.HasSuffix(e.Name, ".gz")
	switch {
	case e.Uid != 0 || e.Gid != 0 || e.Uname != "root" || e.Gname != "root":
		return "belongs to " + e.Uname + "/" + e.Gname
	case !mode.IsDir() && !mode.IsRegular():
		return "is neither file nor folder"
	case mode&(os.ModeSetuid|os.ModeSetgid|os.ModeSticky) != 0:
		return "has a mode beyond permissions"
	case mode.IsDir() || run:
		if mode.Perm() != 0o755 {
			return "has mode " + mode.String()
		}
	case mode.Perm() != 0o644:
		return "has mode " + mode.String()
	case strings.HasPrefix(e.Name, "./etc/") != strings.Contains(conffiles, e.Name[1:]+"\n"):
		return "is a conffile that is not declared, or the other way round"
	case strings.Contains(e.Name, "/man/") && !zipped:
		return "is a man page and not compressed"
	case zipped && (e.content[3]&0x08 != 0 || string(e.content[4:8]) != "\x00\x00\x00\x00"): // RFC 1952, 2.3
		return "has a name or a date inside"
	}
	for _, dir := range []string{"./etc/glovebox/", "./usr/bin/", "./usr/lib/", "./usr/share/"} { // Filesystem Hierarchy Standard 3.0
		if strings.HasPrefix(e.Name, dir) || mode.IsDir() && strings.HasPrefix(dir, e.Name) {
			return ""
		}
	}
	return "lies where no package of ours may put it"
}

// A file that breaks a rule is found.
func TestBrokenFilesAreFound(t *testing.T) {
	for name, bad := range map[string]struct {
		mode  fs.FileMode
		owner string
	}{
		"./usr/local/bin/gloveboxd": {0o755, "root"}, "./usr/bin/open": {0o777, "root"}, "./usr/bin/other": {0o755, "daemon"},
		"./etc/glovebox/new.toml": {0o644, "root"}, "./usr/share/man/man1/a.1": {0o644, "root"}, "./usr/bin/setuid": {0o4755, "root"}, "./usr/lib/a.conf": {0o600, "root"},
	} {
		e := entry{}
		e.Name, e.Mode, e.Uname, e.Gname, e.Typeflag = name, int64(bad.mode), bad.owner, bad.owner, '0'
		if against(e, "") == "" {
			t.Errorf("%s passes", name)
		}
	}
}

func unzipped(t *testing.T, content []byte) string {
	t.Helper()
	z, err := gzip.NewReader(strings.NewReader(string(content)))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
