package textmill

import (
	"context"
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
