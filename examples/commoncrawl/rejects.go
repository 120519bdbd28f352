package main

import (
	"context"
	"errors"
	"iter"

	"github.com/textmill/textmill"
)

// mergedRejects is the sink for the rejects of the last step. For each shard it
// stores the rejects of the first step, read back, and those it is given, in the
// order of the source: one file holds everything that is not in documents/.
type mergedRejects struct {
	earlier textmill.Source
	sink    textmill.Sink
}

// Create implements [textmill.Sink].
func (m *mergedRejects) Create(ctx context.Context, shard textmill.Shard) (textmill.Writer, error) {
	w, err := m.sink.Create(ctx, shard)
	if err != nil {
		return nil, err
	}
	next, stop := iter.Pull2(m.earlier.Read(ctx, shard))
	mw := &mergedWriter{Writer: w, next: next, stop: stop}
	if err := mw.advance(); err != nil {
		return nil, errors.Join(err, mw.Close())
	}
	return mw, nil
}

type mergedWriter struct {
	textmill.Writer
	next    func() (*textmill.Document, error, bool)
	stop    func()
	earlier *textmill.Document // the next of the first step's; nil at the end
}

func (w *mergedWriter) advance() (err error) {
	w.earlier, err, _ = w.next()
	return err
}

func (w *mergedWriter) Write(ctx context.Context, doc *textmill.Document) error {
	if err := w.writeEarlier(ctx, func(d *textmill.Document) bool { return d.Index < doc.Index }); err != nil {
		return err
	}
	return w.Writer.Write(ctx, doc)
}

func (w *mergedWriter) Commit(ctx context.Context) error {
	if err := w.writeEarlier(ctx, func(*textmill.Document) bool { return true }); err != nil {
		return err
	}
	return w.Writer.Commit(ctx)
}

// writeEarlier writes the rejects of the first step as long as they are due.
func (w *mergedWriter) writeEarlier(ctx context.Context, due func(*textmill.Document) bool) error {
	for w.earlier != nil && due(w.earlier) {
		if err := w.Writer.Write(ctx, w.earlier); err != nil {
			return err
		}
		if err := w.advance(); err != nil {
			return err
		}
	}
	return nil
}

func (w *mergedWriter) Close() error {
	w.stop()
	return w.Writer.Close()
}
