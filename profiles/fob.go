package profiles

import (
	"encoding/json"
	"fmt"
	"strconv"
)

// Fob is the number of a key that is linked to a person. It prints as ‹private›.
type Fob struct{ Private }

// NewFob is the fob of that number.
func NewFob(number uint64) Fob { return Fob{Conceal(strconv.FormatUint(number, 10))} }

// MaxFobs is how many fobs a person has at most.
const MaxFobs = 8

// EncodeFobs returns the bytes of a person's fobs: for sealing.
func EncodeFobs(fobs []Fob) ([]byte, error) {
	numbers := make([]string, len(fobs))
	for i, f := range fobs {
		numbers[i] = f.Reveal()
	}
	return json.Marshal(numbers)
}

// DecodeFobs reads what EncodeFobs wrote.
func DecodeFobs(data []byte) ([]Fob, error) {
	var numbers []string
	if err := json.Unmarshal(data, &numbers); err != nil {
		return nil, fmt.Errorf("decode fobs: %w", err)
	}
	fobs := make([]Fob, len(numbers))
	for i, n := range numbers {
		fobs[i] = Fob{Conceal(n)}
	}
	return fobs, nil
}
