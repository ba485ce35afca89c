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

//go:embed models.toml
var modelsTOML []byte

// model is a row of models.toml.
type model struct {
	Name      string   `toml:"name"`
	GuestFrom int      `toml:"guest_from"` // model year
	NotIn     []string `toml:"not_in"`     // countries without guest mode, ISO 3166-1 alpha-2
}

// models reads the table once. A table that does not parse is a bug of ours.
var models = sync.OnceValue(func() []model {
	var file struct {
		Model []model `toml:"model"`
	}
	if err := toml.NewDecoder(bytes.NewReader(modelsTOML)).DisallowUnknownFields().Decode(&file); err != nil {
		panic(fmt.Sprintf("profiles: models.toml: %v", err))
	}
	return file.Model
})

// GuestAvailable reports whether this car has guest mode. The model's name may be
// written in any letter case and with further words: `taycan`, `Taycan Turbo S`.
func GuestAvailable(name string, year int, country string) bool {
	for _, m := range models() {
		if m.named(name) {
			return year >= m.GuestFrom && !slices.ContainsFunc(m.NotIn, func(c string) bool { return strings.EqualFold(c, country) })
		}
	}
	return false
}

// Models are the names of the models that are known.
func Models() (names []string) {
	for _, m := range models() {
		names = append(names, m.Name)
	}
	return names
}

// ModelKnown reports whether name is one of them, with further words or not.
func ModelKnown(name string) bool {
	return slices.ContainsFunc(models(), func(m model) bool { return m.named(name) })
}

// named reports whether name is this model: the first words are the same and each
// further word of the model stands somewhere in name.
func (m model) named(name string) bool {
	have, want := words(name), words(m.Name)
	if len(have) == 0 {
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
