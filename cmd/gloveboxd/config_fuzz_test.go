package main

import (
	"os"
	"path/filepath"
	"testing"
)

// Whatever is in the file, reading it ends with a configuration or with what is wrong.
func FuzzConfig(f *testing.F) {
	for _, text := range []string{"", "[vehicle]\nmodel = \"Taycan\"\n", "[[bus]]\nname = \"a\"\n[[bus]]\n", "session = { leave_after = 60 }", "a.b.c = 1\n[a]\n", "\"qu\\u006fted\" = 1", "bus = [{ name = 1 }, 2]\n", "[[bus.x]]\n", "dbus.hmi_users = [[1]]"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		file := filepath.Join(t.TempDir(), "c.toml")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := readConfig(file)
		if err == nil && (c.Store.Dir == "" || len(c.DBus.HMIUsers) == 0 || c.Session.LeaveAfter <= 0) {
			t.Errorf("accepted %+v", c)
		}
	})
}
