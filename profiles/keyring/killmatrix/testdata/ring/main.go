// Command ring opens the key ring in a directory, makes one change and says
// when it has happened. The kill matrix runs it under strace.
//
//	ring boot DIR | ring add DIR ID... | ring remove DIR ID... | ring insist DIR ID...
//
// insist removes, and after a failure once more. Exit 0 after "done", 3 when
// erasing did not finish, 1 otherwise.
package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"

	"glovebox/profiles"
	"glovebox/profiles/keyring"
)

// strace counts calls for each thread: all of them are to come from one.
func init() { runtime.LockOSThread() }

func main() {
	err := run(os.Args[1], os.Args[2], os.Args[3:])
	switch {
	case errors.Is(err, profiles.ErrEraseFailed):
		fmt.Fprintln(os.Stderr, err)
		os.Exit(3)
	case err != nil:
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(command, dir string, args []string) error {
	ids := make([]profiles.ID, len(args))
	for i, arg := range args {
		id, err := profiles.ParseID(arg)
		if err != nil {
			return err
		}
		ids[i] = id
	}
	ring, err := keyring.Open(dir)
	if err != nil {
		return err
	}
	switch command {
	case "add":
		err = ring.Add(ids...)
	case "remove":
		_, err = ring.Remove(ids...)
	case "insist":
		if _, err = ring.Remove(ids...); err != nil {
			_, err = ring.Remove(ids...)
		}
	}
	if err != nil {
		return err
	}
	os.Stdout.WriteString("done\n")
	return ring.Close()
}
