package console

import (
	"context"
	"maps"
	"strconv"
	"sync"
	"time"

	"glovebox/sim/cloud"
)

// phoneData is the event phone: whole each time. It is made of that reader's mailbox, of
// what the back end tells the app, and of nothing that the car says.
type phoneData struct {
	Name     string            `json:"name"`
	Role     string            `json:"role"`
	Sharing  string            `json:"sharing"`
	Letter   string            `json:"letter"`
	Member   bool              `json:"member"`
	State    string            `json:"state"`
	Place    *placeData        `json:"place"`
	Values   map[string]string `json:"values"`
	Warnings []alarmData       `json:"warnings"`
	People   []memberData      `json:"people"`
	Trips    []tripData        `json:"trips"`
	Chat     []lineData        `json:"chat"`
	Actions  []actionData      `json:"actions"`
	Mail     []letterData      `json:"mail"`
	SMS      []letterData      `json:"sms"`
}

type placeData struct {
	Lat     float64  `json:"lat"`
	Lon     float64  `json:"lon"`
	Heading *float64 `json:"heading,omitempty"`
}

type memberData struct {
	Name    string `json:"name"`
	Role    string `json:"role"`
	Sharing string `json:"sharing"`
	State   string `json:"state"`
	Letter  string `json:"letter"`

	Restricted []string `json:"restricted"` // functions that the main user took away
}

type lineData struct {
	From string `json:"from"`
	Role string `json:"role"`
	Kind string `json:"kind"`
	Text string `json:"text"`
	T    string `json:"t"`
	Mine bool   `json:"mine"`
}

type actionData struct {
	Action string `json:"action"`
	State  string `json:"state"`
	Reason string `json:"reason"`
	T      string `json:"t"`
}

type letterData struct {
	Subject string `json:"subject,omitempty"`
	Text    string `json:"text"`
	T       string `json:"t"`
}

// workshopData is the event workshop: whole each time.
type workshopData struct {
	Main      string            `json:"main"`
	Secondary int               `json:"secondary"`
	Values    map[string]string `json:"values"`
	Warnings  []alarmData       `json:"warnings"`
	Chat      []lineData        `json:"chat"`
	Model     string            `json:"model"`
	Year      int               `json:"year"`
}

// people are the mailboxes of a world. They are looked at when something arrives, and once
// a second, for a place grows old without a word.
type people struct {
	feed *Feed

	mu       sync.Mutex
	boxes    map[string]*mailbox // guarded by mu; by reader's name
	found    int                 // guarded by mu; messages of all readers
	breaches int                 // guarded by mu; that were told
	state    cloud.State         // guarded by mu; that was told
	workshop any                 // guarded by mu; that was told
}

// mailboxes follows what readers find.
func (f *Feed) mailboxes(ctx context.Context) error {
	_ = f.world.Cloud.Wait(ctx, func() bool { f.people.look(); return false }) // until ctx ends
	return nil
}

// places looks at the mailboxes again: a place grows old without a word.
func (f *Feed) places(ctx context.Context) error { return every(ctx, time.Second, f.people.look) }

// look tells what is new.
func (p *people) look() {
	p.mu.Lock()
	defer p.mu.Unlock()
	back, log := p.feed.world.Cloud, p.feed.log
	if state := back.State(); state != p.state {
		p.state = state
		log.Append("state", "", nil, state)
	}
	readers := back.Readers()
	for _, r := range readers {
		box := p.boxes[r.Name]
		if box == nil || box.id != r.ID { // somebody new, or new to the car
			box = newMailbox(r.ID)
			box.taken = 0
			if before := p.boxes[r.Name]; before != nil {
				box.taken = before.taken
			}
			p.boxes[r.Name] = box
		}
		for _, m := range back.Since(r.Name, box.taken) {
			box.taken++
			box.take(m)
			p.found++
			log.Append("published", strconv.Itoa(p.found), nil, publishedOf(m, r.Role))
		}
		if r.Role == cloud.Workshop || r.Role == cloud.BackendName {
			continue
		}
		if d := p.phone(r, box, readers); !equal(d, box.said) {
			box.said = d
			log.Append("phone", r.Name, []string{"phone/" + r.Name}, d)
		}
	}
	if d := p.shop(readers); !equal(d, p.workshop) {
		p.workshop = d
		log.Append("workshop", "", []string{"workshop"}, d)
	}
	breaches := back.Breaches()
	for i := min(p.breaches, len(breaches)); i < len(breaches); i++ {
		log.Append("breach", strconv.Itoa(i+1), nil, map[string]string{"text": breaches[i]})
	}
	p.breaches = len(breaches)
}

