package sim_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"glovebox/headunit"
	"glovebox/sim"
)

// sample is how long something took, end by end.
type sample []time.Duration

// ends are what is measured at the ends of a kind, from the end of the connection on: when the
// next one opens, and when it says its first word, which readers see too; and how soon after
// the opening a SUBSCRIBE follows, which only the broker sees.
type ends struct{ gap, word, handshake sample }

// After whoever's end, and after a removal, the connection closes and exactly one opens
// 500 ms later, and speaks at 750 ms, although a fresh process opens it after two of the three. SOAK_ENDS is for
// how many minutes more of them are compared.
func TestEndsLookAlike(t *testing.T) {
	minutes, _ := strconv.ParseFloat(os.Getenv("SOAK_ENDS"), 64)
	seen := map[string]*ends{"person": {}, "guest": {}, "removal": {}}
	var away sample
	rounds := 1 // a world costs more than an end
	if minutes > 0 {
		rounds = 3
	}
	for begun := time.Now(); len(away) == 0 || time.Since(begun).Minutes() < minutes; {
		t.Run(fmt.Sprint("round", len(seen["removal"].gap)), func(t *testing.T) { away = append(away, someEnds(t, seen, rounds)...) })
		if t.Failed() {
			return
		}
	}
	for _, kind := range []string{"person", "guest", "removal"} {
		t.Logf("%-8s gap       %s", kind, seen[kind].gap)
		t.Logf("%-8s word      %s", kind, seen[kind].word)
		t.Logf("%-8s handshake %s", kind, seen[kind].handshake)
		for _, gap := range seen[kind].gap {
			if gap < 300*time.Millisecond || gap > 5*time.Second { // a busy machine sees either late
				t.Errorf("%s: the next connection comes after %v", kind, gap)
			}
		}
		for _, word := range seen[kind].word {
			if word < 550*time.Millisecond { // and so does it the end before
				t.Errorf("%s: the first word comes after %v", kind, word)
			}
		}
	}
	t.Logf("name away      %s", away)
	if minutes == 0 {
		return
	}
	person := seen["person"]
	for _, kind := range []string{"guest", "removal"} {
		for _, row := range []struct {
			what         string
			mine, theirs sample
		}{{"gap", seen[kind].gap, person.gap}, {"word", seen[kind].word, person.word}, {"handshake", seen[kind].handshake, person.handshake}} {
			t.Logf("%s against person: %-9s p %.4f, p beyond %v %.4f", kind, row.what, smirnov(row.mine, row.theirs, 0), tolerance, smirnov(row.mine, row.theirs, tolerance))
			if told(row.mine, row.theirs) {
				t.Errorf("a %s's end can be told from a person's by its %s", kind, row.what)
			}
			if !told(row.mine.later(planted), row.theirs) {
				t.Errorf("%s against person: as many would not show %v of a %s", kind, planted, row.what)
			}
		}
	}
}

// A difference of tolerance is none (docs/privacy.md, End of a session): a process that has just
// started does not run like one that waited, and a mobile network has more jitter. One of planted
// must be found.
const tolerance, planted = 5 * time.Millisecond, 20 * time.Millisecond

// errorLevel is how often one test tells two samples of one kind apart at most. Of two kinds
// and three measures six are made: in all that is once in 160 runs.
const errorLevel = 0.001

// told reports whether two samples differ by more than tolerance anywhere, in where they lie
// or in how they are spread.
func told(a, b sample) bool { return smirnov(a, b, tolerance) < errorLevel }

func (s sample) later(d time.Duration) (all sample) {
	for _, each := range s {
		all = append(all, each+d)
	}
	return all
}

// someEnds adds what is measured in a world at each of some ends, of a person and a guest in
// turn so many rounds and of a removal once, and returns how long
// nobody had the agent's name where a fresh process took over.
func someEnds(t *testing.T, seen map[string]*ends, rounds int) (away sample) {
	line := newWire(t)
	w := guestWorld(t, sim.Options{Config: []sim.Setting{{Key: "mqtt.broker", Value: line.url()}}}, func(w *sim.World) { line.to(t, w.Broker) })
	owned := owners(t, w)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	measure := func(kind string, end func()) {
		line.mark()
		end()
		line.await(t, "PUBLISH state")
		closed, opened := line.first("closed"), line.first("open")
		seen[kind].gap = append(seen[kind].gap, opened.Sub(closed))
		seen[kind].word = append(seen[kind].word, line.first("PUBLISH state").Sub(closed))
		seen[kind].handshake = append(seen[kind].handshake, line.first("SUBSCRIBE").Sub(opened))
		wiped(t, w)
		time.Sleep(time.Second)
		if n := strings.Count("\n"+line.order(), "\nopen"); n != 1 {
			t.Errorf("%s: %d connections opened:\n%s", kind, n, line.order())
		}
	}
	for range rounds {
		at(t, w, "lea")
		measure("person", func() { must(w.HMI.Logout(t.Context())) })
		at(t, w, "guest")
		measure("guest", func() { must(w.HMI.Logout(t.Context())) })
	}
	measure("removal", func() {
		d, err := w.Cloud.Remove("jonas")
		must(err)
		must(w.Issue(t.Context(), d))
	})
	for len(owned) > 0 {
		away = append(away, <-owned)
	}
	return away
}

