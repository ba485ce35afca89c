//go:build !soak

package killmatrix_test

// soak is whether the long parts run: make soak-kill.
const soak = false
