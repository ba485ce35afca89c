package main

import (
	"bufio"
	"fmt"
	"io"

	"glovebox/headunit"
)

type inviteCmd struct {
	Name    string `arg:"" name:"newcomer" help:"Name of who is invited."`
	Sharing string `arg:"" help:"What they are told while others drive: shared or limited."`
	Email   string `required:"" placeholder:"ADDRESS" help:"Where the link goes."`
	Mobile  string `required:"" placeholder:"NUMBER" help:"Where the code goes: a number with its country, as +12025550123."`
}

// Run invites somebody to become a secondary user.
func (c *inviteCmd) Run(a *app) error {
	id, err := a.Invite(a.ctx, c.Name, c.Email, c.Mobile, c.Sharing)
	if err != nil {
		return err
	}
	return a.did(map[string]any{"id": id}, "%s is invited as a %s user.", c.Name, c.Sharing)
}

// person is a command about one of the people.
type person struct {
	Who string `arg:"" name:"name|id" help:"Name or id of the profile."`
}

type cancelCmd struct{ person }

// Run takes an invitation back.
func (c *cancelCmd) Run(a *app) error {
	p, err := a.find(c.Who)
	if err == nil {
		err = a.Cancel(a.ctx, p.ID)
	}
	if err != nil {
		return err
	}
	return a.did(map[string]any{"id": p.ID}, "%s is not invited any more.", p.Name)
}

type activateCmd struct {
	person
	CodeStdin bool `help:"Read the car's security code from standard input."`
}

// Run lets somebody in who has accepted. A code is never an argument.
func (c *activateCmd) Run(a *app) error {
	p, err := a.find(c.Who)
	if err != nil {
		return err
	}
	code := ""
	if c.CodeStdin {
		from := bufio.NewReader(io.LimitReader(a.in, longestPIN))
		if code, err = awaited(a.ctx, func() (string, error) { return lineOf(from) }); err != nil {
			return fmt.Errorf("read the code: %w", err)
		}
	}
	if err := a.Activate(a.ctx, p.ID, code); err != nil {
		return err
	}
	return a.did(map[string]any{"id": p.ID}, "%s can log in now.", p.Name)
}

type removeCmd struct{ person }

// Run takes a secondary user out of the car and shows what was erased.
func (c *removeCmd) Run(a *app) error {
	p, err := a.find(c.Who)
	if err != nil {
		return err
	}
	receipt, err := a.Remove(a.ctx, p.ID)
	if err != nil {
		return err
	}
	return a.did(map[string]any{"id": p.ID, "receipt": receipt}, "%s is no longer a user of this car; what it kept of them is %s.", p.Name, receipt["result"])
}

type shareCmd struct {
	person
	Sharing string `arg:"" help:"shared or limited."`
}

// Run says what a secondary user is told while others drive.
func (c *shareCmd) Run(a *app) error {
	return c.change(a, func(p headunit.Profile) error { return a.Share(a.ctx, p.ID, c.Sharing) })
}

type restrictCmd struct {
	person
	Functions []string `arg:"" optional:"" name:"function" help:"All that are closed to that person; none lifts every restriction."`
}

// Run says which functions are closed to a secondary user.
func (c *restrictCmd) Run(a *app) error {
	return c.change(a, func(p headunit.Profile) error { return a.Restrict(a.ctx, p.ID, c.Functions...) })
}

// change does something to a person and shows what holds then.
func (c person) change(a *app, do func(headunit.Profile) error) error {
	p, err := a.find(c.Who)
	if err == nil {
		err = do(p)
	}
	if err != nil {
		return err
	}
	now, err := a.Profile(a.ctx, p.ID)
	if err != nil {
		return err
	}
	return a.did(map[string]any{"id": p.ID, "sharing": now["Sharing"], "restricted": now["Restricted"]},
		"%s is a %s user, with %s restricted.", p.Name, now["Sharing"], list(now["Restricted"]))
}

// did says what was done.
func (a *app) did(values map[string]any, format string, args ...any) error {
	if a.json {
		return a.line(values)
	}
	_, err := fmt.Fprintf(a.out, format+"\n", args...)
	return err
}
