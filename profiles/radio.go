package profiles

import "errors"

// Radio is the group of the tuner: stations and volume.
func Radio() Group {
	favourite := stationShape()
	last := stationShape()
	last.required, last.optional = []string{"band"}, true
	return Group{"radio", []Setting{
		{
			Name: "favourites", Type: "aa{sv}", Scope: OfPerson, Stage: AfterPIN,
			Range:  "at most 60 stations: name, band (FM, AM, DAB, SXM), frequency_khz or service_id",
			schema: records{favourite, 60}, initial: []map[string]any{},
		},
		{
			Name: "last", Type: "a{sv}", Scope: OfPerson, Stage: AfterPIN,
			Range:  "one station as in favourites, name optional; empty for none",
			schema: last, initial: map[string]any{},
		},
		{
			Name: "volume", Type: "y", Unit: "percent", Scope: OfPerson, Stage: AfterPIN,
			Range: "0 to 100", schema: octet{0, 100}, initial: byte(30),
		},
	}}
}

// stationShape is a station: analogue bands are tuned by frequency, digital ones
// by service.
func stationShape() record {
	return record{
		fields: map[string]schema{
			"name":          text{most: 64},
			"band":          text{words: []string{"FM", "AM", "DAB", "SXM"}},
			"frequency_khz": number{100, 3_000_000}, // long wave to satellite
			"service_id":    number{0, 1<<32 - 1},
		},
		required: []string{"name", "band"},
		rule: func(station map[string]any) error {
			khz, tuned := station["frequency_khz"].(uint32)
			_, service := station["service_id"]
			band := station["band"]
			switch {
			case tuned == service:
				return errors.New("needs either frequency_khz or service_id")
			case service && (band == "FM" || band == "AM"):
				return errors.New("needs frequency_khz on FM and AM")
			case band == "FM" && (khz < 64_000 || khz > 108_000):
				return errors.New("frequency_khz must be from 64000 to 108000 on FM")
			case band == "AM" && khz > 30_000:
				return errors.New("frequency_khz must be from 100 to 30000 on AM")
			}
			return nil
		},
	}
}
