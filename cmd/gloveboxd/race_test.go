//go:build race

package main

// raced says that the race detector is in the agent, which makes its memory dear.
const raced = true
