// Echo is the floor under a call of the agent: a service that answers, with or
// without a commit before.
package main

import (
	"fmt"
	"log"
	"os"

	"github.com/godbus/dbus/v5"
	"go.etcd.io/bbolt"
)

type service struct {
	db *bbolt.DB
	n  int
}

// Echo only answers.
func (s *service) Echo(string, map[string]dbus.Variant, map[string]dbus.Variant) *dbus.Error {
	return nil
}

// Set answers once a value is on the disk.
func (s *service) Set(string, map[string]dbus.Variant, map[string]dbus.Variant) *dbus.Error {
	s.n++
	err := s.db.Update(func(tx *bbolt.Tx) error {
		bucket, err := tx.CreateBucketIfNotExists([]byte("person"))
		if err != nil {
			return err
		}
		return bucket.Put([]byte("volume"), fmt.Appendf(nil, "%032d", s.n))
	})
	if err != nil {
		return dbus.MakeFailedError(err)
	}
	return nil
}

func main() {
	db, err := bbolt.Open(os.Args[1], 0o600, &bbolt.Options{FreelistType: bbolt.FreelistMapType})
	if err != nil {
		log.Fatal(err)
	}
	conn, err := dbus.Connect(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	if err := conn.Export(&service{db: db}, "/echo", "org.example.Echo"); err != nil {
		log.Fatal(err)
	}
	if _, err := conn.RequestName("org.example.Echo", dbus.NameFlagDoNotQueue); err != nil {
		log.Fatal(err)
	}
	select {}
}
