package main

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"glovebox/agent"
	"glovebox/hal"
	"glovebox/hal/can"
	"glovebox/hal/socketcan"
)

const (
	orderPath = "Vehicle.Cabin.HVAC.Station.Row1.Driver.Temperature"
	shortPath = "Vehicle.Cabin.HVAC.Station.Row1.Passenger.Temperature"
)

// ofFD is a configuration with one bus, an actuator of CAN FD and a classic one.
func ofFD(t *testing.T, bus string) Config {
	t.Helper()
	file := write(t, "mapping = \"m.toml\"\n[store]\ndir = \".\"\n[[bus]]\nname = \"body\"\ndbc = \"d.dbc\"\n"+bus)
	for name, text := range map[string]string{
		"d.dbc": "BO_ 512 ORDER: 12 X\n SG_ WISH : 80|8@1+ (0.5,10) [16|29.5] \"\" X\nBO_ 513 SHORT: 8 X\n SG_ WISH : 0|8@1+ (0.5,10) [16|29.5] \"\" X\n" +
			"BO_ 514 STATE: 64 X\n SG_ ONE : 0|8@1+ (0.5,10) [16|29.5] \"\" X\n SG_ TWO : 504|8@1+ (0.5,10) [16|29.5] \"\" X\n",
		"m.toml": "[[actuator]]\npath = \"" + orderPath + "\"\nbus = \"body\"\ncan = \"ORDER.WISH\"\nconfirm = \"STATE.ONE\"\n" +
			"[[actuator]]\npath = \"" + shortPath + "\"\nbus = \"body\"\ncan = \"SHORT.WISH\"\nconfirm = \"STATE.TWO\"\n",
	} {
		if err := os.WriteFile(filepath.Join(filepath.Dir(file), name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cfg, err := readConfig(file)
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// An actuator whose command only CAN FD can carry is refused at start, and by --check,
// where the bus is known to have none; the others stay.
func TestActuatorsOfCANFD(t *testing.T) {
	for name, row := range map[string]struct {
		bus  string
		want []string
		says string
	}{
		"an adapter of classic frames": {"port = \"/dev/ttyCAN0\"\nbitrate = 500000\n", []string{shortPath},
			"m.toml:1: actuator " + orderPath + ": message ORDER is one of CAN FD, and bus \"body\" has none: data_bitrate is missing"},
		"an adapter of CAN FD":             {"port = \"/dev/ttyCAN0\"\nbitrate = 500000\ndata_bitrate = 2000000\n", []string{orderPath, shortPath}, ""},
		"an interface that is not there":   {"interface = \"nocan9\"\n", []string{orderPath, shortPath}, ""},
		"an interface with longer records": {"interface = \"lo\"\n", []string{orderPath, shortPath}, ""},
	} {
		cfg := ofFD(t, row.bus)
		p := cfg.plan(slog.New(slog.DiscardHandler))
		orders := &actuators{plan: p.mapping}
		if got := orders.paths(); !slices.Equal(got, row.want) || len(p.buses) != 1 {
			t.Errorf("%s: actuators %v, want %v, on %d buses", name, got, row.want, len(p.buses))
		}
		var out, err bytes.Buffer
		if code := check(cfg, nil, &out, &err, slog.New(slog.DiscardHandler)); (code == 0) != (row.says == "") || !strings.Contains(err.String(), row.says) {
			t.Errorf("%s: exit %d, %s", name, code, &err)
		}
	}
}

// sendsNothing is a bus without CAN FD.
type sendsNothing struct{}

func (sendsNothing) Each() error          { return nil }
func (sendsNothing) Close() error         { return nil }
func (sendsNothing) Send(can.Frame) error { return socketcan.ErrNoFD }

// An interface that turned out to have no CAN FD has sent nothing, and that is known.
func TestNotSentWithoutFD(t *testing.T) {
	cfg := ofFD(t, "interface = \"nocan9\"\n")
	plan := cfg.plan(slog.New(slog.DiscardHandler))
	orders := &actuators{plan: plan.mapping, wires: map[string]*wire{"body": {name: "bus.body", counts: newCounters(), now: sendsNothing{}}}}
	if err := orders.Actuate(context.Background(), orderPath, hal.Number(20)); !errors.Is(err, agent.ErrNotSent) {
		t.Errorf("%v, want it not sent", err)
	}
}
