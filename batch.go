package textmill

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"time"
)

// Documents move between goroutines in batches, to spread the cost of handing
// them over (some 600 ns) and of reading the clock (some 60 ns) over many.
const (
	batchDocs  = 64
	batchBytes = 1 << 20
)

// An item is a document on its way. Rejected ones travel to the end as well,
// so that they come out in order.
type item struct {
	doc     *Document // nil for a damaged record
	verdict Verdict
	err     error
	stage   int // that dropped it or failed
}

func (it *item) live() bool { return it.err == nil && it.verdict.kind == keep }

// rejected returns the document to put into the rejects, marked with the reason.
func (it *item) rejected(stages []boundStage) *Document {
	doc := it.doc
	if doc == nil {
		return damaged(it.err)
	}
	doc.Set("reject.stage", stages[it.stage].name)
	if it.err != nil {
		doc.Set("reject.reason", "error")
		doc.Set("reject.error", it.err.Error())
		return doc
	}
	doc.Set("reject.reason", it.verdict.reason)
	if value, limit, ok := it.verdict.Measurement(); ok {
		doc.Set("reject.value", value)
		doc.Set("reject.limit", limit)
	}
	if id := it.verdict.survivor; id != "" {
		doc.Set("reject.duplicate_of", id)
	}
	return doc
}

// damaged returns a document that stands for a record that could not be read.
func damaged(err error) *Document {
	doc := &Document{}
	if r, ok := errors.AsType[*RecordError](err); ok {
		doc.ID, doc.Shard, doc.Index = fmt.Sprintf("%s#%d", r.Shard, r.Index), r.Shard, r.Index
		doc.Set("reject.offset", r.Offset)
	}
	doc.Set("reject.stage", "source")
	doc.Set("reject.reason", "error")
	doc.Set("reject.error", err.Error())
	return doc
}

var freeBatches = sync.Pool{New: func() any { b := make([]item, 0, batchDocs); return &b }}

func newBatch() []item { return *freeBatches.Get().(*[]item) }

func release(b []item) {
	clear(b)
	b = b[:0]
	freeBatches.Put(&b)
}

// readBatches groups documents. A slice it yields belongs to the receiver.
func readBatches(ctx context.Context, docs iter.Seq2[*Document, error], t *tally) iter.Seq[[]item] {
	return func(yield func([]item) bool) {
		batch, size := newBatch(), 0
		give := func() bool {
			t.add(Report{Read: int64(len(batch)), BytesRead: int64(size)})
			ok := yield(batch)
			batch, size = newBatch(), 0
			return ok
		}
		for doc, err := range docs {
			if ctx.Err() != nil {
				return
			}
			if err != nil {
				batch = append(batch, item{err: fatalUnlessRecord(err)})
			} else {
				batch = append(batch, item{doc: doc})
				size += len(doc.Text)
			}
			if len(batch) == batchDocs || size >= batchBytes || err != nil {
				if !give() {
					return
				}
			}
		}
		if len(batch) > 0 {
			give()
		}
	}
}

func fatalUnlessRecord(err error) error {
	if _, ok := errors.AsType[*RecordError](err); ok {
		return err
	}
	return Fatal(err)
}

func inOrder(ctx context.Context, in iter.Seq[[]item], stages []boundStage, t *tally) iter.Seq[[]item] {
	return func(yield func([]item) bool) {
		for b := range in {
			if !yield(process(ctx, b, stages, t)) {
				return
			}
		}
	}
}

// concurrently has n goroutines process batches and yields them in order. At
// most 2n+2 batches are on their way at any time. It returns only when all its
// goroutines have.
func concurrently(ctx context.Context, in iter.Seq[[]item], stages []boundStage, n int, t *tally) iter.Seq[[]item] {
	type job struct {
		batch []item
		done  chan struct{}
	}
	return func(yield func([]item) bool) {
		ctx, cancel := context.WithCancel(ctx)
		var wg sync.WaitGroup
		defer wg.Wait()
		defer cancel()

		todo, order := make(chan *job, n), make(chan *job, n)
		wg.Go(func() {
			defer close(todo)
			defer close(order)
			for b := range in {
				j := &job{b, make(chan struct{})}
				for _, ch := range [...]chan *job{order, todo} {
					select {
					case ch <- j:
					case <-ctx.Done():
						return
					}
				}
			}
		})
		for range n {
			wg.Go(func() {
				for j := range todo {
					j.batch = process(ctx, j.batch, stages, t)
					close(j.done)
				}
			})
		}
		for j := range order {
			select {
			case <-j.done:
			case <-ctx.Done():
				return
			}
			if !yield(j.batch) {
				return
			}
		}
	}
}

