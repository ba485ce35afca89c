package car

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"io"
	"io/fs"
	"path"
	"time"

	"glovebox/hal/can"
	"glovebox/hal/candump"
)

// Drive is a recorded drive: frames of some buses and sentences of a receiver,
// all on one clock. It does not change once loaded and may be shared.
type Drive struct {
	Frames    []Frame    // in the order of the log
	Sentences []Sentence // in the order of the log
}

// Frame is one frame of a log.
type Frame struct {
	At  time.Duration // since the Unix epoch
	Bus string        // can0
	can.Frame
}

// Sentence is one line of a receiver, line end included.
type Sentence struct {
	At   time.Duration // since the Unix epoch, by the sentence itself
	Text []byte
}

// Load reads a candump log and the sentences of a receiver; either name may be
// empty. A name that ends in .gz is unpacked.
func Load(files fs.FS, canLog, nmeaLog string) (*Drive, error) {
	d := &Drive{}
	if canLog != "" {
		if err := eachLine(files, canLog, d.addFrame); err != nil {
			return nil, err
		}
	}
	if nmeaLog != "" {
		c := clock{}
		err := eachLine(files, nmeaLog, func(line []byte) error { return d.addSentence(line, &c) })
		if err != nil {
			return nil, err
		}
	}
	if len(d.Frames)+len(d.Sentences) == 0 {
		return nil, fmt.Errorf("load drive: nothing in %q and %q", canLog, nmeaLog)
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

func (d *Drive) addFrame(line []byte) error {
	bus, f, at, err := candump.Parse(line)
	if err != nil {
		return err
	}
	if n := len(d.Frames); n > 0 && at < d.Frames[n-1].At {
		return fmt.Errorf("stamp goes back by %v", d.Frames[n-1].At-at)
	}
	d.Frames = append(d.Frames, Frame{At: at, Bus: bus, Frame: f})
	return nil
}

// addSentence dates a line with the receiver's clock; a line without a time
// belongs to the one before.
func (d *Drive) addSentence(line []byte, c *clock) error {
	if err := c.read(line); err != nil {
		return err
	}
	if n := len(d.Sentences); n > 0 && c.now < d.Sentences[n-1].At {
		return fmt.Errorf("time goes back by %v", d.Sentences[n-1].At-c.now)
	}
	text := append(append([]byte(nil), line...), '\r', '\n')
	d.Sentences = append(d.Sentences, Sentence{At: c.now, Text: text})
	return nil
}

// eachLine calls do with each line of a file, without its end.
func eachLine(files fs.FS, name string, do func(line []byte) error) error {
	file, err := files.Open(name)
	if err != nil {
		return fmt.Errorf("load drive: %w", err)
	}
	defer file.Close() // only read
	var r io.Reader = file
	if path.Ext(name) == ".gz" {
		if r, err = gzip.NewReader(file); err != nil {
			return fmt.Errorf("load drive: unpack %s: %w", name, err)
		}
	}
	lines := bufio.NewScanner(r) // drops LF and CR LF
	for n := 1; lines.Scan(); n++ {
		if err := do(lines.Bytes()); err != nil {
			return fmt.Errorf("load drive: %s line %d: %w", name, n, err)
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("load drive: %s: %w", name, err)
	}
	return nil
}
