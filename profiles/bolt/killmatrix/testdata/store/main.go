// Command store opens the people's store in a directory, makes one change and says when
// it has happened. The kill matrix runs it under strace.
//
//	store boot|set|import|enter|write|drive|add|remove|late DIR
//
// Exit 0 after "done", 3 when erasing did not finish, 1 otherwise.
package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"

	"glovebox/profiles"
	"glovebox/profiles/bolt"
	"glovebox/profiles/keyring"
)

// strace counts calls for each thread: all of them are to come from one.
func init() { runtime.LockOSThread() }

func main() {
	switch err := run(os.Args[1], os.Args[2]); {
	case errors.Is(err, profiles.ErrEraseFailed):
		fmt.Fprintln(os.Stderr, err)
		os.Exit(3)
	case err != nil:
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(command, dir string) error {
	ring, err := keyring.Open(dir)
	if err != nil {
		return err
	}
	store, err := bolt.Open(dir, ring, nil)
	if err != nil {
		return err
	}
	roster, err := store.Roster()
	if err != nil {
		return err
	}
	roster.Version++
	switch command {
	case "set", "import": // one group, or several in one change
		own := profiles.Encoded{"radio": {"a": []byte("new"), "b": []byte("new")}}
		if command == "import" {
			own["seat"] = map[string][]byte{"c": []byte("new")}
		}
		err = store.SetSettings(profiles.ID{1}, own, nil)
	case "enter": // two pages of the ledger and one that falls out
		err = store.SetLedger(profiles.ID{1}, map[string][]byte{"last": []byte("2"), "page/0": nil, "page/1": []byte("new"), "page/2": []byte("new")})
	case "write": // one message is read, one falls out, two come
		read, first, second := message("read"), message("new"), message("new")
		err = store.ChangeMessages(map[profiles.ID]profiles.MessageChange{{1}: {0: &read, 1: nil, 2: &first}, {2}: {2: &second}})
	case "drive": // one trip grows, one falls out, two are handed over
		err = store.SetTrips(map[profiles.ID]map[string][]byte{{1}: {"0": []byte("longer"), "1": nil, "2": []byte("new")}, {2}: {"2": []byte("new")}})
	case "add":
		roster.People = append(roster.People, profiles.Person{ID: profiles.ID{4}, Role: profiles.Secondary, State: profiles.Active})
		_, err = store.Apply(roster)
	case "remove":
		_, err = store.Apply(without(roster))
	case "late": // what was under way when somebody was removed comes behind
		if _, err = store.Apply(without(roster)); err == nil {
			gone := message("gone")
			err = errors.Join(
				store.ChangeMessages(map[profiles.ID]profiles.MessageChange{{3}: {2: &gone}}),
				store.SetTrips(map[profiles.ID]map[string][]byte{{3}: {"2": []byte("gone")}}),
			)
		}
	}
	if err != nil {
		return err
	}
	os.Stdout.WriteString("done\n")
	return errors.Join(store.Close(), ring.Close())
}

// without takes the last of the people out.
func without(r profiles.Roster) profiles.Roster {
	r.People = r.People[:len(r.People)-1]
	return r
}

func message(text string) profiles.Message {
	return profiles.Message{ID: "m", Kind: profiles.ChatLine, Text: profiles.Conceal(text)}
}