// phone is what a person's app shows.
func (p *people) phone(r cloud.Reader, box *mailbox, readers []cloud.Reader) phoneData {
	role, sharing := "secondary", r.Role
	if r.Role == cloud.Main {
		role, sharing = cloud.Main, ""
	}
	d := phoneData{
		Name: r.Name, Role: role, Sharing: sharing, Letter: letterOf(r.Role, ""), Member: !r.Removed && r.State == "active", State: r.State,
		Values: map[string]string{}, Warnings: []alarmData{}, People: []memberData{}, Trips: []tripData{}, Chat: []lineData{},
		Actions: []actionData{}, Mail: []letterData{}, SMS: []letterData{},
	}
	if r.Removed {
		d.State = "removed"
	}
	if d.Member {
		d.Place, d.Values, d.Warnings, d.Chat = box.live(time.Now()), maps.Clone(box.values), box.warningList(), box.chat(r.Name)
		d.Trips = box.tripList(r.ID, p.feed.name, p.feed.streets)
		d.People = members(r, readers)
		if phone, err := p.feed.world.Cloud.Phone(r.Name); err == nil {
			for _, o := range phone.Ordered() {
				d.Actions = append(d.Actions, actionOf(o))
			}
		}
	}
	for _, l := range p.feed.world.Cloud.Outbox() {
		switch one := (letterData{l.Subject, l.Text, stamp(l.At)}); {
		case l.To != r.Name:
		case l.Kind == cloud.Mail:
			d.Mail = append(d.Mail, one)
		case l.Kind == cloud.SMS:
			d.SMS = append(d.SMS, one)
		}
	}
	return d
}

// actionOf is an action as the phone shows it: waiting until the car has answered.
func actionOf(o cloud.Ordered) actionData {
	a := actionData{Action: o.Act, State: o.Result.Result, Reason: o.Result.Reason, T: stamp(o.At)}
	if a.State == "" {
		a.State = "waiting"
	}
	return a
}

// members are the people of the car, as somebody's app may show them: the main user sees
// all, others the main user and themselves.
func members(viewer cloud.Reader, readers []cloud.Reader) []memberData {
	all := []memberData{}
	for _, r := range readers {
		person := r.Role == cloud.Main || r.Role == cloud.Shared || r.Role == cloud.Limited
		if !person || r.Removed || r.State == "" || viewer.Role != cloud.Main && r.Role != cloud.Main && r.Name != viewer.Name {
			continue
		}
		m := memberData{Name: r.Name, Role: "secondary", Sharing: r.Role, State: r.State, Letter: letterOf(r.Role, ""), Restricted: append([]string{}, r.Restricted...)}
		if r.Role == cloud.Main {
			m.Role, m.Sharing = cloud.Main, ""
		}
		all = append(all, m)
	}
	return all
}

// shop is what the workshop's desk shows. Where the document names no workshop, what
// people write goes to the back end, and is shown here.
func (p *people) shop(readers []cloud.Reader) workshopData {
	about := p.feed.player.Scenario()
	d := workshopData{Values: map[string]string{}, Warnings: []alarmData{}, Chat: []lineData{}, Model: about.Model, Year: about.Year}
	for _, r := range readers {
		switch {
		case r.Removed || r.State == "" && r.Role != cloud.Workshop:
		case r.Role == cloud.Workshop:
			box := p.boxes[r.Name]
			d.Values, d.Warnings, d.Chat = maps.Clone(box.values), box.warningList(), box.chat(cloud.Workshop)
		case r.Role == cloud.Main:
			d.Main = r.Name
		case r.Role == cloud.Shared || r.Role == cloud.Limited:
			d.Secondary++
		}
	}
	return d
}
