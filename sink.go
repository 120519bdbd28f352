package textmill

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
)

// A Sink stores documents, one output for each shard.
type Sink interface {
	Create(ctx context.Context, shard Shard) (Writer, error)
}

// A Writer takes the documents of one shard. It is used by one goroutine.
//
// What was written becomes visible all at once, on Commit. Call Close in any
// case; without a Commit before it, it discards everything:
//
//	w, err := sink.Create(ctx, shard)
//	if err != nil { … }
//	defer w.Close()
//	… w.Write(ctx, doc) …
//	return w.Commit(ctx)
//
// Committing a shard again replaces what was there, so that a shard can be
// done over. Write must not keep doc.
type Writer interface {
	Write(ctx context.Context, doc *Document) error
	Commit(ctx context.Context) error
	Close() error
}

// A Memory is a sink that keeps committed documents, for tests and examples.
// The zero Memory is ready to use.
type Memory struct {
	mu     sync.Mutex
	shards map[string][]*Document
}

// Create implements [Sink].
func (m *Memory) Create(_ context.Context, shard Shard) (Writer, error) {
	return &memoryWriter{m: m, name: shard.Name}, nil
}

// Documents returns all committed documents, shard by shard in order of name.
func (m *Memory) Documents() []*Document {
	var out []*Document
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(m.shards)) {
		out = append(out, m.shards[name]...)
	}
	return out
}

type memoryWriter struct {
	m    *Memory
	name string
	docs []*Document
}

func (w *memoryWriter) Write(_ context.Context, doc *Document) error {
	w.docs = append(w.docs, doc.Clone())
	return nil
}

func (w *memoryWriter) Commit(context.Context) error {
	w.m.mu.Lock()
	defer w.m.mu.Unlock()
	if w.m.shards == nil {
		w.m.shards = map[string][]*Document{}
	}
	w.m.shards[w.name] = w.docs
	return nil
}

func (w *memoryWriter) Close() error { return nil }

// Discard is a sink that forgets everything, for measuring and dry runs.
var Discard Sink = discard{}

type discard struct{}

func (discard) Create(context.Context, Shard) (Writer, error) { return discard{}, nil }
func (discard) Write(context.Context, *Document) error        { return nil }
func (discard) Commit(context.Context) error                  { return nil }
func (discard) Close() error                                  { return nil }

// Tee returns a sink that gives every document to all of sinks. They commit in
// the given order; if one fails, those after it do not, and the shard has to be
// done over, which replaces what the first ones committed.
func Tee(sinks ...Sink) Sink { return tee(sinks) }

type tee []Sink

func (t tee) Create(ctx context.Context, shard Shard) (Writer, error) {
	var all teeWriter
	for _, s := range t {
		w, err := s.Create(ctx, shard)
		if err != nil {
			return nil, errors.Join(err, all.Close())
		}
		all = append(all, w)
	}
	return all, nil
}

type teeWriter []Writer

func (t teeWriter) Write(ctx context.Context, doc *Document) error {
	for _, w := range t {
		if err := w.Write(ctx, doc); err != nil {
			return err
		}
	}
	return nil
}

func (t teeWriter) Commit(ctx context.Context) error {
	for _, w := range t {
		if err := w.Commit(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (t teeWriter) Close() error {
	var errs []error
	for _, w := range t {
		errs = append(errs, w.Close())
	}
	return errors.Join(errs...)
}

// Route returns a sink that gives each document to the sink for its key: its
// language, say. Sinks are made by open when a shard first meets a key, and all
// of a shard's are committed together, in order of key. There should be few
// keys: all outputs of a shard are open at once. As open is called anew for each
// shard, it must give sinks that store a shard's documents under the key.
func Route(key func(doc *Document) string, open func(key string) (Sink, error)) Sink {
	return &route{key, open}
}

type route struct {
	key  func(*Document) string
	open func(string) (Sink, error)
}

func (r *route) Create(_ context.Context, shard Shard) (Writer, error) {
	return &routeWriter{route: r, shard: shard, writers: map[string]Writer{}}, nil
}

type routeWriter struct {
	*route
	shard   Shard
	writers map[string]Writer
}

func (w *routeWriter) Write(ctx context.Context, doc *Document) error {
	key := w.key(doc)
	out := w.writers[key]
	if out == nil {
		sink, err := w.open(key)
		if err != nil {
			return err
		}
		if out, err = sink.Create(ctx, w.shard); err != nil {
			return err
		}
		w.writers[key] = out
	}
	return out.Write(ctx, doc)
}

func (w *routeWriter) Commit(ctx context.Context) error {
	for _, key := range slices.Sorted(maps.Keys(w.writers)) {
		if err := w.writers[key].Commit(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (w *routeWriter) Close() error {
	var errs []error
	for _, key := range slices.Sorted(maps.Keys(w.writers)) {
		errs = append(errs, w.writers[key].Close())
	}
	return errors.Join(errs...)
}
