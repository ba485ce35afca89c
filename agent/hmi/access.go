package hmi

import (
	"context"
	"slices"
)

// Access says whose programs may call. Everybody else is refused, root and the
// agent's own user too unless they are listed.
type Access struct {
	HMI []uint32          // users of the head unit's own programs: everything
	App map[uint32]string // users of other apps, each with the id of its app.<id>

	// UID is the user behind a unique name. Nil asks the bus.
	UID func(ctx context.Context, sender string) (uint32, error)
	// Limits of one user. The zero values have those of docs/security.md, Budgets.
	HMILimits, AppLimits Limits
}

// caller is who sends a call.
type caller struct {
	uid uint32
	hmi bool
	app string // the id of its app.<id>, for an app user that is no HMI user
}

// of sorts a user into the lists; the zero caller is in none.
func (a Access) of(uid uint32) caller {
	if slices.Contains(a.HMI, uid) {
		return caller{uid: uid, hmi: true}
	}
	return caller{uid: uid, app: a.App[uid]}
}

// limits are those of a caller's user. A head unit's slider sends sixty calls a second.
func (a Access) limits(from caller) Limits {
	if from.hmi {
		return a.HMILimits.or(Limits{PerSecond: 200, Burst: 200, Waiting: 64})
	}
	return a.AppLimits.or(Limits{PerSecond: 20, Burst: 40, Waiting: 8})
}
