package headunit

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/godbus/dbus/v5"
)

// Export reads the settings of a person, by their id in hex, who must be at the wheel,
// as JSON that they can keep.
func (c *Client) Export(ctx context.Context, id string) (json []byte, err error) {
	answer, err := c.send(ctx, Path(id), ours+"Profile1.Export", nil)
	if err != nil {
		return nil, err
	}
	var fd dbus.UnixFD
	if err := answer.Store(&fd); err != nil {
		return nil, fmt.Errorf("the agent's answer to Export: %w", err)
	}
	f := os.NewFile(uintptr(fd), "export")
	defer func() { err = errors.Join(err, f.Close()) }()
	return io.ReadAll(f)
}

// Import sets what Export gave, from a file, for a person at the wheel. With skip what
// the agent does not know is left out; else it refuses the whole.
func (c *Client) Import(ctx context.Context, id string, json *os.File, skip bool) error {
	options := bag{}
	if skip {
		options["skip_unknown"] = dbus.MakeVariant(true)
	}
	_, err := c.send(ctx, Path(id), ours+"Profile1.Import", []any{dbus.UnixFD(json.Fd()), options})
	return err
}
