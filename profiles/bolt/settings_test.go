package bolt_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"glovebox/profiles"
	"glovebox/profiles/bolt"
)

// appData is what is kept of one value of an app, a text of n bytes.
func appData(t testing.TB, n int) map[string][]byte {
	t.Helper()
	data, err := profiles.Typed{Type: "s", Value: strings.Repeat("x", n)}.MarshalJSON()
	must(t, err)
	return map[string][]byte{"data": data}
}

// Case Q1 on the disk: what is too much leaves everything as it was, what is set in the
// same change too; room that was given back can be used again.
func TestAppsHaveQuotas(t *testing.T) {
	dir := t.TempDir()
	ring := openRing(t, dir)
	s := open(t, dir, ring, nil)
	must(t, applied(s.Apply(roster(t, 1, 1, 2))))
	id := person(t, 2).ID
	must(t, s.SetSettings(id, group("app.1", appData(t, 1<<16)), nil))
	if err := s.SetSettings(id, group("app.1", appData(t, 1<<16+1)), nil); !errors.Is(err, profiles.ErrQuotaExceeded) {
		t.Errorf("65,537 bytes: %v", err)
	}
	for i := 2; i <= 16; i++ {
		must(t, s.SetSettings(id, group(fmt.Sprint("app.", i), appData(t, 1<<16)), nil))
	}
	before, err := dump(s)
	must(t, err)
	more := profiles.Encoded{"app.17": appData(t, 1), "radio": {"volume": []byte("7")}}
	if err := s.SetSettings(id, more, profiles.Encoded{"display": {"brightness": []byte("1")}}); !errors.Is(err, profiles.ErrQuotaExceeded) {
		t.Errorf("a seventeenth app: %v", err)
	}
	if after, err := dump(s); err != nil || after != before {
		t.Errorf("what was refused changed something: %v", err)
	}
	must(t, s.SetSettings(person(t, 1).ID, group("app.17", appData(t, 1)), nil)) // another person's
	must(t, s.SetSettings(id, profiles.Encoded{"app.16": nil, "app.17": appData(t, 1<<16)}, nil))
	all, err := s.Settings(id)
	must(t, err)
	if _, named := all["app.16"]; named || len(all) != 16 || all["app.17"] != nil {
		t.Errorf("the person's groups are %v", reflect.ValueOf(all).MapKeys())
	}
	must(t, s.Close())
	must(t, bolt.Check(filepath.Join(dir, bolt.Name)))
}

// The stores of apps go with the person, and stand in the file in no clear word.
func TestAppsGoWithThePerson(t *testing.T) {
	dir := t.TempDir()
	ring := openRing(t, dir)
	s := open(t, dir, ring, nil)
	must(t, applied(s.Apply(roster(t, 1, 1, 2))))
	secret := profiles.Typed{Type: "s", Value: "a thing that only an app knows"}
	data, err := secret.MarshalJSON()
	must(t, err)
	must(t, s.SetSettings(person(t, 2).ID, group("app.notes", map[string][]byte{"secret key": data}), nil))
	raw, err := os.ReadFile(filepath.Join(dir, bolt.Name))
	must(t, err)
	for _, text := range []string{"only an app knows", "secret key", "app.notes"} {
		if bytes.Contains(raw, []byte(text)) {
			t.Errorf("the file holds %q in the clear", text)
		}
	}
	must(t, applied(s.Apply(roster(t, 2, 1))))
	must(t, s.Close())
	db, err := bbolt.Open(filepath.Join(dir, bolt.Name), 0o600, &bbolt.Options{ReadOnly: true})
	must(t, err)
	defer db.Close()
	must(t, db.View(func(tx *bbolt.Tx) error {
		return tx.ForEach(func(name []byte, _ *bbolt.Bucket) error {
			if strings.HasPrefix(string(name), person(t, 2).ID.String()) {
				t.Errorf("a bucket %s is left", name)
			}
			return nil
		})
	}))
}

// Who writes what they know leaves what they do not know: groups and keys of a newer
// version.
func TestUnknownSettingsStay(t *testing.T) {
	dir := t.TempDir()
	ring := openRing(t, dir)
	s := open(t, dir, ring, nil)
	must(t, applied(s.Apply(roster(t, 1, 1))))
	id := person(t, 1).ID
	newer := profiles.Encoded{"radio": {"tone": []byte("9"), "volume": []byte("3")}, "smell": {"pine": []byte(`{"x":1}`)}}
	must(t, s.SetSettings(id, newer, nil))
	edit, err := profiles.NewEdit(profiles.Values{"radio": nil, "sound": {"bass": int16(1)}})
	must(t, err)
	must(t, s.SetSettings(id, edit.Person, edit.Vehicle))
	got, err := s.Settings(id)
	must(t, err)
	if string(got["radio"]["tone"]) != "9" || string(got["smell"]["pine"]) != `{"x":1}` || got["radio"]["volume"] != nil {
		t.Errorf("then there is %q", got)
	}
}

