package bolt

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"slices"
)

// A bbolt file begins with two meta pages, written in turn; the one of the
// higher transaction counts. After a header of 16 bytes each holds, in the
// machine's byte order:
//
//	magic 4 │ version 4 │ page size 4 │ flags 4 │ root 8 │ sequence 8 │
//	free list 8 │ pages 8 │ transaction 8 │ FNV-1a of all before 8
//
// bbolt takes the other page silently when one is damaged, and the last change
// is lost; and it faults when the file ends early. Hence this reader.
type metaPage struct {
	err         error
	pageSize    int64
	pages       uint64 // how many pages the file has in use
	transaction uint64
	raw         []byte // the 64 bytes
}

const (
	pageHeader = 16
	metaSize   = 64
	metaMagic  = 0xED0CDAED
	metaFlag   = 4
)

// metaPages reads both, wherever the page size puts the second.
func metaPages(f io.ReaderAt) [2]metaPage {
	first := readMeta(f, 0)
	if first.err == nil {
		return [2]metaPage{first, readMeta(f, first.pageSize)}
	}
	for size := int64(1 << 10); size <= 1<<16; size <<= 1 {
		if second := readMeta(f, size); second.err == nil && second.pageSize == size {
			return [2]metaPage{first, second}
		}
	}
	return [2]metaPage{first, {err: errors.New("not found")}}
}

func readMeta(f io.ReaderAt, at int64) metaPage {
	raw := make([]byte, metaSize)
	if _, err := f.ReadAt(raw, at+pageHeader); err != nil {
		return metaPage{err: err}
	}
	order := binary.NativeEndian
	h := fnv.New64a()
	h.Write(raw[:metaSize-8])
	m := metaPage{
		pageSize: int64(order.Uint32(raw[8:])), pages: order.Uint64(raw[40:]), transaction: order.Uint64(raw[48:]), raw: raw,
	}
	if order.Uint32(raw) != metaMagic || order.Uint64(raw[56:]) != h.Sum64() || m.pageSize < 1<<10 || m.pageSize > 1<<16 {
		m.err = errors.New("damaged")
	}
	return m
}

// checkPages looks at what bbolt would trust: the length, and both meta pages,
// which are of two changes in a row, or of the same in a file that was mended.
func checkPages(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	metas := metaPages(f)
	for i, m := range metas {
		if m.err != nil {
			return fmt.Errorf("meta page %d: %w", i, m.err)
		}
		if m.pages > uint64(info.Size()/m.pageSize) {
			return fmt.Errorf("the file ends before page %d", m.pages-1)
		}
	}
	if a, b := metas[0].transaction, metas[1].transaction; max(a, b)-min(a, b) > 1 {
		return fmt.Errorf("the meta pages are of changes %d and %d: one is old", a, b)
	}
	return nil
}

// states are the meta pages of path that can be read, the newer first: each is a
// state in which the file may still be whole.
func states(path string) ([]metaPage, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	metas := metaPages(f)
	found := slices.DeleteFunc(metas[:], func(m metaPage) bool { return m.err != nil })
	slices.SortStableFunc(found, func(a, b metaPage) int { return cmp.Compare(b.transaction, a.transaction) })
	return found, nil
}

// copyAs copies the file at path as it was in the state m, which both meta pages
// of the copy tell.
func copyAs(path, to string, m metaPage) error {
	if m.pages > maxSize/uint64(m.pageSize) {
		return errors.New("more pages than a store can have")
	}
	from, err := os.Open(path)
	if err != nil {
		return err
	}
	defer from.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, io.NewSectionReader(from, 0, int64(m.pages)*m.pageSize))
	for page := range uint64(2) {
		if err == nil {
			_, err = out.WriteAt(m.page(page), int64(page)*m.pageSize)
		}
	}
	return errors.Join(err, out.Close())
}

// page is m as the meta page of that number: after the header, which holds the
// number 8, the flags 2 and 6 zeros.
func (m metaPage) page(number uint64) []byte {
	order := binary.NativeEndian
	b := order.AppendUint64(nil, number)
	b = order.AppendUint16(b, metaFlag)
	return append(append(b, make([]byte, 6)...), m.raw...)
}
