package cloud

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Save writes everything the back end knows into a file, private keys too, from
// which Load makes it again. Close comes first: what the car sends after it waits
// at the broker until the loaded one connects. Whatever happens, the file holds
// one whole state, this one or the one before.
func (b *BackEnd) Save(path string) error {
	b.mu.Lock()
	s, err := b.pack()
	var text []byte
	if err == nil {
		text, err = json.Marshal(s)
	}
	b.mu.Unlock()
	if err == nil {
		err = replace(path, text)
	}
	if err != nil {
		return fmt.Errorf("save the back end: %w", err)
	}
	return nil
}

// Load makes the back end that was saved. It has no line yet.
func Load(path string, options ...Option) (*BackEnd, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("load the back end: %w", err)
	}
	var s stored
	if err := strict(text, &s); err != nil {
		return nil, fmt.Errorf("load the back end: %s: %w", path, err)
	}
	b, err := New(options...)
	if err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.unpack(s); err != nil {
		return nil, fmt.Errorf("load the back end: %s: %w", path, err)
	}
	return b, nil
}

// replace puts text where path is, all of it or none, readable by the owner alone.
func replace(path string, text []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".saved-*") // mode 0600
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}
