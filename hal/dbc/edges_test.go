package dbc_test

import (
	"strings"
	"testing"

	"glovebox/hal/dbc"
)

// A signal's value type is what the file says, and the last bit of the longest payload
// is a bit.
func TestValueTypesAndTheLastBit(t *testing.T) {
	file, problems := dbc.Parse("t.dbc", []byte("BO_ 5 FD: 64 X\n SG_ W : 0|64@1- (1,0) [0|0] \"\" X\n SG_ S : 64|32@1- (1,0) [0|0] \"\" X\n"+
		" SG_ I : 96|32@1- (1,0) [0|0] \"\" X\n SG_ LAST : 511|1@1+ (1,0) [0|0] \"\" X\n"+
		"SIG_VALTYPE_ 5 W : 2;\nSIG_VALTYPE_ 5 S : 1;\nSIG_VALTYPE_ 5 I : 0;\n"))
	if len(problems) != 0 {
		t.Fatalf("problems: %v", problems)
	}
	m := file.Message("FD")
	if w, s, i := m.Signal("W").Float, m.Signal("S").Float, m.Signal("I").Float; w != dbc.Double || s != dbc.Single || i != dbc.Integer {
		t.Errorf("W is %v, S %v, I %v", w, s, i)
	}
	payload := make([]byte, 64)
	payload[63] = 1 << 7
	if v, ok := m.Signal("LAST").Plan().Value(payload); !ok || v != 1 {
		t.Errorf("the last bit is %v, %v", v, ok)
	}
}

// What stands behind a value type is no part of it, and is named.
func TestBehindAValueType(t *testing.T) {
	for _, kind := range []string{"I : 0", "S : 1", "W : 2"} {
		file, problems := dbc.Parse("t.dbc", []byte("BO_ 5 FD: 64 X\n SG_ W : 0|64@1- (1,0) [0|0] \"\" X\n SG_ S : 64|32@1- (1,0) [0|0] \"\" X\n"+
			" SG_ I : 96|32@1- (1,0) [0|0] \"\" X\nSIG_VALTYPE_ 5 "+kind+" 7;\n"))
		if len(problems) != 1 || !strings.HasPrefix(problems[0].String(), "line 5: SIG_VALTYPE_ kept: want the end of the statement") || file.Message("FD") == nil {
			t.Errorf("%s: %v", kind, problems)
		}
	}
}

// Each statement of the format begins anew after one that lost its semicolon.
func TestEachStatementBeginsAnew(t *testing.T) {
	for _, word := range []string{
		"VERSION", "NS_", "BS_", "BU_", "VAL_TABLE_", "BO_", "BO_TX_BU_", "EV_", "ENVVAR_DATA_", "SGTYPE_", "CM_", "BA_DEF_",
		"BA_DEF_DEF_", "BA_", "VAL_", "SIG_GROUP_", "SIG_VALTYPE_", "SG_MUL_VAL_", "BA_DEF_REL_", "BA_DEF_DEF_REL_", "BA_REL_",
	} {
		_, problems := dbc.Parse("t.dbc", []byte(one+"CM_ \"a\"\n"+word+" x"))
		if len(problems) == 0 || problems[0].String() != "line 3: CM_ kept: no semicolon at its end" {
			t.Errorf("%s: %v", word, problems)
		}
	}
}
