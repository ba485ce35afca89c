package sim

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// grace is how long the agent may take to stop when it is asked to.
const grace = 5 * time.Second

// Agent is the real gloveboxd as a child.
type Agent struct {
	program string
	config  string
	log     string   // file to which every run appends
	bounded *file    // that file, if only the newest of it is kept; else nil
	env     []string // all of its environment
	inside  []string // what it is run with, to see a disk of its own

	mu      sync.Mutex
	running *child        // guarded by mu; the newest run, nil before the first
	shift   time.Duration // guarded by mu; of the boot clock of the next run
	shifted time.Duration // guarded by mu; of the newest run
}

// Find returns the path of a program of this project: given if it is not empty,
// else beside the running one, else built from source into dir.
func Find(ctx context.Context, name, given, dir string) (string, error) {
	if given != "" {
		return given, nil
	}
	if own, err := os.Executable(); err == nil {
		beside := filepath.Join(filepath.Dir(own), name)
		if _, err := os.Stat(beside); err == nil {
			return beside, nil
		}
	}
	built := filepath.Join(dir, name)
	build := exec.CommandContext(ctx, "go", "build", "-o", built, "glovebox/cmd/"+name)
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%s is not beside this program and cannot be built: %w\n%s", name, err, out)
	}
	return built, nil
}

// Identity asks the program who the car is; the first time it makes that up.
func (a *Agent) Identity(ctx context.Context) ([]byte, error) {
	args := append(slices.Clone(a.inside), a.program, "--config", a.config, "--identity")
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Env = a.env
	shown, err := cmd.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return nil, fmt.Errorf("ask for the identity: %w: %s", err, exit.Stderr)
	}
	if err != nil {
		return nil, fmt.Errorf("ask for the identity: %w", err)
	}
	return shown, nil
}

// Start runs the agent and returns at once.
func (a *Agent) Start() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.alive() {
		return errors.New("the agent runs already")
	}
	args := a.command()
	cmd := exec.Command(args[0], args[1:]...)
	if a.bounded != nil {
		cmd.Stdout, cmd.Stderr = a.bounded, a.bounded
	} else {
		log, err := os.OpenFile(a.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
		if err != nil {
			return fmt.Errorf("log of the agent: %w", err)
		}
		defer log.Close() // the child has its own
		cmd.Stdout, cmd.Stderr = log, log
	}
	a.shifted = a.shift
	cmd.Env = a.env
	var err error
	a.running, err = start(cmd)
	return err
}

// alive expects mu.
func (a *Agent) alive() bool {
	if a.running == nil {
		return false
	}
	select {
	case <-a.running.done:
		return false
	default:
		return true
	}
}

// PID is that of the running agent, 0 if none runs.
func (a *Agent) PID() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.alive() {
		return 0
	}
	return a.running.pid()
}

// Ended is closed when the newest run has ended; Err then says how.
func (a *Agent) Ended() <-chan struct{} {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.running == nil {
		none := make(chan struct{})
		close(none)
		return none
	}
	return a.running.done
}

// Err is how the newest run ended, nil while it runs or when it ended well.
func (a *Agent) Err() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.running == nil || a.alive() {
		return nil
	}
	return a.running.err
}

// Stop ends the agent as systemd does.
func (a *Agent) Stop() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.alive() {
		return nil
	}
	return a.running.stop(grace)
}

// Kill ends the agent as a power cut does.
func (a *Agent) Kill() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.alive() {
		a.running.kill()
	}
}

// errDown says that there is no agent to send a signal to.
var errDown = errors.New("the agent does not run")

// Signal sends a signal to the running agent.
func (a *Agent) Signal(s unix.Signal) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.alive() {
		return errDown
	}
	return a.running.signal(s)
}
