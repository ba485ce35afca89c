package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

const (
	turns  = 12              // of what is measured by the clock on the wall
	window = 3 * time.Second // of each
)

// The processor time of the agent on the recorded drive in real time, with three
// readers, beside a C program that waits for the same ports and reads them. Both
// run all the time, each in a car of its own. Goal: 2.3 times or less. The floor
// wakes some 300 times a second; far fewer means that the machine was too busy to
// play the drive in real time, and the figures say nothing.
func BenchmarkCPU(b *testing.B) {
	program := build(b, "gloveboxd", ".")
	w := booted(b, program, "main", "shared", "limited")
	login(b, w, w.HMI)
	drive(b, w)
	pids := map[string]int{"agent": w.Agent.PID()}
	if cc, err := exec.LookPath("cc"); err == nil {
		floor := filepath.Join(b.TempDir(), "floor")
		if out, err := exec.Command(cc, "-O2", "-o", floor, "testdata/floor/floor.c").CombinedOutput(); err != nil {
			b.Fatalf("%v\n%s", err, out)
		}
		bare := booted(b, program, "main")
		if err := bare.Stop(); err != nil {
			b.Fatal(err)
		}
		ports := []string{bare.GNSS.Name()}
		for _, p := range bare.Ports {
			ports = append(ports, p.Name())
		}
		pids["floor"] = started(b, floor, ports...)
		drive(b, bare)
	} else {
		b.Log("no C compiler here: there is no floor")
	}
	share(b, pids)
}

// The processor time of an agent in a parked and silent car with nobody in it.
// Goal: 0.1 % of a core.
func BenchmarkIdle(b *testing.B) {
	w := booted(b, build(b, "gloveboxd", "."), "main")
	share(b, map[string]int{"agent": w.Agent.PID()})
}

// share reports the share of a core that processes take, all in the same windows.
func share(b *testing.B, pids map[string]int) {
	b.Helper()
	time.Sleep(window) // what comes after a start is over
	s := series{}
	for b.Loop() {
		for range turns {
			before := map[string]time.Duration{}
			for name, pid := range pids {
				before[name] = busy(b, pid)
			}
			floor, ok := pids["floor"]
			if ok {
				s.add("wakes", -wakes(b, floor)/window.Seconds())
			}
			time.Sleep(window)
			if ok {
				s["wakes"][len(s["wakes"])-1] += wakes(b, floor) / window.Seconds()
			}
			for name, pid := range pids {
				s.add(name, 100*float64(busy(b, pid)-before[name])/float64(window))
			}
		}
	}
	for name := range pids {
		s.report(b, name, name+"-%core")
	}
	s.ratio(b, "agent", "floor", "agent/floor")
	s.report(b, "wakes", "floor-wakes/s")
}

// What the agent keeps in memory a minute after a login, in a car that stands and
// in one that drives, and what its program weighs. Goal: 14 MB.
func BenchmarkMemory(b *testing.B) {
	program := build(b, "gloveboxd", ".")
	file, err := os.Stat(program)
	if err != nil {
		b.Fatal(err)
	}
	parked, driven := booted(b, program, "main", "shared", "limited"), booted(b, program, "main", "shared", "limited")
	for b.Loop() {
		login(b, parked, parked.HMI)
		login(b, driven, driven.HMI)
		drive(b, driven)
		time.Sleep(time.Minute)
	}
	b.ReportMetric(resident(b, parked.Agent.PID()), "parked-MB")
	b.ReportMetric(resident(b, driven.Agent.PID()), "driving-MB")
	b.ReportMetric(float64(file.Size())/1e6, "program-MB")
}
