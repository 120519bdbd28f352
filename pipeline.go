package textmill

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"time"
)

// A Pipeline reads a source, applies stages and writes a sink. Set its fields,
// then call Run; do not change them after that. It is a [Job]: its shards are
// those of the source.
type Pipeline struct {
	Source Source
	Stages []Stage
	Sink   Sink

	// Rejects, if not nil, takes what was dropped or failed, in source order,
	// with Meta saying where and why:
	//
	//	reject.stage         the name of the stage; "source" for a damaged record
	//	reject.reason        of the verdict, or "error"
	//	reject.value         what the rule measured, if it did …
	//	reject.limit         … and what it was held against
	//	reject.duplicate_of  the ID of the document that stayed, for duplicates
	//	reject.error         the error, for documents and records that failed
	//	reject.offset        where in the stored input a damaged record lies
	//
	// A damaged record is written as a document without text.
	Rejects Sink

	// MaxErrors is how many documents and records of a shard may fail before
	// the shard does. If 0, the first failure ends it; if negative, none does.
	MaxErrors int

	// Workers is how many goroutines run stages at once. If 0, it is
	// runtime.GOMAXPROCS(0). The output does not depend on it.
	Workers int

	// Progress, if not nil, is called about once a second and at the end of
	// each shard with the report so far; never twice at once for a shard, but
	// at once for shards that are done at once.
	Progress func(shard Shard, soFar Report)
}

// Validate returns an error if the pipeline lacks an end or a stage finds its
// settings wrong. RunShard calls it; call it to know before any work begins.
func (p *Pipeline) Validate() error {
	if p.Source == nil || p.Sink == nil {
		return errors.New("textmill: a Pipeline needs a Source and a Sink")
	}
	for _, s := range flatten(p.Stages) {
		if err := validate(s); err != nil {
			return fmt.Errorf("stage %s: %w", NameOf(s), err)
		}
	}
	return nil
}

// Shards lists the shards of the source.
func (p *Pipeline) Shards(ctx context.Context) ([]Shard, error) { return p.Source.Shards(ctx) }

// Run does all shards, one after another, and returns the sum of their reports.
func (p *Pipeline) Run(ctx context.Context) (Report, error) {
	return RunJob(ctx, p, 1)
}

// RunShard does one shard. If it returns an error, the sink was not committed
// by it. The report tells how far it came in any case.
func (p *Pipeline) RunShard(ctx context.Context, shard Shard) (Report, error) {
	if err := p.Validate(); err != nil {
		return Report{}, err
	}
	stages, closeStages, err := bind(ctx, flatten(p.Stages), shard)
	if err != nil {
		return Report{}, err
	}
	defer closeStages()
	t := newTally(stages)
	ctx = withCounts(ctx, &t.counts)

	w, err := p.create(ctx, shard, stages, t)
	if err != nil {
		return Report{}, err
	}
	defer w.close()
	if err = p.run(ctx, shard, stages, w, t); err == nil {
		err = errors.Join(closeStages(), context.Cause(ctx))
	}
	if err == nil {
		err = w.commit(ctx, shard)
	}
	report := t.report()
	if p.Progress != nil {
		p.Progress(shard, report)
	}
	return report, err
}

// run moves all documents of the shard to the writers.
func (p *Pipeline) run(ctx context.Context, shard Shard, stages []boundStage, w *writers, t *tally) (err error) {
	reported := t.start
	// No return inside the loop: the goroutines behind the iterator go on
	// counting until it is left.
loop:
	for batch := range p.batches(ctx, shard, stages, t) {
		for _, it := range batch {
			if err = w.settle(ctx, it); err != nil {
				break loop
			}
		}
		w.flush()
		release(batch)
		if p.Progress != nil && time.Since(reported) >= time.Second {
			reported = time.Now()
			p.Progress(shard, t.report())
		}
	}
	w.flush()
	if err == nil {
		err = context.Cause(ctx)
	}
	return err
}

