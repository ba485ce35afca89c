//go:build !soak

package outbox_test

// soak is whether the long parts run: make soak-kill.
const soak = false
