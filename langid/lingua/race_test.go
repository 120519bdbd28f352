//go:build race

package lingua

// The race detector makes loading the models fifty times slower.
const racing = true