// owners tells for how long nobody had the agent's name, each time.
func owners(t *testing.T, w *sim.World) <-chan time.Duration {
	t.Helper()
	conn, err := dbus.Connect(w.DBus.Address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.AddMatchSignal(dbus.WithMatchMember("NameOwnerChanged"), dbus.WithMatchArg(0, headunit.BusName)); err != nil {
		t.Fatal(err)
	}
	heard, away := make(chan *dbus.Signal, 64), make(chan time.Duration, 64)
	conn.Signal(heard)
	go func() {
		var gone time.Time
		for s := range heard {
			if len(s.Body) != 3 || s.Body[0] != headunit.BusName {
				continue
			}
			if s.Body[2] == "" {
				gone = time.Now()
			} else if !gone.IsZero() {
				away <- time.Since(gone)
			}
		}
	}()
	return away
}

// String is how many there are, the middle ones and the ends.
func (s sample) String() string {
	if len(s) == 0 {
		return "none"
	}
	all := slices.Sorted(slices.Values(s))
	var marks []string
	for _, part := range []int{0, 10, 50, 90, 100} {
		at := all[(len(all)-1)*part/100].Round(100 * time.Microsecond)
		marks = append(marks, fmt.Sprintf("%d%% %v", part, at))
	}
	return fmt.Sprintf("%d: %s", len(all), strings.Join(marks, ", "))
}

// smirnov is the test of Kolmogorov and Smirnov with a tolerance: a bound of the probability
// that the shares of two samples below some value differ by as much as these do somewhere,
// where each value of one is at most the tolerance away from one of the other's distribution.
func smirnov(a, b sample, tolerance time.Duration) (p float64) {
	n, m := float64(len(a)), float64(len(b))
	root := math.Sqrt(n * m / (n + m))
	x := (root + 0.12 + 0.11/root) * max(ahead(a.later(tolerance), b), ahead(b.later(tolerance), a)) // Stephens' correction for few
	return min(1, 2*math.Exp(-2*x*x))
}

// ahead is by how much the share of a below some value is larger than that of b, at most.
func ahead(a, b sample) (most float64) {
	a, b = slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	j := 0
	for i, at := range a {
		for j < len(b) && b[j] <= at {
			j++
		}
		most = max(most, float64(i+1)/float64(len(a))-float64(j)/float64(len(b)))
	}
	return most
}

// The test itself: of one distribution it tells two samples apart as seldom as it says, and
// so where they differ by less than the tolerance; a planted delay it finds, and so it does a
// wider spread about the same middle.
func TestTwoSamples(t *testing.T) {
	random := rand.New(rand.NewPCG(8, 6))
	draw := func(n int, wide float64) (s sample) {
		for range n {
			late := wide * math.Abs(random.NormFloat64())
			if random.IntN(10) == 0 { // the machine does something else
				late *= 10
			}
			s = append(s, 500*time.Millisecond+time.Duration(late*float64(time.Millisecond)))
		}
		return s
	}
	const many = 4000
	wrong, near := map[float64]int{0.05: 0, errorLevel: 0}, 0
	for range many {
		a, b := draw(30, 3), draw(90, 3)
		for level := range wrong {
			if smirnov(a, b, 0) < level {
				wrong[level]++
			}
		}
		if told(a.later(tolerance), b) {
			near++
		}
	}
	if wrong[0.05] > many*6/100 || wrong[0.05] < many*2/100 || wrong[errorLevel] > 12 || near > 12 {
		t.Errorf("of %d pairs of one kind it tells %v apart, and %d that are near", many, wrong, near)
	}
	for range 100 {
		if a, b := draw(30, 3), draw(90, 3); !told(a.later(planted), b) {
			t.Errorf("not found: %v in %v beside %v", planted, a, b)
		}
		var tight, wide sample
		for range 90 {
			tight = append(tight, time.Duration(random.NormFloat64()*1e6))
			wide = append(wide, time.Duration(random.NormFloat64()*3e7))
		}
		if !told(wide, tight) {
			t.Errorf("not found: %v beside %v", wide, tight)
		}
	}
}
