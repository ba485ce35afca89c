package outside_test

import (
	"strings"
	"testing"
	"time"

	"glovebox/telemetry/outside"
)

const csvHeader = "class,main,shared,limited,limited_assigned,workshop,backend,guest_driving,no_position,offline,action_detail,reason\n"

// rowOf is the built-in row of a name, with words replaced.
func rowOf(name string, replace ...string) string {
	for _, line := range strings.Split(outside.PolicyCSV(), "\n") {
		if strings.HasPrefix(line, name+",") {
			return strings.NewReplacer(replace...).Replace(line) + "\n"
		}
	}
	panic("no row " + name)
}

func TestOverride(t *testing.T) {
	all := strings.Repeat(",withhold", 9)
	for _, c := range []struct {
		name, csv string
		narrower  bool   // taken as it is
		test      bool   // taken only with allow_wider, and then a test policy
		says      string // part of the refusal
	}{
		{"the built-in one", outside.PolicyCSV(), true, false, ""},
		{"nothing", csvHeader, true, false, ""},
		{"withhold a class", csvHeader + "alarm" + all + ",topic=alarms,\n", true, false, ""},
		{"coarser charge", csvHeader + rowOf("charge-level", "soc1", "soc5"), true, false, ""},
		{"coarsen what was allowed", csvHeader + rowOf("wear", "wear,allow,allow", "wear,coarsen:day1,coarsen:day1"), true, false, ""},
		{"slower grid", csvHeader + rowOf("@slot.limited", "every=5m", "every=10m"), true, false, ""},
		{"no grid", csvHeader + rowOf("@slot.main", "every=60s", ""), true, false, ""},
		{"larger pad", csvHeader + rowOf("@slot.limited", "1024", "2048"), true, false, ""},
		{"stale earlier", csvHeader + rowOf("@fix", "60s", "30s"), true, false, ""},

		{"shorter grid", csvHeader + rowOf("@slot.limited", "every=5m", "every=5s"), false, true, "@slot.limited: every=5s is wider than every=5m"},
		{"shorter position", csvHeader + rowOf("position", "every=10s", "every=5s"), false, true, "every=5s"},
		{"pad of another step", csvHeader + rowOf("@slot.limited", "1024", "1500"), false, true, "pad=1500"},
		{"stale later", csvHeader + rowOf("@fix", "60s", "61s"), false, true, "stale=61s"},
		{"finer charge", csvHeader + rowOf("charge-level", "soc5", "soc1"), false, false, "charge-level"},
		{"place to limited", csvHeader + rowOf("position", "position,allow,allow,withhold", "position,allow,allow,allow"), false, true, "column limited: allow is wider than withhold"},
		{"speed to main", csvHeader + rowOf("speed", "speed,own", "speed,allow"), false, true, "allow is wider than own"},
		{"finer rule", csvHeader + rowOf("@rule.soc5", "floor=5%", "floor=2%"), false, true, "floor=2%"},
		{"rule without its grid", csvHeader + rowOf("@rule.grid5", "every=5m", ""), false, true, "@rule.grid5"},
		{"latch at another time", csvHeader + rowOf("@rule.day1", "02:00Z", "03:00Z"), false, true, "latch=03:00Z"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := outside.Load(c.csv, false)
			if (err == nil) != c.narrower {
				t.Fatalf("without allow_wider: %v", err)
			}
			if err != nil && !strings.Contains(err.Error(), c.says) {
				t.Errorf("refused with %q: want %q in it", err, c.says)
			}
			if p != nil && p.Test() {
				t.Error("narrower, and called a test policy")
			}
			p, err = outside.Load(c.csv, true)
			if (err == nil) != (c.narrower || c.test) {
				t.Fatalf("with allow_wider: %v", err)
			}
			if p != nil && p.Test() != c.test {
				t.Errorf("test policy: %v", p.Test())
			}
		})
	}
}

