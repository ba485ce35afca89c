package hmi

import (
	"context"
	"strings"

	"github.com/godbus/dbus/v5"

	"glovebox/profiles"
)

func (f *Face) roster1() map[string]member {
	return map[string]member{
		"Invite":     {in: "a{sv}sa{sv}", run: f.invite},
		"Cancel":     {in: "oa{sv}", run: f.revise(1, func(c *call) profiles.Revision { return profiles.Cancel{Who: c.person()} })},
		"Activate":   {in: "oa{sv}", run: f.activate},
		"Remove":     {in: "oa{sv}", run: f.remove},
		"SetSharing": {in: "osa{sv}", run: f.setSharing},
		"Restrict": {in: "oasa{sv}", run: f.revise(2, func(c *call) profiles.Revision {
			return profiles.Restrict{Who: c.person(), Functions: functions(c.args[1])}
		})},
		"SetGuestServices":  {in: "ba{sv}", run: f.revise(1, func(c *call) profiles.Revision { return profiles.SetGuestServices{On: c.args[0].(bool)} })},
		"SetRemoteServices": {in: "ba{sv}", run: f.revise(1, func(c *call) profiles.Revision { return profiles.SetRemoteServices{On: c.args[0].(bool)} })},
		"ResetPIN":          {in: "oa{sv}", run: f.revise(1, func(c *call) profiles.Revision { return profiles.ResetPIN{Who: c.person()} })},
		"Transfer":          {in: "a{sv}a{sv}", run: f.transfer},
		"Erase":             {in: "sa{sv}", run: f.erase},
	}
}

// revise answers a method whose bag of options, at index i, has none, and whose
// arguments say all of a revision.
func (f *Face) revise(i int, of func(c *call) profiles.Revision) func(context.Context, *call) ([]any, error) {
	return func(ctx context.Context, c *call) ([]any, error) {
		if err := options(c.args[i], nil); err != nil {
			return nil, err
		}
		_, _, err := f.cabin.Revise(ctx, of(c), profiles.PIN{})
		return nil, err
	}
}

// person is the profile that the first argument names; the zero ID is nobody's.
func (c *call) person() profiles.ID {
	_, who := resolve(c.args[0].(dbus.ObjectPath))
	return who
}

func functions(arg any) (all []profiles.Function) {
	for _, name := range arg.([]string) {
		all = append(all, profiles.Function(name))
	}
	return all
}

func (f *Face) invite(ctx context.Context, c *call) ([]any, error) {
	contact, err := contactOf(c.args[0], c.args[2])
	if err != nil {
		return nil, err
	}
	sharing, err := sharingOf(c.args[1])
	if err != nil {
		return nil, err
	}
	who, _, err := f.cabin.Revise(ctx, profiles.Invite{Contact: contact, Sharing: sharing}, profiles.PIN{})
	return []any{pathOf(who)}, err
}

func (f *Face) activate(ctx context.Context, c *call) ([]any, error) {
	typed := ""
	if err := options(c.args[1], map[string]any{"code": &typed}); err != nil {
		return nil, err
	}
	code, err := pin(typed)
	if err != nil {
		return nil, err
	}
	_, _, err = f.cabin.Revise(ctx, profiles.Activate{Who: c.person()}, code)
	return nil, err
}

func (f *Face) remove(ctx context.Context, c *call) ([]any, error) {
	if err := options(c.args[1], nil); err != nil {
		return nil, err
	}
	_, receipt, err := f.cabin.Revise(ctx, profiles.Remove{Who: c.person()}, profiles.PIN{})
	return []any{receiptVariants(receipt)}, err
}

func (f *Face) setSharing(ctx context.Context, c *call) ([]any, error) {
	if err := options(c.args[2], nil); err != nil {
		return nil, err
	}
	sharing, err := sharingOf(c.args[1])
	if err != nil {
		return nil, err
	}
	_, _, err = f.cabin.Revise(ctx, profiles.SetSharing{Who: c.person(), Sharing: sharing}, profiles.PIN{})
	return nil, err
}

func (f *Face) transfer(ctx context.Context, c *call) ([]any, error) {
	contact, err := contactOf(c.args[0], c.args[1])
	if err != nil {
		return nil, err
	}
	_, _, err = f.cabin.Revise(ctx, profiles.Transfer{Contact: contact}, profiles.PIN{})
	return nil, err
}

func (f *Face) erase(ctx context.Context, c *call) ([]any, error) {
	typed := ""
	if err := options(c.args[1], map[string]any{"pin": &typed}); err != nil {
		return nil, err
	}
	if c.args[0].(string) != "everything" {
		return nil, invalid("what is erased: want everything")
	}
	code, err := pin(typed)
	if err != nil {
		return nil, err
	}
	_, receipt, err := f.cabin.Revise(ctx, profiles.EraseEverything{}, code)
	return []any{receiptVariants(receipt)}, err
}

// contactOf reads a contact, and the bag of options that comes with it, which has none.
func contactOf(arg, bag any) (profiles.Contact, error) {
	var name, email, mobile string
	err := options(arg, map[string]any{"name": &name, "email": &email, "mobile": &mobile})
	if err == nil {
		err = options(bag, nil)
	}
	return profiles.Contact{Name: profiles.Conceal(name), Email: profiles.Conceal(email), Mobile: profiles.Conceal(mobile)}, err
}

func sharingOf(arg any) (profiles.Sharing, error) {
	sharing, err := profiles.ParseSharing(arg.(string))
	if err != nil {
		return sharing, invalid("sharing: want shared or limited")
	}
	return sharing, nil
}

// rename is Profile1.Rename: only by whose name it is.
func (f *Face) rename(ctx context.Context, c *call) ([]any, error) {
	if err := options(c.args[1], nil); err != nil {
		return nil, err
	}
	name := strings.TrimSpace(c.args[0].(string))
	_, _, err := f.cabin.Revise(ctx, profiles.Rename{Who: c.who, Name: profiles.Conceal(name)}, profiles.PIN{})
	return nil, err
}
