package scenario

import (
	"bufio"
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
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
	var known []string
	for _, b := range s.buses {
		if known = append(known, b.Name); b.Name != bus {
			continue
		}
		file, _ := dbc.Parse(b.Name, b.DBC)
		m := file.Message(message)
		if m == nil {
			return nil, nil, fmt.Errorf("bus %s does not have it: %w", bus, unknown("message", message, namesOf(file.Messages, func(m *dbc.Message) string { return m.Name })))
		}
		if signal == "" {
			return m, nil, nil
		}
		if found := m.Signal(signal); found != nil {
			return m, found, nil
		}
		return nil, nil, fmt.Errorf("message %s does not have it: %w", message, unknown("signal", signal, namesOf(m.Signals, func(s *dbc.Signal) string { return s.Name })))
	}
	return nil, nil, fmt.Errorf("the car does not have it: %w", unknown("bus", bus, known))
}

func namesOf[T any](all []T, name func(T) string) (names []string) {
	for _, one := range all {
		names = append(names, name(one))
	}
	return names
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
