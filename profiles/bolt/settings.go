package bolt

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.etcd.io/bbolt"

	"glovebox/profiles"
	"glovebox/profiles/keyring"
)

// settingKey is where the value of one setting stands in its owner's bucket.
func settingKey(group, key string) string { return "set/" + group + "/" + key }

// The stores of a person's apps have a bucket of their own, each store one value, and
// beside them how large each is: a store is read, written and counted without the
// others, and next to nothing else.
const (
	sizesKey = "sizes"
	appStore = "app/" // and the id
	appGroup = "app." // and the id
)

func appsBucket(id profiles.ID) string { return id.String() + "/apps" }

// ownerOf is whose bucket it is, the zero id where it is the car's.
func ownerOf(bucket []byte) (id profiles.ID, ok bool) {
	name, _, _ := strings.Cut(string(bucket), "/")
	id, err := profiles.ParseID(name)
	return id, err == nil
}

// Settings returns what id has set in these groups, or in all, by group and key;
// absent keys were never set. In all, an app's store is only named. A value that its
// key does not open is empty, which no value is. The zero id is the vehicle.
func (s *Store) Settings(id profiles.ID, groups ...string) (profiles.Encoded, error) {
	all := profiles.Encoded{}
	err := s.view(id, func(b *bbolt.Bucket) error {
		if len(groups) == 0 {
			s.readGroup(id, b, "set/", all)
		}
		for _, group := range groups {
			if !profiles.IsApp(group) {
				s.readGroup(id, b, settingKey(group, ""), all)
			}
		}
		if b = b.Tx().Bucket([]byte(appsBucket(id))); b == nil {
			return nil
		}
		if len(groups) == 0 {
			sizes, err := s.sizes(id, b)
			for app := range sizes {
				all[appGroup+app] = nil
			}
			return err
		}
		for _, group := range groups {
			if !profiles.IsApp(group) {
				continue
			}
			store, err := s.app(id, b, group)
			if err != nil {
				return err
			}
			for key, v := range store {
				if all[group] == nil {
					all[group] = map[string][]byte{}
				}
				if all[group][key], err = v.MarshalJSON(); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read settings: %w", err)
	}
	return all, nil
}

// readGroup adds what stands below a prefix of set/GROUP/KEY.
func (s *Store) readGroup(id profiles.ID, b *bbolt.Bucket, prefix string, all profiles.Encoded) {
	c := b.Cursor()
	for k, sealed := c.Seek([]byte(prefix)); strings.HasPrefix(string(k), prefix); k, sealed = c.Next() {
		group, key, _ := strings.Cut(strings.TrimPrefix(string(k), "set/"), "/")
		value, err := s.ring.Open(id, Name, string(k), sealing, sealed)
		if err != nil {
			value = []byte{}
		}
		if all[group] == nil {
			all[group] = map[string][]byte{}
		}
		all[group][key] = value
	}
}

// SetSettings keeps these values, the person's and the vehicle's, and leaves all others
// as they are, in one change. A nil value takes a key back, a nil group all of its keys.
// What apps may not keep is profiles.ErrQuotaExceeded, and nothing is kept then.
func (s *Store) SetSettings(id profiles.ID, own, vehicle profiles.Encoded) error {
	return s.updatePerson("keep settings", id, func(c *transaction) error {
		apps := profiles.Encoded{}
		for _, group := range slices.Sorted(maps.Keys(own)) {
			if profiles.IsApp(group) {
				apps[group] = own[group]
			} else if err := s.putGroup(c, id, group, own[group]); err != nil {
				return err
			}
		}
		for _, group := range slices.Sorted(maps.Keys(vehicle)) {
			if err := s.putGroup(c, profiles.ID{}, group, vehicle[group]); err != nil {
				return err
			}
		}
		if len(apps) == 0 {
			return nil
		}
		return s.putApps(c, id, apps)
	})
}

func (s *Store) putGroup(c *transaction, id profiles.ID, group string, values map[string][]byte) error {
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if err := s.putSealed(c, id, id.String(), settingKey(group, key), values[key]); err != nil {
			return err
		}
	}
	return nil
}

// putApps writes the stores that change, and the sizes, which the quotas are about.
func (s *Store) putApps(c *transaction, id profiles.ID, apps profiles.Encoded) error {
	bucket, b := appsBucket(id), c.tx.Bucket([]byte(appsBucket(id)))
	sizes, err := s.sizes(id, b)
	if err != nil {
		return err
	}
	for _, group := range slices.Sorted(maps.Keys(apps)) {
		name := strings.TrimPrefix(group, appGroup)
		store, err := s.app(id, b, group)
		if err != nil {
			return err
		}
		if apps[group] == nil {
			clear(store)
		}
		for key, data := range apps[group] {
			var v profiles.Typed
			if delete(store, key); data == nil {
				continue
			}
			if err := v.UnmarshalJSON(data); err != nil {
				return err
			}
			store[key] = v
		}
		var kept []byte
		if delete(sizes, name); len(store) > 0 {
			if sizes[name], err = store.Size(); err != nil {
				return err
			}
			if kept, err = profiles.EncodeStore(store); err != nil {
				return err
			}
		}
		if err := s.putSealed(c, id, bucket, appStore+name, kept); err != nil {
			return err
		}
	}
	if err := sizes.Check(); err != nil {
		return err
	}
	kept, err := json.Marshal(sizes)
	if err != nil {
		return err
	}
	return s.putSealed(c, id, bucket, sizesKey, kept)
}

// sizes is how large the stores in b are.
func (s *Store) sizes(id profiles.ID, b *bbolt.Bucket) (profiles.Sizes, error) {
	sizes := profiles.Sizes{}
	if b == nil {
		return sizes, nil
	}
	data, err := s.unseal(b, id, sizesKey)
	if err == nil && data != nil {
		return sizes, json.Unmarshal(data, &sizes)
	}
	for _, group := range stores(b) { // counted anew
		store, err := s.app(id, b, group)
		if err != nil {
			return sizes, err
		}
		sizes[strings.TrimPrefix(group, appGroup)], _ = store.Size()
	}
	return sizes, nil
}

// stores are the groups that have a store in b.
func stores(b *bbolt.Bucket) (groups []string) {
	c := b.Cursor()
	for k, _ := c.Seek([]byte(appStore)); strings.HasPrefix(string(k), appStore); k, _ = c.Next() {
		groups = append(groups, appGroup+strings.TrimPrefix(string(k), appStore))
	}
	return groups
}

// app is the store of one app in b, empty where its key does not open it.
func (s *Store) app(id profiles.ID, b *bbolt.Bucket, group string) (profiles.Store, error) {
	if b == nil {
		return profiles.Store{}, nil
	}
	data, err := s.unseal(b, id, appStore+strings.TrimPrefix(group, appGroup))
	if errors.Is(err, keyring.ErrNoKey) || errors.Is(err, keyring.ErrClosed) {
		return nil, err
	}
	if err != nil || data == nil {
		return profiles.Store{}, nil
	}
	return profiles.DecodeStore(data)
}
