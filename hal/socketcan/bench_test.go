package socketcan_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"glovebox/hal/can"
	"glovebox/hal/kernel"
	"glovebox/hal/socketcan"
)

// A full bus of 1 Mbit/s has some 9,000 frames a second.
const (
	fullBus = 9000
	burst   = 9 // of them each millisecond: what a controller's interrupt hands over at once
)

// saying makes this program the other stations: it fills the buses whose sockets it
// was given until it is killed.
const saying = "SOCKETCAN_TEST_SAYS"

func TestMain(m *testing.M) {
	switch {
	case os.Getenv(saying) != "":
		fill()
	case os.Getenv(caged) != "":
		cage()
	default:
		os.Exit(m.Run())
	}
}

func fill() {
	n, _ := strconv.Atoi(os.Getenv(saying))
	record := socketcan.Append(nil, speed)
	for range time.Tick(burst * time.Second / fullBus) {
		for i := range n {
			for range burst {
				_, _ = unix.Write(3+i, record) // one that is full loses it, as a bus does
			}
		}
	}
}

// What do two full buses cost whoever reads them, received as they come and all at
// once, and with a read for each frame? Both in turn, in shares of a core, on socket
// pairs: their records cost what those of a CAN socket do but for the way through the
// kernel's filters.
func BenchmarkTwoBuses(b *testing.B) {
	const buses, span = 2, time.Second
	var batches, singles []float64
	for b.Loop() {
		batches = append(batches, share(b, buses, span, batched))
		singles = append(singles, share(b, buses, span, single))
	}
	slices.Sort(batches)
	slices.Sort(singles)
	batch, one := batches[len(batches)/2], singles[len(singles)/2]
	b.ReportMetric(batch, "batch-%core")
	b.ReportMetric(one, "single-%core")
	b.ReportMetric(one/batch, "single/batch")
}

// share is how much of a core reading takes while another program fills the buses.
func share(b *testing.B, buses int, span time.Duration, read func(*os.File) error) float64 {
	b.Helper()
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	said := exec.CommandContext(ctx, os.Args[0])
	said.Env = append(os.Environ(), saying+"="+strconv.Itoa(buses))
	var here []*os.File
	for range buses {
		fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			b.Fatal(err)
		}
		there := os.NewFile(uintptr(fds[1]), "there")
		defer there.Close()
		said.ExtraFiles = append(said.ExtraFiles, there)
		here = append(here, os.NewFile(uintptr(fds[0]), "here"))
	}
	if err := said.Start(); err != nil {
		b.Fatal(err)
	}
	var all sync.WaitGroup
	for _, file := range here {
		all.Go(func() {
			if err := read(file); err != nil {
				b.Error(err)
			}
		})
	}
	time.Sleep(span / 10) // it has begun
	begun, used := time.Now(), processor()
	time.Sleep(span)
	result := 100 * (processor() - used).Seconds() / time.Since(begun).Seconds()
	for _, file := range here {
		file.Close()
	}
	all.Wait()
	stop()
	_ = said.Wait() // it was killed
	return result
}

// processor is the time that this program has used.
func processor() time.Duration {
	var used unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &used); err != nil {
		panic(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

func batched(file *os.File) error {
	p, err := socketcan.Over(file, true)
	if err != nil {
		return err
	}
	var counts socketcan.Counts
	sum := uint32(0)
	return closedOnly(p.Receive(func(f *can.Frame) { sum += f.ID }, func() bool { return true }, &counts))
}

func single(file *os.File) error {
	reader, err := kernel.NewReader(file)
	if err != nil {
		return err
	}
	var f can.Frame
	record, sum := make([]byte, 73), uint32(0)
	for {
		n, err := reader.Read(record)
		if err != nil {
			return closedOnly(err)
		}
		if socketcan.Decode(record[:n], &f) {
			sum += f.ID
		}
	}
}

func closedOnly(err error) error {
	if err == nil || err == io.EOF {
		return fmt.Errorf("the other stations went: %v", err)
	}
	return nil
}
