package profiles

// Climate is the group of warmth and air. Heated seats and the fan are chosen for one
// driving cycle: nobody wants last winter's in the summer.
func Climate() Group {
	warmth := Setting{
		Type: "d", Unit: "degree Celsius", Scope: OfPerson, Stage: AfterPIN,
		Range: "16 to 29.5", schema: real{16, 29.5}, initial: 21.0,
	}
	driver, passenger := warmth, warmth
	driver.Name, passenger.Name = "driver_celsius", "passenger_celsius"
	return Group{"climate", []Setting{
		driver, passenger,
		{
			Name: "seat_heating", Type: "y", Scope: OfCycle, Stage: AfterPIN,
			Range: "0 (off) to 3", schema: octet{0, 3}, initial: byte(0),
		},
		{
			Name: "fan", Type: "y", Unit: "percent", Scope: OfCycle, Stage: AfterPIN,
			Range: "0 to 100", schema: octet{0, 100}, initial: byte(40),
		},
	}}
}

// Seat is the group of the driver's seat and mirrors. A key fob brings it before the
// PIN, and nothing else.
func Seat() Group {
	place := number{0, 1000}
	return Group{"seat", []Setting{{
		Name: "position", Type: "a{sv}", Unit: "per mille", Scope: OfPerson, Stage: BeforePIN,
		Range:  "any of height, length, recline, mirrors, each 0 to 1000 (u) of the way that it can go; empty for none",
		schema: record{fields: map[string]schema{"height": place, "length": place, "recline": place, "mirrors": place}, optional: true}, initial: map[string]any{},
	}}}
}

// Sound is the group of the tone.
func Sound() Group {
	var all []Setting
	for _, name := range []string{"bass", "treble", "balance", "fade"} {
		all = append(all, Setting{
			Name: name, Type: "n", Scope: OfPerson, Stage: AfterPIN,
			Range: "-10 to 10", schema: step{-10, 10}, initial: int16(0),
		})
	}
	return Group{"sound", all}
}
