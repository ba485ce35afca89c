package outside_test

import (
	"bytes"
	"crypto/ecdh"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"glovebox/hal"
	"glovebox/telemetry/outside"
)

// A decision is a look into a table. Goal: no allocation.
func BenchmarkDecide(b *testing.B) {
	p, classes := outside.Builtin(), outside.Builtin().Classes()
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		p.Decide(classes[i%len(classes)], readers[i%len(readers)], outside.Unassigned, states[i%len(states)])
		i++
	}
}

// readersOf are so many readers, of each column in turn.
func readersOf(n int) (all []outside.Reader) {
	for i := range n {
		r := family[i%len(family)]
		r.ID, r.Mailbox, r.Inbox = fmt.Sprint(r.ID, i), fmt.Sprintf("%032x", i+1), ""
		all = append(all, r)
	}
	return all
}

// The whole way of a reading, for each of three readers and of eight: what a bus says is
// decided and held, and what is due is made. An hour of a car that drives, ten readings and a
// fix a second. Between slots nothing is allocated.
func BenchmarkReading(b *testing.B) {
	for _, n := range []int{3, 8} {
		b.Run(fmt.Sprintf("readers=%d", n), func(b *testing.B) {
			readings := drivenHour(b, n)
			b.ReportAllocs()
			for b.Loop() {
				readings()
			}
			per := float64(b.N) * 3600 * 10
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/per/float64(n), "ns/reading-reader")
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/per, "ns/reading")
		})
	}
	b.Run("between-slots", func(b *testing.B) {
		car := newCar(b, outside.Builtin(), outside.Options{})
		car.out.SetReaders(2, readersOf(8), car.now)
		r := hal.Reading{Path: odometer, Value: hal.Number(1), At: car.now}
		car.out.Signal(r)
		car.take()
		b.ReportAllocs()
		for b.Loop() {
			r.At.Boot++
			car.out.Signal(r)
			car.out.Tick(r.At)
		}
	})
}

func drivenHour(b *testing.B, n int) func() {
	car := newCar(b, outside.Builtin(), outside.Options{})
	car.out.SetReaders(2, readersOf(n), car.now)
	car.link(true)
	paths := []string{speed, odometer, charge, door, tyre, weight, battery, ignition, rangeAll, fuel}
	return func() {
		for range 3600 {
			for i, path := range paths {
				car.out.Signal(hal.Reading{Path: path, Value: hal.Number(float64(i) + car.now.Boot.Seconds()/100), At: car.now})
			}
			car.fix(54.19+car.now.Boot.Seconds()/1e5, 6.62)
			car.now.Boot, car.now.UTC = car.now.Boot+time.Second, car.now.UTC.Add(time.Second)
			for _, r := range car.out.Tick(car.now) {
				car.seq[r.Mailbox()]++
				if _, _, err := r.Encode(outside.Seq{Epoch: epoch, N: car.seq[r.Mailbox()]}); err != nil {
					b.Fatal(err)
				}
				car.out.Handed(r, car.now)
			}
		}
	}
}

// publishBytes is the size of an MQTT 3.1.1 PUBLISH at QoS 1 (section 3.3).
func publishBytes(topic string, payload int) int {
	rest := 2 + len(topic) + 2 + payload
	head := 2
	for n := rest; n >= 128; n /= 128 {
		head++
	}
	return head + rest
}

// How many bytes a sample takes on the wire: ten fixes of four values a message, as they come
// and gzipped, beside one topic for each signal and beside a JSON object for each; the payload
// alone too. Goal: 10 or less.
func BenchmarkBytes(b *testing.B) {
	size := map[string]float64{}
	for b.Loop() {
		for name, zip := range map[string]bool{"gz-B": true, "plain-B": false} {
			car := newCar(b, outside.Builtin(), outside.Options{VID: vid, Gzip: zip})
			car.link(true)
			for range 31 {
				at := math.Floor(car.now.Boot.Seconds()) // as a receiver gives it: course and altitude to a tenth
				car.out.Fix(&hal.Position{Latitude: 54.1945125 + at*1.3e-4, Longitude: 6.6222871 + at*7.1e-5, Altitude: math.Round(315+at/5) / 10, Course: math.Round(875+at*3) / 10}, car.now)
				car.run(car.now.Boot + time.Second)
			}
			all := car.of(boxMain, outside.KindPosition)
			w := all[len(all)-1]
			size["payload-"+name] = float64(len(w.payload)) / 40
			size[name] = float64(publishBytes(outside.Topic(vid, boxMain, w.suffix), len(w.payload))) / 40
		}
		topics, objects := 0, 0
		for _, s := range []struct{ path, value string }{{"Latitude", "54.1945125"}, {"Longitude", "6.6222871"}, {"Altitude", "31.5"}, {"Heading", "87.5"}} {
			topic := "gb/1/" + vid + "/to/" + boxMain + "/"
			topics += publishBytes(topic+"Vehicle/CurrentLocation/"+s.path, len(s.value))
			text, err := json.Marshal(map[string]string{"path": "Vehicle.CurrentLocation." + s.path, "value": s.value, "ts": "2026-11-21T12:05:00.000Z"})
			if err != nil {
				b.Fatal(err)
			}
			objects += publishBytes(topic+"position", len(text))
		}
		size["topics-B"], size["json-B"] = float64(topics)/4, float64(objects)/4
	}
	for unit, n := range size {
		b.ReportMetric(n, unit)
	}
	b.ReportMetric(size["topics-B"]/size["gz-B"], "topics/gz")
	b.ReportMetric(size["json-B"]/size["gz-B"], "json/gz")
}

// What sealing a full position message costs, beside the same message in the clear.
func BenchmarkSeal(b *testing.B) {
	key, err := ecdh.X25519().NewPrivateKey(bytes.Repeat([]byte{9}, 32))
	if err != nil {
		b.Fatal(err)
	}
	for name, seal := range map[string][]byte{"clear": nil, "sealed": key.PublicKey().Bytes()} {
		b.Run(name, func(b *testing.B) {
			car := newCar(b, outside.Builtin(), outside.Options{VID: vid, Sign: carKey()})
			car.out.SetReaders(12, []outside.Reader{{ID: "anna", Mailbox: boxMain, Column: outside.ColumnMain, Seal: seal}}, car.now)
			car.link(true)
			for range 31 {
				car.fix(54.1934567+car.now.Boot.Seconds()/1e4, 6.6254321)
				car.run(car.now.Boot + time.Second)
			}
			var message outside.Released
			for _, r := range car.released {
				if r.Kind() == outside.KindPosition {
					message = r
				}
			}
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				suffix, payload, err := message.Encode(outside.Seq{Epoch: epoch, N: 1})
				if n = len(payload); err != nil || strings.HasSuffix(suffix, "hpke") != (seal != nil) {
					b.Fatal(suffix, err)
				}
			}
			b.ReportMetric(float64(n), "B/message")
		})
	}
}
