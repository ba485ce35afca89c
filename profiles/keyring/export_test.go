package keyring

// Memory is what the ring holds in memory: the table in force, and the room for the next.
func (r *Ring) Memory() (inForce, next []byte) { return r.keys, r.spare }
