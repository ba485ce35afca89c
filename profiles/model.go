package profiles

import (
	"bytes"
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/pelletier/go-toml/v2"
)

// Equipment is what a car of one model, model year and country has.
type Equipment struct {
	GuestMode        bool       // anybody may drive as a guest
	ActivationByHand bool       // who accepted an invitation waits until the main user activates them
	SecurityCode     bool       // who accepted an invitation comes in with the car's security code only
	Without          []Function // functions that this car has not
}

// EquipmentOf reads models.toml. The model's name may be written in any letter case and
// with further words: `taycan`, `Taycan Turbo S`. One that is not known has what the last
// row says. The year is 0 where nobody knows it.
func EquipmentOf(model string, year int, country string) Equipment {
	all := models()
	i := slices.IndexFunc(all, func(m modelRow) bool { return m.named(model) })
	if i < 0 {
		i = len(all) - 1
	}
	m := all[i]
	e := Equipment{
		GuestMode:        m.GuestMode.holds(year, country),
		ActivationByHand: m.ActivationByHand.holds(year, country),
		SecurityCode:     m.SecurityCode.holds(year, country),
	}
	for _, f := range m.Without {
		if f.holds(year, country) {
			e.Without = append(e.Without, f.Function)
		}
	}
	return e
}

// Admission is how who accepted an invitation comes in. The zero Admission is by the main
// user's hand.
type Admission struct {
	Alone bool // no main user has to let them in
	Code  bool // the car's security code does
}

// Admission is that of this car.
func (e Equipment) Admission() Admission { return Admission{!e.ActivationByHand, e.SecurityCode} }

// AtOnce reports whether who accepts is active with it.
func (a Admission) AtOnce() bool { return a.Alone && !a.Code }

// Models are the names of the models that are known.
func Models() (names []string) {
	for _, m := range models() {
		if m.Name != "" {
			names = append(names, m.Name)
		}
	}
	return names
}

// ModelKnown reports whether name is one of them, with further words or not.
func ModelKnown(name string) bool {
	return slices.ContainsFunc(models(), func(m modelRow) bool { return m.named(name) })
}

//go:embed models.toml
var modelsTOML []byte

// modelRow is a row of models.toml.
type modelRow struct {
	Name             string      `toml:"name"`
	GuestMode        modelValue  `toml:"guest_mode"`
	ActivationByHand modelValue  `toml:"activation_by_hand"`
	SecurityCode     modelValue  `toml:"security_code"`
	Without          []modelLack `toml:"without"`
}

// modelValue says for which years and countries something holds, and who says so.
type modelValue struct {
	Never  bool     `toml:"never"`
	From   int      `toml:"from"`    // model year
	Until  int      `toml:"until"`   // the last model year; 0: it goes on
	OnlyIn []string `toml:"only_in"` // countries, ISO 3166-1 alpha-2; none listed: everywhere
	Source string   `toml:"source"`
}

// modelLack is a function that a car has not.
type modelLack struct {
	Function Function `toml:"function"`
	modelValue
}

func (v modelValue) holds(year int, country string) bool {
	return !v.Never && year >= v.From && (v.Until == 0 || year <= v.Until) &&
		(len(v.OnlyIn) == 0 || slices.ContainsFunc(v.OnlyIn, func(c string) bool { return strings.EqualFold(c, country) }))
}

// models reads the table once. A table that does not parse is a bug of ours.
var models = sync.OnceValue(func() []modelRow {
	rows, err := readModels(modelsTOML)
	if err != nil {
		panic(fmt.Sprintf("profiles: models.toml: %v", err))
	}
	return rows
})

// readModels refuses a value without a source, a function that there is not, and a table
// whose last row is not that of every other car.
func readModels(text []byte) ([]modelRow, error) {
	var file struct {
		Model []modelRow `toml:"model"`
	}
	if err := toml.NewDecoder(bytes.NewReader(text)).DisallowUnknownFields().Decode(&file); err != nil {
		return nil, err
	}
	for i, m := range file.Model {
		if last := i == len(file.Model)-1; last != (m.Name == "") {
			return nil, fmt.Errorf("row %d: the last row, and no other, has no name", i+1)
		}
		values := []modelValue{m.GuestMode, m.ActivationByHand, m.SecurityCode}
		for _, f := range m.Without {
			if _, err := ParseFunction(string(f.Function)); err != nil {
				return nil, fmt.Errorf("row %d: %w", i+1, err)
			}
			values = append(values, f.modelValue)
		}
		for _, v := range values {
			if v.Source == "" {
				return nil, fmt.Errorf("row %d: a value has no source", i+1)
			}
		}
	}
	if len(file.Model) == 0 {
		return nil, fmt.Errorf("no row")
	}
	return file.Model, nil
}

// named reports whether name is this model: the first words are the same and each
// further word of the model stands somewhere in name.
func (m modelRow) named(name string) bool {
	have, want := words(name), words(m.Name)
	if len(have) == 0 || len(want) == 0 {
		return false
	}
	if strings.Join(have, "") == strings.Join(want, "") {
		return true
	}
	for _, w := range want {
		if !slices.Contains(have, w) {
			return false
		}
	}
	return have[0] == want[0]
}

// words splits at everything that is neither letter nor digit, in lower case.
func words(s string) []string {
	return strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}
