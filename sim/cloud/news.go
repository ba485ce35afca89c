package cloud

import "slices"

// report writes to the people what a new document changes for them, and to the
// main user what becomes of the others; mu is held.
func (b *BackEnd) report(before, after *claims) {
	main := b.main()
	for _, e := range before.Users {
		name := b.named(e.ID)
		i := slices.IndexFunc(after.Users, func(n entry) bool { return n.ID == e.ID })
		if i < 0 {
			delete(b.invitations, name)
			b.reportTo(name, "You have left the car", "You are no longer a user of the car. What it kept of you is erased.")
			b.reportOn(main, name, name+" has left the car", "%s is no longer a user of your car.", name)
			continue
		}
		b.reportOne(name, main, e, after.Users[i])
	}
	for _, e := range after.Users {
		if slices.ContainsFunc(before.Users, func(o entry) bool { return o.ID == e.ID }) {
			continue
		}
		switch name := b.named(e.ID); e.State {
		case invited:
			b.reportOn(main, name, name+" is invited", "You invited %s as a %s user.", name, e.Sharing)
		case awaiting:
			b.reportTo(name, "Almost there", "You are the new main user. Activate this in the car, with its security code.")
		}
	}
	for what, change := range map[string][2]bool{
		"Guest services":  {before.GuestServices, after.GuestServices},
		"Remote services": {before.RemoteServices, after.RemoteServices},
	} {
		if change[0] != change[1] {
			b.reportTo(main, what+" changed", "%s are now %s.", what, map[bool]string{true: "on", false: "off"}[change[1]])
		}
	}
}

// reportOne is report for a person who stays; mu is held.
func (b *BackEnd) reportOne(name, main string, old, now entry) {
	if old.State != now.State {
		switch now.State {
		case confirmed:
			b.reportTo(name, "Welcome", "You accepted the invitation. The main user, %s, activates you.", main)
			b.reportOn(main, name, name+" has accepted", "%s has accepted your invitation and can be activated.", name)
		case awaiting:
			b.reportTo(name, "Almost there", "Activate your new phone in the car, with its security code.")
		case active:
			b.reportTo(name, "You are in", "You can now log in in the car.")
			b.reportOn(main, name, name+" is active", "%s can now log in in your car.", name)
			if old.State == awaiting && now.Role == Main {
				for _, other := range b.people() { // everybody may know who the main user is
					b.reportOn(other, name, "The main user", "%s was activated in the car as its main user.", name)
				}
			}
		}
	}
	if old.Sharing != now.Sharing {
		b.reportTo(name, "What you see has changed", "You are now a %s user.", now.Sharing)
	}
	if !slices.Equal(old.Restricted, now.Restricted) {
		b.reportTo(name, "What you may do has changed", "The main user, %s, changed which functions are open to you.", main)
	}
}

// reportOn is reportTo about another; mu is held.
func (b *BackEnd) reportOn(to, other, subject, format string, args ...any) {
	if to != other {
		b.reportTo(to, subject, format, args...)
	}
}
