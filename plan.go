package textmill

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"sync"
)

// A Job is work divided into independent shards. A *Pipeline is a Job.
type Job interface {
	// Shards lists the shards, in the same order on every call. It is called
	// once the jobs before this one have finished.
	Shards(ctx context.Context) ([]Shard, error)

	// RunShard does one shard. It may be called more than once for the same
	// shard, even at the same time on two machines, and must leave the same
	// output each time.
	RunShard(ctx context.Context, shard Shard) (Report, error)
}

// A Plan is a sequence of jobs. Each begins when the one before has finished.
type Plan []Step

// A Step is one job of a Plan.
type Step struct {
	Name string // unique in the plan: lower-case letters, digits and dashes
	Job  Job
}

var stepName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`)

// Validate returns an error if a step has no job, or a name that is not its own
// or not of lower-case letters, digits and dashes.
func (p Plan) Validate() error {
	seen := map[string]bool{}
	for i, s := range p {
		switch {
		case !stepName.MatchString(s.Name):
			return fmt.Errorf("textmill: step %d: name %q is not of 1 to 63 lower-case letters, digits and dashes", i, s.Name)
		case seen[s.Name]:
			return fmt.Errorf("textmill: two steps are called %s", s.Name)
		case s.Job == nil:
			return fmt.Errorf("textmill: step %s has no job", s.Name)
		}
		seen[s.Name] = true
	}
	return nil
}

// Run runs the plan on this machine, the given number of shards at a time, and
// returns a report for each step that was begun.
func (p Plan) Run(ctx context.Context, parallel int) ([]Report, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	var reports []Report
	for _, s := range p {
		r, err := RunJob(ctx, s.Job, parallel)
		reports = append(reports, r)
		if err != nil {
			return reports, fmt.Errorf("step %s: %w", s.Name, err)
		}
	}
	return reports, nil
}

// RunJob does all shards of a job, the given number at a time, and adds up
// their reports. When a shard fails, it starts no other, cancels those under
// way, and returns that shard's error.
func RunJob(ctx context.Context, j Job, parallel int) (Report, error) {
	shards, err := j.Shards(ctx)
	if err != nil {
		return Report{}, fmt.Errorf("list shards: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var (
		total Report
		first error
		mu    sync.Mutex
		wg    sync.WaitGroup
		slots = make(chan struct{}, max(parallel, 1))
	)
	for _, s := range shards {
		slots <- struct{}{}
		if ctx.Err() != nil {
			break
		}
		wg.Go(func() {
			defer func() { <-slots }()
			r, err := j.RunShard(ctx, s)
			mu.Lock()
			defer mu.Unlock()
			total.Add(r)
			if err != nil && (first == nil || errors.Is(first, context.Canceled)) {
				first = err
				cancel()
			}
		})
	}
	wg.Wait()
	if first == nil {
		first = context.Cause(ctx) // cancelled before the first shard, or between two
	}
	return total, first
}
