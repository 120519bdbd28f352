package image

import (
	"testing"
	"time"
)

// SetWaits sets the times before further attempts to push, for the test.
func SetWaits(t *testing.T, w ...time.Duration) {
	old := waits
	waits = w
	t.Cleanup(func() { waits = old })
}
