package agent

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"slices"

	"glovebox/hal"
	"glovebox/profiles"
	"glovebox/telemetry"
	"glovebox/telemetry/outside"
)

// effect is one thing that a method of the cabin wants done outside its lock. It may
// be done again.
type effect struct {
	what   string               // for the log; the newest of a name replaces an older one that failed
	memory bool                 // touches memory only and never waits
	owed   bool                 // nobody waits for its error: what failed is tried again until it is done
	do     func(w *world) error // outside every lock
	after  func(err error)      // then, if not nil; it may take the cabin's lock
	both   bool                 // it does what an older one of its name was to do, whose after is called too

	batch *batch // of keep: messages that failed before go first
}

// world is all that an effect reaches. Nothing else in this package does.
type world struct {
	store    Store
	courier  Courier
	actuator Actuator
	folders  Folders
	erase    func() (profiles.Receipt, error)
	log      *slog.Logger
	giveWay  func()
	maySend  func(outside.Released) bool
	mayWait  func(tag outside.Tag, n int) bool
}

// The effects. Each of those that touch a disk may take as long as the disk does.

func sendLive(fresh []outside.Released) effect {
	return effect{what: "live", memory: true, do: func(w *world) error { w.courier.Live(fresh); return nil }}
}

func dropLive() effect {
	return effect{what: "drop live", memory: true, do: func(w *world) error { w.courier.DropLive(w.maySend); return nil }}
}

func mute(on bool) effect {
	return effect{what: "mute", memory: true, do: func(w *world) error { w.courier.Mute(on); return nil }}
}

func renew(epoch string) effect {
	return effect{what: "renew", memory: true, do: func(w *world) error { w.courier.Renew(epoch); return nil }}
}

func showDocument(version uint64) effect {
	return effect{what: "document version", memory: true, do: func(w *world) error { w.courier.DocumentVersion(version); return nil }}
}

// note is a line of the log.
func note(words string, args ...any) effect {
	return effect{what: "note", memory: true, do: func(w *world) error { w.log.Info(words, args...); return nil }}
}

// tell is news for the head unit, in its place among the other effects.
func tell(news func()) effect {
	return effect{what: "tell", do: func(*world) error { news(); return nil }}
}

// replaceProcess has a fresh process take over.
func replaceProcess() effect {
	return effect{what: "give way", do: func(w *world) error { w.giveWay(); return nil }}
}

// keep puts messages on disk, and after them what readers were shown: a power cut
// between the two shows it twice, never not at all.
func keep(messages []outside.Released, held []byte, after func(error)) effect {
	b := &batch{messages}
	return effect{what: "queue", owed: true, both: true, batch: b, after: after, do: func(w *world) error {
		if len(b.messages) > 0 {
			refused, err := w.courier.Keep(b.messages)
			if err != nil {
				return err
			}
			b.messages = nil
			if len(refused) > 0 {
				w.log.Warn("messages not kept, their reader is gone", "count", len(refused))
			}
		}
		return w.store.SetCarFact(factHeld, held)
	}}
}

// purge drops of the queue what may not be sent any more.
func purge(after func(error)) effect {
	return effect{what: "purge", owed: true, both: true, do: func(w *world) error { _, err := w.courier.Purge(w.maySend, w.mayWait); return err }, after: after}
}

func keepFact(name string, value []byte) effect {
	return effect{what: "fact " + name, owed: true, do: func(w *world) error { return w.store.SetCarFact(name, value) }}
}

func keepTally(t profiles.Tally) effect { return keepValue(factTally, t) }

func keepCodeTries(l profiles.Lockout) effect { return keepValue(factCode, l) }

// keepValue keeps a fact as JSON.
func keepValue(name string, v any) effect {
	e := keepFact(name, nil)
	e.do = func(w *world) error {
		text, err := json.Marshal(v)
		if err != nil {
			return err
		}
		return w.store.SetCarFact(name, text)
	}
	return e
}

func keepTries(who profiles.ID, l profiles.Lockout) effect {
	return effect{what: "tries " + who.String(), owed: true, do: func(w *world) error { return w.store.SetLockout(who, l) }}
}

