//go:build soak

package killmatrix_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// Where the process dies within a change, and again at any call of the start that finishes
// it, the one after that finds the old state or the new one, whole.
func TestStoreKillMatrixOfTheRepair(t *testing.T) {
	program, c := build(t, "", "", ""), newCar(t)
	kills := 0
	inject := func(call string, n int) []string {
		return []string{"-e", "trace=" + call, "-e", fmt.Sprintf("inject=%s:signal=SIGKILL:when=%d", call, n)}
	}
	for _, change := range changes[1:] {
		for _, call := range calls {
			for n := 1; n < most; n++ {
				dir := c.stage(t)
				if _, killed, _ := strace(t, program, change.command, dir, inject(call, n)...); !killed {
					break
				}
				for _, again := range calls {
					for m := 1; m < most; m++ {
						copied := filepath.Join(t.TempDir(), "car")
						must(t, os.CopyFS(copied, os.DirFS(dir)))
						_, killed, _ := strace(t, program, "boot", copied, inject(again, m)...)
						if _, err := c.check(copied, change.command, change.after, false); err != nil {
							t.Errorf("%s killed at %s %d, the start at %s %d: %v", change.command, call, n, again, m, err)
						}
						must(t, os.RemoveAll(copied))
						if !killed {
							break
						}
						kills++
					}
				}
			}
		}
	}
	if t.Logf("%d kills of a repair", kills); kills < 20 {
		t.Error("the kills missed the repair")
	}
}
