//go:build race

package sketch

// The race detector makes measurements ten times slower.
const racing = true
