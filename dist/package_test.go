package dist_test

import (
	"archive/tar"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// entry is a file of a package.
type entry struct {
	tar.Header
	content []byte
}

// contents are the files of a package, in its order: those that it installs, or those of dpkg itself.
func contents(t *testing.T, part, file string) (all []entry) {
	t.Helper()
	needs(t, "dpkg-deb")
	cmd := exec.Command("dpkg-deb", part, file)
	out, err := cmd.StdoutPipe()
	if err := errors.Join(err, cmd.Start()); err != nil {
		t.Fatal(err)
	}
	for files := tar.NewReader(out); ; {
		h, err := files.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(files)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, entry{*h, content})
	}
	_, rest := io.Copy(io.Discard, out)
	if err := errors.Join(rest, cmd.Wait()); err != nil {
		t.Fatal(err)
	}
	return all
}

const (
	installs = "--fsys-tarfile"
	control  = "--ctrl-tarfile"
)

// field is a field of a package's control file.
func field(t *testing.T, file, name string) string {
	t.Helper()
	return strings.TrimSpace(output(t, "dpkg-deb", "-f", file, name))
}

// What a package holds, with modes and owners, and what it needs, is the list in testdata: whoever changes it reads the
// difference.
func TestPackagesHoldWhatTheListSays(t *testing.T) {
	for _, p := range []struct{ name, arch string }{{"glovebox", "amd64"}, {"glovebox", "arm64"}, {"glovebox-sim", "amd64"}} {
		file, list := deb(t, p.name, p.arch), &strings.Builder{}
		for _, name := range []string{"Package", "Section", "Priority", "Depends"} {
			fmt.Fprintf(list, "%s: %s\n", name, strings.ReplaceAll(field(t, file, name), field(t, file, "Version"), "VERSION"))
		}
		for _, part := range []string{control, installs} {
			fmt.Fprintln(list)
			for _, e := range contents(t, part, file) {
				fmt.Fprintf(list, "%v %s/%s %s\n", e.FileInfo().Mode(), e.Uname, e.Gname, e.Name)
			}
		}
		golden := "testdata/" + p.name + ".list"
		if *update && p.arch == "amd64" {
			write(t, golden, list.String())
		} else if list.String() != read(t, "dist/"+golden) {
			t.Errorf("%s for %s is not as %s: go test ./dist -update\n%s", p.name, p.arch, golden, list)
		}
	}
}

// One version: the programs say it, the package has it, and Debian takes it. A later commit has a later one.
func TestOneVersion(t *testing.T) {
	car, root := deb(t, "glovebox", "amd64"), unpacked(t)
	version := field(t, car, "Version")
	for _, program := range []string{"gloveboxd", "gloveboxctl", "gloveboxsim"} {
		if said := strings.TrimSpace(output(t, filepath.Join(root, "usr/bin", program), "--version")); said != version {
			t.Errorf("%s says %q, the package %q", program, said, version)
		}
	}
	if _, err := exec.Command("dpkg", "--validate-version", version).CombinedOutput(); err != nil || strings.Contains(version, "-") {
		t.Errorf("%q is no version of a package of its own: %v", version, err)
	}
	if other := field(t, deb(t, "glovebox-sim", "amd64"), "Version"); other != version {
		t.Errorf("the simulator has %q, the car %q", other, version)
	}
	for _, step := range versions(t) {
		if err := exec.Command("dpkg", "--compare-versions", step[0], "lt", step[1]).Run(); err != nil {
			t.Errorf("%q is not before %q: %v", step[0], step[1], err)
		}
	}
}

// versions are those of a repository without tags, later with some, each with the one after it.
func versions(t *testing.T) (steps [][2]string) {
	t.Helper()
	needs(t, "git")
	dir, script := t.TempDir(), ""
	script, err := filepath.Abs("../tools/version.sh")
	if err != nil {
		t.Fatal(err)
	}
	before := ""
	for _, do := range []string{
		"git init -q . && git config user.name a && git config user.email a@example.org && git commit -q --allow-empty -m 1", "git commit -q --allow-empty -m 2",
		"git tag v0.2.0-rc1", "git commit -q --allow-empty -m 3", "git tag v0.2.0", "git commit -q --allow-empty -m 4", "touch a && git add a", "git commit -q -m 5", "git tag v1.0.0",
	} {
		next := strings.TrimSpace(output(t, "sh", "-c", "cd "+dir+" && "+do+" && "+script))
		if before != "" {
			steps = append(steps, [2]string{before, next})
		}
		before = next
	}
	if before != "1.0.0" {
		t.Errorf("at its tag the version is %q", before)
	}
	return steps
}

// Two builds make the same bytes, also of files that were touched and in a shell that keeps everything to itself.
func TestBuiltTwice(t *testing.T) {
	first, err := built()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes("gloveboxd.toml", time.Time{}, time.Now()); err != nil {
		t.Fatal(err)
	}
	second, err := build("again", []string{"TZ=Asia/Kathmandu", "LC_ALL=C.UTF-8"}, "amd64")
	if err != nil {
		t.Fatal(err)
	}
	if a, b := sums(t, first), sums(t, second); len(a) != 2 || !maps.Equal(a, b) {
		t.Errorf("two builds differ:\n%v\n%v", a, b)
	}
}

// sums are the hashes of the packages for amd64 in a folder: arm64 is built by the same lines.
func sums(t *testing.T, dir string) map[string]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*_amd64.deb"))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, file := range slices.Sorted(slices.Values(files)) {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all[filepath.Base(file)] = fmt.Sprintf("%x", sha256.Sum256(content))
	}
	return all
}
