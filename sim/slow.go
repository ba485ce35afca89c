package sim

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"
)

// slowSync is what a slow disk takes for each sync.
const slowSync = 250 * time.Millisecond

// Slow makes each sync of the running agent to its disk take a quarter of a second
// longer, until mend is called or the agent ends. strace holds the call back.
func (a *Agent) Slow() (mend func() error, err error) {
	pid := a.PID()
	if pid == 0 {
		return nil, errors.New("the agent does not run")
	}
	late := fmt.Sprintf("inject=fsync,fdatasync:delay_enter=%d", slowSync.Microseconds())
	cmd := exec.Command("strace", "-f", "-q", "-o", os.DevNull, "-e", "trace=fsync,fdatasync", "-e", late, "-p", fmt.Sprint(pid))
	tracer, err := start(cmd)
	if err != nil {
		return nil, fmt.Errorf("slow down the disk: %w", err)
	}
	for end := time.Now().Add(5 * time.Second); !traced(pid); {
		select {
		case <-tracer.done:
			return nil, fmt.Errorf("slow down the disk: strace may not trace the agent here: %w", tracer.err)
		case <-time.After(10 * time.Millisecond):
		}
		if time.Now().After(end) {
			tracer.kill()
			return nil, errors.New("slow down the disk: strace does not come to it")
		}
	}
	return func() error {
		tracer.kill() // the kernel lets go of what a tracer held
		return nil
	}, nil
}

// traced reports whether a process has a tracer: proc_pid_status(5).
func traced(pid int) bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	return err == nil && bytes.Contains(text, []byte("TracerPid:")) && !bytes.Contains(text, []byte("TracerPid:\t0\n"))
}
