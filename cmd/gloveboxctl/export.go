package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
)

type exportCmd struct {
	File string `arg:"" optional:"" type:"path" help:"Where to write them; standard output if left out."`
}

// Run writes what the person at the wheel has set. With a file JSON is {"bytes":N}.
func (c *exportCmd) Run(a *app) error {
	who, err := a.driver()
	if err != nil {
		return err
	}
	text, err := a.Export(a.ctx, who)
	if err != nil {
		return err
	}
	switch {
	case c.File == "" && a.json:
		return a.line(json.RawMessage(text))
	case c.File == "":
		_, err = a.out.Write(text)
		return err
	}
	if err := os.WriteFile(c.File, text, 0o600); err != nil {
		return err
	}
	if a.json {
		return a.line(map[string]any{"bytes": len(text)})
	}
	_, err = fmt.Fprintf(a.out, "%d bytes\n", len(text))
	return err
}

type importCmd struct {
	File        string `arg:"" type:"existingfile" help:"What export wrote."`
	SkipUnknown bool   `help:"Leave out what this agent does not know; it is of a newer one."`
}

// Run sets what the file says for the person at the wheel, all or nothing.
func (c *importCmd) Run(a *app) (err error) {
	who, err := a.driver()
	if err != nil {
		return err
	}
	f, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := a.Import(a.ctx, who, f, c.SkipUnknown); err != nil {
		return err
	}
	if a.json {
		return a.line(map[string]any{})
	}
	return nil
}

// driver is the person at the wheel, by their id.
func (a *app) driver() (id string, err error) {
	s, err := a.Session(a.ctx)
	if err == nil && s.Profile == "" {
		err = failure{exitRefused, "NotPermitted", "no person is at the wheel: log in first"}
	}
	return s.Profile, err
}
