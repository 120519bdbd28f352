package work

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"time"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/awsrun/internal/spec"
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

// A Result is what became of one shard that was begun, or found finished.
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
	Left        int // shards that were not begun
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
		return Outcome{}, unclaimed(err)
	}
	l, err := r.ReadList(ctx, step)
	if err != nil {
		return Outcome{}, err
	}
	shards, err := l.choose(batches)
	if err != nil {
		return Outcome{}, err
	}
	first, err := r.firstOf(ctx, l)
	if err != nil {
		return Outcome{}, err
	}
	aside, err := r.names(ctx, spec.QuarantineDir(step))
	if err != nil {
		return Outcome{}, err
	}
	ctx, cancel := context.WithCancel(r.view(l, first).attach(ctx))
	defer cancel()
	d := &doer{run: r, list: l, job: r.Plan[k].Job, how: how, aside: aside, stop: cancel}
	d.all(ctx, shards)
	return d.out, nil
}

// firstOf returns the list of the first step that l was made with.
func (r *Run) firstOf(ctx context.Context, l List) (*List, error) {
	if l.First == "" {
		return &l, nil
	}
	first, err := r.ReadList(ctx, r.Plan[0].Name)
	if err == nil && first.Digest != l.First {
		err = BadSettings(fmt.Errorf("step %s was listed before the inputs became what they are: list it again", l.Step))
	}
	return &first, err
}

// choose returns the shards in batches.
func (l List) choose(batches []Batch) ([]textmill.Shard, error) {
	var out []textmill.Shard
	for _, b := range batches {
		if b.First < 0 || b.First > b.Last || b.Last >= len(l.Shards) {
			return nil, BadSettings(fmt.Errorf("step %s has %d shards, from 0 on: there is no %s", l.Step, len(l.Shards), b))
		}
		out = append(out, l.Shards[b.First:b.Last+1]...)
	}
	return out, nil
}

// A doer does shards of one step.
type doer struct {
	run   *Run
	list  List
	job   textmill.Job
	how   Doing
	aside map[string]bool // notes of shards that were put aside before
	stop  func()

	mu      sync.Mutex
	out     Outcome
	longest time.Duration // that a shard took
}

func (d *doer) all(ctx context.Context, shards []textmill.Shard) {
	slots := make(chan struct{}, max(d.how.Parallel, 1))
	var wg sync.WaitGroup
	defer wg.Wait()
	for _, s := range shards {
		if d.aside[noteOf(s.Name)] {
			d.count(Result{Shard: s, Class: Data})
			continue
		}
		slots <- struct{}{}
		if ctx.Err() != nil || d.isOver() {
			d.leave()
			<-slots
			continue
		}
		wg.Go(func() {
			defer func() { <-slots }()
			d.one(ctx, s)
		})
	}
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

func (d *doer) leave() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.out.Left++
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
	r.Report, r.Err = checkpoint.Job(job, d.run.Store, d.list.reportsDir(), d.list.Fingerprint).RunShard(ctx, s)
	r.Elapsed, r.Restored = time.Since(began), !job.begun && r.Err == nil
	r.Class, r.Err = d.judge(ctx, s, r.Err)
	if r.Class == Settings {
		d.stop()
	}
	d.count(r)
	if d.how.End != nil {
		d.how.End(r)
	}
}

// judge decides what is to be done about the error of a shard.
func (d *doer) judge(ctx context.Context, s textmill.Shard, err error) (Class, error) {
	switch c := Classify(err); {
	case ctx.Err() != nil && (c == Data || c == Room):
		return Retry, err // whatever it looks like, it may come of being stopped
	case c == Data && !d.list.Inputs:
		return Retry, fmt.Errorf("%w\nthe steps after cannot do without this shard, as it is no input: see awsrun.Inputs", err)
	case c == Data:
		if e := d.run.putAside(ctx, d.list.Step, s.Name, err); e != nil {
			return Retry, errors.Join(err, e)
		}
		return Data, err
	case c == Retry && errors.Is(err, fs.ErrNotExist) && d.list.Step != d.run.Plan[0].Name:
		return Retry, fmt.Errorf("%w\nif a step before has made this and it is gone since, -retry makes it again", err)
	default:
		return c, err
	}
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

// noticed notices whether a shard was begun, and lets no report pass that does not add
// up: once stored, it would be in the way of the run's.
type noticed struct {
	textmill.Job
	begun bool
}

func (n *noticed) RunShard(ctx context.Context, s textmill.Shard) (textmill.Report, error) {
	n.begun = true
	r, err := n.Job.RunShard(ctx, s)
	if err == nil {
		err = BadSettings(r.Check())
	}
	return r, err
}
