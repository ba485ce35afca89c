package cloud_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"glovebox/profiles"
	"glovebox/sim/cloud"
)

// The workshop brings a main user to a new car and takes them out again after a
// warning; the next one waits for the car's security code.
func TestWorkshop(t *testing.T) {
	back, car := fleet(t)
	if err := back.InviteMain(cloud.Contact{Name: "anna"}); err != nil {
		t.Fatal(err)
	}
	car.accept(phone(t, back, "anna").Accept(code(t, back, "anna"), "none", ""))
	if main, ok := car.now.Main(); !ok || main.State != profiles.Active || !main.Verifier.IsZero() {
		t.Errorf("the first main user: %+v", main)
	}
	anna := phone(t, back, "anna")
	car.accept(anna.Invite(cloud.Contact{Name: "lea"}, cloud.Shared))
	if err := back.InviteMain(cloud.Contact{Name: "kim"}); err == nil {
		t.Error("a second main user was invited")
	}
	if _, err := back.RemoveMain(false); !errors.Is(err, cloud.ErrWarning) || !strings.Contains(err.Error(), "anna, lea") {
		t.Errorf("without a word: %v", err)
	}
	car.accept(back.RemoveMain(true))
	if len(car.now.People) != 0 || !strings.Contains(letter(t, back, "lea", cloud.Mail).Text, "no longer") {
		t.Errorf("still %d people", len(car.now.People))
	}
	if err := back.InviteMain(cloud.Contact{Name: "kim"}); err != nil {
		t.Fatal(err)
	}
	kinds := car.accept(phone(t, back, "kim").Accept(code(t, back, "kim"), "", ""))
	if main, _ := car.now.Main(); len(kinds) != 1 || kinds[0] != profiles.MainArrived || main.State != profiles.AwaitingActivation {
		t.Errorf("the next main user: %v, %v", kinds, main.State)
	}
}

// What the workshop writes is kept, shown in the apps and given to the car's inbox.
func TestChat(t *testing.T) {
	back, car, first := world(t, family()...)
	access, err := profiles.DecodeAccess(car.verified(first, car.trusted(first)))
	if err != nil {
		t.Fatal(err)
	}
	heard := make(chan []byte, 2)
	topic := "gb/1/" + car.own.VID + "/to/" + access.Inbox + "/messages"
	if got := car.connection.Subscribe(topic, 1, func(_ mqtt.Client, m mqtt.Message) { heard <- m.Payload() }); !got.WaitTimeout(2*time.Second) || got.Error() != nil {
		t.Fatal(got.Error())
	}
	if err := back.Chat(t.Context(), "Your car is ready"); err != nil {
		t.Fatal(err)
	}
	if err := back.Quote(t.Context(), "Brake pads: 240 EUR"); err != nil {
		t.Fatal(err)
	}
	for _, want := range []cloud.Note{{Kind: "chat", Text: "Your car is ready"}, {Kind: "notice", Text: "Brake pads: 240 EUR"}} {
		var n cloud.Note
		if err := json.Unmarshal(<-heard, &n); err != nil || n.Kind != want.Kind || n.Text != want.Text || n.Role != cloud.Workshop || n.ID == "" {
			t.Errorf("the car heard %+v: %v", n, err)
		}
	}
	for _, name := range []string{"anna", "lea", "jonas"} {
		if l := letter(t, back, name, cloud.App); l.Text != "Brake pads: 240 EUR" {
			t.Errorf("%s reads %+v", name, l)
		}
	}
	if breaches := back.Breaches(); len(breaches) > 0 {
		t.Errorf("breaches: %v", breaches)
	}
}
