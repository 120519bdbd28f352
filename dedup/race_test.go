//go:build race

package dedup_test

// racing says that the race detector is on, with which a measurement takes minutes.
const racing = true
