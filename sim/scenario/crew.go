package scenario

import "sync"

// crew is jobs that run beside the lines. Unlike a sync.WaitGroup it takes a new one while
// somebody waits, who then waits for that one too.
type crew struct {
	mu      sync.Mutex
	running int           // guarded by mu
	idle    chan struct{} // guarded by mu; closed when none runs, nil if none does
}

// Go runs a job.
func (c *crew) Go(job func()) {
	c.mu.Lock()
	if c.running++; c.running == 1 {
		c.idle = make(chan struct{})
	}
	c.mu.Unlock()
	go func() {
		defer c.done()
		job()
	}()
}

func (c *crew) done() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.running--; c.running == 0 {
		close(c.idle)
		c.idle = nil
	}
}

// over is closed when none of the jobs runs, and nil if none does.
func (c *crew) over() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.idle
}

// Wait waits until no job runs.
func (c *crew) Wait() {
	for over := c.over(); over != nil; over = c.over() {
		<-over
	}
}
