package dist_test

import (
	"crypto/md5"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// module is a module of others that is linked into a program.
type module struct {
	Path, Version, Dir string
	Main               bool

	file, text, spdx string // its licence
}

// carPrograms are those of the head unit.
var carPrograms = []string{"./cmd/gloveboxd", "./cmd/gloveboxctl"}

// linked are the modules that are in programs, on either processor, by their names.
func linked(t *testing.T, env []string, programs ...string) (all []module) {
	t.Helper()
	byPath := map[string]module{}
	for _, arch := range []string{"amd64", "arm64"} {
		cmd := exec.Command("go", append([]string{"list", "-deps", "-json=Module"}, programs...)...)
		cmd.Dir = ".."
		cmd.Env = append(append(os.Environ(), "GOOS=linux", "GOARCH="+arch, "CGO_ENABLED=0"), env...)
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%v: %s", cmd, errors.Join(err, said(err)))
		}
		for each := json.NewDecoder(strings.NewReader(string(out))); ; {
			var p struct{ Module *module }
			if err := each.Decode(&p); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatal(err)
			}
			if p.Module != nil && !p.Module.Main {
				byPath[p.Module.Path] = *p.Module
			}
		}
	}
	for _, m := range byPath {
		m.licence(t)
		all = append(all, m)
	}
	slices.SortFunc(all, func(a, b module) int { return strings.Compare(a.Path, b.Path) })
	return all
}

// said is what a program that failed wrote to its standard error.
func said(err error) error {
	if e, ok := errors.AsType[*exec.ExitError](err); ok {
		return errors.New(string(e.Stderr))
	}
	return nil
}

// licence finds the licence of a module. Of two to choose from, as that of Eclipse, it is the one that asks for less.
func (m *module) licence(t *testing.T) {
	t.Helper()
	for _, m.file = range []string{"edl-v10", "LICENSE", "LICENSE.md", "LICENSE.txt", "COPYING"} {
		if text, err := os.ReadFile(filepath.Join(m.Dir, m.file)); err == nil {
			m.text = string(text)
			break
		}
	}
	m.spdx = spdx(m.text)
	if m.spdx == "" {
		t.Errorf("%s: no licence that is known", m.Path)
	}
}

// spdx is the SPDX expression of a licence by its words; empty for one that is not known.
func spdx(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	var all []string
	if strings.Contains(text, "Permission is hereby granted, free of charge") {
		all = append(all, "MIT")
	}
	if strings.Contains(text, "http://www.apache.org/licenses/") {
		all = append(all, "Apache-2.0")
	}
	if strings.Contains(text, "Redistribution and use in source and binary forms") {
		all = append(all, map[bool]string{true: "BSD-3-Clause", false: "BSD-2-Clause"}[strings.Contains(text, "to endorse or promote products")])
	}
	return strings.Join(all, " AND ")
}

func (m module) md5() string { return fmt.Sprintf("%x", md5.Sum([]byte(m.text))) }

// notice is what a licence wants to be shown with the program.
func (m module) notice() string {
	text := m.text
	if m.spdx == "Apache-2.0" {
		text = "On Debian systems: /usr/share/common-licenses/Apache-2.0\n"
		if notice, err := os.ReadFile(filepath.Join(m.Dir, "NOTICE")); err == nil {
			text += "\n" + string(notice)
		}
	}
	return fmt.Sprintf("---- %s %s: %s\n\n%s\n", m.Path, m.Version, m.spdx, strings.TrimSpace(text)+"\n")
}

// The copyright of a package names every module that is linked into its programs, with the version and the whole licence.
func TestCopyright(t *testing.T) {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	golang, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(root)), "LICENSE"))
	if err != nil {
		t.Fatal(err)
	}
	for file, programs := range map[string][]string{"copyright": carPrograms, "copyright-sim": {"./cmd/gloveboxsim"}} {
		text := "Glovebox: Apache-2.0. Copyright the Glovebox authors.\nOn Debian systems: /usr/share/common-licenses/Apache-2.0\n\n" +
			"The programs are linked statically with what follows. Written by: go test ./dist -update\n\n" +
			module{Path: "The standard library of Go", text: string(golang), spdx: spdx(string(golang))}.notice()
		for _, m := range linked(t, nil, programs...) {
			text += m.notice()
		}
		if *update {
			write(t, "deb/"+file, text)
		} else if read(t, "dist/deb/"+file) != text {
			t.Errorf("deb/%s is not of the modules that are linked: go test ./dist -update", file)
		}
	}
}
