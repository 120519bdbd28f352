package textmill

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
)

// A Stage decides the fate of one document.
//
// A stage whose settings can be wrong has a method Validate() error as well. A
// Pipeline calls it before it reads anything, so that a mistake shows at once and
// not at the first document that meets it.
type Stage interface {
	// Process examines doc, may edit it, and reports what is to become of it.
	//
	// It is called concurrently with different documents. It must not keep doc
	// after it returns, and its verdict and edits should depend on doc alone,
	// so that a run can be repeated.
	//
	// An error means doc could not be judged; the verdict is then ignored. See
	// [Pipeline.MaxErrors] and [Fatal].
	Process(ctx context.Context, doc *Document) (Verdict, error)
}

// StageFunc makes a Stage of a function.
type StageFunc func(ctx context.Context, doc *Document) (Verdict, error)

// Process calls f.
func (f StageFunc) Process(ctx context.Context, doc *Document) (Verdict, error) { return f(ctx, doc) }

// A BatchStage judges several documents at once, which some models need to be
// fast. Pipelines use ProcessBatch; Process is for a document alone.
type BatchStage interface {
	Stage

	// ProcessBatch sets verdicts[i] for docs[i]. There are between 1 and 64
	// documents. An error concerns them all.
	ProcessBatch(ctx context.Context, docs []*Document, verdicts []Verdict) error
}

// Filter returns a stage that keeps the documents for which keep is true and
// drops the others for the given reason, which is its name as well.
func Filter(reason string, keep func(doc *Document) bool) Stage { return &filter{reason, keep} }

type filter struct {
	reason string
	keep   func(*Document) bool
}

func (f *filter) Process(_ context.Context, doc *Document) (Verdict, error) {
	if !f.keep(doc) {
		return Drop(f.reason), nil
	}
	return Keep, nil
}

// Map returns a stage that applies edit to every document and keeps it.
func Map(name string, edit func(doc *Document)) Stage { return &mapper{name, edit} }

type mapper struct {
	name string
	edit func(*Document)
}

func (m *mapper) Process(_ context.Context, doc *Document) (Verdict, error) {
	m.edit(doc)
	return Keep, nil
}

// Named gives a stage the name under which it appears in reports and errors.
// Without it, the name is that of the stage's type, such as "filter.GopherQuality".
// A Chain that is given a name is counted as one stage.
func Named(name string, s Stage) Stage { return &named{s, name} }

type named struct {
	Stage
	name string
}

// NameOf returns the name of s in reports and errors.
func NameOf(s Stage) string {
	switch s := s.(type) {
	case *named:
		return s.name
	case *perShard:
		return s.name
	case *mapper:
		return s.name
	case *filter:
		return s.reason
	case chain:
		return "chain"
	}
	return typeName(s)
}

func typeName(s Stage) string { return strings.TrimPrefix(fmt.Sprintf("%T", s), "*") }

// Chain returns a stage that is the given stages one after another. A Pipeline
// sees through it: the inner stages are counted one by one.
func Chain(stages ...Stage) Stage { return chain(stages) }

type chain []Stage

func (c chain) Process(ctx context.Context, doc *Document) (Verdict, error) {
	for i, s := range c {
		v, err := s.Process(ctx, doc)
		switch {
		case err != nil || v.kind == drop:
			return v, err
		case v.kind == replace:
			return c[i+1:].all(ctx, v.docs)
		}
	}
	return Keep, nil
}

// all runs what replaced a document through the rest of the chain.
func (c chain) all(ctx context.Context, docs []*Document) (Verdict, error) {
	var out []*Document
	for _, d := range docs {
		v, err := c.Process(ctx, d)
		switch {
		case err != nil:
			return Keep, err
		case v.kind == keep:
			out = append(out, d)
		case v.kind == replace:
			out = append(out, v.docs...)
		}
	}
	return Replace(out...), nil
}

// PerShard returns a stage with state that lasts for one shard. Pipelines call
// open at the start of each shard and give the stage it returns that shard's
// documents in source order, one at a time, so it needs no locks. If that stage
// is an [io.Closer], it is closed at the end of the shard.
//
// Outside a pipeline all documents count as one shard.
func PerShard(name string, open func(ctx context.Context, shard Shard) (Stage, error)) Stage {
	return &perShard{name: name, open: open}
}

type perShard struct {
	name string
	open func(context.Context, Shard) (Stage, error)

	mu    sync.Mutex
	alone Stage // used by Process only
}

func (p *perShard) Process(ctx context.Context, doc *Document) (Verdict, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.alone == nil {
		s, err := p.open(ctx, Shard{})
		if err != nil {
			return Keep, err
		}
		p.alone = s
	}
	return p.alone.Process(ctx, doc)
}

// flatten lists the stages with every Chain opened up.
func flatten(stages []Stage) []Stage {
	var out []Stage
	for _, s := range stages {
		if c, ok := s.(chain); ok {
			out = append(out, flatten(c)...)
		} else {
			out = append(out, s)
		}
	}
	return out
}

// validate asks a stage about its settings, if it has something to say.
func validate(s Stage) error {
	switch s := s.(type) {
	case *named:
		return validate(s.Stage)
	case chain:
		for _, inner := range s {
			if err := validate(inner); err != nil {
				return err
			}
		}
	case interface{ Validate() error }:
		return s.Validate()
	}
	return nil
}

// A boundStage is a stage made ready for one shard.
type boundStage struct {
	Stage
	batch   BatchStage // nil if Stage is not one
	name    string
	index   int
	ordered bool // needs its documents one at a time, in source order
}

// bind readies stages for one shard; closeAll closes what open made.
func bind(ctx context.Context, stages []Stage, shard Shard) (bound []boundStage, closeAll func() error, err error) {
	var closers []io.Closer
	closeAll = sync.OnceValue(func() (err error) {
		for _, c := range closers {
			err = errors.Join(err, c.Close())
		}
		return err
	})
	for i, s := range stages {
		b := boundStage{Stage: s, name: NameOf(s), index: i}
		if n, ok := b.Stage.(*named); ok {
			b.Stage = n.Stage
		}
		if p, ok := b.Stage.(*perShard); ok {
			b.ordered = true
			if b.Stage, err = p.open(ctx, shard); err != nil {
				err = &StageError{Stage: b.name, Shard: shard.Name, Index: -1, Err: err}
				return nil, nil, errors.Join(err, closeAll())
			}
			if c, ok := b.Stage.(io.Closer); ok {
				closers = append(closers, c)
			}
		}
		if err := validate(b.Stage); err != nil {
			err = &StageError{Stage: b.name, Shard: shard.Name, Index: -1, Err: err}
			return nil, nil, errors.Join(err, closeAll())
		}
		b.batch, _ = b.Stage.(BatchStage)
		bound = append(bound, b)
	}
	return bound, closeAll, nil
}