// What is damaged is refused whatever is allowed, and all that is wrong is said.
func TestOverrideDamaged(t *testing.T) {
	for _, c := range []struct {
		name, csv string
		says      []string
	}{
		{"empty", "", []string{"empty"}},
		{"another header", strings.Replace(csvHeader, "backend", "cloud", 1), []string{`"cloud"`}},
		{"a column short", csvHeader + "alarm,allow\n", []string{"wrong number of fields"}},
		{"unknown cell", csvHeader + rowOf("alarm", "alarm,allow", "alarm,maybe"), []string{"row alarm", "column main", `"maybe"`}},
		{"unknown rule", csvHeader + rowOf("alarm", "alarm,allow", "alarm,coarsen:less"), []string{`unknown rule "less"`}},
		{"unknown class", csvHeader + rowOf("alarm", "alarm,", "horn,"), []string{"unknown row horn"}},
		{"twice", csvHeader + rowOf("alarm") + rowOf("alarm"), []string{"twice"}},
		{"numbers with cells", csvHeader + rowOf("@fix", "@fix,withhold", "@fix,allow"), []string{"a row of numbers withholds"}},
		{"no number", csvHeader + rowOf("@fix", "60s", "soon"), []string{"stale=soon"}},
		{"a length for a time", csvHeader + rowOf("@fix", "60s", "60km"), []string{"stale=60km"}},
		{"unknown member", csvHeader + rowOf("@fix", "stale=60s", "stale=60s fresher=1s"), []string{"fresher=1s"}},
		{"half a second", csvHeader + rowOf("@slot.main", "60s", "60.5s"), []string{"whole seconds"}},
		{"a guest told apart", csvHeader + rowOf("in-use", "coarsen:grid5,allow,allow", "coarsen:grid5,withhold,allow"), []string{"guest_driving differs"}},
		{"a missing fix shown to limited", csvHeader + rowOf("doors", "coarsen:parked,coarsen:parked", "allow,allow"), []string{"would show a missing fix"}},
		{"two faults", csvHeader + rowOf("@fix", "60s", "soon") + rowOf("alarm", "alarm,allow", "alarm,maybe"), []string{"soon", "maybe"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := outside.Load(c.csv, true)
			if err == nil || p != nil {
				t.Fatalf("taken, error %v", err)
			}
			for _, want := range c.says {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("refused with %q: want %q in it", err, want)
				}
			}
		})
	}
}

// A test policy with a slot of 5 s for limited readers is kept as it says.
func TestTestPolicySlots(t *testing.T) {
	p, err := outside.Load(csvHeader+rowOf("@slot.limited", "every=5m alarms=1m", "every=5s alarms=5s"), true)
	if err != nil {
		t.Fatal(err)
	}
	car := newCar(t, p, outside.Options{})
	car.link(true)
	car.say(weight, 1)
	car.at("12:02:00")
	if got := times(car.of(boxLimited, outside.KindStatus)); len(got) != 11 || got[0] != "12:01:10.000" || got[10] != "12:02:00.000" {
		t.Errorf("limited at %v", got)
	}
	if s := p.Slot(outside.ColumnLimited); s.Every != 5*time.Second || s.Pad != 1024 {
		t.Errorf("slot %+v", s)
	}
}

// In use or not is sampled every five minutes, however short the slot is.
func TestGridOfInUse(t *testing.T) {
	p, err := outside.Load(csvHeader+rowOf("@slot.limited", "every=5m", "every=5s"), true)
	if err != nil {
		t.Fatal(err)
	}
	car := newCar(t, p, outside.Options{})
	car.link(true)
	car.say(ignition, "OFF")
	car.at("12:05:01")
	car.inUse(true)
	for _, c := range []struct{ at, want string }{{"12:05:05", "OFF"}, {"12:09:55", "OFF"}, {"12:10:00", "ON"}, {"12:10:05", "ON"}} {
		if car.at(c.at); car.last(boxLimited)["LowVoltageSystemState"] != c.want {
			t.Errorf("at %s limited sees %v: want %s", c.at, car.last(boxLimited), c.want)
		}
	}
}

// Whatever override is taken without allow_wider, nobody gets more by it.
func FuzzPolicyCSV(f *testing.F) {
	f.Add(outside.PolicyCSV())
	f.Add(csvHeader + rowOf("charge-level", "soc1", "soc5"))
	f.Add(csvHeader + rowOf("charge-level", "soc5", "soc1"))
	f.Add(csvHeader + rowOf("@slot.limited", "every=5m", "every=10m"))
	f.Add(csvHeader + rowOf("@rule.soc5", "5%", "10%"))
	f.Add(csvHeader + "speed,\"allow\n")
	base := outside.Builtin()
	f.Fuzz(func(t *testing.T, csv string) {
		p, err := outside.Load(csv, false)
		if err != nil {
			if p != nil {
				t.Fatal("a policy and an error")
			}
			return
		}
		for _, class := range base.Classes() {
			for _, c := range readers {
				for _, s := range states {
					if is, was := p.Decide(class, c, 0, s).Verdict, base.Decide(class, c, 0, s).Verdict; is > was && was.Releases() || is.Releases() && !was.Releases() {
						t.Errorf("%s/%s: %s was %s", class, c, is, was)
					}
				}
			}
		}
		for _, c := range readers {
			is, was := p.Slot(c), base.Slot(c)
			if is.Every != 0 && is.Every < was.Every || is.Alarms != 0 && is.Alarms < was.Alarms || is.Pad < was.Pad {
				t.Errorf("slot of %s: %+v was %+v", c, is, was)
			}
		}
		if p.Numbers().FixStale > base.Numbers().FixStale {
			t.Errorf("stale %s", p.Numbers().FixStale)
		}
	})
}