// batches yields what becomes of every document of a shard, in order.
func (p *Pipeline) batches(ctx context.Context, shard Shard, stages []boundStage, t *tally) iter.Seq[[]item] {
	workers := p.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	batches := readBatches(ctx, p.Source.Read(ctx, shard), t)
	for len(stages) > 0 { // cut into runs of ordered and of concurrent stages
		n := 1
		for n < len(stages) && stages[n].ordered == stages[0].ordered {
			n++
		}
		if run := stages[:n]; run[0].ordered || workers == 1 {
			batches = inOrder(ctx, batches, run, t)
		} else {
			batches = concurrently(ctx, batches, run, workers, t)
		}
		stages = stages[n:]
	}
	return batches
}

// writers are the two ends of a shard.
type writers struct {
	out, rejects Writer // rejects may be nil
	maxErrors    int
	stages       []boundStage
	t            *tally
	r            Report // of the batch at hand
	failed       int64
	rejected     int64 // given to rejects
}

func (p *Pipeline) create(ctx context.Context, shard Shard, stages []boundStage, t *tally) (*writers, error) {
	w := &writers{maxErrors: p.MaxErrors, stages: stages, t: t}
	var err error
	if w.out, err = p.Sink.Create(ctx, shard); err != nil {
		return nil, fmt.Errorf("create %s: %w", shard.Name, err)
	}
	if p.Rejects != nil {
		if w.rejects, err = p.Rejects.Create(ctx, shard); err != nil {
			return nil, errors.Join(fmt.Errorf("create rejects of %s: %w", shard.Name, err), w.out.Close())
		}
	}
	return w, nil
}

// settle writes one item where it belongs, or returns why the shard must end.
func (w *writers) settle(ctx context.Context, it item) error {
	switch {
	case it.err != nil:
		w.r.Errors++
		w.failed++
		if it.doc == nil {
			w.r.Damaged++
		}
		if err := w.tolerate(it.err); err != nil {
			return err
		}
	case it.verdict.kind == drop:
		w.r.Dropped++
	default:
		w.r.Written++
		w.r.BytesWritten += int64(len(it.doc.Text))
		if err := w.out.Write(ctx, it.doc); err != nil {
			return fmt.Errorf("write %s#%d: %w", it.doc.Shard, it.doc.Index, err)
		}
		return nil
	}
	if w.rejects == nil {
		return nil
	}
	w.rejected++
	doc := it.rejected(w.stages)
	if err := w.rejects.Write(ctx, doc); err != nil {
		return fmt.Errorf("write rejects %s#%d: %w", doc.Shard, doc.Index, err)
	}
	return nil
}

// tolerate returns an error if err ends the shard.
func (w *writers) tolerate(err error) error {
	switch {
	case IsFatal(err) || w.maxErrors == 0:
		return err
	case w.maxErrors > 0 && w.failed > int64(w.maxErrors):
		return fmt.Errorf("%w (limit %d), the last: %w", ErrTooManyErrors, w.maxErrors, err)
	}
	return nil
}

// flush adds what the last batch came to to the tally.
func (w *writers) flush() {
	w.t.add(w.r)
	w.r = Report{}
}

// commit publishes the shard, rejects first, if every document is accounted for.
func (w *writers) commit(ctx context.Context, shard Shard) error {
	r := w.t.report()
	if err := r.Check(); err != nil {
		return fmt.Errorf("commit %s: %w", shard.Name, err)
	}
	if w.rejects != nil {
		if w.rejected != r.Dropped+r.Errors {
			return fmt.Errorf("commit %s: textmill: %d rejects for %d documents dropped and %d errors", shard.Name, w.rejected, r.Dropped, r.Errors)
		}
		if err := w.rejects.Commit(ctx); err != nil {
			return fmt.Errorf("commit rejects of %s: %w", shard.Name, err)
		}
	}
	if err := w.out.Commit(ctx); err != nil {
		return fmt.Errorf("commit %s: %w", shard.Name, err)
	}
	return nil
}

// close discards what was not committed.
func (w *writers) close() {
	w.out.Close()
	if w.rejects != nil {
		w.rejects.Close()
	}
}