// A value that its key does not open costs that value: the others are read.
func TestDamagedValueIsEmpty(t *testing.T) {
	dir := t.TempDir()
	ring := openRing(t, dir)
	s := open(t, dir, ring, nil)
	must(t, applied(s.Apply(roster(t, 1, 1))))
	id := person(t, 1).ID
	must(t, s.SetSettings(id, profiles.Encoded{"radio": {"volume": []byte("3"), "last": []byte("{}")}, "app.a": appData(t, 5), "app.b": appData(t, 6)}, nil))
	must(t, s.Close())
	db, err := bbolt.Open(filepath.Join(dir, bolt.Name), 0o600, nil)
	must(t, err)
	must(t, db.Update(func(tx *bbolt.Tx) error {
		own, apps := tx.Bucket([]byte(id.String())), tx.Bucket([]byte(id.String()+"/apps"))
		return errors.Join(own.Put([]byte("set/radio/last"), []byte("rot")), apps.Put([]byte("app/a"), []byte("rot")), apps.Put([]byte("sizes"), []byte("rot")))
	}))
	must(t, db.Close())
	s = open(t, dir, ring, nil)
	got, err := s.Settings(id)
	if err != nil || string(got["radio"]["volume"]) != "3" || got["radio"]["last"] == nil || len(got["radio"]["last"]) != 0 {
		t.Errorf("read %q, %v", got, err)
	}
	if _, unread := profiles.DecodeAll(got); !reflect.DeepEqual(unread, []string{"radio last"}) {
		t.Errorf("unread %v", unread)
	}
	must(t, s.SetSettings(id, group("app.a", appData(t, 7)), nil))
	if got, err = s.Settings(id, "app.a", "app.b"); err != nil || len(got["app.a"]["data"]) != len(appData(t, 7)["data"]) || len(got["app.b"]) != 1 {
		t.Errorf("of apps %q, %v", got, err)
	}
}

// older makes a store one of an older schema, as an agent of that time left it.
func older(t *testing.T, path string, schema uint32) {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, nil)
	must(t, err)
	must(t, db.Update(func(tx *bbolt.Tx) error {
		meta := tx.Bucket([]byte("_meta"))
		sum := bytes.Clone(meta.Get([]byte("sum")))
		fresh := binary.BigEndian.AppendUint32(nil, schema)
		for _, value := range [][]byte{meta.Get([]byte("schema")), fresh} {
			h := sha256.New()
			for _, part := range [][]byte{[]byte("_meta"), []byte("schema"), value} {
				h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(part))))
				h.Write(part)
			}
			for i, b := range h.Sum(nil) {
				sum[i] ^= b
			}
		}
		return errors.Join(meta.Put([]byte("schema"), fresh), meta.Put([]byte("sum"), sum))
	}))
	must(t, db.Close())
}

func schemaOf(t *testing.T, path string) (schema uint32) {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true})
	must(t, err)
	defer db.Close()
	must(t, db.View(func(tx *bbolt.Tx) error {
		schema = binary.BigEndian.Uint32(tx.Bucket([]byte("_meta")).Get([]byte("schema")))
		return nil
	}))
	return schema
}

// A store of an older schema is brought to this one, and stands beside it as it was. Who
// is removed afterwards cannot be read in the copy either.
func TestMigration(t *testing.T) {
	for _, from := range []uint32{1, 2} {
		t.Run(fmt.Sprint(from), func(t *testing.T) { migrates(t, from) })
	}
}

func migrates(t *testing.T, from uint32) {
	dir := t.TempDir()
	ring := openRing(t, dir)
	s := open(t, dir, ring, nil)
	must(t, applied(s.Apply(roster(t, 1, 1, 2))))
	must(t, s.SetSettings(person(t, 2).ID, group("radio", map[string][]byte{"volume": []byte("41")}), nil))
	want, err := dump(s)
	must(t, err)
	must(t, s.Close())
	path, copied := filepath.Join(dir, bolt.Name), filepath.Join(dir, bolt.CopyName(from))
	older(t, path, from)
	must(t, os.WriteFile(copied+".new", []byte("half a copy"), 0o600)) // the power failed while it was made

	s = open(t, dir, ring, inChild(t))
	if got, err := dump(s); err != nil || got != want || s.Recovered() {
		t.Errorf("after the migration\n%s, want\n%s, %v, recovered %v", got, want, err, s.Recovered())
	}
	must(t, applied(s.Apply(roster(t, 2, 1))))
	must(t, s.Close())
	must(t, bolt.Check(path))
	must(t, bolt.Check(copied))
	if now, then := schemaOf(t, path), schemaOf(t, copied); now != 3 || then != from {
		t.Errorf("schema %d, of the copy %d", now, then)
	}
	if info, err := os.Stat(copied); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the copy: %v, %v", info.Mode(), err)
	}
	must(t, os.Rename(copied, path))
	s = open(t, dir, ring, nil)
	if _, err := s.Settings(person(t, 2).ID); !errors.Is(err, profiles.ErrNoSuchProfile) {
		t.Errorf("who was removed is read in the copy: %v", err)
	}
}

// A store of a newer schema is not understood: it goes to the quarantine, and the car
// comes up without it.
func TestNewerSchemaIsSetAside(t *testing.T) {
	dir := t.TempDir()
	ring := openRing(t, dir)
	s := open(t, dir, ring, nil)
	must(t, applied(s.Apply(roster(t, 1, 1))))
	must(t, s.Close())
	older(t, filepath.Join(dir, bolt.Name), 4)
	s = open(t, dir, ring, inChild(t))
	if left, err := filepath.Glob(filepath.Join(dir, "quarantine", bolt.Name+".*")); err != nil || len(left) != 1 || !s.Recovered() {
		t.Errorf("set aside %v, recovered %v, %v", left, s.Recovered(), err)
	}
}
