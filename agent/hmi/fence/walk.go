package fence

import "math/bits"

const (
	maxDepth = 8 // arrays, structs and variants around a value
	// maxNested bounds the arrays and dictionaries in one signature: the decoder
	// makes a Go type of each such signature, and the runtime keeps types for ever.
	maxNested = 2
	// The decoded values may take maxGrowth times the body, and allowance more: a
	// station in the list of favourites is a Go map of half a kilobyte.
	maxGrowth = 4
	allowance = 64 << 10
)

// Walk goes over a body without building a value. It is nil where the body is
// exactly what types, a signature, names, where every variant holds what settings
// can hold, and where the decoder can hold it all in maxGrowth times its size. A
// descriptor (h) stands outside of all else, in the order in which they came.
func Walk(types []byte, bigEndian bool, body []byte) error {
	w := walk{cursor: cursor{b: body, big: bigEndian}}
	w.all(types, 0)
	switch {
	case w.err != nil:
		return w.err
	case w.at != len(body):
		return errMore
	case w.held > maxGrowth*len(body)+allowance:
		return errMemory
	}
	return nil
}

type walk struct {
	cursor
	held    int    // bytes that the decoded values take, at most
	handles uint32 // descriptors so far
}

// all goes over one value for each type in types, as in a body or a struct. Each
// becomes an interface value, in a slice that grew by doubling.
func (w *walk) all(types []byte, depth int) {
	count := 0
	for len(types) > 0 && w.err == nil {
		n := single(types, 0, 0)
		switch {
		case types[0] == 'h' && depth == 0:
			if n = 1; w.uint32() != w.handles {
				w.fail(errHandle)
			}
			w.handles++
		case n == 0:
			w.fail(errType)
			return
		default:
			w.value(types[:n], depth)
		}
		w.held += boxed(types[0])
		types = types[n:]
		count++
	}
	w.held += 16 * doubled(count)
}

// value goes over one value of the type t, a single complete one.
func (w *walk) value(t []byte, depth int) {
	switch t[0] {
	case 'b':
		if w.uint32() > 1 {
			w.fail(errBoolean)
		}
	case 's':
		w.held += len(w.text())
	case 'o':
		p := w.text()
		w.held += len(p)
		if w.err == nil && !validPath(p) {
			w.fail(errPath)
		}
	case 'g':
		w.named(w.signature())
	case 'v', 'a', '(':
		w.container(t, depth+1)
	default:
		n := fixed(t[0])
		w.align(n)
		w.bytes(n)
	}
}

// named goes over the content of a SIGNATURE.
func (w *walk) named(types []byte) {
	w.held += len(types)
	for len(types) > 0 {
		n := single(types, 0, 0)
		if n == 0 {
			w.fail(errType)
			return
		}
		types = types[n:]
	}
}

func (w *walk) container(t []byte, depth int) {
	switch {
	case depth > maxDepth:
		w.fail(errDeep)
	case t[0] == 'v':
		inner := w.signature()
		if len(inner) == 0 || single(inner, 0, 0) != len(inner) {
			w.fail(errType)
			return
		}
		w.held += len(inner) + boxed(inner[0])
		w.value(inner, depth)
	case t[0] == '(':
		w.align(8)
		w.all(t[1:len(t)-1], depth)
	case t[1] == '{':
		w.dictionary(t[2:3], t[3:len(t)-1], depth)
	default:
		w.array(t[1:], depth)
	}
}

// frame returns where an array ends that begins here; its length does not count
// the padding before the first element.
func (w *walk) frame(alignment int) (end int) {
	n := w.uint32()
	w.align(alignment)
	if uint64(n) > uint64(len(w.b)-w.at) {
		w.fail(errShort)
		return w.at
	}
	return w.at + int(n)
}

