//go:build !unix

package sketch

import (
	"testing"
	"time"
)

var start = time.Now()

// processorTime returns the time on the wall, for want of a better one.
func processorTime(testing.TB) time.Duration { return time.Since(start) }
