package main

import (
	"fmt"
	"os"

	"glovebox/profiles"
)

// notes is what may be meant, and should be known: it keeps nothing from starting.
func (c *Config) notes() (all []string) {
	if c.Vehicle.Model != "" && !profiles.ModelKnown(c.Vehicle.Model) && nearestModel(c.Vehicle.Model) == "" {
		all = append(all, fmt.Sprintf("vehicle.model %q is not known: no guest mode", c.Vehicle.Model))
	}
	if c.Vehicle.Model != "" && c.Vehicle.ModelYear == 0 {
		all = append(all, "vehicle.model_year is missing: no guest mode")
	}
	if c.MQTT.Broker != "" && c.Cloud.Trust == "" {
		all = append(all, "cloud.trust is missing: no first access document is accepted")
	}
	if info, err := os.Stat(c.MQTT.Key); err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o077 != 0 {
		all = append(all, fmt.Sprintf("mqtt.key %s: mode %v lets others use it", c.MQTT.Key, info.Mode().Perm()))
	}
	if c.Vehicle.Model != "" && c.Vehicle.SecurityCode == "" {
		all = append(all, "vehicle.security_code is missing: nothing that needs the car's security code can be done")
	}
	for _, f := range openModes(c.Store.Dir) {
		all = append(all, fmt.Sprintf("store.dir: %s has mode %v: the next start closes it", f.path, f.mode))
	}
	return all
}
