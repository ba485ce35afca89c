package glovebox_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"
)

// arrows is ARCHITECTURE.md as a table: what each room may import of ours.
// A trailing /... means the room and everything below it.
var arrows = map[string][]string{
	"hal":              {},
	"hal/can":          {},
	"hal/slcan":        {"hal/can"},
	"hal/candump":      {"hal/can"},
	"hal/dbc":          {"hal/can"},
	"hal/mapping":      {"hal", "hal/can", "hal/dbc", "hal/vss"},
	"hal/vss":          {},
	"hal/nmea":         {"hal"},
	"hal/kernel":       {},
	"hal/serial":       {"hal/kernel"},
	"hal/socketcan":    {"hal/can", "hal/kernel"},
	"profiles":         {},
	"profiles/disk":    {},
	"profiles/keyring": {"profiles", "profiles/disk"},
	"profiles/bolt":    {"profiles", "profiles/disk", "profiles/keyring"},
	"telemetry/trip":   {"hal"},
	// never profiles: readers and columns reach it as its own values
	"telemetry/outside": {"hal", "telemetry/trip"},
	"telemetry":         {"hal", "profiles", "telemetry/outside", "telemetry/trip"},
	"telemetry/outbox":  {"hal", "profiles", "profiles/disk", "telemetry", "telemetry/outside"},
	"telemetry/mqtt":    {"telemetry"},
	"agent":             {"hal", "profiles", "telemetry", "telemetry/outside", "telemetry/trip"},
	// hmi and cloud name the small interface that they need, never agent
	"agent/hmi":       {"hal", "profiles", "telemetry", "telemetry/trip", "agent/hmi/fence"},
	"agent/hmi/fence": {},
	"agent/cloud":     {"profiles", "telemetry"},
	"agent/rundir":    {},
	"agent/ni":        {}, // tests only
	// the client side of hmi, for whoever is no agent
	"headunit":            {"profiles"},
	"sim":                 {"headunit", "hal/...", "profiles/...", "telemetry", "telemetry/outside", "sim/..."},
	"sim/car":             {"hal/..."},
	"sim/cloud":           {"hal/...", "profiles", "telemetry", "telemetry/outside"},
	"sim/scenario":        {"headunit", "hal/...", "profiles/...", "telemetry", "telemetry/outside", "sim", "sim/..."},
	"sim/scenarios":       {},
	"sim/town":            {},
	"sim/console":         {"headunit", "hal/...", "profiles", "telemetry", "telemetry/outside", "sim", "sim/..."},
	"sim/console/server":  {"sim/console", "sim/scenario"},
	"sim/console/web":     {},
	"cmd/gloveboxd":       {"agent/...", "hal/...", "profiles/...", "telemetry/..."},
	"cmd/gloveboxctl":     {"headunit"},
	"cmd/gloveboxsim":     {"sim/...", "hal/..."},
	"docs":                {}, // tests only
	"dist":                {}, // tests only
	"internal/planted":    {}, // for tests
	"docs/examples/fleet": {}, // shares nothing with the agent

	// of make vm: in the guest; on disks whose power was cut
	"dist/vm/probe":  {"headunit"},
	"dist/vm/replay": {"headunit"},
}

// pure rooms hold rules: no operating system, no adapter library.
var pure = []string{
	"hal", "hal/can", "hal/dbc", "hal/mapping", "hal/vss", "hal/slcan", "hal/candump", "hal/nmea",
	"profiles", "telemetry", "telemetry/trip", "telemetry/outside", "agent",
}

// impure is what a pure room never imports.
var impure = []string{
	"os", "net", "syscall", "golang.org/x/sys", "github.com/eclipse", "github.com/godbus",
	"go.etcd.io", "go.bug.st", "github.com/mochi-mqtt", "github.com/coreos",
}

// adapters says which rooms may import an adapter library: each library has one room.
var adapters = map[string][]string{
	"github.com/eclipse/paho.mqtt.golang": {"telemetry/mqtt", "sim", "sim/cloud"},
	"github.com/godbus/dbus":              {"agent/hmi", "cmd/gloveboxd", "headunit", "sim", "dist/vm/probe"},
	"go.etcd.io/bbolt":                    {"profiles/bolt", "telemetry/outbox", "sim"},
	"go.bug.st/serial":                    {"hal/serial"},
	"github.com/mochi-mqtt/server":        {"sim"},
}

// neverInDaemon is what must not be linked into gloveboxd.
var neverInDaemon = []string{"glovebox/headunit", "glovebox/sim", "glovebox/internal", "github.com/mochi-mqtt", "testing", "pgregory.net", "github.com/rogpeppe"}

type listed struct {
	ImportPath string
	Imports    []string
	Deps       []string
}

func list(t *testing.T, pattern string) []listed {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports,Deps", pattern).Output()
	if err != nil {
		t.Fatalf("go list %s: %v", pattern, err)
	}
	var all []listed
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

// allowed reports whether room is in list, directly or below an entry with /... .
func allowed(list []string, room string) bool {
	return slices.ContainsFunc(list, func(entry string) bool {
		below, deep := strings.CutSuffix(entry, "/...")
		return room == entry || deep && (room == below || strings.HasPrefix(room, below+"/"))
	})
}

// under reports whether pkg is prefix or lies below it.
func under(prefix, pkg string) bool { return pkg == prefix || strings.HasPrefix(pkg, prefix+"/") }

func TestArrows(t *testing.T) {
	for _, p := range list(t, "./...") {
		room, ours := strings.CutPrefix(p.ImportPath, "glovebox/")
		if !ours || strings.Contains(room, "/internal/") || strings.Contains(room, "/testdata/") || path.Base(room) == "killmatrix" {
			continue
		}
		may, known := arrows[room]
		if !known {
			t.Errorf("%s has no row in the table of arrows", room)
			continue
		}
		for _, imported := range p.Imports {
			if to, ours := strings.CutPrefix(imported, "glovebox/"); ours && !allowed(may, to) {
				t.Errorf("%s imports %s: no such arrow", room, to)
			}
			for library, rooms := range adapters {
				if under(library, imported) && !slices.Contains(rooms, room) {
					t.Errorf("%s imports %s: only %v may", room, imported, rooms)
				}
			}
			if !slices.Contains(pure, room) {
				continue
			}
			for _, bad := range impure {
				if under(bad, imported) {
					t.Errorf("%s is pure and imports %s", room, imported)
				}
			}
		}
	}
}

func TestDaemonLinksNoSimulator(t *testing.T) {
	for _, p := range list(t, "./cmd/gloveboxd") {
		for _, dep := range p.Deps {
			for _, bad := range neverInDaemon {
				if under(bad, dep) {
					t.Errorf("gloveboxd links %s", dep)
				}
			}
		}
	}
}
