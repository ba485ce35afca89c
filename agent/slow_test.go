package agent_test

import (
	"sync"
	"time"

	"glovebox/profiles"
	"glovebox/telemetry"
	"glovebox/telemetry/outside"
)

// slowDisk is a store whose calls may take their time or fail, by name.
type slowDisk struct {
	*store
	slow map[string]time.Duration // guarded by store
	bad  map[string]error         // guarded by store
	made map[string]int           // calls; guarded by store
}

// wait takes as long as a call is to take and says whether it is to fail.
func (d *slowDisk) wait(call string) error {
	d.Lock()
	slow, bad := d.slow[call], d.bad[call]
	if d.made == nil {
		d.made = map[string]int{}
	}
	d.made[call]++
	d.Unlock()
	time.Sleep(slow)
	return bad
}

// make sets how long a call takes from now on and what it answers.
func (d *slowDisk) make(call string, slow time.Duration, bad error) {
	d.Lock()
	defer d.Unlock()
	if d.slow == nil {
		d.slow, d.bad = map[string]time.Duration{}, map[string]error{}
	}
	d.slow[call], d.bad[call] = slow, bad
}

func (d *slowDisk) Settings(who profiles.ID, groups ...string) (profiles.Encoded, error) {
	if err := d.wait("Settings"); err != nil {
		return nil, err
	}
	return d.store.Settings(who, groups...)
}

func (d *slowDisk) SetLockout(who profiles.ID, l profiles.Lockout) error {
	if err := d.wait("SetLockout"); err != nil {
		return err
	}
	return d.store.SetLockout(who, l)
}

func (d *slowDisk) SetSettings(who profiles.ID, own, vehicle profiles.Encoded) error {
	if err := d.wait("SetSettings"); err != nil {
		return err
	}
	return d.store.SetSettings(who, own, vehicle)
}

func (d *slowDisk) Ledger(who profiles.ID, prefixes ...string) (map[string][]byte, error) {
	if err := d.wait("Ledger"); err != nil {
		return nil, err
	}
	return d.store.Ledger(who, prefixes...)
}

func (d *slowDisk) SetLedger(who profiles.ID, values map[string][]byte) error {
	if err := d.wait("SetLedger"); err != nil {
		return err
	}
	return d.store.SetLedger(who, values)
}

func (d *slowDisk) SetOwnVerifier(who profiles.ID, v profiles.Verifier) error {
	if err := d.wait("SetOwnVerifier"); err != nil {
		return err
	}
	return d.store.SetOwnVerifier(who, v)
}

func (d *slowDisk) ChangeMessages(all map[profiles.ID]profiles.MessageChange) error {
	if err := d.wait("ChangeMessages"); err != nil {
		return err
	}
	return d.store.ChangeMessages(all)
}

func (d *slowDisk) SetCarFact(name string, value []byte) error {
	if err := d.wait("SetCarFact " + name); err != nil {
		return err
	}
	return d.store.SetCarFact(name, value)
}

// slowQueue is a queue whose purge may take its time or fail.
type slowQueue struct {
	telemetry.Outbox

	mu     sync.Mutex
	slow   time.Duration
	bad    error
	purged []time.Time // when a purge was done
}

func (q *slowQueue) set(slow time.Duration, bad error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.slow, q.bad = slow, bad
}

func (q *slowQueue) Purge(keep func(outside.Tag, int) bool) (int, error) {
	q.mu.Lock()
	slow, bad := q.slow, q.bad
	q.mu.Unlock()
	time.Sleep(slow)
	if bad != nil {
		return 0, bad
	}
	n, err := q.Outbox.Purge(keep)
	q.mu.Lock()
	q.purged = append(q.purged, time.Now())
	q.mu.Unlock()
	return n, err
}

func (d *slowDisk) Trips(who profiles.ID, ids ...string) (map[string][]byte, error) {
	if err := d.wait("Trips"); err != nil {
		return nil, err
	}
	return d.store.Trips(who, ids...)
}

func (d *slowDisk) SetTrips(all map[profiles.ID]map[string][]byte) error {
	if err := d.wait("SetTrips"); err != nil {
		return err
	}
	return d.store.SetTrips(all)
}
