package bolt_test

import (
	"fmt"
	"strconv"
	"testing"

	"glovebox/profiles"
	"glovebox/profiles/bolt"
)

// stored is a store of six people, who have set something and, if full, keep 1 MiB in
// sixteen apps each.
func stored(b *testing.B, full bool) (*bolt.Store, profiles.ID) {
	dir := b.TempDir()
	s := open(b, dir, openRing(b, dir), nil)
	must(b, applied(s.Apply(roster(b, 1, 1, 2, 3, 4, 5, 6))))
	for n := 1; n <= 6; n++ {
		own := profiles.Encoded{"radio": {"volume": []byte("7")}, "display": {"language": []byte(`"de"`)}}
		for app := range 16 {
			if full {
				own[fmt.Sprint("app.", app)] = appData(b, 1<<16)
			}
		}
		must(b, s.SetSettings(person(b, n).ID, own, nil))
	}
	return s, person(b, 3).ID
}

// Does what a login reads, and what a Set writes, cost more where everybody's apps keep
// all that they may?
func BenchmarkFullStores(b *testing.B) {
	for _, full := range []bool{false, true} {
		s, id := stored(b, full)
		name := map[bool]string{false: "empty", true: "full"}[full]
		b.Run("login/"+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				kept, err := s.Settings(id)
				must(b, err)
				profiles.DecodeAll(kept)
			}
		})
		b.Run("set/"+name, func(b *testing.B) {
			b.ReportAllocs()
			for n := 0; b.Loop(); n++ {
				must(b, s.SetSettings(id, group("radio", map[string][]byte{"volume": []byte(strconv.Itoa(n % 100))}), nil))
			}
		})
		b.Run("app/"+name, func(b *testing.B) {
			b.ReportAllocs()
			for n := 0; b.Loop(); n++ {
				must(b, s.SetSettings(id, group("app.1", appData(b, 1<<10+n%100)), nil))
			}
		})
	}
}
