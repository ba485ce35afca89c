// Package dist_test holds what is installed in a car against the tools that will read it, and against the code.
package dist_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// update writes what is made from other files anew: go test ./dist -update.
var update = flag.Bool("update", false, "write the made files anew")

// Users and groups of the tests, by numbers that each Debian system has (base-passwd): a bus lets nobody in whom it does not
// know, and these have nothing to do here.
const (
	agentUser = 1 // daemon
	hmiUser   = 3 // sys
	appUser   = 5 // games
	stranger  = 7 // lp
	hmiGroup  = 8 // mail
	appGroup  = 9 // news
)

// numbered is a rule of ours with those users and groups for the ones that the package makes.
var numbered = strings.NewReplacer(`user="glovebox"`, `user="daemon"`, `group="glovebox-hmi"`, `group="mail"`, `group="glovebox-app"`, `group="news"`)

func TestMain(m *testing.M) {
	if address := os.Getenv("DIST_CALLER"); address != "" {
		os.Exit(caller(address, os.Args[1:]))
	}
	flag.Parse()
	var err error
	if scratch, err = os.MkdirTemp("", "glovebox-dist"); err == nil {
		err = os.Chmod(scratch, 0o755)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(scratch)
	os.Exit(code)
}

// scratch is the folder of what is built once for all tests. Whoever is to enter it can.
var scratch string

// public makes a folder that every user can enter.
func public(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "glovebox-dist")
	if err := errors.Join(err, os.Chmod(dir, 0o755)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// read returns a file, by its name from the root of the project.
func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// write makes a file and the folders above it.
func write(t *testing.T, file, text string) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(text), 0o644)); err != nil {
		t.Fatal(err)
	}
}

// needs skips where a program is not there.
func needs(t *testing.T, programs ...string) {
	t.Helper()
	for _, program := range programs {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s is not installed", program)
		}
	}
}

// needsRoot skips where the test cannot be other users.
func needsRoot(t *testing.T) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("only root can be other users")
	}
}

// output runs a program that has to succeed and returns all that it says.
func output(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", filepath.Base(name), strings.Join(args, " "), err, out)
	}
	return string(out)
}

// built are the packages of this commit.
var built = sync.OnceValues(func() (string, error) { return build("car", nil) })

// build builds packages and returns their folder.
func build(name string, env []string, arch ...string) (string, error) {
	out, nfpm := filepath.Join(scratch, name), filepath.Join(scratch, "nfpm")
	for _, args := range [][]string{
		{"go", "build", "-C", "../tools", "-o", nfpm, "github.com/goreleaser/nfpm/v2/cmd/nfpm"},
		append([]string{"deb/build.sh", out, nfpm}, arch...),
	} {
		cmd := exec.Command(args[0], args[1:]...)
		cmd.Env = append(os.Environ(), env...)
		if said, err := cmd.CombinedOutput(); err != nil {
			return "", errors.Join(err, errors.New(string(said)))
		}
	}
	return out, nil
}

// deb is the file of a package of this commit.
func deb(t *testing.T, name, arch string) string {
	t.Helper()
	out, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return only(t, filepath.Join(out, name+"_*_"+arch+".deb"))
}

// only is the one file that a pattern means.
func only(t *testing.T, pattern string) string {
	t.Helper()
	all, err := filepath.Glob(pattern)
	if err != nil || len(all) != 1 {
		t.Fatalf("%s: %v %v", pattern, all, err)
	}
	return all[0]
}

// unpacked is a folder with what both packages hold.
func unpacked(t *testing.T) string {
	t.Helper()
	root := filepath.Join(scratch, "unpacked")
	if _, err := os.Stat(root); err == nil {
		return root
	}
	for _, name := range []string{"glovebox", "glovebox-sim"} {
		output(t, "dpkg-deb", "-x", deb(t, name, "amd64"), root)
	}
	return root
}
