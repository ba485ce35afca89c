package profiles_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"glovebox/profiles"
)

// Guest mode goes by model and model year; a model that is not in the table has none.
func TestGuestMode(t *testing.T) {
	for _, row := range []struct {
		model string
		year  int
		want  bool
	}{
		{"Macan Electric", 2024, true}, {"Macan Electric", 2023, false}, {"macan-electric", 2025, true},
		{"MacanElectric", 2024, true}, {"Macan 4 Electric", 2024, true}, {"Macan", 2025, false}, {"Macan GTS", 2025, false},
		{"Taycan", 2020, true}, {"Taycan", 2019, false}, {"  TAYCAN  ", 2020, true}, {"Taycan Turbo S", 2021, true}, {"Taycan", 0, false},
		{"911", 2022, true}, {"911", 2021, false}, {"911 Carrera 4S", 2023, true}, {"9115", 2023, false},
		{"Panamera", 2022, true}, {"Panamera", 2021, false}, {"panamera 4 e-hybrid", 2022, true},
		{"Cayenne", 2022, true}, {"Cayenne", 2021, false}, {"Cayenne Coupé", 2024, true},
		{"Cayenne Electric", 2026, true}, {"Cayenne Electric", 2025, false},
		{"718 Boxster", 2024, false}, {"RAV4", 2024, false}, {"Not a Taycan", 2024, false}, {"", 2024, false}, {"-", 2024, false},
	} {
		if got := profiles.EquipmentOf(row.model, row.year, "DE").GuestMode; got != row.want {
			t.Errorf("%q of %d: %v, want %v", row.model, row.year, got, row.want)
		}
	}
}

// How one comes in, and which functions there are, is the table's word too; a car that
// is not in it has what the last row says.
func TestEquipment(t *testing.T) {
	for _, row := range []struct {
		model, country string
		year           int
		byHand, code   bool
		without        string
	}{
		{"Taycan", "DE", 2024, false, false, ""},
		{"Macan Electric", "DE", 2024, true, false, ""},
		{"Macan Electric", "DE", 2023, false, false, ""},
		{"911", "DE", 2024, false, true, "charging-service"},
		{"Cayenne", "DE", 2024, true, true, ""},
		{"RAV4", "DE", 2024, false, false, ""},
		{"RAV4", "CN", 2024, false, false, "activation-certificate"},
		{"RAV4", "cn", 2024, false, false, "activation-certificate"},
		{"", "", 0, false, false, ""},
	} {
		e := profiles.EquipmentOf(row.model, row.year, row.country)
		var without []string
		for _, f := range e.Without {
			without = append(without, string(f))
		}
		if e.ActivationByHand != row.byHand || e.SecurityCode != row.code || strings.Join(without, " ") != row.without {
			t.Errorf("%q of %d in %q: %+v, want %+v", row.model, row.year, row.country, e, row)
		}
	}
}

// Each value of the table says where it is from: as many sources as values.
func TestModelsSayTheirSource(t *testing.T) {
	text, err := os.ReadFile("models.toml")
	if err != nil {
		t.Fatal(err)
	}
	values := 0
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "#") || !strings.Contains(line, "{") {
			continue
		}
		values++
		if !strings.Contains(line, `source = "secondary-user"`) && !strings.Contains(line, `source = "assumed"`) {
			t.Errorf("no source that the head of the file explains: %s", line)
		}
	}
	if want := 3 * (len(profiles.Models()) + 1); values < want {
		t.Errorf("%d values, want %d", values, want)
	}
	if slices.Contains(profiles.Models(), "") {
		t.Error("the last row counts as a model")
	}
}

// A model is known by its name in any letter case and with further words; the last row,
// which stands for all others, is no model.
func TestModelKnown(t *testing.T) {
	for _, name := range append(profiles.Models(), "taycan Turbo S", " 911 ") {
		if name == "" || !profiles.ModelKnown(name) {
			t.Errorf("%q is not known", name)
		}
	}
	for _, name := range []string{"", "RAV4", "Not a Taycan", "9115"} {
		if profiles.ModelKnown(name) {
			t.Errorf("%q is known", name)
		}
	}
}

// Who accepted comes in at once where the car asks for neither the main user nor its code.
func TestAtOnce(t *testing.T) {
	for _, row := range []struct{ byHand, code, atOnce bool }{{false, false, true}, {true, false, false}, {false, true, false}, {true, true, false}} {
		a := profiles.Equipment{ActivationByHand: row.byHand, SecurityCode: row.code}.Admission()
		if a.Alone == row.byHand || a.Code != row.code || a.AtOnce() != row.atOnce {
			t.Errorf("%+v: %+v, at once %v", row, a, a.AtOnce())
		}
	}
}
