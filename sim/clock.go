package sim

import (
	"fmt"
	"os"
	"time"
)

// ShiftClock moves the boot clock of the agent's next start, and of those after
// it, ahead by a time more: it runs in a time namespace then. It needs root, or
// namespaces for every user.
func (a *Agent) ShiftClock(by time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.shift += by.Truncate(time.Second)
}

// ClockShift is how far the boot clock of the running agent is ahead of ours.
func (a *Agent) ClockShift() time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.shifted
}

// command is what runs the program, as this machine has it. mu is held.
func (a *Agent) command() []string {
	all := append([]string(nil), a.inside...)
	if a.shift > 0 {
		all = append(all, "unshare", "--time", "--boottime", fmt.Sprint(int(a.shift.Seconds())))
		if os.Getuid() != 0 {
			all = append(all, "--user", "--map-current-user")
		}
		all = append(all, "--")
	}
	return append(all, a.program, "--config", a.config)
}
