package sim

import (
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// child is a program that ends with the simulator, however that ends.
type child struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when the program has ended
	err  error         // how it ended; set before done is closed
}

// start runs a program. The kernel kills it when the thread that started it
// ends, so that thread is kept for as long as the program runs.
func start(cmd *exec.Cmd) (*child, error) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	c := &child{cmd: cmd, done: make(chan struct{})}
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer close(c.done)
		if c.err = cmd.Start(); c.err != nil {
			started <- c.err
			return
		}
		started <- nil
		c.err = cmd.Wait()
	}()
	if err := <-started; err != nil {
		<-c.done
		return nil, fmt.Errorf("start %s: %w", cmd.Path, err)
	}
	return c, nil
}

func (c *child) pid() int { return c.cmd.Process.Pid }

// signal sends a signal unless the program has ended.
func (c *child) signal(s syscall.Signal) error {
	select {
	case <-c.done:
		return nil
	default:
	}
	return c.cmd.Process.Signal(s)
}

// kill ends the program and everything it started, at once, and waits for it.
func (c *child) kill() {
	_ = syscall.Kill(-c.pid(), syscall.SIGKILL) // its group; gone already is fine
	<-c.done
}

// stop asks the program to end and kills it after grace. The error says that it
// had to be killed or ended badly.
func (c *child) stop(grace time.Duration) error {
	_ = c.signal(syscall.SIGTERM)
	select {
	case <-c.done:
	case <-time.After(grace):
		c.kill()
		return fmt.Errorf("%s: still there %v after SIGTERM", c.cmd.Path, grace)
	}
	var exit *exec.ExitError
	if errors.As(c.err, &exit) && exit.ExitCode() != 0 {
		return fmt.Errorf("%s: %w", c.cmd.Path, c.err)
	}
	return nil
}
