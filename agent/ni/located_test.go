package ni_test

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// located is a place of this world that stands in what an observer sees: as text to four
// or more decimals, as semicircles, as a float64. Empty, if none does.
func (t trace) located(o observer) string {
	texts, numbers := map[string]bool{}, map[uint64]bool{}
	for _, tap := range t.taps {
		for _, v := range []float64{tap.Latitude, tap.Longitude} {
			for _, text := range written(v) {
				texts[text] = true
			}
			numbers[math.Float64bits(v)] = true
		}
	}
	if o.name == fmt.Sprint("person ", assignee) {
		t.forget(texts, numbers)
	}
	for _, w := range t.sees(o) {
		payload := unzipped(w.payload)
		if parts := strings.Split(string(payload), "."); len(parts) == 3 { // signed
			if claims, err := base64.RawURLEncoding.DecodeString(parts[1]); err == nil {
				payload = claims
			}
		}
		for _, word := range strings.FieldsFunc(string(payload), func(r rune) bool { return r != '.' && (r < '0' || r > '9') }) {
			if whole, rest, point := strings.Cut(word, "."); point && len(rest) >= 4 && texts[whole+"."+rest[:4]] || texts[word] {
				return word
			}
		}
		for i := 0; i+8 <= len(payload); i++ {
			if numbers[binary.LittleEndian.Uint64(payload[i:])] || numbers[binary.BigEndian.Uint64(payload[i:])] {
				return "a float64 at byte " + strconv.Itoa(i)
			}
		}
	}
	return ""
}

// forget takes out the places of the trip that was assigned.
func (t trace) forget(texts map[string]bool, numbers map[uint64]bool) {
	for _, tap := range t.taps {
		if a := t.s.assigned; a != nil && t.s.drives[a.drive].holds(tap.at) {
			for _, v := range []float64{tap.Latitude, tap.Longitude} {
				for _, text := range written(v) {
					delete(texts, text)
				}
				delete(numbers, math.Float64bits(v))
			}
		}
	}
}

// written is a place as text: to four decimals, in semicircles, in ten millionths.
func written(v float64) []string {
	return []string{cut(v, 4), strconv.Itoa(int(v * (1 << 31) / 180)), strconv.Itoa(int(v * 1e7))}
}

// cut is a number with so many decimals, the rest cut off.
func cut(v float64, decimals int) string {
	text := strconv.FormatFloat(v, 'f', 9, 64)
	whole, rest, _ := strings.Cut(text, ".")
	return whole + "." + rest[:decimals]
}

// unpadded is a message to a limited reader that shows how long its content is: not a
// multiple of 1,024 bytes. Freshness is as long as its numbers are.
func (t trace) unpadded(o observer) string {
	for _, w := range t.sees(o) {
		if signed := strings.HasPrefix(string(w.payload), "eyJ"); !o.padded || w.event != "" || signed {
			continue
		}
		size := len(w.payload)
		if strings.HasSuffix(w.topic, "/hpke") {
			size -= 1 + 32 + 16 // what a seal adds
		}
		if size%1024 != 0 {
			return w.dump()
		}
	}
	return ""
}
