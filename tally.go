package textmill

import (
	"context"
	"sync"
	"time"
)

// Count adds n to the counter called name in the [Report] of the shard being
// done, for what a source, stage or sink wants known beside its verdicts:
// "normalize.emails", "wet.skipped". Names are a fixed few. Sums do not depend on
// the number of workers. Where ctx does not come from a Pipeline, Count does
// nothing.
func Count(ctx context.Context, name string, n int64) {
	if c, ok := ctx.Value(countsKey{}).(*counts); ok && n != 0 {
		c.add(name, n)
	}
}

// AddInput puts a stored file that a source has read to the end into the
// [Report] of the shard being done.
func AddInput(ctx context.Context, o Object) {
	if c, ok := ctx.Value(countsKey{}).(*counts); ok {
		c.mu.Lock()
		c.inputs = addObjects(c.inputs, []Object{o})
		c.mu.Unlock()
	}
}

// AddOutput puts a stored file that a sink has committed into the [Report] of
// the shard being done. Sinks call it in Commit.
func AddOutput(ctx context.Context, o Object) {
	if c, ok := ctx.Value(countsKey{}).(*counts); ok {
		c.mu.Lock()
		c.outputs = addObjects(c.outputs, []Object{o})
		c.mu.Unlock()
	}
}

type countsKey struct{}

// counts is what Count, AddInput and AddOutput collect for one shard.
type counts struct {
	mu              sync.Mutex
	n               map[string]int64
	inputs, outputs []Object
}

func withCounts(ctx context.Context, c *counts) context.Context {
	return context.WithValue(ctx, countsKey{}, c)
}

func (c *counts) add(name string, n int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n == nil {
		c.n = map[string]int64{}
	}
	c.n[name] += n
}

// tally is the Report of a shard in the making, which several goroutines add to.
type tally struct {
	start  time.Time
	counts counts

	mu sync.Mutex
	r  Report
}

func newTally(stages []boundStage) *tally {
	t := &tally{start: time.Now()}
	for _, s := range stages {
		t.r.Stages = append(t.r.Stages, StageReport{Name: s.name})
	}
	return t
}

func (t *tally) add(r Report) {
	t.mu.Lock()
	t.r.Add(r)
	t.mu.Unlock()
}

func (t *tally) stage(i int, s StageReport) {
	t.mu.Lock()
	t.r.Stages[i].add(s)
	t.mu.Unlock()
}

func (t *tally) report() Report {
	var r Report
	t.mu.Lock()
	r.Add(t.r)
	t.mu.Unlock()
	t.counts.mu.Lock()
	r.Add(Report{Counts: t.counts.n, Inputs: t.counts.inputs, Outputs: t.counts.outputs})
	t.counts.mu.Unlock()
	r.Elapsed = time.Since(t.start)
	return r
}
