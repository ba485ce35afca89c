package outside_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"glovebox/telemetry/outside"
)

// Over 1,000 random traces the indicator is on exactly from each hand-over of a place to
// the connection until one period after the last, or until the gate closes: whatever fixes
// come or are missing, whatever the link does, and also where a message is handed over a
// while after it was decided.
func TestIndicatorIsThePublishersTrace(t *testing.T) {
	const period = 10 * time.Second
	traces, lit, late := 0, 0, 0
	for traces < 1000 {
		rapid.Check(t, func(t *rapid.T) {
			traces++
			car := newCar(nil, outside.Builtin(), outside.Options{})
			car.out.Link(true, car.now)
			type flight struct {
				r     outside.Released
				gates int
			}
			var flying []flight
			gates, handed := 0, -time.Hour // how often the gate closed; the last hand-over of a place that counts
			hand := func(f flight) {
				car.out.Handed(f.r, car.now)
				if f.r.Kind() == outside.KindPosition && f.gates == gates {
					handed = car.now.Boot
				}
			}
			check := func() {
				on := car.now.Boot-handed < period
				if got := car.out.LocationInUse(car.now); got != on {
					t.Fatalf("at %v the indicator is %v, the last place was handed over at %v", car.now.Boot, got, handed)
				}
				if until := car.out.LocationUntil(); on && until != handed+period || !on && until > car.now.Boot {
					t.Fatalf("at %v the indicator says that it goes out at %v", car.now.Boot, until)
				}
				if on {
					lit++
				}
			}
			take := func() {
				for _, r := range car.out.Tick(car.now) {
					if !car.out.Recheck(r, car.now) {
						continue
					}
					if rapid.IntRange(0, 3).Draw(t, "late") > 0 {
						hand(flight{r, gates})
						continue
					}
					flying = append(flying, flight{r, gates})
				}
			}
			for range rapid.IntRange(5, 60).Draw(t, "steps") {
				switch rapid.IntRange(0, 11).Draw(t, "what") {
				case 0:
					car.out.Fix(nil, car.now)
				case 1:
					car.out.PurgePlace(car.now)
					gates, handed = gates+1, -time.Hour
				case 2:
					car.out.Link(rapid.Bool().Draw(t, "up"), car.now)
				case 3, 4:
					for _, f := range flying {
						hand(f)
						late++
					}
					flying = nil
				case 5:
					car.step(car.now.Boot + time.Duration(rapid.SampledFrom([]int64{int64(period) - 1, 1, int64(period)}).Draw(t, "corner")))
				default:
					car.fix(54, 6)
					car.step(car.now.Boot + time.Duration(rapid.IntRange(0, 4000).Draw(t, "ms"))*time.Millisecond)
				}
				take()
				check()
			}
		})
	}
	if t.Logf("%d traces, %d times on, %d handed over late", traces, lit, late); lit < traces || late < traces/10 {
		t.Error("the traces show too little")
	}
}
