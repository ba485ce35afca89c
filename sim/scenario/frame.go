package scenario

import (
	"bufio"
	"context"
	"errors"
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

// frame is a message that was on a bus of the car, said by whomever; with a
// signal, one in which that had a value.
type frame struct {
	bus, message, signal string
	value                float64
}

func (c *frame) String() string {
	s := "frame " + c.bus + " " + c.message
	if c.signal != "" {
		s += "." + c.signal + " " + decimal(c.value)
	}
	return s
}

func parseFrame(_ *parser, l *line) (condition, error) {
	c := &frame{}
	var err error
	if c.bus, err = l.need("the bus"); err != nil {
		return nil, err
	}
	w, err := l.need("the message")
	if err != nil {
		return nil, err
	}
	c.message, c.signal, _ = strings.Cut(w, ".")
	v, there := l.word(), strings.Contains(w, ".")
	if there != (v != "") || c.message == "" || there && c.signal == "" {
		return nil, errors.New("want MESSAGE, or MESSAGE.SIGNAL and its value")
	}
	if v != "" {
		c.value, err = number(v)
	}
	return c, err
}

// described finds what the DBC file of the bus says of the frame.
func (c *frame) described(s *stage) (*dbc.Message, *dbc.Signal, error) {
	for _, b := range s.buses {
		if b.Name != c.bus {
			continue
		}
		file, _ := dbc.Parse(b.Name, b.DBC)
		i := slices.IndexFunc(file.Messages, func(m *dbc.Message) bool { return m.Name == c.message })
		if i < 0 {
			return nil, nil, fmt.Errorf("bus %s has no message %s", c.bus, c.message)
		}
		m := file.Messages[i]
		if c.signal == "" {
			return m, nil, nil
		}
		if signal := m.Signal(c.signal); signal != nil {
			return m, signal, nil
		}
		return nil, nil, fmt.Errorf("message %s has no signal %s", c.message, c.signal)
	}
	return nil, nil, fmt.Errorf("the car has no bus %s", c.bus)
}

func (c *frame) holds(_ context.Context, s *stage, since moment) (bool, string, error) {
	m, signal, err := c.described(s)
	if err != nil {
		return false, "", err
	}
	if err := s.world.Flush(); err != nil {
		return false, "", err
	}
	log, err := os.Open(filepath.Join(s.world.Dir, "can-"+c.bus+".log"))
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
			if newest = decimal(v); math.Abs(v-c.value) < 0.005 {
				return true, lines.Text(), nil
			}
		}
	}
	return false, strings.TrimSpace(fmt.Sprintf("%d frames %s", n, newest)), nil
}
