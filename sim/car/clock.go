package car

import (
	"bytes"
	"fmt"
	"time"
)

// clock is the time that a receiver's sentences tell, one after the other.
type clock struct {
	day time.Duration // since the Unix epoch, as RMC said last
	now time.Duration
}

// read takes the time of an RMC or GGA sentence; other sentences leave the
// clock as it is. The first that tells must be an RMC, which has the date.
func (c *clock) read(line []byte) error {
	f := bytes.Split(line, []byte(","))
	if len(f) < 10 || len(f[0]) != 6 || len(f[1]) < 6 {
		return nil
	}
	switch kind := string(f[0][3:]); {
	case kind == "RMC":
		day, err := time.Parse("020106", string(f[9]))
		if err != nil {
			return fmt.Errorf("date of RMC: %w", err)
		}
		c.day = time.Duration(day.UnixNano())
	case kind != "GGA":
		return nil
	case c.day == 0:
		return fmt.Errorf("GGA before the first RMC: no date yet")
	}
	at, err := time.Parse("150405", string(f[1])) // takes decimals too
	if err != nil {
		return fmt.Errorf("time of %s: %w", f[0], err)
	}
	c.now = c.day + at.Sub(at.Truncate(24*time.Hour))
	return nil
}
