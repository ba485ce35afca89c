package main

import (
	"path/filepath"
	"syscall"
	"testing"
)

// From exec to the bus name owned, with six people in the store, after a clean
// stop and after a power cut, beside a bare program that opens a bbolt file and
// takes a name. Goal: 2.5 times that after a clean stop, 4 times after a cut.
func BenchmarkStart(b *testing.B) {
	program := build(b, "gloveboxd", ".")
	w := booted(b, program, "main", "shared", "shared", "shared", "shared", "shared")
	w.Kill()
	bare, db := build(b, "bare", "./testdata/bare"), filepath.Join(b.TempDir(), "bare.db")
	agent, s := newStarter(b, w.DBus.Address), series{}
	for b.Loop() {
		for range turns {
			s.add("cut", agent.start(b, program, "--config", w.Config))
			agent.end(b, syscall.SIGTERM)
			s.add("clean", agent.start(b, program, "--config", w.Config))
			agent.end(b, syscall.SIGKILL)
			s.add("bare", agent.start(b, bare, db, w.DBus.Address))
			agent.end(b, syscall.SIGKILL)
		}
	}
	for _, name := range []string{"clean", "cut", "bare"} {
		s.report(b, name, name+"-ms")
	}
	s.ratio(b, "clean", "bare", "clean/bare")
	s.ratio(b, "cut", "bare", "cut/bare")
}
