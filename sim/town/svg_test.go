package town_test

import (
	"bytes"
	"compress/gzip"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"

	"glovebox/sim/town"
)

// The town of every world, as a picture. Look at it before you renew it.
func TestPicture(t *testing.T) {
	golden(t, "musterhafen.svg", town.Musterhafen().SVG())
}

// The picture is one group, well formed, small, with one id a road, and leaves colours
// to the page.
func TestPictureLeavesColoursToThePage(t *testing.T) {
	for seed, made := range towns() {
		svg := made.SVG()
		ids, classes, depth, tops := map[string]bool{}, map[string]int{}, 0, 0
		for d := xml.NewDecoder(strings.NewReader(svg)); ; {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("town %d: %v", seed, err)
			}
			switch e := token.(type) {
			case xml.StartElement:
				if depth == 1 {
					tops++
				}
				depth++
				for _, a := range e.Attr {
					switch a.Name.Local {
					case "id":
						if ids[a.Value] || !regexp.MustCompile(`^[a-z][a-z-]*$`).MatchString(a.Value) {
							t.Errorf("town %d: the id %q is there twice, or is none", seed, a.Value)
						}
						ids[a.Value] = true
					case "class":
						for c := range strings.FieldsSeq(a.Value) {
							classes[c]++
						}
					case "xmlns", "viewBox", "data-lat", "data-lon", "data-degree", "d", "x", "y":
					default:
						t.Errorf("town %d: an attribute %s", seed, a.Name.Local)
					}
				}
			case xml.EndElement:
				depth--
			}
		}
		if tops != 1 || classes["town"] != 1 {
			t.Errorf("town %d: %d groups", seed, tops)
		}
		for _, c := range []string{"town", "land", "built", "water", "river", "sea", "park", "dock", "pier", "hedge", "street", "avenue", "ring", "motorway", "label"} {
			if classes[c] == 0 {
				t.Errorf("town %d: no %s", seed, c)
			}
		}
		var packed bytes.Buffer
		w := gzip.NewWriter(&packed)
		if _, err := io.WriteString(w, svg); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if len(svg) > 60_000 || packed.Len() > 15_000 {
			t.Errorf("town %d: %d bytes, %d packed", seed, len(svg), packed.Len())
		}
	}
}
