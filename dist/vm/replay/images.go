package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
)

// A power cut between two flushes: what was written before the first one is on the disk; of
// what was written since, each write may be there, lost, or torn at a sector.
//
//	flush ── w ── w ── w ┃ cut      ┃ w ── flush
//	durable  any of them ┃          ┃ never sent
//
// log makes n such images, at instants spread over the whole log, and looks at each.
func (b *bench) log(base, logName string, n int, r *rand.Rand) (violations int, err error) {
	f, err := os.Open(logName)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	entries, err := readLog(f)
	if err != nil {
		return 0, err
	}
	from := begins(entries)
	if from == len(entries) {
		return 0, fmt.Errorf("nothing was said in the %d entries of the log", len(entries))
	}
	cuts := instants(len(entries)-from, n, r)
	disk := filepath.Join(b.dir, "disk") // all before the newest flush
	if err := sparse(base, disk); err != nil {
		return 0, err
	}
	var s said
	done, flushed := 0, 0 // entries on disk; entries before the newest flush
	lost, torn := 0, 0
	for _, c := range cuts {
		c += from
		for i := flushed; i < c; i++ {
			if entries[i].flush {
				flushed = i + 1
			}
		}
		for ; done < flushed; done++ {
			s.hear(entries[done].said)
			if err := put(disk, f, entries[done], entries[done].size); err != nil {
				return 0, err
			}
		}
		image := filepath.Join(b.dir, "image")
		if err := sparse(disk, image); err != nil {
			return 0, err
		}
		now := s.copied()
		for _, e := range entries[flushed:c] {
			now.hear(e.said)
			size := e.size
			if size > 0 && !e.fua {
				switch r.IntN(5) {
				case 0, 1:
					size = 0
					lost++
				case 2:
					size = r.Int64N(size/sector) * sector
					torn++
				}
			}
			if err := put(image, f, e, size); err != nil {
				return 0, err
			}
		}
		wrong, err := b.look(image, now)
		if err != nil {
			return 0, err
		}
		for _, w := range wrong {
			violations++
			fmt.Printf("violation: cut at %d of %d, %s: %s\n", c, len(entries), now.work, brief([]string{w}))
		}
	}
	flushes := 0
	for _, e := range entries {
		if e.flush {
			flushes++
		}
	}
	fmt.Printf("%d images from %d writes and %d flushes; %d writes lost, %d torn: %d violations\n", len(cuts), len(entries)-flushes, flushes, lost, torn, violations)
	return violations, nil
}

// begins is the first entry in which something was said.
func begins(entries []entry) int {
	for i, e := range entries {
		if e.said != "" {
			return i
		}
	}
	return len(entries)
}

// instants are n ascending numbers from 1 to length, spread over it.
func instants(length, n int, r *rand.Rand) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = 1 + (i*length+r.IntN(length))/n
	}
	return all
}

// put writes the beginning of an entry's data.
func put(disk string, log *os.File, e entry, size int64) error {
	if size == 0 {
		return nil
	}
	data := make([]byte, size)
	if _, err := log.ReadAt(data, e.data); err != nil {
		return err
	}
	f, err := os.OpenFile(disk, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = f.WriteAt(data, e.at)
	return err
}
