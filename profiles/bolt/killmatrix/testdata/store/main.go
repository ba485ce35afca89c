// Command store opens the people's store in a directory, makes one change and says when
// it has happened. The kill matrix runs it under strace.
//
//	store boot DIR | store set DIR | store enter DIR | store add DIR | store remove DIR
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
	case "add":
		roster.People = append(roster.People, profiles.Person{ID: profiles.ID{4}, Role: profiles.Secondary, State: profiles.Active})
		_, err = store.Apply(roster)
	case "remove":
		roster.People = roster.People[:len(roster.People)-1]
		_, err = store.Apply(roster)
	}
	if err != nil {
		return err
	}
	os.Stdout.WriteString("done\n")
	return errors.Join(store.Close(), ring.Close())
}
