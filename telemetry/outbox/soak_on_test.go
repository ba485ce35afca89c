//go:build soak

package outbox_test

const soak = true
