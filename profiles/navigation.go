package profiles

// Navigation is the group of the route guidance: places and preferences.
func Navigation() Group {
	place := placeShape()
	address := placeShape()
	address.required, address.optional = []string{"latitude", "longitude"}, true
	routes := []string{"fast", "short", "eco"}
	avoid := []string{"toll", "motorway", "ferry", "unpaved"}
	setting := func(name, signature, allowed string, s schema, initial any) Setting {
		return Setting{
			Name: name, Type: signature, Scope: OfPerson, Stage: AfterPIN,
			Range: allowed, schema: s, initial: initial,
		}
	}
	const one = "latitude (-90 to 90) and longitude (-180 to 180) in degrees, name optional; empty for none"
	const many = "name, latitude (-90 to 90) and longitude (-180 to 180) in degrees"
	return Group{"navigation", []Setting{
		setting("home", "a{sv}", one, address, map[string]any{}),
		setting("work", "a{sv}", one, address, map[string]any{}),
		setting("favourites", "aa{sv}", "at most 200: "+many, records{place, 200}, []map[string]any{}),
		setting("recents", "aa{sv}", "at most 50: "+many, records{place, 50}, []map[string]any{}),
		setting("route", "s", oneOf(routes), text{words: routes}, "fast"),
		setting("avoid", "as", "any of "+oneOf(avoid), set{avoid}, []string{}),
		setting("voice", "b", "true or false", flag{}, true),
	}}
}

// placeShape is a place with a name. Degrees are those of WGS 84.
func placeShape() record {
	return record{
		fields: map[string]schema{
			"name":      text{most: 100},
			"latitude":  real{-90, 90},
			"longitude": real{-180, 180},
		},
		required: []string{"name", "latitude", "longitude"},
	}
}
