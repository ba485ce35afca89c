// Bare is the floor under the start of the agent: it opens a bbolt file and takes
// a name on the bus, and nothing else.
package main

import (
	"log"
	"os"

	"github.com/godbus/dbus/v5"
	"go.etcd.io/bbolt"
)

func main() {
	db, err := bbolt.Open(os.Args[1], 0o600, &bbolt.Options{FreelistType: bbolt.FreelistMapType})
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	conn, err := dbus.Connect(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	if _, err := conn.RequestName("org.glovebox.Agent1", dbus.NameFlagDoNotQueue); err != nil {
		log.Fatal(err)
	}
	select {}
}
