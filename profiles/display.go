package profiles

import (
	"errors"
	"regexp"
	"sync"
)

// Display is the group of the screen: language, units and looks. How bright it is
// stays with the car: that is the light in it, not taste.
func Display() Group {
	units, themes := []string{"metric", "imperial"}, []string{"light", "dark", "auto"}
	return Group{"display", []Setting{
		{
			Name: "language", Type: "s", Scope: OfPerson, Stage: AfterPIN,
			Range: "a language tag of BCP 47, as de-DE", schema: language{}, initial: "en",
		},
		{
			Name: "units", Type: "s", Scope: OfPerson, Stage: AfterPIN,
			Range: oneOf(units), schema: text{words: units}, initial: "metric",
		},
		{
			Name: "theme", Type: "s", Scope: OfPerson, Stage: AfterPIN,
			Range: oneOf(themes), schema: text{words: themes}, initial: "auto",
		},
		{
			Name: "brightness", Type: "y", Unit: "percent", Scope: OfVehicle, Stage: AfterPIN,
			Range: "0 to 100", schema: octet{0, 100}, initial: byte(80),
		},
	}}
}

// Services is the group of the connected services that a person wants of those that
// the main user activated.
func Services() Group {
	words := []string{"news", "weather", "traffic", "calendar", "charging-planner", "voice", "apps"}
	return Group{"services", []Setting{{
		Name: "enabled", Type: "as", Scope: OfPerson, Stage: AfterPIN,
		Range: "any of " + oneOf(words), schema: set{words}, initial: []string{},
	}}}
}

// language is a language tag: well formed by RFC 5646, section 2.1, but for the tags
// that are older than its grammar. Whether a language is registered is not asked.
type language struct{ text }

// languageTag is compiled when the first tag comes: a start does not wait for it.
var languageTag = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(?i)([a-z]{2,3}(-[a-z]{3}){0,3}|[a-z]{4,8})(-[a-z]{4})?(-([a-z]{2}|[0-9]{3}))?` +
		`(-([a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*(-[a-wy-z0-9](-[a-z0-9]{2,8})+)*(-x(-[a-z0-9]{1,8})+)?$`)
})

const longestTag = 35 // RFC 5646, section 4.4.1

func (language) check(v any) (any, error) {
	if s, ok := v.(string); ok && len(s) <= longestTag && languageTag().MatchString(s) {
		return s, nil
	}
	return nil, errors.New("must be a language tag of BCP 47 (s), as de-DE")
}