func (w *walk) array(t []byte, depth int) {
	end := w.frame(alignment(t[0]))
	length, count := end-w.at, 0
	if n := fixed(t[0]); n > 0 && t[0] != 'b' {
		if count = length / n; length%n != 0 {
			w.fail(errArray)
		}
		w.bytes(count * n)
	} else {
		outer := w.b
		for w.b = outer[:end]; w.at < end && w.err == nil; count++ {
			w.value(t, depth)
		}
		w.b = outer
	}
	made := 2 * count // a slice that grows doubles
	if n := packed(t); n > 0 {
		made = max(made, length/n) // what the decoder makes room for, without the padding between structs
	}
	w.held += made * size(t[0])
}

func (w *walk) dictionary(key, t []byte, depth int) {
	end := w.frame(8)
	count := 0
	outer := w.b
	for w.b = outer[:end]; w.at < end && w.err == nil; count++ {
		w.align(8)
		w.value(key, depth)
		w.value(t, depth)
	}
	w.b = outer
	w.held += 48 + slots(count)*(size(key[0])+size(t[0])+1)
}

// single is the length of the first complete type of a signature, 0 where it is
// none or one that settings cannot hold (D-Bus Specification, "Type System").
// Keys are those that the decoder takes: no boolean and no signature. nested
// counts the arrays around it, depth the structs too.
func single(types []byte, nested, depth int) int {
	if len(types) == 0 || depth > maxDepth {
		return 0
	}
	switch t := types[0]; {
	case t == 'v' || fixed(t) > 0 || t == 's' || t == 'o' || t == 'g':
		return 1
	case t == '(':
		at := 1
		for at < len(types) && types[at] != ')' {
			n := single(types[at:], 0, depth+1) // its decoded form is a list of anything
			if n == 0 {
				return 0
			}
			at += n
		}
		if at == 1 || at == len(types) {
			return 0
		}
		return at + 1
	case t != 'a' || nested == maxNested || len(types) == 1:
		return 0
	case types[1] != '{':
		n := single(types[1:], nested+1, depth+1)
		if n == 0 {
			return 0
		}
		return 1 + n
	case len(types) < 5 || types[2] == 'b' || fixed(types[2]) == 0 && types[2] != 's' && types[2] != 'o':
		return 0
	}
	n := single(types[3:], nested+1, depth+1)
	if n == 0 || len(types) == 3+n || types[3+n] != '}' {
		return 0
	}
	return 4 + n
}

// fixed is the length of a value of a fixed-length type, 0 for other types.
func fixed(t byte) int {
	switch t {
	case 'y':
		return 1
	case 'n', 'q':
		return 2
	case 'b', 'i', 'u':
		return 4
	case 'x', 't', 'd':
		return 8
	}
	return 0
}

// packed is the length of a value of fixed-length types without padding, 0 where it
// has others in it.
func packed(t []byte) (sum int) {
	if t[0] != '(' {
		return fixed(t[0])
	}
	for _, in := range t {
		switch n := fixed(in); {
		case n > 0:
			sum += n
		case in != '(' && in != ')':
			return 0
		}
	}
	return sum
}

// alignment is that of the table in the D-Bus Specification, "Summary of D-Bus
// marshaling".
func alignment(t byte) int {
	switch t {
	case 'g', 'v':
		return 1
	case 's', 'o', 'a':
		return 4
	case '(':
		return 8
	}
	return fixed(t)
}

// size is that of a decoded value, what it points to left out: a slice for an
// array, a signature and a value for a variant. A dictionary's is smaller.
func size(t byte) int {
	switch t {
	case 's', 'o', 'g':
		return 16
	case 'a', '(':
		return 24
	case 'v':
		return 32
	}
	return fixed(t)
}

// boxed is what an interface value of the type points to.
func boxed(t byte) int { return (size(t) + 7) &^ 7 }

// doubled is the room of a slice to which n elements were added one by one.
func doubled(n int) int {
	if n <= 1 {
		return n
	}
	return 1 << bits.Len(uint(n-1))
}

// slots is the room of a Go map with n entries, at most: it is filled to seven
// eighths, and larger maps are split at different times.
func slots(n int) int {
	switch {
	case n == 0:
		return 0
	case n <= 8:
		return 8
	case n <= 896:
		return doubled(n*8/7 + 1)
	}
	return n*16/7 + 1024
}
