package agent_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"glovebox/agent"
	"glovebox/hal"
	"glovebox/profiles"
	"glovebox/profiles/keyring"
)

// inArena is enrolled's car with a guest at the wheel, whose settings are in an arena of
// that size, and the arena.
func inArena(t *testing.T, size int) (*world, []byte) {
	t.Helper()
	arena, err := keyring.NewArena(size)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := arena.Free(); err != nil {
			t.Error(err)
		}
	})
	w := startWorld(t, "Taycan", enrolled(t).store, func(_ *world, n *agent.Needs) { n.Arena = arena.Bytes()[:size:size] })
	w.say(ignition, hal.Word("OFF"))
	w.guest()
	return w, arena.Bytes()
}

// planted is how many values plantAll leaves, each twice, and each app's key once more.
const planted = 100

// plantAll has the guest set values that nobody else would use: words of the head unit's
// groups, and an app's keys and values. Of what it makes it keeps nothing.
func (w *world) plantAll() {
	w.t.Helper()
	for at := range planted / 10 {
		var places []map[string]any
		store := map[string]any{}
		for n := range 10 {
			canary := fmt.Sprintf("%s%05dx%07d", []byte{'k', 'a', 'n', 'a', 'r', 'i'}, at*10+n, 0) // long enough to share no block of memory
			places = append(places, map[string]any{"name": canary, "latitude": 54.19, "longitude": 6.62})
			store[canary] = profiles.Typed{Type: "s", Value: canary}
		}
		before, err := w.Get(profiles.ID{}, "navigation")
		if err != nil {
			w.t.Fatal(err)
		}
		known, _ := before["navigation"]["favourites"].([]map[string]any)
		err = w.Set(w.t.Context(), profiles.ID{}, profiles.Values{"app.maps": store, "navigation": {"favourites": append(known, places...)}}, nil)
		if err != nil {
			w.t.Fatal(err)
		}
	}
	w.set("radio", map[string]any{"volume": byte(7)})
	for last := ""; last != "radio volume"; time.Sleep(time.Millisecond) { // the screen was told the names of all keys, and keeps them
		w.screen.mu.Lock()
		if n := len(w.screen.heard); n > 0 {
			last = w.screen.heard[n-1]
		}
		w.screen.mu.Unlock()
	}
	w.screen.mu.Lock()
	w.screen.heard = nil
	w.screen.mu.Unlock()
}

// inUse counts the planted values in everything that the collector of garbage found to be
// in use: all of Go's own memory but what is garbage.
func inUse(t *testing.T) int {
	t.Helper()
	name := filepath.Join(t.TempDir(), "heap")
	file, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for range 4 { // what encoders keep for the next time goes with the second or third
		runtime.GC()
	}
	debug.WriteHeapDump(file.Fd())
	content, err := os.ReadFile(name)
	if err != nil || len(content) < 1<<20 {
		t.Fatalf("a dump of %d bytes, %v", len(content), err)
	}
	return len(canaries.FindAll(content, -1))
}

// canaries matches no text of its own.
var canaries = regexp.MustCompile(`kanari0[0-9]`)

// What a guest sets is in the arena, and in nothing else of the agent that is in use; at
// the session's end the arena is empty, whether a fresh process follows or not. The same
// look finds it where somebody keeps it in a map.
func TestAGuestsSettingsAreInTheArenaAlone(t *testing.T) {
	w, arena := inArena(t, agent.ArenaSize)
	w.plantAll()
	if found := len(canaries.FindAll(arena, -1)); found != 3*planted {
		t.Errorf("the arena has %d, want %d", found, 3*planted)
	}
	found := inUse(t)
	for n := 0; found > 0 && n < 60; n++ { // a buffer in use passes, on a busy machine later; what is kept does not
		time.Sleep(50 * time.Millisecond)
		w.set("radio", map[string]any{"volume": byte(n)})
		found = inUse(t)
	}
	if found != 0 {
		t.Errorf("before the end %d are outside the arena", found)
	}
	kept, err := w.Get(profiles.ID{}, "app.maps")
	if err != nil || len(kept["app.maps"]) != planted {
		t.Fatalf("%d keys, %v", len(kept["app.maps"]), err)
	}
	if found := inUse(t); found < planted {
		t.Errorf("in a map %d are found", found)
	}
	runtime.KeepAlive(kept)
	w.logout()
	if left := len(arena) - bytes.Count(arena, []byte{0}); left != 0 {
		t.Errorf("after the end %d bytes are left", left)
	}
	if s := w.screen.last(t, 1).Receipt.Stores[1]; s != (profiles.StoreReceipt{Name: "settings", Before: planted + 2, Result: "erased"}) {
		t.Errorf("receipt %+v", s)
	}
}

