//go:build race

package work

// racing says that the race detector is on, which takes ten times as long.
const racing = true
