package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// A write log as QEMU's blklogwrites and the kernel's dm-log-writes keep it:
//
//	superblock: magic u64, version u64, entries u64, sector size u32, padded to a sector
//	an entry:   sector u64, sectors u64, flags u64, data length u64, padded; then its data
//
// All numbers are little-endian; sectors have 512 bytes.
const (
	logMagic = 0x6a736677736872
	sector   = 512

	flagFlush   = 1
	flagFUA     = 2
	flagDiscard = 4
	flagMark    = 8
)

// An entry is a write, or a flush, which has no data.
type entry struct {
	at    int64 // byte on the disk
	data  int64 // byte in the log where its data begin
	size  int64
	flush bool   // of all before it
	fua   bool   // durable itself
	said  string // a mark of the guest
}

// readLog reads the entries of a log whose writer may have been killed: an entry that is not
// whole ends it.
func readLog(f *os.File) ([]entry, error) {
	var super struct {
		Magic, Version, Entries uint64
		Sector                  uint32
	}
	if err := binary.Read(io.NewSectionReader(f, 0, sector), binary.LittleEndian, &super); err != nil {
		return nil, err
	}
	if super.Magic != logMagic || super.Sector != sector {
		return nil, fmt.Errorf("no write log: magic %x, sectors of %d", super.Magic, super.Sector)
	}
	var all []entry
	at := int64(sector)
	for range super.Entries {
		var head struct{ Sector, Sectors, Flags, Length uint64 }
		err := binary.Read(io.NewSectionReader(f, at, 32), binary.LittleEndian, &head)
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			break
		} else if err != nil {
			return nil, err
		}
		at += sector
		e := entry{at: int64(head.Sector) * sector, data: at, size: int64(head.Sectors) * sector, flush: head.Flags&flagFlush != 0, fua: head.Flags&flagFUA != 0}
		if head.Flags&flagDiscard != 0 || head.Flags&flagMark != 0 {
			e.size = 0
			if head.Flags&flagMark != 0 {
				at += int64(head.Length+sector-1) / sector * sector
			}
		}
		at += e.size
		if e.size > 0 && e.at >= marksAt {
			text := make([]byte, min(e.size, 1024))
			if _, err := f.ReadAt(text, e.data); err != nil {
				break
			}
			line, _, _ := bytes.Cut(text, []byte("\n"))
			if said, ok := strings.CutPrefix(string(line), "GBMARK "); ok {
				e.said = said
			}
			e.size = 0
		}
		all = append(all, e)
	}
	return all, nil
}
