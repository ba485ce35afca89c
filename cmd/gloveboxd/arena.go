package main

import (
	"errors"
	"log/slog"

	"glovebox/agent"
	"glovebox/profiles/keyring"
)

// arena is the memory in which a guest's settings are. The zero one is none: then they are
// in ordinary memory.
type arena struct{ *keyring.Arena }

// openArena maps it. A guest drives without it, too.
func openArena(log *slog.Logger) arena {
	a, err := keyring.NewArena(agent.ArenaSize)
	if err != nil {
		log.Warn("no memory of its own for guests", "error", err)
		return arena{}
	}
	switch {
	case a.Locked() != nil:
		log.Warn("memory for guests not locked, it may reach swap", "error", errors.Join(a.Secret(), a.Locked()))
	case a.Secret() != nil:
		log.Warn("memory for guests locked, but not secret", "error", a.Secret())
	}
	return arena{a}
}

func (a arena) bytes() []byte {
	if a.Arena == nil {
		return nil
	}
	return a.Bytes()
}

func (a arena) free() error {
	if a.Arena == nil {
		return nil
	}
	return a.Free()
}
