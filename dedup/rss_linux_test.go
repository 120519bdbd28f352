package dedup_test

import (
	"syscall"
	"testing"
)

// peakRSS returns the most memory the process has had so far, in bytes.
func peakRSS(t testing.TB) int64 {
	t.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		t.Fatal(err)
	}
	return usage.Maxrss << 10
}
