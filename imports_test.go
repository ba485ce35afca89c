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
