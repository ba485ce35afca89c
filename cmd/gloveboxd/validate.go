package main

import (
	"fmt"
	"maps"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"glovebox/hal/mapping"
	"glovebox/hal/slcan"
	"glovebox/profiles"
	"glovebox/telemetry/mqtt"
)

// wrong is told what is wrong with the key of that path.
type wrong func(path, format string, args ...any)

// check says all that is wrong with values, before file names are made absolute.
func (c *Config) check(wrong wrong) {
	c.Vehicle.check(wrong)
	if c.Store.Dir == "" {
		wrong("store.dir", "store.dir is empty: nobody could be kept")
	}
	if len(c.Buses) > 0 && c.Mapping == "" {
		wrong("mapping", "mapping is missing: without it no frame means anything")
	}
	c.checkBuses(wrong)
	if c.GNSS.Baud < 0 {
		wrong("gnss.baud", "gnss: baud cannot be negative")
	}
	if c.GNSS.Port != "" && !filepath.IsAbs(c.GNSS.Port) {
		wrong("gnss.port", "gnss: port %q: want the whole path of a device", c.GNSS.Port)
	}
	c.MQTT.check(wrong)
	c.DBus.check(wrong)
	if c.Session.AtBoot != "picker" && c.Session.AtBoot != "fob" {
		wrong("session.at_boot", "session.at_boot %q: want picker or fob", c.Session.AtBoot)
	}
}

func (v Vehicle) check(wrong wrong) {
	if v.Model != "" && !profiles.ModelKnown(v.Model) {
		if near := nearestModel(v.Model); near != "" {
			wrong("vehicle.model", "vehicle.model %q is not known, the nearest is %q", v.Model, near)
		}
	}
	if v.ModelYear != 0 && (v.ModelYear < 1950 || v.ModelYear > 2100) {
		wrong("vehicle.model_year", "vehicle.model_year %d: want 1950 to 2100", v.ModelYear)
	}
	if v.Country != "" && !slices.Contains(strings.Fields(countries), v.Country) {
		wrong("vehicle.country", "vehicle.country %q: want a code of ISO 3166-1 alpha-2, such as \"DE\"", v.Country)
	}
	checkCredential(wrong, "vehicle.security_code", v.SecurityCode)
}

// nearestModel is the model that was meant, whatever its letter case; empty if none is
// near: a model that is not known has no guest mode, and may be meant.
func nearestModel(name string) string {
	byName := map[string]string{}
	for _, m := range profiles.Models() {
		byName[strings.ToLower(m)] = m
	}
	return byName[mapping.Nearest(strings.ToLower(name), slices.Values(slices.Sorted(maps.Keys(byName))))]
}

func (c *Config) checkBuses(wrong wrong) {
	names, ports := map[string]bool{}, map[string]string{c.GNSS.Port: "gnss"}
	for i, b := range c.Buses {
		at := fmt.Sprintf("bus[%d]", i)
		key := func(name string) string { return at + "." + name }
		switch {
		case b.Name == "":
			wrong(at, "bus %d: name is missing", i+1)
		case names[b.Name]:
			wrong(key("name"), "bus %q stands twice", b.Name)
		}
		names[b.Name] = true
		switch {
		case b.Interface != "" && (b.Port != "" || b.Baud != 0 || b.Bitrate != 0 || b.DataBitrate != 0):
			wrong(at, "bus %q: interface leaves nothing for port, baud, bitrate and data_bitrate: the system sets an interface up", b.Name)
		case b.Interface == "" && b.Port == "":
			wrong(at, "bus %q: port or interface is missing", b.Name)
		case b.Port != "" && !filepath.IsAbs(b.Port):
			wrong(key("port"), "bus %q: port %q: want the whole path of a device", b.Name, b.Port)
		case len(b.Interface) > 15 || strings.ContainsAny(b.Interface, "/ \t"):
			wrong(key("interface"), "bus %q: interface %q: want a name of at most 15 letters without / and spaces", b.Name, b.Interface)
		}
		if port := b.Port + b.Interface; port != "" {
			if other := ports[port]; other != "" {
				wrong(at, "bus %q: %s has %s already", b.Name, other, port)
			}
			ports[port] = fmt.Sprintf("bus %q", b.Name)
		}
		if b.DBC == "" {
			wrong(at, "bus %q: dbc is missing", b.Name)
		}
		if b.Baud < 0 {
			wrong(key("baud"), "bus %q: baud cannot be negative", b.Name)
		}
		if _, err := slcan.Open(b.Bitrate, 0); b.Bitrate != 0 && err != nil {
			wrong(key("bitrate"), "bus %q: %w", b.Name, err)
		} else if b.DataBitrate != 0 && b.Bitrate == 0 && b.Interface == "" {
			wrong(key("data_bitrate"), "bus %q: data_bitrate needs bitrate beside it", b.Name)
		} else if _, err := slcan.Open(b.Bitrate, b.DataBitrate); b.Bitrate != 0 && err != nil {
			wrong(key("data_bitrate"), "bus %q: %w", b.Name, err)
		}
	}
}

