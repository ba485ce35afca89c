package sim

import "io"

// Record is one record of a world.
type Record interface {
	io.Writer
	Close() error
	Dropped() int64
}

// NewRecord makes one in a directory, of which so many bytes are kept.
func NewRecord(dir, name string, most int64) (Record, error) {
	f, err := create(dir, name, most)
	return record{f}, err
}

type record struct{ *file }

func (r record) Close() error   { return r.close() }
func (r record) Dropped() int64 { return r.before() }
