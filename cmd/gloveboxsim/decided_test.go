//go:build soak

package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// decided is what the ledgers of a served world say, in what two plays of it must have in common:
// for each person at the wheel, and for all guests, which decisions there were, by reader, kind of
// message, class, outcome and rule.
//
// Instants are left out, and what hangs on them: how often something was decided, into how many entries
// that is divided (one for each minute), and the order. Slots follow the wall clock, and the other play
// begins at another second of it: what changes between two slots is decided in another order.
type decided struct {
	mu   sync.Mutex
	rows map[string]bool // guarded by mu
	err  error           // guarded by mu; a row that could not be read
}

// entry is a row of the ledger as the page is told of it.
type entry struct {
	Who, Class, Reader, Message, Outcome, Rule string
}

// follow reads the page's stream; over waits until the world has ended.
func (b *browser) follow() (d *decided, over func()) {
	b.Helper()
	r, err := http.NewRequestWithContext(b.Context(), http.MethodGet, b.base+"/api/events?view=console", nil)
	if err != nil {
		b.Fatal(err)
	}
	r.AddCookie(&http.Cookie{Name: b.cookie, Value: b.token})
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		b.Fatal(err)
	}
	d = &decided{rows: map[string]bool{}}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer answer.Body.Close()
		lines, ledger := bufio.NewScanner(answer.Body), false
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			if kind, is := strings.CutPrefix(lines.Text(), "event: "); is {
				ledger = kind == "ledger"
			}
			if data, is := strings.CutPrefix(lines.Text(), "data: "); is && ledger {
				d.take(data)
			}
		}
	}()
	return d, func() { <-done }
}

func (d *decided) take(data string) {
	var e entry
	err := json.Unmarshal([]byte(data), &e)
	d.mu.Lock()
	defer d.mu.Unlock()
	if err != nil {
		d.err = err
	}
	d.rows[fmt.Sprintf("%s: %s %s %s %s %s", e.Who, e.Reader, e.Message, e.Class, e.Outcome, e.Rule)] = true
}

// but are the decisions that the other does not have.
func (d *decided) but(other *decided) (all []string) {
	for r := range d.rows {
		if !other.rows[r] {
			all = append(all, r)
		}
	}
	slices.Sort(all)
	return all
}
