package sim

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"glovebox/profiles"
	"glovebox/sim/cloud"
)

// Setting overrides a key of the agent's configuration: a dotted key, and the
// value as TOML writes it. A bare word that TOML does not know is a string, so
// that 60s need not be quoted.
type Setting struct {
	Key, Value string
}

// document is a configuration before it is written.
type document map[string]any

// set puts a value at a dotted key. In a list of tables a table is found by its
// name, or by its number from 0: bus.can0.bitrate.
func (d document) set(s Setting) error {
	var parsed map[string]any
	if err := toml.Unmarshal([]byte("v = "+s.Value), &parsed); err != nil || len(parsed) != 1 {
		if strings.ContainsAny(s.Value, "\"'[]{}\n=") {
			return fmt.Errorf("config %s: %q is no TOML value", s.Key, s.Value)
		}
		parsed = map[string]any{"v": s.Value}
	}
	at, keys := map[string]any(d), strings.Split(s.Key, ".")
	if slices.Contains(keys, "") {
		return fmt.Errorf("config: key %q: want words with dots between", s.Key)
	}
	for i := 0; i < len(keys)-1; i++ {
		switch below := at[keys[i]].(type) {
		case nil:
			fresh := map[string]any{}
			at[keys[i]], at = fresh, fresh
		case map[string]any:
			at = below
		case []map[string]any:
			i++
			n := slices.IndexFunc(below, func(t map[string]any) bool { return t["name"] == keys[i] })
			if n < 0 {
				var err error
				if n, err = strconv.Atoi(keys[i]); err != nil || n < 0 || n >= len(below) {
					return fmt.Errorf("config %s: there is no %s %s", s.Key, keys[i-1], keys[i])
				}
			}
			at = below[n]
			if i == len(keys)-1 {
				return fmt.Errorf("config %s: want a key of that table", s.Key)
			}
		default:
			return fmt.Errorf("config %s: %s is no table", s.Key, keys[i])
		}
	}
	at[keys[len(keys)-1]] = parsed["v"]
	return nil
}

// encode is the configuration as the agent reads it.
func (d document) encode() ([]byte, error) {
	text, err := toml.Marshal(map[string]any(d))
	if err != nil {
		return nil, fmt.Errorf("write configuration: %w", err)
	}
	return text, nil
}

// configure writes the agent's configuration and all it names, and prepares the
// agent.
func (w *World) configure(ctx context.Context, o Options) error {
	d := document{
		"vehicle": map[string]any{"model": o.Model, "model_year": o.ModelYear, "country": o.Country, "security_code": "security-code"},
		"store":   map[string]any{"dir": w.stateDir()},
		"mqtt":    map[string]any{"broker": w.Tap.URL()},
		"cloud":   map[string]any{"trust": "trust.json"},
		"session": map[string]any{"runtime_dir": filepath.Join(w.Dir, "run")},
		"dbus":    map[string]any{"address": w.DBus.Address, "hmi_users": []string{strconv.Itoa(os.Getuid())}},
	}
	code, err := profiles.NewVerifier(profiles.NewPIN(cloud.SecurityCode), rand.Reader)
	if err != nil {
		return fmt.Errorf("configuration: %w", err)
	}
	files := map[string][]byte{"trust.json": w.Cloud.Trust(), "security-code": []byte(code.Reveal() + "\n")}
	buses := make([]map[string]any, 0, len(o.Buses))
	for _, b := range o.Buses {
		name := b.Name + ".dbc"
		files[name] = b.DBC
		buses = append(buses, map[string]any{"name": b.Name, "port": w.Ports[b.Name].Name(), "baud": 115200, "bitrate": 500_000, "dbc": name})
	}
	if len(buses) > 0 {
		d["bus"], d["mapping"] = buses, "mapping.toml"
		files["mapping.toml"] = o.Mapping
	}
	d["gnss"] = map[string]any{"port": w.GNSS.Name(), "baud": 9600}
	if o.Policy != nil {
		d["telemetry"] = map[string]any{"policy": "policy.csv", "allow_wider": true}
		files["policy.csv"] = o.Policy
	}
	for _, s := range o.Config {
		if err := d.set(s); err != nil {
			return err
		}
	}
	mqtt, _ := d["mqtt"].(map[string]any)
	w.hasBroker = mqtt["broker"] != ""
	text, err := d.encode()
	if err != nil {
		return err
	}
	files["gloveboxd.toml"] = text
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(w.Dir, name), content, 0o644); err != nil {
			return fmt.Errorf("configuration: %w", err)
		}
	}
	w.Config = filepath.Join(w.Dir, "gloveboxd.toml")
	program, err := Find(ctx, "gloveboxd", o.Gloveboxd, w.Dir)
	if err != nil {
		return err
	}
	env := append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + w.Dir, "TMPDIR=" + os.TempDir()}, o.Env...)
	w.Agent = &Agent{program: program, config: w.Config, log: w.LogFile(), env: env}
	if w.most > 0 {
		if w.Agent.bounded, err = w.createFile(filepath.Base(w.LogFile())); err != nil {
			return err
		}
		w.Agent.bounded.prompt = true
	}
	if w.Disk != nil {
		w.Agent.inside = w.Disk.inside()
	}
	return nil
}
