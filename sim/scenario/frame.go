package scenario

import (
	"bufio"
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"glovebox/hal/candump"
	"glovebox/hal/dbc"
)

// frame is a message that was on a bus of the car, said by whomever.
type frame struct{ bus, message string }

func (c *frame) slots() slots { return slots{&c.bus, &c.message} }

func (c *frame) holds(_ context.Context, s *stage, since moment) (bool, string, error) {
	return s.spoken(c.bus, c.message, "", 0, since)
}

// frameWith is one in which a signal had a value.
type frameWith struct {
	bus, signal string
	value       float64
}

func (c *frameWith) slots() slots { return slots{&c.bus, &c.signal, &c.value} }

func (c *frameWith) holds(_ context.Context, s *stage, since moment) (bool, string, error) {
	message, signal, _ := strings.Cut(c.signal, ".")
	return s.spoken(c.bus, message, signal, c.value, since)
}

// described finds what the DBC file of the bus says of the frame.
func (s *stage) described(bus, message, signal string) (*dbc.Message, *dbc.Signal, error) {
	for _, b := range s.buses {
		if b.Name != bus {
			continue
		}
		file, _ := dbc.Parse(b.Name, b.DBC)
		i := slices.IndexFunc(file.Messages, func(m *dbc.Message) bool { return m.Name == message })
		if i < 0 {
			return nil, nil, fmt.Errorf("bus %s has no message %s", bus, message)
		}
		m := file.Messages[i]
		if signal == "" {
			return m, nil, nil
		}
		if found := m.Signal(signal); found != nil {
			return m, found, nil
		}
		return nil, nil, fmt.Errorf("message %s has no signal %s", message, signal)
	}
	return nil, nil, fmt.Errorf("the car has no bus %s", bus)
}

// spoken looks for a message on a bus, and for a value of one of its signals.
func (s *stage) spoken(bus, message, name string, value float64, since moment) (bool, string, error) {
	m, signal, err := s.described(bus, message, name)
	if err != nil {
		return false, "", err
	}
	if err := s.records.Flush(); err != nil {
		return false, "", err
	}
	log, err := os.Open(filepath.Join(s.dir, "can-"+bus+".log"))
	if err != nil {
		return false, "", err
	}
	defer log.Close() // only read
	from := time.Duration(since.at.UnixNano())
	n, newest := 0, ""
	for lines := bufio.NewScanner(log); lines.Scan(); {
		_, f, at, err := candump.Parse(lines.Bytes())
		if err != nil || at < from || f.ID != m.ID || f.Extended != m.Extended {
			continue
		}
		n++
		if signal == nil {
			return true, lines.Text(), nil
		}
		if v, ok := signal.Plan().Value(f.Data[:f.Len]); ok {
			if newest = decimal(v); math.Abs(v-value) < 0.005 {
				return true, lines.Text(), nil
			}
		}
	}
	return false, strings.TrimSpace(fmt.Sprintf("%d frames %s", n, newest)), nil
}
