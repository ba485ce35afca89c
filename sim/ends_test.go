package sim_test

import (
	"cmp"
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

// ends are what a broker measures at the ends of a kind: how long there is no connection, and
// how long the next one takes until the state is on it.
type ends struct{ gap, hello sample }

// After whoever's end, and after a removal, the connection closes and exactly one opens
// 500 ms later, although a fresh process opens it after two of the three. SOAK_ENDS is for
// how many minutes more of them are compared.
func TestEndsLookAlike(t *testing.T) {
	minutes, _ := strconv.ParseFloat(os.Getenv("SOAK_ENDS"), 64)
	seen := map[string]*ends{"person": {}, "guest": {}, "removal": {}}
	var away sample
	for begun := time.Now(); len(away) == 0 || time.Since(begun).Minutes() < minutes; {
		t.Run(fmt.Sprint("round", len(seen["removal"].gap)), func(t *testing.T) { away = append(away, someEnds(t, seen)...) })
		if t.Failed() {
			return
		}
	}
	for _, kind := range []string{"person", "guest", "removal"} {
		t.Logf("%-8s gap   %s", kind, seen[kind].gap)
		t.Logf("%-8s hello %s", kind, seen[kind].hello)
		for _, gap := range seen[kind].gap {
			if gap < 480*time.Millisecond || gap > 2*time.Second {
				t.Errorf("%s: the next connection comes after %v", kind, gap)
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
		}{{"gap", seen[kind].gap, person.gap}, {"hello", seen[kind].hello, person.hello}} {
			shift, shape := rankSum(row.mine, row.theirs), smirnov(row.mine, row.theirs)
			t.Logf("%s against person: %-5s rank sum p %.4f, Kolmogorov-Smirnov p %.4f", kind, row.what, shift, shape)
			if told(row.mine, row.theirs) {
				t.Errorf("a %s's end can be told from a person's by its %s", kind, row.what)
			}
			if !told(row.mine.later(planted), row.theirs) {
				t.Errorf("%s against person: as many would not show %v of a %s", kind, planted, row.what)
			}
		}
	}
}

// planted is a difference that must be found: less than the jitter of a mobile network.
const planted = 20 * time.Millisecond

func (s sample) later(d time.Duration) (all sample) {
	for _, each := range s {
		all = append(all, each+d)
	}
	return all
}

// errorLevel is how often one test tells two samples of one kind apart. Of two kinds, two
// measures and two tests eight are made: in all that is once in 125 runs at most.
const errorLevel = 0.001

// told reports whether two samples differ, in where they lie or in how they are spread.
func told(a, b sample) bool { return min(rankSum(a, b), smirnov(a, b)) < errorLevel }

// someEnds adds what is measured in a world at each of some ends, and returns how long
// nobody had the agent's name where a fresh process took over.
func someEnds(t *testing.T, seen map[string]*ends) (away sample) {
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
		closed, opened, shown := line.first("closed"), line.first("open"), line.first("PUBLISH state")
		seen[kind].gap, seen[kind].hello = append(seen[kind].gap, opened.Sub(closed)), append(seen[kind].hello, shown.Sub(opened))
		wiped(t, w)
		time.Sleep(time.Second)
		if n := strings.Count("\n"+line.order(), "\nopen"); n != 1 {
			t.Errorf("%s: %d connections opened:\n%s", kind, n, line.order())
		}
	}
	for range 3 {
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

// rankSum is the Mann-Whitney test: the probability that two samples of one distribution lie
// as far apart as these, both ways. Five of each are few enough for its normal form.
func rankSum(a, b sample) (p float64) {
	type value struct {
		d   time.Duration
		ofA bool
	}
	var all []value
	for _, d := range a {
		all = append(all, value{d: d, ofA: true})
	}
	for _, d := range b {
		all = append(all, value{d: d})
	}
	slices.SortFunc(all, func(x, y value) int { return cmp.Compare(x.d, y.d) })
	sum := 0.0
	for i, v := range all {
		if v.ofA {
			sum += float64(i + 1)
		}
	}
	n, m := float64(len(a)), float64(len(b))
	z := (sum - n*(n+m+1)/2) / math.Sqrt(n*m*(n+m+1)/12)
	return math.Erfc(math.Abs(z) / math.Sqrt2)
}

// smirnov is the test of Kolmogorov and Smirnov: the probability that the shares of two
// samples of one distribution below some value differ by as much as these do somewhere.
func smirnov(a, b sample) (p float64) {
	a, b = slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	n, m, most := float64(len(a)), float64(len(b)), 0.0
	for i, j := 0, 0; i < len(a) && j < len(b); {
		at := min(a[i], b[j])
		for i < len(a) && a[i] <= at {
			i++
		}
		for j < len(b) && b[j] <= at {
			j++
		}
		most = max(most, math.Abs(float64(i)/n-float64(j)/m))
	}
	root := math.Sqrt(n * m / (n + m))
	x := (root + 0.12 + 0.11/root) * most // Stephens' correction for few
	for k, sign := 1.0, 1.0; k <= 100; k, sign = k+1, -sign {
		p += 2 * sign * math.Exp(-2*k*k*x*x)
	}
	if x < 0.2 {
		return 1
	}
	return min(1, max(0, p))
}

// The tests themselves: of one distribution they tell two samples apart as seldom as they
// say; a planted delay they find, and so they do a spread where the middle is the same.
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
	wrong := map[float64]int{0.05: 0, errorLevel: 0}
	for range many {
		a, b := draw(30, 3), draw(90, 3)
		for level := range wrong {
			if rankSum(a, b) < level {
				wrong[level]++
			}
			if smirnov(a, b) < level {
				wrong[level]++
			}
		}
	}
	if wrong[0.05] > 2*many*6/100 || wrong[0.05] < 2*many*3/100 || wrong[errorLevel] > 20 {
		t.Errorf("of %d pairs of one kind two tests tell %v apart", many, wrong)
	}
	for range 100 {
		if a, b := draw(30, 3), draw(90, 3); !told(a.later(planted), b) {
			t.Errorf("not found: %v in %v beside %v", planted, a, b)
		}
		tight, wide := draw(90, 0), draw(90, 0)
		for i := range wide {
			tight[i] += time.Duration(random.NormFloat64() * 1e6)
			wide[i] += time.Duration(random.NormFloat64() * 5e6)
		}
		if !told(wide, tight) {
			t.Errorf("not found: %v beside %v", wide, tight)
		}
	}
}
