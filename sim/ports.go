package sim

import (
	"fmt"
	"sync"
	"time"

	"glovebox/hal/can"
	"glovebox/hal/candump"
	"glovebox/hal/slcan"
	"glovebox/sim/car"
)

// Port is a serial port of the car that may be recorded.
type Port struct {
	*car.Pty
	Bus string // empty for the receiver

	mu    sync.Mutex
	log   *file         // guarded by mu; nil if nothing is recorded
	said  slcan.Decoder // guarded by mu
	heard slcan.Decoder // guarded by mu
	watch func([]byte)  // guarded by mu; nil if nobody watches
}

// Write says p on the port, and records it.
func (p *Port) Write(said []byte) (int, error) {
	p.record(&p.said, said)
	p.show(said)
	return p.Pty.Write(said)
}

// Listen hands what the agent writes to ear, and records it. See car.Pty.Listen.
func (p *Port) Listen(ear func([]byte)) {
	p.Pty.Listen(func(heard []byte) {
		if p.Bus != "" {
			p.record(&p.heard, heard)
		}
		ear(heard)
	})
}

// Watch shows what is said on the port from now on, piece by piece, to see, which must
// not block and keeps no part of it; nil ends that.
func (p *Port) Watch(see func(said []byte)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.watch = see
}

func (p *Port) show(said []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.watch != nil {
		p.watch(said)
	}
}

// record writes frames as candump does and sentences as they are. What is no
// frame is not in a bus's log.
func (p *Port) record(from *slcan.Decoder, said []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.log == nil {
		return
	}
	if p.Bus == "" {
		_, _ = p.log.Write(said) // file keeps its error
		return
	}
	now := time.Duration(time.Now().UnixNano())
	from.Feed(said, func(f *can.Frame) {
		_, _ = p.log.Write(append(candump.Append(nil, p.Bus, *f, now), '\n'))
	})
}

// openPorts makes the ports of the buses and of the receiver in dir.
func (w *World) openPorts(dir string, buses []CANBus) error {
	open := func(bus, name string) (*Port, error) {
		pty, err := car.NewPty(dir, name)
		if err != nil {
			return nil, fmt.Errorf("port of %s: %w", name, err)
		}
		p := &Port{Pty: pty, Bus: bus}
		w.closers = append(w.closers, pty.Close)
		if !w.record {
			return p, nil
		}
		log := "gnss.log"
		if bus != "" {
			log = "can-" + bus + ".log"
		}
		p.log, err = w.createFile(log)
		return p, err
	}
	var err error
	for _, b := range buses {
		if w.Ports[b.Name], err = open(b.Name, b.Name); err != nil {
			return err
		}
	}
	w.GNSS, err = open("", "gnss")
	return err
}
