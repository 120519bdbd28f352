package s3

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// SetMaxPause makes tests fast that try again.
func (o *Options) SetMaxPause(d time.Duration) { o.maxPause = d }

// Shrink sets sizes, for tests of many small transfers.
func (o *Options) Shrink() {
	o.minPart, o.PartSize, o.firstRead, o.ReadSize = 1, 64<<10, 32<<10, 32<<10
}

// Pause is how long to wait after the n-th failure in a row.
func (o Options) Pause(n int, err error) time.Duration {
	o, _ = o.withDefaults()
	return o.pause(n, err)
}

// PretendParts makes a writer believe that it sent n parts.
func PretendParts(w any, n int) { w.(*writer).parts = make([]types.CompletedPart, n) }

// Slots returns how many slots of a store are taken.
func (s *Store) Slots() int { return len(s.uploads.taken) + len(s.reads.taken) }
