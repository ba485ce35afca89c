package agent

// Folders makes and removes the directory in memory that a session has for the files of
// other programs. Each call touches files and takes two seconds at most.
type Folders interface {
	// Make makes a fresh, empty one.
	Make() (path string, err error)
	// Remove removes one and all in it, and counts what is gone and what is not. What
	// cannot be removed is out of everybody's reach when it returns; aside is of how many
	// sessions there is something left.
	Remove(path string) (removed, left, aside int)
}
