package main

import (
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"glovebox/agent/hmi"
)

// Config is gloveboxd.toml (docs/contract.md, Configuration: one TOML file, unknown keys refused with
// the line). File names in it are relative to the file's own directory.
type Config struct {
	Mapping   string    `toml:"mapping"` // the mapping file
	Vehicle   Vehicle   `toml:"vehicle"`
	Store     Store     `toml:"store"`
	Buses     []Bus     `toml:"bus"`
	GNSS      GNSS      `toml:"gnss"`
	MQTT      MQTT      `toml:"mqtt"`
	Cloud     Cloud     `toml:"cloud"`
	DBus      DBus      `toml:"dbus"`
	Session   Session   `toml:"session"`
	Telemetry Telemetry `toml:"telemetry"`
}

// Vehicle decides which functions this car has.
type Vehicle struct {
	Model     string `toml:"model"`
	ModelYear int    `toml:"model_year"`
	Country   string `toml:"country"` // ISO 3166-1 alpha-2
	// SecurityCode is a file with the verifier of the car's security code: a path, or
	// credential:NAME.
	SecurityCode string `toml:"security_code"`
}

// Store is where the agent keeps people.
type Store struct {
	Dir string `toml:"dir"` // ext4, data=ordered
}

// Bus is one CAN bus: behind a serial adapter (SLCAN), or an interface of the kernel.
type Bus struct {
	Name    string `toml:"name"`
	Port    string `toml:"port"`
	Baud    int    `toml:"baud"`    // of the serial line
	Bitrate int    `toml:"bitrate"` // of the CAN bus, bit/s; 0 leaves the adapter as it is
	// DataBitrate is that of the data of CAN FD, bit/s; 0 is a bus of classic frames.
	DataBitrate int    `toml:"data_bitrate"`
	Interface   string `toml:"interface"` // SocketCAN, instead of port, baud and bit rates
	DBC         string `toml:"dbc"`
}

// GNSS is a receiver that speaks NMEA 0183. An empty port means none.
type GNSS struct {
	Port string `toml:"port"`
	Baud int    `toml:"baud"`
}

// MQTT is the connection to the broker. An empty broker means none.
type MQTT struct {
	Broker    string   `toml:"broker"` // mqtts://host:8883, or mqtt:// on loopback
	CA        string   `toml:"ca"`
	Cert      string   `toml:"cert"`
	Key       string   `toml:"key"` // a path, or credential:NAME
	KeepAlive Duration `toml:"keepalive"`
	// GiveUp is added to one and a half keepalives: so long after the last byte the
	// broker has given up a line that fell silent.
	GiveUp Duration `toml:"give_up"`
	// ReconnectMax bounds the pause between two tries; pauses double from 0.5 s
	// and are cut by up to half, so that a fleet does not come back at once.
	ReconnectMax Duration `toml:"reconnect_max"`
}

// Cloud names the keys that may sign access documents.
type Cloud struct {
	Trust string `toml:"trust"` // a JWK Set file
}

// DBus is the bus and who may call.
type DBus struct {
	Address  string   `toml:"address"`   // system, session or an address
	HMIUsers []string `toml:"hmi_users"` // names or numbers; default: the agent's own user and root
	AppUsers []string `toml:"app_users"`
}

// Session is how a session begins and ends. A key that asks for what is not built is
// read, checked and named in the log as without effect.
type Session struct {
	LeaveAfter   Duration `toml:"leave_after"` // from the first closing of the driver's door
	IdleAfter    Duration `toml:"idle_after"`  // without any sign of a person, the ignition off
	RuntimeDir   string   `toml:"runtime_dir"` // above the directories of the sessions; a tmpfs
	AtBoot       string   `toml:"at_boot"`     // picker or fob, never a guest
	FreshProcess bool     `toml:"fresh_process"`
}

// Telemetry is what leaves, and how.
type Telemetry struct {
	Policy     string `toml:"policy"`      // an override CSV
	AllowWider bool   `toml:"allow_wider"` // for tests: the override may allow more
	Gzip       bool   `toml:"gzip"`        // status and open positions as /gz to main and shared readers
}

// Duration is a time.Duration written as text: "60s", "10m".
type Duration time.Duration

// defaults is the configuration before the file is read.
func defaults() Config {
	return Config{
		Store: Store{Dir: "/var/lib/glovebox"},
		GNSS:  GNSS{Baud: 9600},
		MQTT:  MQTT{KeepAlive: Duration(30 * time.Second), GiveUp: Duration(15 * time.Second), ReconnectMax: Duration(time.Minute)},
		DBus:  DBus{Address: "system", HMIUsers: []string{strconv.Itoa(os.Getuid()), "root"}},
		Session: Session{
			LeaveAfter: Duration(time.Minute), IdleAfter: Duration(10 * time.Minute), RuntimeDir: "/run/glovebox-session",
			AtBoot: "picker", FreshProcess: true,
		},
	}
}

// credentialPrefix makes a key the name of a file that systemd hands over. It stays where
// nothing is handed over: then unhanded says so.
const credentialPrefix = "credential:"

// resolve makes file names absolute.
func (c *Config) resolve(dir string) {
	for _, name := range []*string{&c.Mapping, &c.Store.Dir, &c.Session.RuntimeDir, &c.MQTT.CA, &c.MQTT.Cert, &c.Cloud.Trust, &c.Telemetry.Policy} {
		if *name != "" && !filepath.IsAbs(*name) {
			*name = filepath.Join(dir, *name)
		}
	}
	for i := range c.Buses {
		if c.Buses[i].DBC != "" && !filepath.IsAbs(c.Buses[i].DBC) {
			c.Buses[i].DBC = filepath.Join(dir, c.Buses[i].DBC)
		}
		if c.Buses[i].Baud == 0 && c.Buses[i].Port != "" {
			c.Buses[i].Baud = 115200
		}
	}
	for _, name := range []*string{&c.MQTT.Key, &c.Vehicle.SecurityCode} {
		if credential, ok := strings.CutPrefix(*name, credentialPrefix); ok {
			if handed := os.Getenv("CREDENTIALS_DIRECTORY"); handed != "" {
				*name = filepath.Join(handed, credential)
			}
		} else if *name != "" && !filepath.IsAbs(*name) {
			*name = filepath.Join(dir, *name)
		}
	}
}

// unhanded says that a credential is asked for where systemd hands none over.
func unhanded(file string) error {
	if name, ok := strings.CutPrefix(file, credentialPrefix); ok {
		return fmt.Errorf("credential %q: $CREDENTIALS_DIRECTORY is not set, it is where systemd runs the agent", name)
	}
	return nil
}

// uid reads a user's name or number.
func uid(name string) (uint32, error) {
	if n, err := strconv.ParseUint(name, 10, 32); err == nil && uint32(n) != ^uint32(0) { // that one is nobody: chown(2)
		return uint32(n), nil
	}
	u, err := user.Lookup(name)
	if err != nil {
		return 0, fmt.Errorf("user %q is not known here", name)
	}
	n, err := strconv.ParseUint(u.Uid, 10, 32)
	return uint32(n), err
}

// access says who may call: an app user's own store is app.NAME, with the name
// as it stands in the configuration. The names were checked before.
func access(d DBus) hmi.Access {
	a := hmi.Access{App: map[uint32]string{}}
	for _, name := range d.HMIUsers {
		if n, err := uid(name); err == nil {
			a.HMI = append(a.HMI, n)
		}
	}
	for _, name := range d.AppUsers {
		if n, err := uid(name); err == nil {
			a.App[n] = name
		}
	}
	return a
}
