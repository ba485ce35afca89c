package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// marksAt is where the marks begin: behind the file system. The probe writes there.
const marksAt = 120 << 20

// said is what had been answered when the power failed.
type said struct {
	khz     uint32          // of the newest station that is durable
	secrets []string        // never in the clear
	guests  []string        // never at all
	gone    map[string]bool // people who were removed
	going   string          // the person whose removal had begun, and no answer
	slots   []string        // parts of the key ring that must be overwritten, in hex
	next    []string        // those of the removal that had begun
	work    string
	errors  int
}

// hear takes one line.
func (s *said) hear(line string) {
	kind, rest, _ := strings.Cut(line, " ")
	switch kind {
	case "set":
		_, _ = fmt.Sscan(rest, &s.khz)
	case "secret":
		s.secrets = append(s.secrets, rest)
	case "guest":
		s.guests = append(s.guests, rest)
	case "slots":
		s.next = strings.Fields(rest)
	case "removing":
		s.going = rest
	case "removed":
		if s.gone == nil {
			s.gone = map[string]bool{}
		}
		s.gone[rest], s.going = true, ""
		s.slots, s.next = append(s.slots, s.next...), nil
	case "now":
		s.work = rest
	case "error":
		s.errors++
	}
}

// planted are the texts and bytes that must not be on the disk.
func (s *said) planted() []string {
	return append(append(append([]string(nil), s.secrets...), s.guests...), s.slots...)
}

// copied is one that goes on hearing by itself.
func (s *said) copied() *said {
	c := *s
	c.secrets, c.guests, c.slots = slices.Clone(s.secrets), slices.Clone(s.guests), slices.Clone(s.slots)
	c.gone = maps.Clone(s.gone)
	return &c
}
