package jsonl

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/storage"
)

// A Sink writes each shard as one object, called Dir/SHARD.jsonl.gz or as Suffix
// says. Its bytes depend on the documents alone, not on the number of CPUs. What
// was committed is in the report, with its size and SHA-256.
type Sink struct {
	Store  storage.Store
	Dir    string // where in the store; if "", at its root
	Suffix string // ".jsonl", ".jsonl.gz" or ".jsonl.zst"; if "", ".jsonl.gz"
}

// Create implements [textmill.Sink].
func (s Sink) Create(ctx context.Context, shard textmill.Shard) (textmill.Writer, error) {
	suffix := cmp.Or(s.Suffix, ".jsonl.gz")
	switch {
	case s.Store == nil:
		return nil, errors.New("jsonl: a Sink needs a Store")
	case !slices.Contains(suffixes, suffix):
		return nil, fmt.Errorf("jsonl: suffix %q is not one of %s", suffix, strings.Join(suffixes, ", "))
	}
	name := path.Join(s.Dir, shard.Name) + suffix
	out, err := storage.NewOutput(ctx, s.Store, name)
	if err != nil {
		return nil, err
	}
	z, err := compress(out, name)
	if err != nil {
		return nil, errors.Join(err, out.Close())
	}
	return &writer{out: out, z: z}, nil
}

// writer writes the documents of one shard.
type writer struct {
	out  *storage.Output
	z    compressor
	line []byte
	n    int64
	err  error // of an earlier call
}

// Write implements [textmill.Writer].
func (w *writer) Write(_ context.Context, doc *textmill.Document) error {
	if w.err != nil {
		return w.err
	}
	if w.line, w.err = Append(w.line[:0], doc); w.err != nil {
		return w.err
	}
	w.n++
	_, w.err = w.z.Write(w.line)
	return w.err
}

// Commit implements [textmill.Writer].
func (w *writer) Commit(ctx context.Context) error {
	if w.err != nil {
		return w.err
	}
	if w.err = w.z.Close(); w.err != nil {
		return w.err
	}
	if w.err = w.out.Commit(ctx, w.n); w.err == nil {
		w.err = errCommitted
		return nil
	}
	return w.err
}

var errCommitted = errors.New("jsonl: write or commit after commit or close")

// Close implements [textmill.Writer].
func (w *writer) Close() error {
	if w.z == nil {
		return nil
	}
	w.z.abandon()
	w.z, w.line = nil, nil
	w.err = cmp.Or(w.err, errCommitted)
	return w.out.Close()
}
