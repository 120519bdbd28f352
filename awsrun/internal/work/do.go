package work

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/checkpoint"
)

// Doing says how [Run.Do] is to do shards. The zero value does them one by one.
type Doing struct {
	Parallel int             // how many at once; 1 if 0
	Stop     <-chan struct{} // once closed, no shard is begun any more
	Deadline time.Time       // no shard is begun that would likely end after it; none if zero

	// Wrap, if not nil, is put around the job, below what leaves finished shards out.
	Wrap func(textmill.Job) textmill.Job

	// Begin and End, if not nil, are called with each shard, for several at once.
	Begin func(textmill.Shard)
	End   func(Result)
}

// A Result is what became of one shard.
type Result struct {
	Shard    textmill.Shard
	Report   textmill.Report
	Restored bool // it was finished before
	Err      error
	Class    Class
	Elapsed  time.Duration
}

// An Outcome is what became of several shards.
type Outcome struct {
	Done        int // shards that are finished, those found finished among them
	Restored    int // shards that were found finished
	Quarantined int // shards that were put aside, now or before
	Failed      int
	Left        int // shards that were not begun, or not found finished
	Report      textmill.Report

	Class Class // the greatest of all shards
	Err   error // of a shard of that class; nil if Class is Fine or no shard failed
}

// Do does the shards in batches of a step that was listed. A shard with bad data is put
// aside, if it is one of the inputs, and the others are gone on with; so are they
// after another error, except one of the settings. The error is of what concerns no
// single shard.
func (r *Run) Do(ctx context.Context, step string, batches []Batch, how Doing) (Outcome, error) {
	k, err := r.find(step)
	if err != nil {
		return Outcome{}, err
	}
	if err := r.verify(ctx); err != nil {
		return Outcome{}, fmt.Errorf("which run this is: %w", err)
	}
	l, err := r.ReadList(ctx, step)
	if err != nil {
		return Outcome{}, err
	}
	shards, err := l.choose(batches)
	if err != nil {
		return Outcome{}, err
	}
	v, err := r.view(ctx, k)
	if err != nil {
		return Outcome{}, err
	}
	aside, err := r.putAsideBefore(ctx, step)
	if err != nil {
		return Outcome{}, err
	}
	ctx, cancel := context.WithCancel(v.attach(ctx))
	defer cancel()
	d := &doer{run: r, list: l, job: r.Plan[k].Job, how: how, aside: aside, stop: cancel}
	d.all(ctx, shards)
	return d.out, nil
}

// choose returns the shards in batches.
func (l List) choose(batches []Batch) ([]textmill.Shard, error) {
	var out []textmill.Shard
	for _, b := range batches {
		if b.Last >= len(l.Shards) {
			return nil, BadSettings(fmt.Errorf("step %s has %d shards, from 0 on: there is no %s", l.Step, len(l.Shards), b))
		}
		out = append(out, l.Shards[b.First:b.Last+1]...)
	}
	return out, nil
}

func (r *Run) putAsideBefore(ctx context.Context, step string) (map[string]bool, error) {
	aside := map[string]bool{}
	for note, err := range r.Quarantine(ctx, step) {
		if err != nil {
			return nil, err
		}
		aside[note.Shard] = true
	}
	return aside, nil
}

// A doer does shards of one step.
type doer struct {
	run   *Run
	list  List
	job   textmill.Job
	how   Doing
	aside map[string]bool // shards that were put aside before
	stop  func()

	mu      sync.Mutex
	out     Outcome
	longest time.Duration // that a shard took
}

func (d *doer) all(ctx context.Context, shards []textmill.Shard) {
	slots := make(chan struct{}, max(d.how.Parallel, 1))
	var wg sync.WaitGroup
	for i, s := range shards {
		if d.aside[s.Name] {
			d.count(Result{Shard: s, Class: Data})
			continue
		}
		slots <- struct{}{}
		if ctx.Err() != nil || d.isOver() {
			d.leave(len(shards) - i)
			break
		}
		wg.Go(func() {
			defer func() { <-slots }()
			d.one(ctx, s)
		})
	}
	wg.Wait()
}

// isOver reports whether no shard is to be begun any more.
func (d *doer) isOver() bool {
	select {
	case <-d.how.Stop:
		return true
	default:
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return !d.how.Deadline.IsZero() && time.Until(d.how.Deadline) < d.longest
}

var errLeft = errors.New("stopped before all shards were done")

func (d *doer) leave(n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.out.Left += n
	d.worsen(Retry, errLeft)
}

func (d *doer) worsen(c Class, err error) {
	if c > d.out.Class {
		d.out.Class, d.out.Err = c, err
	}
}

func (d *doer) one(ctx context.Context, s textmill.Shard) {
	if d.how.Begin != nil {
		d.how.Begin(s)
	}
	began := time.Now()
	job := &noticed{Job: d.job}
	if d.how.Wrap != nil {
		job.Job = d.how.Wrap(d.job)
	}
	r := Result{Shard: s}
	r.Report, r.Err = checkpoint.Job(job, d.run.Store, d.list.reportsDir(), d.list.Fingerprint, checkpoint.Verify(d.run.Store)).RunShard(ctx, s)
	r.Elapsed, r.Restored = time.Since(began), !job.begun && r.Err == nil
	if r.Class = Classify(r.Err); r.Class == Data {
		r.Class, r.Err = d.putAside(ctx, s, r.Err)
	}
	if r.Class == Settings {
		d.stop()
	}
	d.count(r)
	if d.how.End != nil {
		d.how.End(r)
	}
}

// putAside notes a shard with bad data, if the steps after this one can do without it.
func (d *doer) putAside(ctx context.Context, s textmill.Shard, why error) (Class, error) {
	if !d.list.Inputs {
		return Retry, fmt.Errorf("%w\nthis is not an input that the steps after could do without", why)
	}
	if err := d.run.putAside(ctx, d.list.Step, s.Name, why); err != nil {
		return Retry, errors.Join(why, err)
	}
	return Data, why
}

func (d *doer) count(r Result) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.longest = max(d.longest, r.Elapsed)
	d.worsen(r.Class, r.Err)
	switch r.Class {
	case Fine:
		d.out.Done++
		d.out.Report.Add(r.Report)
	case Data:
		d.out.Quarantined++
	default:
		d.out.Failed++
	}
	if r.Restored {
		d.out.Restored++
	}
}

// noticed notices whether a shard was begun.
type noticed struct {
	textmill.Job
	begun bool
}

func (n *noticed) RunShard(ctx context.Context, s textmill.Shard) (textmill.Report, error) {
	n.begun = true
	return n.Job.RunShard(ctx, s)
}
