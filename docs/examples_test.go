package docs_test

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"glovebox/headunit"
)

// python finds Debian's Python with some modules, or skips.
func python(t *testing.T, modules ...string) string {
	t.Helper()
	const program = "/usr/bin/python3"
	if out, err := exec.Command(program, "-c", "import "+strings.Join(modules, ", ")).CombinedOutput(); err != nil {
		t.Skipf("%s with %s is not installed: %v %s", program, strings.Join(modules, ", "), err, out)
	}
	return program
}

// The examples do what they say against the real agent, and say why where it refuses.
func TestExampleHeadUnits(t *testing.T) {
	w := realAgent(t)
	anna, _ := w.Cloud.Reader("anna")
	t.Run("python", func(t *testing.T) {
		program, script := python(t, "gi"), filepath.Join("examples", "headunit.py")
		out, err := client(t, w, "480213", program, script, "anna")
		if want := "signal Changed radio ['volume']\nvolume 31\nsignal Ended logout {}\n"; err != nil || !strings.HasPrefix(out, want) { // Changed may follow
			t.Errorf("%v\n%s\nwant\n%s", err, out, want)
		}
		if out, err := client(t, w, "000000", program, script, "anna"); err == nil || !strings.Contains(out, "org.glovebox.Error.WrongPIN: ") {
			t.Errorf("a wrong PIN: %v\n%s", err, out)
		}
	})
	t.Run("C", func(t *testing.T) {
		compiler, flags := tool(t, "cc"), []string{"-Wall", "-Werror", "-o", filepath.Join(programs, "headunit"), filepath.Join("examples", "headunit.c")}
		found, err := exec.Command(tool(t, "pkg-config"), "--cflags", "--libs", "libsystemd").Output()
		if err != nil {
			t.Skip("libsystemd-dev is not installed")
		}
		if out, err := exec.Command(compiler, append(flags, strings.Fields(string(found))...)...).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		path := string(headunit.Path(anna.ID))
		if out, err := client(t, w, "480213", flags[3], path); err != nil || out != "signal Changed\n" {
			t.Errorf("%v\n%s", err, out)
		}
		if out, err := client(t, w, "000000", flags[3], path); err == nil || !strings.Contains(out, "org.glovebox.Error.WrongPIN: ") {
			t.Errorf("a wrong PIN: %v\n%s", err, out)
		}
	})
	for _, name := range []string{"headunit.py", "headunit.c"} {
		if n := strings.Count(read(t, "docs/examples/"+name), "\n"); n > 40 {
			t.Errorf("%s has %d lines: an example has 40", name, n)
		}
	}
}
