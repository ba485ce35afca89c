// Replay looks at the disk of a machine whose power was cut: at one image as it was left,
// or at many made from a write log, each cut at a random instant between two flushes, with
// some of the unflushed writes lost, others torn. An image is repaired, the real agent boots
// on it, and what had been answered before must hold.
//
//	replay cut IMAGE SAID               one image, and the lines that the guest said
//	replay log BASE LOG N SEED          N images from a write log on top of BASE
//
// Flags say where the agent is and who is in the car. It prints `violation: …` lines and a
// sum, and ends with 1 if there was one.
package main

import (
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

func main() {
	agent := flag.String("agent", "bin/gloveboxd", "the agent that boots on each image")
	people := flag.String("people", "", "names, with commas")
	config := flag.String("config", "", "lines of the configuration: [vehicle], [cloud]")
	flag.Parse()
	violations, err := run(*agent, *people, *config, flag.Args())
	if err != nil {
		fmt.Fprintln(os.Stderr, "replay:", err)
		os.Exit(2)
	}
	if violations > 0 {
		os.Exit(1)
	}
}

func run(agent, people, config string, args []string) (violations int, err error) {
	if len(args) < 3 {
		return 0, fmt.Errorf("want cut IMAGE SAID, or log BASE LOG N SEED")
	}
	dir, err := os.MkdirTemp(scratch(), "replay")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	text, err := os.ReadFile(config)
	if err != nil {
		return 0, err
	}
	b, err := newBench(dir, agent, string(text), strings.Split(people, ","))
	if err != nil {
		return 0, err
	}
	defer b.close()
	switch {
	case args[0] == "cut":
		return b.cut(args[1], args[2])
	case args[0] == "log" && len(args) == 5:
		n, err1 := strconv.Atoi(args[3])
		seed, err2 := strconv.ParseUint(args[4], 10, 64)
		if err1 != nil || err2 != nil {
			return 0, fmt.Errorf("want numbers: %s %s", args[3], args[4])
		}
		return b.log(args[1], args[2], n, rand.New(rand.NewPCG(seed, 11)))
	}
	return 0, fmt.Errorf("no such command: %s", args[0])
}

// scratch is memory, where there is some: many small images are written.
func scratch() string {
	if _, err := os.Stat("/dev/shm"); err == nil {
		return "/dev/shm"
	}
	return ""
}

// cut looks at one image.
func (b *bench) cut(image, lines string) (int, error) {
	text, err := os.ReadFile(lines)
	if err != nil {
		return 0, err
	}
	var s said
	for line := range strings.Lines(string(text)) {
		if strings.HasSuffix(line, "\n") {
			s.hear(strings.TrimSpace(line))
		}
	}
	copied := filepath.Join(b.dir, "image")
	if err := sparse(image, copied); err != nil {
		return 0, err
	}
	wrong, err := b.look(copied, &s)
	for _, w := range wrong {
		fmt.Println("violation:", brief([]string{w}))
	}
	fmt.Printf("%s: station %d, %d removed, %d planted values, %d slots, %d errors: %d violations\n", s.work, s.khz, len(s.gone), len(s.secrets)+len(s.guests), len(s.slots), s.errors, len(wrong))
	return len(wrong), err
}

// sparse copies a file without what is zero.
func sparse(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	defer out.Close()
	buf := make([]byte, 64<<10)
	for at := int64(0); ; {
		n, err := in.ReadAt(buf, at)
		if !zero(buf[:n]) {
			if _, err := out.WriteAt(buf[:n], at); err != nil {
				return err
			}
		}
		at += int64(n)
		if err == io.EOF {
			return out.Truncate(at)
		} else if err != nil {
			return err
		}
	}
}

func zero(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}
