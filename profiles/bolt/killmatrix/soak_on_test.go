//go:build soak

package killmatrix_test

const soak = true
