package dbc_test

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// reference is a second, slow reader of the statements that decide what is in a
// frame. It shares nothing with the package: lines are taken apart by pattern,
// and a number is gathered bit by bit along the zigzag of the format's drawing.
type reference struct {
	messages []*refMessage
}

type refMessage struct {
	id      uint64 // as written
	name    string
	size    int
	signals []*refSignal
}

type refSignal struct {
	line           int
	name           string
	first, count   int
	motorola       bool
	signed         bool
	float          int // bits of an IEEE number; 0: an integer
	factor, offset float64
	isSwitch       bool
	under          *refSignal
	at             [][2]uint64
}

var (
	boLine   = regexp.MustCompile(`^\s*BO_\s+(\d+)\s+(\w+)\s*:\s*(\d+)`)
	sgLine   = regexp.MustCompile(`^\s*SG_\s+(\w+)\s*(M|m\d*M?)?\s*:\s*(\d+)\|(\d+)@([01])([+-])\s*\(([^,]+),([^)]+)\)`)
	mulLine  = regexp.MustCompile(`^SG_MUL_VAL_\s+(\d+)\s+(\w+)\s+(\w+)\s+([\d\s,-]+);`)
	longLine = regexp.MustCompile(`^BA_\s+"System(?:Message|Signal)LongSymbol"\s+(BO|SG)_\s+(\d+)\s*(\w*)\s+"(\w+)"`)
	valLine  = regexp.MustCompile(`^SIG_VALTYPE_\s+(\d+)\s+(\w+)\s*:?\s*([12])\s*;`)
)

func refer(src []byte) *reference {
	r := &reference{}
	lines := strings.Split(string(src), "\n")
	var m *refMessage
	for i, line := range lines {
		if f := boLine.FindStringSubmatch(line); f != nil {
			m = &refMessage{id: uint64(whole(f[1])), name: f[2], size: whole(f[3])}
			if m.name != "VECTOR__INDEPENDENT_SIG_MSG" {
				r.messages = append(r.messages, m)
			}
		}
		f := sgLine.FindStringSubmatch(line)
		if f == nil {
			continue
		}
		s := &refSignal{line: i + 1, name: f[1], first: whole(f[3]), count: whole(f[4]), motorola: f[5] == "0", signed: f[6] == "-"}
		s.factor, s.offset = decimal(f[7]), decimal(f[8])
		s.isSwitch = f[2] == "m" || strings.HasSuffix(f[2], "M")
		if digits := strings.Trim(f[2], "mM"); digits != "" {
			s.at = [][2]uint64{{uint64(whole(digits)), uint64(whole(digits))}}
		}
		m.signals = append(m.signals, s)
	}
	for _, m := range r.messages {
		m.bind()
	}
	for _, line := range lines {
		r.extend(line)
	}
	for _, line := range lines {
		if f := longLine.FindStringSubmatch(line); f != nil && f[3] == "" {
			r.message(f[2]).name = f[4]
		} else if f != nil {
			r.message(f[2]).signal(f[3]).name = f[4]
		}
	}
	return r
}

// bind puts what has a plain mN under the one M of its message.
func (m *refMessage) bind() {
	for _, root := range m.signals {
		if !root.isSwitch || root.at != nil {
			continue
		}
		for _, s := range m.signals {
			if s.at != nil && s.under == nil {
				s.under = root
			}
		}
	}
}

// extend reads what a line says about a signal that was read before.
func (r *reference) extend(line string) {
	if f := mulLine.FindStringSubmatch(line); f != nil {
		m := r.message(f[1])
		s := m.signal(f[2])
		s.under, s.at = m.signal(f[3]), nil
		for part := range strings.SplitSeq(f[4], ",") {
			low, high, _ := strings.Cut(strings.TrimSpace(part), "-")
			s.at = append(s.at, [2]uint64{uint64(whole(low)), uint64(whole(high))})
		}
	}
	if f := valLine.FindStringSubmatch(line); f != nil {
		r.message(f[1]).signal(f[2]).float = 32 * whole(f[3])
	}
}

func (r *reference) message(id string) *refMessage {
	for _, m := range r.messages {
		if m.id == uint64(whole(id)) {
			return m
		}
	}
	panic("no message " + id)
}

func (m *refMessage) signal(name string) *refSignal {
	for _, s := range m.signals {
		if s.name == name {
			return s
		}
	}
	panic("no signal " + name)
}

// bits are the numbers of the signal's bits, the highest first, as the format
// numbers them: bit 0 is the lowest of byte 0, bit 8 the lowest of byte 1.
func (s *refSignal) bits() (numbers []int) {
	for i := range s.count {
		if !s.motorola {
			numbers = append(numbers, s.first+s.count-1-i)
			continue
		}
		at := s.first
		for range i {
			if at--; at%8 == 7 || at < 0 { // over the low end: the high end of the next byte
				at += 16
			}
		}
		numbers = append(numbers, at)
	}
	return numbers
}

// unsigned gathers the bits; ok is false if one was not received.
func (s *refSignal) unsigned(data []byte) (v uint64, ok bool) {
	for _, n := range s.bits() {
		if n/8 >= len(data) {
			return 0, false
		}
		v = v<<1 | uint64(data[n/8]>>(n%8)&1)
	}
	return v, true
}

// place writes the bits.
func (s *refSignal) place(data []byte, v uint64) {
	for i, n := range s.bits() {
		if n/8 < len(data) {
			data[n/8] = data[n/8]&^(1<<(n%8)) | byte(v>>(s.count-1-i)&1)<<(n%8)
		}
	}
}

// choose makes data a frame that holds s, as far as its switches can say so.
func (s *refSignal) choose(data []byte, pick func(n int) int) {
	for ; s.under != nil; s = s.under {
		r := s.at[pick(len(s.at))]
		s.under.place(data, r[0]+uint64(pick(int(r[1]-r[0])+1)))
	}
}

// value is the physical value; ok is false if the frame does not hold it.
func (s *refSignal) value(data []byte) (v float64, ok bool) {
	raw, ok := s.unsigned(data)
	if !ok || !s.selected(data) {
		return 0, false
	}
	number := float64(raw)
	switch {
	case s.float == 32:
		number = float64(math.Float32frombits(uint32(raw)))
	case s.float == 64:
		number = math.Float64frombits(raw)
	case s.signed && s.count == 64:
		number = float64(int64(raw))
	case s.signed && raw>>(s.count-1) == 1:
		number = float64(int64(raw) - int64(1)<<s.count)
	}
	product := number * s.factor
	v = product + s.offset
	return v, !math.IsNaN(v) && !math.IsInf(v, 0)
}

func (s *refSignal) selected(data []byte) bool {
	if s.under == nil {
		return s.at == nil
	}
	v, ok := s.under.unsigned(data)
	for _, r := range s.at {
		if ok && r[0] <= v && v <= r[1] {
			return s.under.selected(data)
		}
	}
	return false
}

func whole(text string) int {
	v, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil {
		panic(fmt.Sprint("no whole number: ", text))
	}
	return v
}

func decimal(text string) float64 {
	v, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil {
		panic(fmt.Sprint("no number: ", text))
	}
	return v
}
