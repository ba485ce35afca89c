package scenario

import (
	"fmt"
	"strings"
	"time"

	"glovebox/headunit"
)

// rhythm is to what the pauses between lines are rounded.
const rhythm = 100 * time.Millisecond

// judges reports whether a step says how the one before is refused.
func judges(s Step) bool {
	_, ok := s.what.(*expectError)
	return ok
}

func ends(step Step) bool { return step.word == "end" }

// refusal is the name of the error with which somebody refused.
func refusal(err error) string { return strings.TrimPrefix(headunit.RefusedAs(err), dbusError) }

// promises are what is seen after a command each time, if it is seen at all.
func (s *stage) promises(c Command) []string {
	signal := func(path string, value any) []string {
		return []string{fmt.Sprintf("expect signal Vehicle.%s %v within 2s", path, value)}
	}
	switch c := c.what.(type) {
	case *boot, *restart:
		return []string{"expect ready"}
	case *logout:
		return []string{"expect state idle"}
	case *login:
		if !c.wait {
			return []string{"expect state active " + c.name}
		}
	case *guest:
		if !c.wait {
			return []string{"expect state guest"}
		}
	case *set:
		return []string{"expect setting " + c.group + " " + c.key + " " + c.value}
	case *level:
		return []string{"expect level " + c.level}
	case *document:
		return []string{fmt.Sprintf("expect document %d", s.world.Cloud.State().Policy)}
	case *alarm:
		return []string{"expect warning " + c.code + " " + onOff(c.on) + " within 3s"}
	case *lock, *unlock:
		_, locked := c.(*lock)
		return signal("Cabin.Door.Row1.DriverSide.IsLocked", locked)
	case *ignition:
		if c.on {
			return signal("LowVoltageSystemState", "ON")
		}
		return signal("LowVoltageSystemState", "OFF")
	case *door:
		if c.name == "driver" {
			return signal("Cabin.Door.Row1.DriverSide.IsOpen", c.how == "open")
		}
	}
	return nil
}
