//go:build !linux

package dedup_test

import "testing"

// peakRSS is known on Linux only.
func peakRSS(testing.TB) int64 { return 0 }
