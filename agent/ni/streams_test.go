package ni_test

import (
	"encoding/binary"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"time"
)

// Every use of chance has a stream of its own name, so that a draw more in one place
// moves nothing else.

func named(name string) uint64 {
	h := fnv.New64a()
	_, _ = io.WriteString(h, name)
	return h.Sum64()
}

// chance is the stream of a name under a seed.
type chance struct{ *rand.Rand }

func draws(seed uint64, name string) chance {
	return chance{rand.New(rand.NewPCG(seed, named(name)))}
}

// bytesOf is the stream of a name as bytes.
func bytesOf(seed uint64, name string) io.Reader {
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], seed)
	binary.LittleEndian.PutUint64(key[8:], named(name))
	return rand.NewChaCha8(key)
}

// oneIn is true once in n.
func (c chance) oneIn(n int) bool { return c.IntN(n) == 0 }

// seconds is a whole number of them, from a to less than b.
func (c chance) seconds(a, b int) time.Duration {
	return time.Duration(a+c.IntN(max(1, b-a))) * time.Second
}

// within is any moment from a to less than b.
func (c chance) within(a, b time.Duration) time.Duration {
	return a + time.Duration(c.Int64N(int64(max(1, b-a))))
}

// number is from a to b.
func (c chance) number(a, b float64) float64 { return a + (b-a)*c.Float64() }

func pick[T any](c chance, of ...T) T { return of[c.IntN(len(of))] }
