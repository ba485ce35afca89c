package bolt

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/cespare/xxhash/v2"
	"golang.org/x/sys/unix"
)

// A Mark is what the last stop left behind in the file `clean`: of each store file,
// the digest of what a check had just found sound. A start whose files still have
// these digests needs no check: what the check would read is what it read then.
//
//	NAME USED SIZE DIGEST       a line for each file
//	DIGEST of the lines         then zeros, 1 KiB in all
//
// USED is how far the digest reaches: the pages that the file has in use, the free
// ones among them, so that 16 MiB that were only set aside cost nothing. bbolt looks
// at no page beyond, and the digest covers both meta pages, which say so. It has to
// tell damage, not forgery (who can write here can write a mark): one flipped bit in a
// parked car, a page of an older state, and two faults that a shorter sum would add to
// nothing. Of the other files the same holds.
//
// A mark is used once. Before any store file is opened for writing it is overwritten with
// zeros and synced, in place; a mark that was torn, or that no sync confirmed, has
// no sum of its own or no files that fit. So a daemon that dies starts next with the
// check, also if the mark vouched for a file that it dies of.
type Mark struct {
	dir   string
	files map[string]imprint
}

// imprint is what a mark says of one file.
type imprint struct {
	used, size int64
	sum        digest
}

// digest is XXH64 (the xxHash specification, section XXH64 algorithm): a start reads all that
// people keep, and neither SHA-256 nor two CRCs, whose tables alone take a start 0.2 ms,
// are as fast.
type digest uint64

// String is sixteen digits.
func (d digest) String() string { return fmt.Sprintf("%016x", uint64(d)) }

// MarkName is the file in the state directory.
const MarkName = "clean"

const markSize = 1 << 10

// LeaveMark writes the mark of the files of these names in dir, once check has found
// all of dir sound. The files are closed. Without a mark the next start checks; an
// error says why there is none.
func LeaveMark(dir string, check func(path string) error, names ...string) error {
	if err := check(dir); err != nil {
		return fmt.Errorf("leave a mark: %w", err)
	}
	var lines []byte
	for _, name := range names {
		used, err := usedBytes(join(dir, name))
		if err != nil {
			return fmt.Errorf("leave a mark: %s: %w", name, err)
		}
		of, err := imprintOf(join(dir, name), used)
		if err != nil {
			return fmt.Errorf("leave a mark: %s: %w", name, err)
		}
		lines = fmt.Appendf(lines, "%s %d %d %v\n", name, of.used, of.size, of.sum)
	}
	lines = fmt.Appendf(lines, "%v\n", digest(xxhash.Sum64(lines)))
	if len(lines) > markSize {
		return errors.New("leave a mark: too many files")
	}
	return writeMark(dir, os.O_CREATE, lines)
}

// ReadMark reads the mark in dir. One that is missing or doubtful vouches for nothing.
func ReadMark(dir string) Mark {
	content, err := os.ReadFile(join(dir, MarkName))
	if err != nil || len(content) != markSize {
		return Mark{}
	}
	files, ok := parseMark(bytes.TrimRight(content, "\x00"))
	if !ok {
		return Mark{}
	}
	return Mark{dir, files}
}

// Use takes the mark away, for good: then it may be believed, and files may be opened for
// writing. With an error it vouches for nothing.
func (m Mark) Use() error {
	if m.files == nil {
		return nil
	}
	return writeMark(m.dir, 0, nil)
}

// Holds reports whether the file is as the mark has it. It reads and changes nothing.
func (m Mark) Holds(name string) bool {
	want, there := m.files[name]
	if !there {
		return false
	}
	got, err := imprintOf(join(m.dir, name), want.used)
	return err == nil && got == want
}

// writeMark puts lines into the file, zeros behind them, and waits for the disk. The
// file keeps its place and size, so that one write is all there is to sync.
func writeMark(dir string, flag int, lines []byte) error {
	f, err := os.OpenFile(join(dir, MarkName), os.O_WRONLY|flag, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(append(lines, make([]byte, markSize-len(lines))...), 0)
	if err == nil {
		err = unix.Fdatasync(int(f.Fd()))
	}
	return errors.Join(err, f.Close())
}

func parseMark(text []byte) (map[string]imprint, bool) {
	lines, sum, _ := cutLast(strings.TrimSuffix(string(text), "\n"))
	if sum != digest(xxhash.Sum64String(lines)).String() {
		return nil, false
	}
	files := map[string]imprint{}
	for line := range strings.Lines(lines) {
		words := strings.Fields(line)
		if len(words) != 4 {
			return nil, false
		}
		used, err1 := strconv.ParseInt(words[1], 10, 64)
		size, err2 := strconv.ParseInt(words[2], 10, 64)
		sum, err3 := strconv.ParseUint(words[3], 16, 64)
		if errors.Join(err1, err2, err3) != nil {
			return nil, false
		}
		files[words[0]] = imprint{used, size, digest(sum)}
	}
	return files, true
}

// cutLast cuts the last line off; the lines before keep their ends.
func cutLast(text string) (before, last string, found bool) {
	i := strings.LastIndexByte(text, '\n')
	return text[:i+1], text[i+1:], i >= 0
}

// imprintOf digests the first used bytes of the file.
func imprintOf(path string, used int64) (imprint, error) {
	f, err := os.Open(path)
	if err != nil {
		return imprint{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return imprint{}, err
	}
	of, sum := imprint{size: info.Size()}, xxhash.New()
	for b := make([]byte, 16<<10); of.used < used; {
		n, err := f.Read(b[:min(int64(len(b)), used-of.used)])
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return imprint{}, err
		}
		of.used += int64(n)
		_, _ = sum.Write(b[:n]) // it has no error
	}
	of.sum = digest(sum.Sum64())
	return of, nil
}

// usedBytes is how much of the file is in use: all of the key ring, of a bbolt file
// the pages that its meta pages count.
func usedBytes(path string) (int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	var used int64
	for _, m := range metaPages(f) {
		if m.err == nil {
			used = max(used, int64(m.pages)*m.pageSize)
		}
	}
	if used == 0 {
		used = info.Size() // no bbolt file
	}
	return used, nil
}
