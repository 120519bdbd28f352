package shuffle

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/internal/extsort"
	"github.com/textmill/textmill/internal/sections"
)

// Scatter returns a sink that divides the documents of each shard among the
// buckets. Every document needs an ID.
//
// A shard is written by one goroutine, which takes 6 ms for a megabyte of text, most
// of it to compress: it keeps up with some five workers that tokenize, or ten that
// filter. With more, do several shards at once.
func (s *Shuffle) Scatter() textmill.Sink { return scatter{s} }

type scatter struct{ *Shuffle }

// Create implements [textmill.Sink].
func (s scatter) Create(ctx context.Context, shard textmill.Shard) (textmill.Writer, error) {
	x, err := s.open()
	if err != nil {
		return nil, err
	}
	w := &scatterWriter{
		shuffle:  x,
		ctx:      ctx,
		shard:    shard.Name,
		encoder:  encoder{hash: x.hash},
		sorter:   extsort.New(x.scratch, x.temp, x.Memory),
		sections: make([]sections.Section, x.Buckets),
	}
	w.add = func(record []byte) error {
		w.sections[x.bucket(hashOf(record))].Add(record)
		return w.sorter.Add(w.adding, record)
	}
	return w, nil
}

// A scatterWriter writes the documents of a shard into a file, in order, with a
// section for each bucket.
type scatterWriter struct {
	*shuffle
	ctx      context.Context // of Create, for Close, which has none
	adding   context.Context // of the Write at hand, for add
	shard    string
	encoder  encoder
	sorter   *extsort.Sorter
	sections []sections.Section
	add      func(record []byte) error
	count    int64 // documents
	err      error // of an earlier call
}

// Write implements [textmill.Writer].
func (w *scatterWriter) Write(ctx context.Context, doc *textmill.Document) error {
	if w.err == nil {
		w.err = w.write(ctx, doc)
	}
	return w.err
}

func (w *scatterWriter) write(ctx context.Context, doc *textmill.Document) error {
	if doc.ID == "" {
		return errors.New("shuffle: the document has no ID: set one that is unique and the same on every run")
	}
	w.adding = ctx
	if err := w.encoder.encode(doc, w.add); err != nil {
		return fmt.Errorf("shuffle: document %.200s: %w", doc.ID, err)
	}
	w.count++
	return nil
}

var errCommitted = errors.New("shuffle: write or commit after commit or close")

// Commit implements [textmill.Writer].
func (w *scatterWriter) Commit(ctx context.Context) error {
	if w.err == nil {
		if w.err = w.commit(ctx); w.err == nil {
			w.err = errCommitted
			return nil
		}
	}
	return w.err
}

func (w *scatterWriter) commit(ctx context.Context) error {
	out, err := sections.Create(ctx, w.Store, w.file(w.shard), w.header(w.shard), w.sections)
	if err != nil {
		return err
	}
	defer out.Close()
	for {
		record, err := w.sorter.Next(ctx)
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		if err := out.Add(w.bucket(hashOf(record)), record); err != nil {
			return err
		}
	}
	// Before the commit, so that temporary files which stay are not overlooked.
	if err := w.sorter.Close(ctx); err != nil {
		return err
	}
	return out.Commit(ctx, w.count)
}

// Close implements [textmill.Writer].
func (w *scatterWriter) Close() error {
	w.err = cmp.Or(w.err, errCommitted)
	w.encoder = encoder{}
	return w.sorter.Close(w.ctx)
}
