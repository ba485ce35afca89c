package cloud

import (
	"fmt"
	"time"
)

// Ways by which a letter goes.
const (
	Mail = "mail" // e-mail
	SMS  = "sms"  // text message
	App  = "app"  // a notice in the app of the person's phone
)

// Letter is something the back end wrote to a person.
type Letter struct {
	At      time.Time
	To      string // name of the person
	Address string // of the mail, number of the phone, empty for a notice in the app
	Kind    string // mail, sms or app
	Subject string // empty in a text message
	Text    string
}

// Outbox is all that was written to people, oldest first.
func (b *BackEnd) Outbox() []Letter {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]Letter(nil), b.letters...)
}

// post writes to a person by one way; mu is held.
func (b *BackEnd) post(to, kind, subject, format string, args ...any) {
	l := Letter{At: time.Now(), To: to, Kind: kind, Subject: subject, Text: fmt.Sprintf(format, args...)}
	switch contact := b.register(Contact{Name: to}); kind {
	case Mail:
		l.Address = contact.Mail
	case SMS:
		l.Address = contact.Mobile
	}
	b.letters = append(b.letters, l)
	b.notify()
}

// heldLetter waits until the car shows a document.
type heldLetter struct {
	version uint64
	Letter
}

// later writes to a person once the car shows the document of a version; without a
// connection to it at once. mu is held.
func (b *BackEnd) later(version uint64, to, kind, subject, text string) {
	if b.connection == nil || version <= b.shown() {
		b.post(to, kind, subject, "%s", text)
		return
	}
	b.held = append(b.held, heldLetter{version, Letter{To: to, Kind: kind, Subject: subject, Text: text}})
}

// postHeld writes what waited for the version that the car shows; mu is held.
func (b *BackEnd) postHeld() {
	waiting := b.held
	b.held = nil
	for _, l := range waiting {
		if l.version > b.shown() {
			b.held = append(b.held, l)
			continue
		}
		b.post(l.To, l.Kind, l.Subject, "%s", l.Text)
	}
}

// shown is the version that the car has for sure; mu is held.
func (b *BackEnd) shown() uint64 { return max(b.state.Policy, b.ofCar) }

// reportTo writes a person a notice, by mail and in the app; mu is held.
func (b *BackEnd) reportTo(to, subject, format string, args ...any) {
	if to == "" {
		return
	}
	b.post(to, Mail, subject, format, args...)
	b.post(to, App, subject, format, args...)
}

// main names the main user of the current document, empty if there is none; mu
// is held.
func (b *BackEnd) main() string {
	if b.current == nil {
		return ""
	}
	for _, e := range b.current.Users {
		if e.Role == Main {
			return b.named(e.ID)
		}
	}
	return ""
}

// named is the name of the person with an id; mu is held.
func (b *BackEnd) named(id string) string {
	for _, r := range b.readers {
		if r.ID == id {
			return r.Name
		}
	}
	return ""
}

// people names everybody in the current document; mu is held.
func (b *BackEnd) people() []string {
	var all []string
	if b.current != nil {
		for _, e := range b.current.Users {
			all = append(all, b.named(e.ID))
		}
	}
	return all
}
