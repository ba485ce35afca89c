package car

import (
	"bytes"
	"fmt"
	"time"
)

// cycles are the cycle times of a DBC file by message identifier, from its
// attribute GenMsgCycleTime (Vector, DBC file format: BA_ "name" BO_ id value;).
// A message without one is sent by somebody else.
func cycles(file []byte) map[uint32]time.Duration {
	all := map[uint32]time.Duration{}
	for line := range bytes.Lines(file) {
		var id, ms uint32
		if n, _ := fmt.Sscanf(string(line), `BA_ "GenMsgCycleTime" BO_ %d %d;`, &id, &ms); n == 2 && ms > 0 {
			all[id] = time.Duration(ms) * time.Millisecond
		}
	}
	return all
}
