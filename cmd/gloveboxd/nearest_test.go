package main

import (
	"os"
	"path/filepath"
	"testing"
)

// A word that was mistyped is known by what differs: a swap of two letters is one
// difference.
func TestNearest(t *testing.T) {
	words := []string{"dir", "model", "model_year", "country", "leave_after", "idle_after", "hmi_users", "app_users", "key", "keepalive"}
	for word, want := range map[string]string{
		"dri": "dir", "modle": "model", "moddel": "model", "mode": "model", "modelyear": "model_year", "mdoel_yaer": "model_year", "cuontry": "country", "leaveafter": "leave_after",
		"idel_aftre": "idle_after", "hmi_user": "hmi_users", "kye": "key", "keep_alive": "keepalive", "volume": "", "x": "", "": "", "model": "model",
	} {
		if got := nearest(word, words); got != want {
			t.Errorf("%q is taken for %q, want %q", word, got, want)
		}
	}
}

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