// Whatever a guest sets and takes back is what is read, and what was refused changed
// nothing. What was taken back is nowhere in the arena.
func TestAGuestsSettingsAreWhatWasSet(t *testing.T) {
	w, arena := inArena(t, 24<<10)
	rapid.Check(t, func(t *rapid.T) {
		w.guest()
		model, _ := profiles.DecodeAll(nil)
		refused := 0
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			values := profiles.Values{}
			for range rapid.IntRange(1, 3).Draw(t, "groups") {
				switch rapid.IntRange(0, 5).Draw(t, "what") {
				case 0:
					values["radio"] = map[string]any{"volume": rapid.Byte().Filter(func(b byte) bool { return b <= 100 }).Draw(t, "volume")}
				case 1:
					values["climate"] = map[string]any{"fan": byte(rapid.IntRange(0, 100).Draw(t, "fan")), "driver_celsius": nil}
				case 2:
					values["display"] = nil
				case 3:
					values[fmt.Sprint("app.", rapid.IntRange(0, 2).Draw(t, "app"))] = nil
				default:
					size := rapid.SampledFrom([]int{0, 1, 300, 9000}).Draw(t, "size")
					values[fmt.Sprint("app.", rapid.IntRange(0, 2).Draw(t, "app"))] = map[string]any{
						"old": nil,
						fmt.Sprint(rapid.IntRange(0, 4).Draw(t, "key")): profiles.Typed{Type: "s", Value: strings.Repeat("<", size)},
					}
				}
			}
			edit, err := profiles.NewEdit(values)
			if err != nil {
				t.Fatal(err)
			}
			switch err := w.Set(w.t.Context(), profiles.ID{}, values, nil); {
			case err == nil:
				edit.Apply(model)
			case errors.Is(err, profiles.ErrQuotaExceeded):
				refused++
			default:
				t.Fatal(err)
			}
		}
		for _, group := range []string{"radio", "climate", "display", "app.0", "app.1", "app.2"} {
			want := model[group]
			if want == nil {
				want = map[string]any{}
			}
			if got, err := w.Get(profiles.ID{}, group); err != nil || !reflect.DeepEqual(got[group], want) {
				t.Fatalf("%s is %.300v, %v, want %.300v", group, got[group], err, want)
			}
		}
		for group := range model {
			if err := w.Set(w.t.Context(), profiles.ID{}, profiles.Values{group: nil}, nil); err != nil {
				t.Fatal(err)
			}
		}
		if left := len(arena) - bytes.Count(arena, []byte{0}); left != 0 {
			t.Fatalf("taken back, and %d bytes are left", left)
		}
	})
}

// Where the arena is full the answer is that of a quota: nothing of that call is set,
// nothing of before is lost, and what fits is still taken.
func TestAFullArena(t *testing.T) {
	w, _ := inArena(t, 4<<10)
	data := func(n int) map[string]any {
		return map[string]any{"data": profiles.Typed{Type: "s", Value: strings.Repeat("x", n)}}
	}
	w.set("app.maps", data(3000))
	for _, values := range []profiles.Values{
		{"app.music": data(1100), "radio": {"volume": byte(7)}}, {"app.maps": data(5000)},
	} {
		if err := w.Set(t.Context(), profiles.ID{}, values, nil); !errors.Is(err, profiles.ErrQuotaExceeded) {
			t.Errorf("too much: %v", err)
		}
	}
	w.set("radio", map[string]any{"volume": byte(8)})
	w.set("app.maps", data(3500)) // in place of the old one
	for group, want := range map[string]map[string]any{"app.maps": data(3500), "app.music": {}} {
		if got, err := w.Get(profiles.ID{}, group); err != nil || !reflect.DeepEqual(got[group], want) {
			t.Errorf("%s: %.60v, %v", group, got, err)
		}
	}
	if got, _ := w.Get(profiles.ID{}, "radio"); got["radio"]["volume"] != byte(8) {
		t.Errorf("the volume is %v", got["radio"]["volume"])
	}
}

// A guest finds what stays with the vehicle, may choose otherwise for the session, and
// takes it back; what was chosen for a driving cycle ends with it.
func TestAGuestsScopes(t *testing.T) {
	w, _ := inArena(t, agent.ArenaSize)
	w.login(anna)
	w.set("display", map[string]any{"brightness": byte(33)})
	w.hears("the guest before", "ended replaced", "display brightness")
	w.guest()
	w.hears("begin", "ended replaced")
	get := func(group, key string) any {
		values, err := w.Get(profiles.ID{}, group)
		if err != nil {
			t.Fatal(err)
		}
		return values[group][key]
	}
	w.set("display", map[string]any{"brightness": byte(1)})
	if got := get("display", "brightness"); got != byte(1) {
		t.Errorf("chosen %v", got)
	}
	w.set("display", map[string]any{"brightness": nil})
	if got := get("display", "brightness"); got != byte(33) {
		t.Errorf("taken back: %v", got)
	}
	w.say(ignition, hal.Word("ON"))
	w.set("climate", map[string]any{"fan": byte(90), "driver_celsius": 18.0})
	w.hears("set", "display brightness", "display brightness", "climate driver_celsius fan")
	w.say(ignition, hal.Word("OFF"))
	w.hears("ignition off", "climate fan")
	if get("climate", "fan") != byte(40) || get("climate", "driver_celsius") != 18.0 {
		t.Errorf("then %v, %v", get("climate", "fan"), get("climate", "driver_celsius"))
	}
	w.logout()
	w.hears("the end", "ended logout", "climate driver_celsius", "display brightness")
}
