package console

import (
	"context"
	"strconv"
	"time"

	"glovebox/headunit"
)

// rowData is the event ledger.
type rowData struct {
	Who       string   `json:"who"`
	ID        uint64   `json:"id"`
	T         string   `json:"t"`
	Class     string   `json:"class"`
	Reader    string   `json:"reader"`
	Letter    string   `json:"letter"`
	Message   string   `json:"message"`
	Outcome   string   `json:"outcome"`
	Rule      string   `json:"rule"`
	LimitedBy []string `json:"limited_by"`
	Count     uint64   `json:"count"`
	Words     string   `json:"words"`
	Value     string   `json:"value"` // the simulator's own: the car's ledger holds none
	Copy      bool     `json:"copy"`
}

// book follows the ledger of whoever is at the wheel. A guest's is memory of the agent and
// gone with the session: what was read of it becomes a copy.
type book struct {
	feed   *Feed
	who    string
	begun  time.Time          // of the session, to the minute
	guests int                // that were at the wheel
	rows   map[uint64]rowData // by id; those that may still grow, and all of a guest's
	last   uint64             // the newest id
	counts map[string]uint64  // of this session, by outcome
}

// stillGrows is how long after its minute an entry may grow.
const stillGrows = 2 * time.Minute

// most entries that are read when somebody takes the wheel.
const mostEntries = uint32(500)

// ask asks for what is new or may have grown.
func (b *book) ask(ctx context.Context, bus *headunit.Client, who string) (answer func(), err error) {
	if who != b.who {
		b.closed()
		b.open(who)
	}
	if who == "" {
		return nil, nil
	}
	filter := map[string]any{"after": b.settled()}
	if b.last == 0 {
		filter = map[string]any{"limit": mostEntries}
	}
	list, err := bus.Ledger(ctx, filter)
	if err != nil {
		return nil, err // NotPermitted: it ended this moment, and Ended comes
	}
	return func() {
		for _, one := range list {
			b.take(one)
		}
		b.forget(time.Now())
	}, nil
}

// open begins the ledger of somebody who took the wheel.
func (b *book) open(who string) {
	if who == "guest" {
		b.guests++
	}
	b.who, b.begun, b.last = who, time.Now().Truncate(time.Minute), 0
	b.rows, b.counts = map[uint64]rowData{}, map[string]uint64{}
}

// settled is the newest id below which no entry grows any more.
func (b *book) settled() uint64 {
	least := b.last + 1
	for id := range b.rows {
		least = min(least, id)
	}
	if b.who == "guest" { // all rows are held, so those of now are looked for
		least = b.last + 1
		for id, row := range b.rows {
			if at, err := time.Parse(stampEvent, row.T); err == nil && time.Since(at) < stillGrows {
				least = min(least, id)
			}
		}
	}
	return least - 1
}

// forget drops the rows that do not grow any more.
func (b *book) forget(now time.Time) {
	if b.who == "guest" {
		for id := range b.rows {
			if id+uint64(caps["ledger"]) <= b.last { // retained no more
				delete(b.rows, id)
			}
		}
		return
	}
	for id, row := range b.rows {
		if at, err := time.Parse(stampEvent, row.T); err != nil || now.Sub(at) > stillGrows {
			delete(b.rows, id)
		}
	}
}

// take tells an entry that is new or has grown.
func (b *book) take(one map[string]any) {
	id, count := uint64(number(one["id"])), uint64(number(one["count"]))
	before, known := b.rows[id]
	if known && before.Count == count || !known && id <= b.last {
		return
	}
	reader := text(one["reader"])
	row := rowData{
		Who: b.who, ID: id, T: stamp(time.Unix(int64(number(one["from"])), 0)), Class: text(one["class"]), Reader: b.feed.name(reader),
		Letter: b.feed.letter(reader), Message: text(one["kind"]), Outcome: text(one["outcome"]), Rule: text(one["rule"]),
		LimitedBy: texts(one["limited_by"]), Count: count,
	}
	row.Words = headunit.Reason(row.Rule, row.Outcome)
	if row.Value = before.Value; !known {
		row.Value = b.feed.truth.of(row.Class)
	}
	if to := time.Unix(int64(number(one["to"])), 0); !to.Before(b.begun) {
		b.counts[row.Outcome] += count - before.Count
	}
	b.rows[id], b.last = row, max(b.last, id)
	b.append(row)
}

// anotherGuest is between the ids of one guest and of the next: each guest's count from 1
// in the car.
const anotherGuest = 1_000_000

func (b *book) append(row rowData) {
	if row.Who == "guest" {
		row.ID += uint64(b.guests-1) * anotherGuest
	}
	b.feed.log.Append("ledger", row.Who+"/"+strconv.FormatUint(row.ID, 10), nil, row)
}

// closed is the end of a session. The car has a guest's rows no more.
func (b *book) closed() {
	if b.who == "guest" {
		for id := uint64(1); id <= b.last; id++ {
			if row, told := b.rows[id]; told {
				row.Copy = true
				b.append(row)
			}
		}
	}
	b.who, b.rows, b.last, b.counts = "", nil, 0, nil
}

// letter is the letter of a reader by id.
func (f *Feed) letter(id string) string {
	for _, r := range f.world.Cloud.Readers() {
		if r.ID == id {
			return letterOf(r.Role, "")
		}
	}
	return ""
}
