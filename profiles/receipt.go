package profiles

// Receipt says what was erased at the end of a guest's session or at a person's
// removal: counts and stores, no content, no times.
type Receipt struct {
	Method     string // memory, key
	Generation uint64 // of the key ring; 0 for memory
	Stores     []StoreReceipt
	Result     string // erased, failed
}

// StoreReceipt is one store in it.
type StoreReceipt struct {
	Name          string
	Before, After uint32
	Result        string // erased, failed
}