func keepVerifier(who profiles.ID, v profiles.Verifier, after func(error)) effect {
	return effect{what: "verifier " + who.String(), owed: after == nil, after: after, do: func(w *world) error { return w.store.SetOwnVerifier(who, v) }}
}

func keepFobs(who profiles.ID, fobs []profiles.Fob) effect {
	return effect{what: "fobs " + who.String(), owed: true, do: func(w *world) error { return w.store.SetFobs(who, fobs) }}
}

// readMessages reads those of everybody, and which lights people were told of.
func readMessages(roster profiles.Roster, after func(kept map[profiles.ID]map[uint64]profiles.Message, lights []byte, err error)) effect {
	kept, lights := map[profiles.ID]map[uint64]profiles.Message{}, []byte(nil)
	return effect{what: "read messages", after: func(err error) { after(kept, lights, err) }, do: func(w *world) (err error) {
		lights, err = w.store.CarFact(factLights)
		for _, person := range roster.People {
			all, unread := w.store.Messages(person.ID)
			kept[person.ID], err = all, errors.Join(err, unread)
		}
		return err
	}}
}

// keepMessages writes what the disk does not have of people's messages.
func keepMessages(u *unsavedMessages, after func(error)) effect {
	return u.keep("messages", func(w *world, all map[profiles.ID]profiles.MessageChange) error { return w.store.ChangeMessages(all) }, after)
}

// keepLedger keeps what the disk does not have of a ledger. Of somebody who is gone it
// keeps nothing.
func keepLedger(who profiles.ID, b telemetry.Batch, after func(error)) effect {
	return effect{what: "ledger " + who.String(), owed: true, after: after, do: func(w *world) error { return w.store.SetLedger(who, b.Values()) }}
}

// readLedger reads what of a ledger is on disk alone.
func readLedger(who profiles.ID, r telemetry.Reading, after func([]telemetry.Entry, error)) effect {
	var entries []telemetry.Entry
	return effect{what: "read the ledger", after: func(err error) { after(entries, err) }, do: func(w *world) (err error) {
		entries, err = r.Entries(func(key string) ([]byte, error) {
			values, err := w.store.Ledger(who, key)
			return values[key], err
		})
		return err
	}}
}

// keepTrips writes what the disk does not have of people's trips.
func keepTrips(u *unsavedTrips, after func(error)) effect {
	return u.keep("trips", func(w *world, all map[profiles.ID]map[string]*keptTrip) error {
		return w.store.SetTrips(encodeTrips(all))
	}, after)
}

// readAllTrips reads those of everybody, oldest first where they are not going on any more.
// What cannot be read is not there.
func readAllTrips(roster profiles.Roster, after func(all map[profiles.ID][]keptTrip, err error)) effect {
	all := map[profiles.ID][]keptTrip{}
	return effect{what: "read all trips", after: func(err error) { after(all, err) }, do: func(w *world) error {
		var unread error
		for _, person := range roster.People {
			kept, err := w.store.Trips(person.ID)
			if !errors.Is(err, profiles.ErrNoSuchProfile) {
				unread = errors.Join(unread, err)
			}
			for _, id := range slices.Sorted(maps.Keys(kept)) {
				if k, err := telemetry.DecodeTrip(kept[id]); err == nil && k.ID == id {
					all[person.ID] = append(all[person.ID], keptTrip{k, len(kept[id])}.light())
				}
			}
		}
		return unread
	}}
}

// deleteTrip takes a trip of who drove it out.
func deleteTrip(who profiles.ID, id string, after func(error)) effect {
	return effect{what: "delete a trip", after: after, do: func(w *world) error {
		return w.store.SetTrips(map[profiles.ID]map[string][]byte{who: {id: nil}})
	}}
}

// readTrips reads these trips, with their tracks.
func readTrips(ids map[profiles.ID][]string, after func(kept map[string]telemetry.KeptTrip, err error)) effect {
	kept := map[string]telemetry.KeptTrip{}
	return effect{what: "read trips", after: func(err error) { after(kept, err) }, do: func(w *world) error {
		for who, some := range ids {
			values, err := w.store.Trips(who, some...)
			if errors.Is(err, profiles.ErrNoSuchProfile) {
				continue // removed meanwhile
			}
			if err != nil {
				return err
			}
			for id, value := range values {
				if k, err := telemetry.DecodeTrip(value); err == nil && k.ID == id {
					kept[id] = k
				}
			}
		}
		return nil
	}}
}

