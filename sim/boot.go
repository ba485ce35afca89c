package sim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"glovebox/sim/cloud"
)

// patience is how long a boot, or the return of a line, may take on a machine that is slow
// and busy.
const patience = 40 * time.Second

// Boot starts the agent and returns when it owns its name on the bus and, if its
// line is open, its state shows the newest document.
func (w *World) Boot(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	before := w.Cloud.State().Epoch
	if err := w.Agent.Start(); err != nil {
		return fmt.Errorf("boot: %w", err)
	}
	gone := w.Agent.Ended()
	if err := w.HMI.Await(ctx, gone); err != nil {
		return w.bootError(err)
	}
	if err := w.writeEnv(); err != nil {
		return w.bootError(err)
	}
	if !w.hasBroker || !w.Tap.Passes() {
		return nil
	}
	shown := func(s cloud.State) bool {
		return s.Online && s.Epoch != before && s.Policy >= w.Cloud.Version()
	}
	if err := w.Cloud.Wait(ctx, func() bool { return shown(w.Cloud.State()) }); err != nil {
		return w.bootError(fmt.Errorf("its state is %+v, want document %d: %w", w.Cloud.State(), w.Cloud.Version(), err))
	}
	return nil
}

// bootError says why there was no boot, with the end of the agent's log.
func (w *World) bootError(err error) error {
	log, readErr := os.ReadFile(w.LogFile())
	const most = 2000
	if len(log) > most {
		log = log[len(log)-most:]
	}
	return errors.Join(fmt.Errorf("boot: %w; its log ends with:\n%s", err, log), readErr)
}

// Stop ends the agent as systemd does.
func (w *World) Stop() error { return w.Agent.Stop() }

// Kill ends the agent as a power cut does.
func (w *World) Kill() { w.Agent.Kill() }

// Issue publishes a document and returns when the car's state shows it, which it
// does within a second or two if the car accepts it.
func (w *World) Issue(ctx context.Context, d cloud.Document) error {
	if err := w.Cloud.Publish(ctx, d); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := w.Cloud.Wait(ctx, func() bool { return w.Cloud.State().Policy >= d.Version }); err != nil {
		return fmt.Errorf("document %d is not in force: %w", d.Version, err)
	}
	return nil
}

// Meet has the back end serve the car under the identity that its screen shows, once that
// is another than before.
func (w *World) Meet(ctx context.Context) error {
	before := w.Cloud.Identity().VID
	for {
		shown, err := w.HMI.Properties(ctx, "Vehicle1")
		if err != nil {
			return fmt.Errorf("read the car's identity: %w", err)
		}
		text, err := json.Marshal(shown["Identity"])
		if err != nil {
			return fmt.Errorf("read the car's identity: %w", err)
		}
		car, err := cloud.ParseIdentity(text)
		if err != nil {
			return err
		}
		if car.VID != before {
			return w.Cloud.Meet(ctx, car)
		}
		select {
		case <-time.After(look):
		case <-ctx.Done():
			return fmt.Errorf("the car's identity is what it was: %w", ctx.Err())
		}
	}
}

// look is how often the car's screen is looked at.
const look = 50 * time.Millisecond

// RestartBroker stops the broker and starts it again after a while. It forgets
// what was retained; the back end is back before the agent can be, so that
// nothing the agent sends is missed.
func (w *World) RestartBroker(ctx context.Context, away time.Duration) error {
	before := w.Cloud.Connections()
	w.Tap.Cut()
	if err := w.Broker.Stop(); err != nil {
		return err
	}
	select {
	case <-time.After(away):
	case <-ctx.Done():
	}
	if err := w.Broker.Start(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := w.Cloud.Reconnected(ctx, before); err != nil {
		return fmt.Errorf("the back end did not come back: %w", err)
	}
	w.Tap.Open()
	return nil
}

// LogFile is the agent's log, of all its runs.
func (w *World) LogFile() string { return filepath.Join(w.Dir, "agent.log") }

// writeEnv writes the file from which other programs learn where this world is.
func (w *World) writeEnv() error {
	text := fmt.Sprintf("GLOVEBOX_BUS=%s\nGLOVEBOX_BROKER=%s\nGLOVEBOX_CONFIG=%s\nGLOVEBOX_PID=%d\n",
		w.DBus.Address, w.Broker.URL(), w.Config, w.Agent.PID())
	return os.WriteFile(filepath.Join(w.Dir, "env"), []byte(text), 0o644)
}