func (m MQTT) check(wrong wrong) {
	if m.Broker != "" {
		if err := mqtt.CheckBroker(m.Broker); err != nil {
			wrong("mqtt.broker", "mqtt: %w", err)
		} else if u, err := url.Parse(m.Broker); err == nil {
			if n, err := strconv.Atoi(u.Port()); u.Port() != "" && (err != nil || n < 1 || n > 65535) {
				wrong("mqtt.broker", "mqtt: broker %q: want a port of 1 to 65535", m.Broker)
			}
			if u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
				wrong("mqtt.broker", "mqtt: broker: want host and port alone; who the car is its certificate says") // not shown: it may hold a password
			}
		}
	}
	if k := time.Duration(m.KeepAlive); k < time.Second || k > 65535*time.Second || k%time.Second != 0 {
		wrong("mqtt.keepalive", "mqtt.keepalive %v: want 1s to 65535s, whole seconds (MQTT 3.1.1, 3.1.2.10)", k)
	}
	if g := time.Duration(m.GiveUp); g <= 0 || g > time.Hour {
		wrong("mqtt.give_up", "mqtt.give_up %v: want more than nothing, at most 1h", g)
	}
	checkCredential(wrong, "mqtt.key", m.Key)
}

// checkCredential refuses a credential that systemd cannot hand over by its name.
func checkCredential(wrong wrong, key, file string) {
	if name, ok := strings.CutPrefix(file, credentialPrefix); ok && (name == "" || strings.ContainsRune(name, '/') || name == "..") {
		wrong(key, "%s %q: want the name of a credential", key, file)
	}
}

func (d DBus) check(wrong wrong) {
	if err := checkAddress(d.Address); err != nil {
		wrong("dbus.address", "dbus.address %q: %w", d.Address, err)
	}
	if len(d.HMIUsers) == 0 {
		wrong("dbus.hmi_users", "dbus.hmi_users is empty: nobody could use the head unit")
	}
	seen := map[uint32]string{}
	for _, list := range []struct {
		key   string
		names []string
	}{{"dbus.hmi_users", d.HMIUsers}, {"dbus.app_users", d.AppUsers}} {
		for _, name := range list.names {
			n, err := uid(name)
			switch {
			case err != nil:
				wrong(list.key, "dbus: %w", err)
			case seen[n] != "" && list.key != "dbus.hmi_users": // a program of the head unit may be named twice
				wrong(list.key, "%s: %q stands in %s already", list.key, name, seen[n])
			default:
				seen[n] = list.key
			}
		}
	}
}

// checkAddress says what is wrong with the address of a bus: system, session, or
// TRANSPORT:KEY=VALUE,… of the D-Bus specification, more than one after semicolons.
func checkAddress(address string) error {
	if address == "system" || address == "session" {
		return nil
	}
	needs := map[string][][]string{"unix": {{"path"}, {"abstract"}, {"runtime"}}, "tcp": {{"host", "port"}}, "nonce-tcp": {{"host", "port", "noncefile"}}}
	for one := range strings.SplitSeq(strings.TrimSuffix(address, ";"), ";") {
		transport, rest, _ := strings.Cut(one, ":")
		ways, known := needs[transport]
		if !known {
			return fmt.Errorf("want system, session, unix:path=… or tcp:host=…,port=…")
		}
		has := map[string]string{}
		for pair := range strings.SplitSeq(rest, ",") {
			key, value, _ := strings.Cut(pair, "=")
			has[key] = value
		}
		if path := has["path"]; path != "" && !filepath.IsAbs(path) {
			return fmt.Errorf("%s: want a whole path", one)
		}
		if !slices.ContainsFunc(ways, func(keys []string) bool {
			return !slices.ContainsFunc(keys, func(key string) bool { return has[key] == "" })
		}) {
			return fmt.Errorf("%s: want %s", one, strings.Join(slices.Concat(ways...), ", "))
		}
	}
	return nil
}

// countries are the codes of ISO 3166-1 alpha-2.
const countries = `AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ
CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR
GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP
KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ
NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW
SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ
UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW`
