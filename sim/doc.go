// Package sim is a world without a car: a private bus, a broker with a tap
// before it, a back end, pseudo-terminals for the car's wires, and the real
// gloveboxd as a child among them. All of it ends with the world, and none of it
// touches anything outside the world's own directory.
package sim
