package main

import (
	"context"
	"errors"
	"io"

	"github.com/klauspost/compress/gzip"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/jsonl"
	"github.com/textmill/textmill/storage"
)

// allRejects is the sink for the rejects of the last step. It makes one file of
// them and of those of the first step, which come first: a gzip file may consist
// of several, so these are copied as they are.
type allRejects struct {
	store storage.Store
	// earlier says how many documents there are in each file of the first step.
	earlier func(name string) int64
}

// Create implements [textmill.Sink].
func (a *allRejects) Create(ctx context.Context, shard textmill.Shard) (textmill.Writer, error) {
	out, err := storage.NewOutput(ctx, a.store, "rejects/"+shard.Name+".jsonl.gz")
	if err != nil {
		return nil, err
	}
	w := &rejectsWriter{out: out}
	if w.zip, err = gzip.NewWriterLevel(out, gzip.DefaultCompression); err == nil {
		name := rejectsDir + "/" + shard.Name + ".jsonl.gz"
		w.documents = a.earlier(name)
		err = w.copy(ctx, a.store, name)
	}
	if err != nil {
		return nil, errors.Join(err, out.Close())
	}
	return w, nil
}

type rejectsWriter struct {
	out       *storage.Output
	zip       *gzip.Writer
	line      []byte
	documents int64
}

// copy begins with the file of the first step.
func (w *rejectsWriter) copy(ctx context.Context, store storage.Store, name string) error {
	r, err := store.Open(ctx, name)
	if err != nil {
		return err
	}
	defer r.Close()
	_, err = io.Copy(w.out, r)
	return err
}

func (w *rejectsWriter) Write(_ context.Context, doc *textmill.Document) (err error) {
	if w.line, err = jsonl.Append(w.line[:0], doc); err != nil {
		return err
	}
	w.documents++
	_, err = w.zip.Write(w.line)
	return err
}

func (w *rejectsWriter) Commit(ctx context.Context) error {
	if err := w.zip.Close(); err != nil {
		return err
	}
	return w.out.Commit(ctx, w.documents)
}

func (w *rejectsWriter) Close() error { return w.out.Close() }