// applyRoster keeps next; after is told whom that erased.
func applyRoster(next profiles.Roster, after func(profiles.Receipt, error)) effect {
	var receipt profiles.Receipt
	return effect{what: "roster", owed: true, after: func(err error) { after(receipt, err) }, do: func(w *world) (err error) {
		receipt, err = w.store.Apply(next)
		return err
	}}
}

// makeFolder makes the directory of a session that is about to begin.
func makeFolder(after func(path string, err error)) effect {
	var path string
	return effect{what: "make a directory", after: func(err error) { after(path, err) }, do: func(w *world) (err error) {
		if w.folders != nil {
			path, err = w.folders.Make()
		}
		return err
	}}
}

// removeFolder removes the directory of a session that is over.
func removeFolder(path string, after func(removed, left, aside int)) effect {
	return effect{what: "remove a directory", do: func(w *world) error {
		if path != "" {
			after(w.folders.Remove(path))
		}
		return nil
	}}
}

func setSettings(who profiles.ID, e profiles.Edit, after func(error)) effect {
	return effect{what: "settings", after: after, do: func(w *world) error { return w.store.SetSettings(who, e.Person, e.Vehicle) }}
}

// readSettings reads these groups of a person into kept, or all: then apps are named.
func readSettings(who profiles.ID, groups []string, kept profiles.Encoded, after func(error)) effect {
	return effect{what: "read settings", after: after, do: func(w *world) error {
		values, err := w.store.Settings(who, groups...)
		maps.Copy(kept, values)
		return err
	}}
}

// bringSeat reads what a fob brings before the PIN: the seat, and nothing else.
func bringSeat(who profiles.ID, after func(profiles.Values)) effect {
	kept := profiles.Encoded{}
	return readSettings(who, []string{profiles.Seat().Name}, kept, func(err error) {
		if values, _ := profiles.DecodeAll(kept); err == nil {
			after(values)
		}
	})
}

// readStores reads the stores of apps that are named in kept.
func readStores(who profiles.ID, kept profiles.Encoded, after func(error)) effect {
	return effect{what: "read the stores of apps", after: after, do: func(w *world) error {
		named := slices.DeleteFunc(slices.Collect(maps.Keys(kept)), func(group string) bool { return !profiles.IsApp(group) })
		if len(named) == 0 {
			return nil
		}
		values, err := w.store.Settings(who, named...)
		maps.Copy(kept, values)
		return err
	}}
}

// warnUnconfirmed says which settings the car did not show.
func warnUnconfirmed(paths []string) effect {
	return effect{what: "warn", do: func(w *world) error { w.log.Warn("settings not confirmed by the car", "paths", paths); return nil }}
}

// settingsOf reads every group of who asks for the wheel: what a login answers. It
// waits its turn behind what is to be written. A value that cannot be read back is its
// default, so that a login never fails for one damaged value.
func (e *effects) settingsOf(r Request) (profiles.Values, error) {
	kept := profiles.Encoded{}
	if !r.Guest && !r.Who.IsZero() {
		var failed error
		e.add(readSettings(r.Who, nil, kept, func(err error) { failed = err }))
		e.wait()
		if failed != nil {
			return nil, failed
		}
	}
	values, unread := profiles.DecodeAll(kept)
	e.unreadable(unread)
	for group := range kept {
		if profiles.IsApp(group) {
			values[group] = map[string]any{}
		}
	}
	return values, nil
}

func (e *effects) unreadable(keys []string) {
	for _, key := range keys {
		e.log.Warn("setting unreadable", "setting", key)
	}
}

// actuate sends one command to the car and waits until it is written.
func (e *effects) actuate(ctx context.Context, path string, v hal.Value) error {
	return e.world.actuator.Actuate(ctx, path, v)
}

// adjust sends what settings want and returns what was sent; the rest it says.
func (e *effects) adjust(ctx context.Context, wants []want) (sent []want) {
	for _, w := range wants {
		if err := e.actuate(ctx, w.path, w.value); err != nil {
			e.log.Warn("setting not applied", "path", w.path) // the error may hold the value
			continue
		}
		sent = append(sent, w)
	}
	return sent
}
