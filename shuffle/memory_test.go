package shuffle

import (
	"context"
	"fmt"
	"iter"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"testing"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/storage"
)

// made is a source of documents that are made as they are read.
type made struct {
	n    int
	text func(rng *rand.Rand) string
	each func() // called for each document, if not nil
}

func (m made) Shards(context.Context) ([]textmill.Shard, error) {
	return []textmill.Shard{{Name: "made"}}, nil
}

func (m made) Read(_ context.Context, shard textmill.Shard) iter.Seq2[*textmill.Document, error] {
	return func(yield func(*textmill.Document, error) bool) {
		rng := rand.New(rand.NewPCG(1, 2))
		for i := range m.n {
			if m.each != nil {
				m.each()
			}
			if !yield(&textmill.Document{ID: fmt.Sprint("made-", i), Text: m.text(rng), Shard: shard.Name, Index: i}, nil) {
				return
			}
		}
	}
}

// counted counts documents and says how much of the heap is in use.
type counted struct {
	textmill.Writer
	n    int
	heap func()
}

func (c *counted) Create(context.Context, textmill.Shard) (textmill.Writer, error) { return c, nil }
func (c *counted) Commit(context.Context) error                                    { return nil }
func (c *counted) Close() error                                                    { return nil }
func (c *counted) Write(context.Context, *textmill.Document) error {
	if c.n++; c.n%200 == 0 {
		c.heap()
	}
	return nil
}

// What is held depends on Memory, not on the size of shards and buckets: one ten
// times as large.
func TestMemory(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(20))
	const memory, size = minMemory, 4 << 10
	docs := 10 * memory / size
	heap := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	base := heap()
	var most int64
	see := func() { most = max(most, heap()-base) }
	seen := 0
	src := made{n: docs, text: func(rng *rand.Rand) string { return noise(rng, size) }, each: func() {
		if seen++; seen%200 == 0 {
			see()
		}
	}}
	s := &Shuffle{Store: storage.Dir(t.TempDir()), Buckets: 1, Memory: memory}
	var got counted
	got.heap = see
	// Pipelines with one worker, so that few batches of documents are on their way.
	scatter := &textmill.Pipeline{Source: src, Sink: s.Scatter(), Workers: 1}
	gather := &textmill.Pipeline{Source: s.Gather(src), Sink: &got, Workers: 1}
	for _, p := range []*textmill.Pipeline{scatter, gather} {
		most = 0
		if _, err := p.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		t.Logf("at most %d KB", most>>10)
		// A batch of the pipeline, buffers of files and the compressor come on top.
		if most > memory+512<<10 {
			t.Errorf("%d bytes of heap in use with a budget of %d", most, memory)
		}
	}
	if got.n != docs {
		t.Errorf("%d documents of %d", got.n, docs)
	}
}
