package agent_test

import (
	"encoding/json"
	"encoding/xml"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"glovebox/hal"
	"glovebox/profiles"
	"glovebox/telemetry"
	"glovebox/telemetry/outside"
)

// gpx is the part of a route that is driven: places, and the speed from each to the next.
type gpx struct {
	Points []struct {
		Lat   float64    `xml:"lat,attr"`
		Lon   float64    `xml:"lon,attr"`
		Time  *time.Time `xml:"time"`
		Speed float64    `xml:"extensions>speed"` // m/s
	} `xml:"trk>trkseg>trkpt"`
}

func route(t *testing.T, name string) (g gpx) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../sim/scenarios/routes", name))
	if err != nil {
		t.Fatal(err)
	}
	if err := xml.Unmarshal(text, &g); err != nil || len(g.Points) < 2 {
		t.Fatalf("%s: %d points, %v", name, len(g.Points), err)
	}
	return g
}

// follows drives a route, a fix a second, and has things done so long after it set off. It
// returns how far that was.
func (b *bubble) follows(g gpx, then map[time.Duration]func()) (metres float64) {
	b.t.Helper()
	second := func(lat, lon, speed float64) {
		b.observe("Vehicle.LowVoltageSystemState", hal.Word("ON"))
		b.observe("Vehicle.Speed", hal.Number(3.6*speed))
		time.Sleep(time.Second)
		b.Fix(&hal.Position{Latitude: lat, Longitude: lon, Speed: hal.Speed(speed)})
	}
	begun, rest := b.at(), 0.0
	for i, p := range g.Points[:len(g.Points)-1] {
		q := g.Points[i+1]
		north, east := (q.Lat-p.Lat)*111_195, (q.Lon-p.Lon)*111_195*math.Cos(p.Lat*math.Pi/180)
		length := math.Hypot(north, east)
		if p.Speed == 0 {
			wait := 0.0
			if p.Time != nil && q.Time != nil {
				wait = q.Time.Sub(*p.Time).Seconds()
			}
			for range int(wait) {
				second(p.Lat, p.Lon, 0)
			}
			continue
		}
		for rest += p.Speed; rest < length; rest += p.Speed {
			for at, do := range then {
				if b.at()-begun >= at {
					delete(then, at)
					do()
				}
			}
			part := rest / length
			second(p.Lat+part*(q.Lat-p.Lat), p.Lon+part*(q.Lon-p.Lon), p.Speed)
		}
		rest -= length + p.Speed
		metres += length
	}
	if len(then) > 0 {
		b.t.Fatal("the route is too short")
	}
	b.halts()
	b.ends()
	return metres
}

// told is what a mailbox was told of trips since a number of messages: the members of each,
// by day.
func (b *bubble) told(mailbox string, since int) (days map[string][]string, all []map[string]any) {
	b.t.Helper()
	days = map[string][]string{}
	for _, w := range b.broker.to(mailbox, outside.KindTrips)[since:] {
		var got map[string]any
		if err := json.Unmarshal(w.Payload, &got); err != nil {
			b.t.Fatal(err)
		}
		all = append(all, got)
		var members []string
		for name := range got {
			if !slices.Contains([]string{"epoch", "seq", "resend", "ts"}, name) {
				members = append(members, name)
			}
		}
		slices.Sort(members)
		day, _ := got["day"].(string)
		days[day] = append(days[day], strings.Join(members, " "))
	}
	return days, all
}

const (
	wholeTrip = "assigned day distance_m duration_s end start track trip"
	stubOnly  = "day distance_km trip"
)

// Three readers over two days: Anna, whose car it is, has every trip whole, Lea too, Jonas
// day and band alone, but of what Anna hands him, by hand. What somebody drives at a level
// in the middle of a trip is no part of the two that lie around it, what a guest drives is
// none. The routes are those of the scenarios.
func TestThreeReadersOverTwoDays(t *testing.T) {
	commute, block := route(t, "commute.gpx"), route(t, "block.gpx")
	inBubble(t, func(t *testing.T, b *bubble) {
		const first, second = "2026-11-21", "2026-11-22"
		b.login(lea)
		way := b.follows(commute, nil)
		b.login(anna)
		b.follows(commute, map[time.Duration]func(){
			8 * time.Minute:  func() { b.level(telemetry.LevelNoPosition) },
			12 * time.Minute: func() { b.level(telemetry.LevelShare) },
		})
		time.Sleep(12 * time.Hour)
		b.login(jonas)
		b.follows(block, nil)
		if _, err := b.StartGuest(t.Context(), false); err != nil {
			t.Fatal(err)
		}
		b.follows(block, nil)
		b.login(lea)
		b.level(telemetry.LevelOffline)
		b.follows(block, nil)
		time.Sleep(10 * time.Minute)
		synctest.Wait()

		want := map[string][]string{first: {wholeTrip, wholeTrip, wholeTrip}, second: {wholeTrip}}
		for who, box := range map[string]string{"Anna": annaBox, "Lea": leaBox} {
			if got, _ := b.told(box, 0); !maps.EqualFunc(got, want, slices.Equal) {
				t.Errorf("%s was told %q", who, got)
			}
		}
		stubs := map[string][]string{first: {stubOnly, stubOnly, stubOnly}, second: {stubOnly}}
		got, before := b.told(jonasBox, 0)
		if !maps.EqualFunc(got, stubs, slices.Equal) {
			t.Errorf("Jonas was told %q", got)
		}
		_, annas := b.told(annaBox, 0)
		if by := annas[0]["distance_m"].(float64) - way; math.Abs(by) > 0.04*way {
			t.Errorf("Lea's commute of %.0f m is %.0f m off", way, by)
		}
		around := annas[1]["distance_m"].(float64) + annas[2]["distance_m"].(float64)
		if around > 0.9*way || around < 0.5*way {
			t.Errorf("of Anna's %.0f m there are %.0f m in two trips", way, around)
		}

		b.login(anna)
		b.assigns(annas[0]["trip"].(string), jonas)
		b.ends()
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		if got, _ := b.told(jonasBox, len(before)); !maps.EqualFunc(got, map[string][]string{first: {wholeTrip}}, slices.Equal) {
			t.Errorf("of the one that Anna gave him Jonas was told %q", got)
		}
		if got, _ := b.told(leaBox, 4); len(got) != 0 {
			t.Errorf("and Lea %q", got)
		}
		for who, want := range map[profiles.ID]string{ // their own too, and what they drove at a level
			anna: "whole+ whole private whole whole", lea: "whole whole whole whole private", jonas: "whole+ 0-10 0-10 whole",
		} {
			if got := b.seen(who); got != want {
				t.Errorf("in the car %s sees %q", nameOf(who), got)
			}
		}
	})
}
