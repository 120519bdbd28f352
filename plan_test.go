package textmill_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/textmill/textmill"
)

// A funcJob is a job of n shards done by a function.
type funcJob struct {
	n  int
	do func(ctx context.Context, s textmill.Shard) error
}

func (j funcJob) Shards(ctx context.Context) ([]textmill.Shard, error) {
	return make(parts, j.n).Shards(ctx)
}

func (j funcJob) RunShard(ctx context.Context, s textmill.Shard) (textmill.Report, error) {
	return textmill.Report{Read: 1, Written: 1}, j.do(ctx, s)
}

func TestPlanRunsStepsInTurn(t *testing.T) {
	var log []string
	job := func(name string, err error) textmill.Job {
		return funcJob{2, func(_ context.Context, s textmill.Shard) error {
			log = append(log, name+s.Name)
			return err
		}}
	}
	reports, err := textmill.Plan{{"a", job("a:", nil)}, {"b", job("b:", nil)}}.Run(t.Context(), 1)
	if err != nil || len(reports) != 2 || reports[1].Read != 2 {
		t.Errorf("%v, %v", reports, err)
	}
	if got := strings.Join(log, " "); got != "a:part-0 a:part-1 b:part-0 b:part-1" {
		t.Error(got)
	}
	log = nil
	reports, err = textmill.Plan{{"a", job("a:", errBroken)}, {"b", job("b:", nil)}}.Run(t.Context(), 1)
	if !errors.Is(err, errBroken) || !strings.HasPrefix(err.Error(), "step a: ") || len(reports) != 1 {
		t.Errorf("%v, %v", reports, err)
	}
	if got := strings.Join(log, " "); got != "a:part-0" {
		t.Error(got)
	}
}

func TestPlanValidate(t *testing.T) {
	j := funcJob{}
	for _, tt := range []struct {
		plan textmill.Plan
		want string
	}{
		{textmill.Plan{{"a", j}, {"b-2", j}}, ""},
		{textmill.Plan{{"a", j}, {"a", j}}, "two steps are called a"},
		{textmill.Plan{{"", j}}, "name"},
		{textmill.Plan{{"A", j}}, "name"},
		{textmill.Plan{{"a b", j}}, "name"},
		{textmill.Plan{{"-a", j}}, "name"},
		{textmill.Plan{{strings.Repeat("a", 64), j}}, "name"},
		{textmill.Plan{{"a", nil}}, "has no job"},
	} {
		err := tt.plan.Validate()
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%v: %v, want %q", tt.plan, err, tt.want)
		}
	}
}

func TestRunJobParallel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var running, most atomic.Int64
		j := funcJob{10, func(context.Context, textmill.Shard) error {
			n := running.Add(1)
			for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
			}
			time.Sleep(time.Second)
			running.Add(-1)
			return nil
		}}
		start := time.Now()
		r, err := textmill.RunJob(t.Context(), j, 3)
		if err != nil || r.Read != 10 || most.Load() != 3 || time.Since(start) != 4*time.Second {
			t.Errorf("%v, %v, %d at once, %v", r, err, most.Load(), time.Since(start))
		}
	})
}

// The first failure stops the job, and its error is the one returned, though
// the shards it cancels fail as well.
func TestRunJobFirstError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var begun atomic.Int64
		j := funcJob{100, func(ctx context.Context, s textmill.Shard) error {
			begun.Add(1)
			if s.Index == 1 {
				time.Sleep(time.Second)
				return fmt.Errorf("shard %s: %w", s.Name, errBroken)
			}
			<-ctx.Done()
			return ctx.Err()
		}}
		_, err := textmill.RunJob(t.Context(), j, 4)
		if !errors.Is(err, errBroken) || begun.Load() != 4 {
			t.Errorf("%v after %d shards", err, begun.Load())
		}
	})
}

func TestRunJobCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	j := funcJob{3, func(context.Context, textmill.Shard) error { t.Error("ran"); return nil }}
	if _, err := textmill.RunJob(ctx, j, 1); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
