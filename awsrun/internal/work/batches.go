package work

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/textmill/textmill"
)

// A Batch is the shards from First to Last, both included, of a step's list.
type Batch struct{ First, Last int }

// String returns the batch as A..B.
func (b Batch) String() string { return fmt.Sprintf("%d..%d", b.First, b.Last) }

// MarshalJSON returns what the state machine hands to a job: {"shards":"A..B"}.
func (b Batch) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]string{"shards": b.String()})
}

// ParseBatch reads A..B, or A alone.
func ParseBatch(s string) (Batch, error) {
	first, last, ok := strings.Cut(s, "..")
	if !ok {
		last = first
	}
	a, err := strconv.ParseUint(first, 10, 31)
	if err == nil {
		var z uint64
		if z, err = strconv.ParseUint(last, 10, 31); err == nil && a <= z {
			return Batch{int(a), int(z)}, nil
		}
	}
	return Batch{}, BadSettings(fmt.Errorf("shards %q: use numbers such as 0..9", s))
}

// Batching says how many shards a job is to do: what takes about Target, so that the
// minute in which a container starts is small beside it, and little is lost when one
// is taken away.
type Batching struct {
	Target   time.Duration
	PerMiB   time.Duration // how long a MiB of a shard takes; 0 if not known
	PerShard time.Duration // how long a shard takes whose size is not known; 0 if not known

	// Most is how many batches there may be; as many as come out if 0. If there would be
	// more, each is longer than Target.
	Most int
}

const (
	// assumed is how long a MiB takes where nothing was measured, and assumedShard a
	// shard whose size is not known either.
	assumed      = time.Second
	assumedShard = time.Minute

	// least is how long any shard takes: for the requests for what it reads, for its
	// outputs and for its report.
	least = 200 * time.Millisecond
)

// takes returns how long a shard is expected to take, up to Target: what takes longer is
// alone in its batch.
func (b Batching) takes(s textmill.Shard) time.Duration {
	switch per := cmp.Or(max(b.PerMiB, 0), assumed); {
	case s.Size > 0:
		return max(least, time.Duration(min(float64(per)*float64(s.Size)/(1<<20), float64(b.Target))))
	default:
		return max(least, min(cmp.Or(max(b.PerShard, 0), assumedShard), b.Target))
	}
}

// cut divides the pending shards into batches of neighbours.
func (b Batching) cut(shards []textmill.Shard, states []state) []Batch {
	batches := []Batch{} // an empty JSON array and not null
	var sum time.Duration
	for i, s := range shards {
		if states[i] != pending {
			continue
		}
		took := b.takes(s)
		if n := len(batches); n > 0 && batches[n-1].Last == i-1 && sum+took <= b.Target {
			batches[n-1].Last = i
			sum += took
			continue
		}
		batches = append(batches, Batch{i, i})
		sum = took
	}
	return b.merge(batches)
}

// merge makes one batch of each so many, if there are more than Most. Shards between
// them, which are done, are then among them too: a job finds them done.
func (b Batching) merge(batches []Batch) []Batch {
	if b.Most <= 0 || len(batches) <= b.Most {
		return batches
	}
	merged := make([]Batch, 0, b.Most)
	for some := range slices.Chunk(batches, (len(batches)+b.Most-1)/b.Most) {
		merged = append(merged, Batch{some[0].First, some[len(some)-1].Last})
	}
	return merged
}