// process runs a batch through stages, all of it through one before the next.
func process(ctx context.Context, batch []item, stages []boundStage, t *tally) []item {
	for _, s := range stages {
		if ctx.Err() != nil {
			return nil
		}
		var r StageReport
		start := time.Now()
		if s.batch != nil {
			batch = processAll(ctx, batch, s, &r)
		} else {
			for next := 0; next < len(batch); {
				batch, next = processFrom(ctx, batch, next, s, &r)
			}
		}
		r.Busy = time.Since(start)
		t.stage(s.index, r)
		if r.Added != 0 {
			t.add(Report{Added: r.Added})
		}
	}
	return batch
}

// processFrom runs the items of batch from the given one on through s and
// returns where to go on, which is the end unless s panicked.
func processFrom(ctx context.Context, batch []item, from int, s boundStage, r *StageReport) (out []item, next int) {
	i := from
	defer func() {
		if v := recover(); v != nil {
			batch[i].fail(s, newPanicError(v), r)
			out, next = batch, i+1
		}
	}()
	for ; i < len(batch); i++ {
		it := &batch[i]
		if !it.live() {
			continue
		}
		r.In++
		v, err := s.Process(ctx, it.doc)
		if err != nil {
			it.fail(s, err, r)
			continue
		}
		batch, i = decide(batch, i, v, s, r)
	}
	return batch, i
}

// processAll runs the live items of batch through s, many at once.
func processAll(ctx context.Context, batch []item, s boundStage, r *StageReport) []item {
	docs := make([]*Document, 0, len(batch))
	for i := range batch {
		if batch[i].live() {
			docs = append(docs, batch[i].doc)
		}
	}
	r.In += int64(len(docs))
	verdicts, errs := make([]Verdict, len(docs)), make([]error, len(docs))
	for i := 0; i < len(docs); i += batchDocs { // Replace can make a batch longer
		j := min(i+batchDocs, len(docs))
		if err := processBatch(ctx, s.batch, docs[i:j], verdicts[i:j]); err != nil {
			for k := i; k < j; k++ {
				errs[k] = err
			}
		}
	}
	for i, k := 0, 0; k < len(docs); i++ {
		switch {
		case !batch[i].live():
			continue
		case errs[k] != nil:
			batch[i].fail(s, errs[k], r)
		default:
			batch, i = decide(batch, i, verdicts[k], s, r)
		}
		k++
	}
	return batch
}

// processBatch is s.ProcessBatch with a panic turned into an error.
func processBatch(ctx context.Context, s BatchStage, docs []*Document, verdicts []Verdict) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = newPanicError(v)
		}
	}()
	return s.ProcessBatch(ctx, docs, verdicts)
}

// decide applies a verdict to batch[i] and returns the index of its last item.
func decide(batch []item, i int, v Verdict, s boundStage, r *StageReport) ([]item, int) {
	switch v.kind {
	case keep:
		r.Out++
	case drop:
		batch[i].verdict, batch[i].stage = v, s.index
		if r.Dropped == nil {
			r.Dropped = map[string]int64{}
		}
		r.Dropped[v.reason]++
	case replace:
		r.Out += int64(len(v.docs))
		r.Added += int64(len(v.docs)) - 1
		items := make([]item, len(v.docs))
		for k, d := range v.docs {
			items[k].doc = d
		}
		batch = slices.Replace(batch, i, i+1, items...)
		i += len(items) - 1
	}
	return batch, i
}

func (it *item) fail(s boundStage, err error, r *StageReport) {
	r.Errors++
	it.stage = s.index
	it.err = &StageError{Stage: s.name, Shard: it.doc.Shard, Index: it.doc.Index, ID: it.doc.ID, Err: err}
}
