// Gloveboxctl asks the agent over D-Bus, as the head unit does: who is at the
// wheel, what is set, what leaves the car and why.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

var version = "0.1.0" // set by -ldflags -X

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
