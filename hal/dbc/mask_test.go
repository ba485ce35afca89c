package dbc_test

import (
	"testing"

	"glovebox/hal/can"
	"glovebox/hal/dbc"
)

// A signal has a mask where one tells everything: it is an integer, it is in
// each frame, and its factor can be made smaller without loss.
func TestWhatHasAMask(t *testing.T) {
	file, problems := dbc.Parse("t.dbc", []byte("BO_ 1 M: 12 X\n"+
		" SG_ SWITCH M : 0|8@1+ (1,0) [0|0] \"\" X\n"+
		" SG_ MULTIPLEXED m1 : 8|8@1+ (1,0) [0|0] \"\" X\n"+
		" SG_ FLOAT : 0|32@1- (1,0) [0|0] \"\" X\n"+
		" SG_ LONG : 60|8@1+ (1,0) [0|0] \"\" X\n"+
		" SG_ ALL : 0|64@1+ (1,0) [0|0] \"\" X\n"+
		" SG_ SIGNED : 0|64@1- (1,0) [0|0] \"\" X\n"+
		" SG_ TOP : 63|1@1+ (2,0) [0|0] \"\" X\n"+
		" SG_ TINY : 32|8@1+ (1e-310,0) [0|0] \"\" X\n"+
		" SG_ TINY_LOW : 0|8@1+ (1e-310,0) [0|0] \"\" X\n"+
		"SIG_VALTYPE_ 1 FLOAT : 1;\n"))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	ones := [8]byte{255, 255, 255, 255, 255, 255, 255, 255}
	words := can.Load(&ones)
	for name, want := range map[string]bool{
		"SWITCH": true, "MULTIPLEXED": false, "FLOAT": false, "LONG": false, "ALL": false,
		"SIGNED": true, "TOP": true, "TINY": false, "TINY_LOW": true,
	} {
		plan := file.Message("M").Signal(name).Plan()
		mask, ok := plan.Mask()
		if ok != want {
			t.Errorf("%s has a mask: %v, want %v", name, ok, want)
			continue
		}
		if v, _ := plan.Value(ones[:]); ok && mask.Value(&words) != v {
			t.Errorf("%s is %v by its mask, want %v", name, mask.Value(&words), v)
		}
	}
}
