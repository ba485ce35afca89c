package headunit

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/godbus/dbus/v5"
	"golang.org/x/sys/unix"
)

// Signals reads the newest value of each path: path, value, age_ms.
func (c *Client) Signals(ctx context.Context) ([]map[string]any, error) {
	return c.list(ctx, "Vehicle1.Signals")
}

// Health reads warning lights and maintenance.
func (c *Client) Health(ctx context.Context) ([]map[string]any, error) {
	return c.list(ctx, "Vehicle1.Health")
}

func (c *Client) list(ctx context.Context, method string) ([]map[string]any, error) {
	var answer []bag
	err := c.ask(ctx, method, nil, &answer)
	return plainBags(answer), err
}

// Statistics reads the counters.
func (c *Client) Statistics(ctx context.Context) (map[string]any, error) {
	var answer bag
	err := c.ask(ctx, "Vehicle1.Statistics", nil, &answer)
	return plainBag(answer), err
}

// Watch passes each line of Vehicle1.Watch, a JSON object, to see, until ctx ends,
// which is no error, or see returns one, or the agent ends: ErrNotReached.
func (c *Client) Watch(ctx context.Context, see func(line []byte) error) error {
	var fd dbus.UnixFD
	if err := c.ask(ctx, "Vehicle1.Watch", nil, &fd); err != nil {
		return err
	}
	if err := unix.SetNonblock(int(fd), true); err != nil { // so that closing it ends a read
		return errors.Join(fmt.Errorf("watch: %w", err), unix.Close(int(fd)))
	}
	stream := os.NewFile(uintptr(fd), "watch")
	defer stream.Close()
	defer context.AfterFunc(ctx, func() { stream.Close() })()
	lines := bufio.NewScanner(stream)
	for lines.Scan() {
		if err := see(lines.Bytes()); err != nil {
			return err
		}
	}
	switch err := lines.Err(); {
	case ctx.Err() != nil:
		return nil
	case err != nil:
		return fmt.Errorf("watch: %w", err)
	}
	return left{}
}
