//go:build !soak

package main

// soak is whether the long parts run: make soak-kill.
const soak = false
