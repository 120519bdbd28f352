package awsrun

import (
	"context"
	"errors"
	"io/fs"
	"time"

	"github.com/textmill/textmill/awsrun/internal/spec"
	"github.com/textmill/textmill/awsrun/internal/states"
	"github.com/textmill/textmill/awsrun/internal/work"
)

// rates say how fast steps are, as the command cost has measured it.
type rates map[string]rate

// A rate is what a few shards of a step took.
type rate struct {
	Shards      int     `json:"shards"`
	Bytes       int64   `json:"bytes"`        // of their stored inputs; 0 if not known
	CoreSeconds float64 `json:"core_seconds"` // on a vCPU of Fargate
}

// ratesFile is where they are in the store.
const ratesFile = spec.Work + "/rates.json"

// batching says how many shards of a step make a job: by what was measured, if
// something was.
func (p *program) batching(ctx context.Context, r *work.Run, step string) (work.Batching, error) {
	c := p.step(step)
	b := work.Batching{Target: c.BatchDuration}
	if p.AWS.Inline {
		d, err := p.describe(r.Plan, "")
		if err != nil {
			return b, err
		}
		b.Most = max(states.MaxBatches(d), 1)
	}
	var all rates
	err := work.ReadJSON(ctx, r.Store, ratesFile, &all)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return b, err
	}
	measured, ok := all[step]
	if !ok || measured.Shards == 0 {
		return b, nil
	}
	seconds := func(s float64) time.Duration {
		return max(time.Duration(s/c.VCPU*float64(time.Second)), time.Nanosecond)
	}
	b.PerShard = seconds(measured.CoreSeconds / float64(measured.Shards))
	if measured.Bytes > 0 {
		b.PerMiB = seconds(measured.CoreSeconds / float64(measured.Bytes) * (1 << 20))
	}
	return b, nil
}
