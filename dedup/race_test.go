//go:build race

package dedup_test

// racing says that the race detector is on, with which a measurement takes minutes.
const racing = true

// Of the calls that a test of failures goes through, every third fails, and others kill.
const failEvery = 3
