package car

import (
	"compress/gzip"
	"fmt"
	"io"
	"io/fs"
	"path"
	"time"

	"glovebox/hal/can"
)

// Drive is a recorded drive: frames of some buses and sentences of a receiver,
// all on one clock. It does not change once loaded and may be shared.
type Drive struct {
	Frames    []Frame    // in the order of their stamps
	Sentences []Sentence // in the order of the log
	Notes     []string   // what is wrong with the logs, in words
}

// Frame is one frame of a log.
type Frame struct {
	At  time.Duration // since the Unix epoch
	Bus string        // can0
	can.Frame
}

// Sentence is one line of a receiver, line end included.
type Sentence struct {
	At   time.Duration // since the Unix epoch, by the receiver's clock
	Text []byte
}

// Load reads a candump log and the sentences of a receiver; either name may be
// empty. A name that ends in .gz is unpacked. One of the two that
// holds nothing is an error; single lines that are none are left out and counted in Notes.
func Load(files fs.FS, canLog, nmeaLog string) (*Drive, error) {
	d := &Drive{}
	if canLog != "" {
		text, err := contents(files, canLog)
		if err == nil {
			err = d.readFrames(canLog, text)
		}
		if err != nil {
			return nil, err
		}
	}
	if nmeaLog != "" {
		text, err := contents(files, nmeaLog)
		if err != nil {
			return nil, err
		}
		if d.readSentences(text); len(d.Sentences) == 0 {
			return nil, fmt.Errorf("load drive: %s has no sentence", nmeaLog)
		}
	}
	return d, nil
}

// Start is the first stamp of the drive.
func (d *Drive) Start() time.Duration {
	start := time.Duration(1<<63 - 1)
	if len(d.Frames) > 0 {
		start = d.Frames[0].At
	}
	if len(d.Sentences) > 0 {
		start = min(start, d.Sentences[0].At)
	}
	return start
}

// Length is the time between the first and the last stamp.
func (d *Drive) Length() time.Duration {
	end := time.Duration(0)
	if n := len(d.Frames); n > 0 {
		end = d.Frames[n-1].At
	}
	if n := len(d.Sentences); n > 0 {
		end = max(end, d.Sentences[n-1].At)
	}
	return end - d.Start()
}

// contents are the bytes of a file.
func contents(files fs.FS, name string) ([]byte, error) {
	file, err := files.Open(name)
	if err != nil {
		return nil, fmt.Errorf("load drive: %w", err)
	}
	defer file.Close() // only read
	var r io.Reader = file
	if path.Ext(name) == ".gz" {
		if r, err = gzip.NewReader(file); err != nil {
			return nil, fmt.Errorf("load drive: unpack %s: %w", name, err)
		}
	}
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("load drive: %s: %w", name, err)
	}
	return text, nil
}
