package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// handOver makes certificate and key of this car, and the key a credential.
func (a *program) handOver(t *testing.T) (directory string) {
	t.Helper()
	_, identity := a.run("--identity")
	cert, key := certificate(t, vid([]byte(identity)[strings.Index(identity, "{"):]))
	a.write("ca.pem", cert)
	a.write("cert.pem", cert)
	directory = filepath.Join(a.dir, "handed")
	if err := os.Mkdir(directory, 0o700); err != nil {
		t.Fatal(err)
	}
	a.write("handed/mqtt_key", key)
	return directory
}

// A credential that is missing, as where nobody has put the key there yet, turns the cloud
// off and nothing else, and --check says so.
func TestCredentials(t *testing.T) {
	for _, row := range []struct {
		name  string
		env   func(a *program, handed string) string
		cloud string
		says  string
	}{
		{"there", func(_ *program, handed string) string { return handed }, "down", ""},
		{"an empty directory", func(a *program, _ string) string {
			_ = os.Mkdir(filepath.Join(a.dir, "empty"), 0o700)
			return filepath.Join(a.dir, "empty")
		}, "off", "mqtt_key: no such file"},
		{"no directory", func(a *program, _ string) string { return filepath.Join(a.dir, "nowhere") }, "off", "mqtt_key: no such file"},
		{"nothing is handed over", func(*program, string) string { return "" }, "off", `mqtt.key: credential "mqtt_key": $CREDENTIALS_DIRECTORY is not set`},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			a := newProgram(t, "[vehicle]\nsecurity_code = \"credential:code\"\n"+strings.Replace(broker, `"key.pem"`, `"credential:mqtt_key"`, 1))
			env := "CREDENTIALS_DIRECTORY=" + row.env(a, a.handOver(t))
			show, stop := a.boot("env", env)
			if cloud := show()["Cloud"]; cloud != row.cloud {
				t.Errorf("the cloud is %v", cloud)
			}
			code, log := stop(syscall.SIGTERM)
			if code != exitStopped || !strings.Contains(strings.ReplaceAll(log, `\`, ""), row.says) || !strings.Contains(log, `part="security code"`) || strings.Contains(log, "part=cloud") != (row.cloud == "off") {
				t.Errorf("exit %d, the log does not say %q:\n%s", code, row.says, log)
			}
			check := exec.Command("env", env, "gloveboxd", "--check", "--config", filepath.Join(a.dir, "gloveboxd.toml"))
			out, _ := check.CombinedOutput()
			if code := check.ProcessState.ExitCode(); code != exitFailed || !strings.Contains(string(out), row.says) || !strings.Contains(string(out), "vehicle.security_code: ") {
				t.Errorf("--check: exit %d:\n%s", code, out)
			}
		})
	}
}
