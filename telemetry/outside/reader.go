package outside

// Reader is one entry of the access document with its own mailbox.
type Reader struct {
	ID      string // a person's id, or workshop or backend
	Mailbox string // 32 lower-case hex digits
	Column  Column
	Seal    []byte // X25519 public key; nil if the entry has none
}
