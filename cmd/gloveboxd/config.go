package main

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"

	"glovebox/agent/hmi"
	"glovebox/hal/slcan"
	"glovebox/telemetry/mqtt"
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
}

// Store is where the agent keeps people.
type Store struct {
	Dir string `toml:"dir"` // ext4, data=ordered
}

// Bus is one CAN bus: behind a serial adapter (SLCAN), or an interface of the kernel.
type Bus struct {
	Name      string `toml:"name"`
	Port      string `toml:"port"`
	Baud      int    `toml:"baud"`      // of the serial line
	Bitrate   int    `toml:"bitrate"`   // of the CAN bus, bit/s; 0 leaves the adapter as it is
	Interface string `toml:"interface"` // SocketCAN, instead of port, baud and bitrate
	DBC       string `toml:"dbc"`
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

// Session is how a session begins and ends. Nothing but the picker is built: a key
// that asks for something else is read, checked and named in the log as without effect.
type Session struct {
	LeaveAfter   Duration `toml:"leave_after"`
	IdleAfter    Duration `toml:"idle_after"`
	AtBoot       string   `toml:"at_boot"` // picker or fob, never a guest
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

// UnmarshalText reads time.ParseDuration's form.
func (d *Duration) UnmarshalText(text []byte) error {
	v, err := time.ParseDuration(string(text))
	if err == nil && v <= 0 {
		err = fmt.Errorf("duration %q: want more than nothing", text)
	}
	*d = Duration(v)
	return err
}

// defaults is the configuration before the file is read.
func defaults() Config {
	return Config{
		Store: Store{Dir: "/var/lib/glovebox"},
		GNSS:  GNSS{Baud: 9600},
		MQTT:  MQTT{KeepAlive: Duration(30 * time.Second), GiveUp: Duration(15 * time.Second), ReconnectMax: Duration(time.Minute)},
		DBus:  DBus{Address: "system", HMIUsers: []string{strconv.Itoa(os.Getuid()), "root"}},
		Session: Session{
			LeaveAfter: Duration(time.Minute), IdleAfter: Duration(10 * time.Minute),
			AtBoot: "picker", FreshProcess: true,
		},
	}
}

// readConfig reads and checks the file; the error joins everything that is wrong.
func readConfig(file string) (Config, error) {
	c := defaults()
	text, err := os.ReadFile(file)
	if err != nil {
		return c, err
	}
	dec := toml.NewDecoder(strings.NewReader(string(text)))
	dec.DisallowUnknownFields()
	err = dec.Decode(&c)
	unknown, strict := errors.AsType[*toml.StrictMissingError](err)
	if err != nil && !strict {
		return c, placed(file, err) // what follows was not read
	}
	c.resolve(filepath.Dir(file))
	var all []error
	if strict {
		all = append(all, placed(file, unknown))
	}
	if err := c.check(); err != nil {
		all = append(all, fmt.Errorf("%s: %w", file, err))
	}
	return c, errors.Join(all...)
}

// placed gives a TOML error its file and lines.
func placed(file string, err error) error {
	var all []error
	if strict, ok := errors.AsType[*toml.StrictMissingError](err); ok {
		for _, e := range strict.Errors {
			row, _ := e.Position()
			all = append(all, fmt.Errorf("%s:%d: unknown key %q", file, row, strings.Join(e.Key(), ".")))
		}
		return errors.Join(all...)
	}
	if e, ok := errors.AsType[*toml.DecodeError](err); ok {
		row, _ := e.Position()
		return fmt.Errorf("%s:%d: %w", file, row, e)
	}
	return fmt.Errorf("%s: %w", file, err)
}

// resolve makes file names absolute.
func (c *Config) resolve(dir string) {
	for _, name := range []*string{&c.Mapping, &c.Store.Dir, &c.MQTT.CA, &c.MQTT.Cert, &c.Cloud.Trust, &c.Telemetry.Policy} {
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
	if credential, ok := strings.CutPrefix(c.MQTT.Key, "credential:"); ok {
		c.MQTT.Key = filepath.Join(os.Getenv("CREDENTIALS_DIRECTORY"), credential)
	} else if c.MQTT.Key != "" && !filepath.IsAbs(c.MQTT.Key) {
		c.MQTT.Key = filepath.Join(dir, c.MQTT.Key)
	}
}

// check says all that is wrong at once.
func (c *Config) check() error {
	var all []error
	wrong := func(format string, args ...any) { all = append(all, fmt.Errorf(format, args...)) }
	names := map[string]bool{}
	for i, b := range c.Buses {
		switch {
		case b.Name == "":
			wrong("bus %d: name is missing", i+1)
		case names[b.Name]:
			wrong("bus %q stands twice", b.Name)
		}
		names[b.Name] = true
		switch {
		case b.Interface != "" && (b.Port != "" || b.Baud != 0 || b.Bitrate != 0):
			wrong("bus %q: interface leaves nothing for port, baud and bitrate: the system sets an interface up", b.Name)
		case b.Interface == "" && b.Port == "":
			wrong("bus %q: port or interface is missing", b.Name)
		}
		if b.DBC == "" {
			wrong("bus %q: dbc is missing", b.Name)
		}
		if b.Baud < 0 {
			wrong("bus %q: baud cannot be negative", b.Name)
		}
		if _, err := slcan.Open(b.Bitrate); b.Bitrate != 0 && err != nil {
			wrong("bus %q: %w", b.Name, err)
		}
	}
	if c.GNSS.Baud < 0 {
		wrong("gnss: baud cannot be negative")
	}
	if c.MQTT.Broker != "" {
		if err := mqtt.CheckBroker(c.MQTT.Broker); err != nil {
			wrong("mqtt: %w", err)
		}
	}
	if k := time.Duration(c.MQTT.KeepAlive); k < time.Second || k > 65535*time.Second {
		wrong("mqtt.keepalive %v: want 1s to 65535s (MQTT 3.1.1, 3.1.2.10)", k)
	}
	if g := time.Duration(c.MQTT.GiveUp); g <= 0 || g > time.Hour {
		wrong("mqtt.give_up %v: want more than nothing, at most 1h", g)
	}
	if len(c.Buses) > 0 && c.Mapping == "" {
		wrong("mapping is missing: without it no frame means anything")
	}
	if c.Session.AtBoot != "picker" && c.Session.AtBoot != "fob" {
		wrong("session.at_boot %q: want picker or fob", c.Session.AtBoot)
	}
	for _, list := range [][]string{c.DBus.HMIUsers, c.DBus.AppUsers} {
		for _, name := range list {
			if _, err := uid(name); err != nil {
				wrong("dbus: %w", err)
			}
		}
	}
	return errors.Join(all...)
}

// uid reads a user's name or number.
func uid(name string) (uint32, error) {
	if n, err := strconv.ParseUint(name, 10, 32); err == nil {
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

// unused names the keys that ask for what is not built yet.
func (s Session) unused() []string {
	var keys []string
	for key, asked := range map[string]bool{
		"leave_after":   s.LeaveAfter != defaults().Session.LeaveAfter,
		"idle_after":    s.IdleAfter != defaults().Session.IdleAfter,
		"at_boot":       s.AtBoot != defaults().Session.AtBoot,
		"fresh_process": s.FreshProcess != defaults().Session.FreshProcess,
	} {
		if asked {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}
