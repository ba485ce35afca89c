// Gloveboxd is the agent on a car's head unit: it logs people in, keeps their
// settings, leaves nothing of a guest behind and decides who may know where the
// car is.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"

	"glovebox/profiles"
	"glovebox/profiles/disk"
	"glovebox/profiles/keyring"
)

var version = "0.1.0" // set by -ldflags -X

// Exit codes (docs/contract.md, Programs). 64 and 78 are those of sysexits.h.
const (
	exitStopped = 0  // on request
	exitFailed  = 1  // anything else
	exitCrashed = 2  // a bug of ours, or the watchdog: what Go exits with
	exitUsage   = 64 // the command line is wrong: EX_USAGE
	exitConfig  = 78 // the TOML or a key of it is wrong: EX_CONFIG, starting again will not help
)

func main() { os.Exit(command(os.Args[1:], os.Stdout, os.Stderr)) }

// command runs one command line and returns its exit code.
func command(args []string, stdout, stderr io.Writer) int {
	hard := harden()                                                                // before anything else: an exec makes it undone
	if n := len(childArgs); len(args) == n+1 && slices.Equal(args[:n], childArgs) { // of each start: no need to read options
		return report(stderr, checkStore(args[n]), exitFailed)
	}
	o, err := parseOptions(args)
	if err != nil {
		return refuse(err, stdout, stderr)
	}
	if o.Version {
		fmt.Fprintln(stdout, version)
		return exitStopped
	}
	if o.CheckStore != "" {
		return report(stderr, checkIdle(o.CheckStore), exitFailed)
	}
	log, flush := newLog(stderr)
	defer flush()
	go readAhead()
	before := takeOver(log)
	cfg, err := before.config(o.Config)
	if o.Check {
		return check(cfg, err, stdout, stderr, log)
	}
	if err != nil {
		return report(stderr, err, exitConfig)
	}
	if o.Identity {
		return report(stderr, printIdentity(cfg, stdout, log), exitFailed)
	}
	if hard != nil {
		log.Warn("core dumps stay possible", "error", hard)
	}
	signal.Ignore(syscall.SIGPIPE) // whoever reads the log may go: a line less, and not the end
	ctx, stop := untilStopped(log, flush)
	defer stop()
	err = run(ctx, cfg, before, log)
	if next := (*replaced)(nil); errors.As(err, &next) {
		if err = nil; ctx.Err() == nil {
			flush()
			said(log, daemon.SdNotifyWatchdog) // the next one needs its time
			err = next.execute(log)
		}
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		log.Error("ended", "error", err)
		return exitFailed
	}
	return exitStopped
}

// report prints an error with the program's name.
func report(w io.Writer, err error, code int) int {
	if err == nil {
		return exitStopped
	}
	text := fmt.Sprint("gloveboxd: ", err)
	if isJournal(w) {
		text = "<3>" + strings.ReplaceAll(text, "\n", "\n<3>") // sd-daemon(3): what ends the program is an error
	}
	fmt.Fprintln(w, text)
	return code
}

// check says all that is wrong with the configuration, wrong being what reading it
// gave, and with the files that it names.
func check(cfg Config, wrong error, stdout, stderr io.Writer, log *slog.Logger) int {
	p := cfg.plan(log)
	all := []error{wrong}
	if _, err := os.Stat(filepath.Join(cfg.Store.Dir, keyring.IdentityName)); err == nil && p.broker != nil { // it is not made here
		identity, err := keyring.Identity(cfg.Store.Dir)
		all = append(all, err)
		p.fit(identity.VID)
	}
	for _, o := range p.off {
		all = append(all, o.err)
	}
	all = append(all, checkDir(cfg.Store.Dir))
	if cfg.MQTT.Broker != "" {
		all = append(all, cfg.MQTT.certificates(time.Now()))
	}
	for _, problem := range p.problems {
		fmt.Fprintln(stdout, problem) // costs the signals concerned and nothing else
	}
	for _, note := range cfg.notes() {
		fmt.Fprintln(stdout, note)
	}
	err := errors.Join(all...)
	switch {
	case wrong != nil:
		return report(stderr, err, exitConfig)
	case err == nil:
		fmt.Fprintln(stdout, "ok")
	}
	return report(stderr, err, exitFailed)
}

// checkDir says why the state directory can be none. That it is missing is no fault: the
// first start makes it.
func checkDir(dir string) error {
	info, err := os.Stat(dir)
	if _, link := os.Readlink(dir); errors.Is(err, os.ErrNotExist) && link != nil {
		return nil
	}
	if err == nil && !info.IsDir() {
		err = fmt.Errorf("%s: no folder", dir)
	}
	if err != nil {
		return fmt.Errorf("store.dir: %w", err)
	}
	return nil
}

// printIdentity shows the car's public half, from which certificate and first
// document are made. Beside a running agent it only reads; else it makes what is missing
// as a first start does.
func printIdentity(cfg Config, w io.Writer, log *slog.Logger) (err error) {
	identity, err := keyring.Identity(cfg.Store.Dir)
	if err != nil || ordered(cfg.Store.Dir) { // to be erased: it gets another one
		if identity, err = settledIdentity(cfg.Store.Dir, log); err != nil {
			return err
		}
	}
	return json.NewEncoder(w).Encode(identity.Public())
}

// settledIdentity is the identity after a start of the stores, this program's or that
// of the agent that has the directory.
func settledIdentity(dir string, log *slog.Logger) (identity profiles.Identity, err error) {
	s := stores{dir: dir, log: log}
	ctx := context.Background()
	for begun := time.Now(); ; {
		s.lock, err = lockStore(ctx, dir, 50*time.Millisecond)
		if !errors.Is(err, disk.ErrInUse) {
			break
		}
		if identity, err := keyring.Identity(dir); err == nil && !ordered(dir) || time.Since(begun) > lockTime {
			return identity, err
		}
	}
	if err == nil {
		err = s.open(ctx, true)
	}
	return s.identity, errors.Join(err, s.off, s.release())
}

// harden keeps people's data out of core dumps (docs/erasure.md, What is claimed).
func harden() error {
	return errors.Join(
		syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{}),
		undumpable(),
	)
}
