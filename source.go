package textmill

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"sync"

	"github.com/zeebo/xxh3"
)

// A Shard is a part of a job that can be done apart from the others: one input
// file, one hash bucket. It is what a worker machine is given to do.
type Shard struct {
	Index int    `json:"index"`          // its place in the list, from 0
	Name  string `json:"name"`           // the same on every run; names the output too
	Size  int64  `json:"size,omitempty"` // of the stored input in bytes; 0 if unknown
}

// A Source is a collection of documents, divided into shards.
type Source interface {
	// Shards lists the shards, in the same order on every call. Their names
	// are unique and usable as file names.
	Shards(ctx context.Context) ([]Shard, error)

	// Read returns the documents of a shard in order, as a single-use iterator.
	// A pair holds a document or an error, never both. After a [RecordError]
	// the sequence goes on with the next record; any other error is the last.
	// When ctx is done, so is the sequence, with an error. Read may be called
	// concurrently.
	Read(ctx context.Context, shard Shard) iter.Seq2[*Document, error]
}

// Documents returns a source of one shard, called "documents", holding docs. It
// yields clones, so docs can be used again.
func Documents(docs ...*Document) Source { return documents(docs) }

type documents []*Document

func (s documents) Shards(context.Context) ([]Shard, error) {
	return []Shard{{Name: "documents"}}, nil
}

func (s documents) Read(ctx context.Context, shard Shard) iter.Seq2[*Document, error] {
	return func(yield func(*Document, error) bool) {
		for i, d := range s {
			if ctx.Err() != nil {
				yield(nil, context.Cause(ctx))
				return
			}
			c := d.Clone() // stages edit documents; keep ours as they are
			c.Shard, c.Index = shard.Name, i
			if !yield(c, nil) {
				return
			}
		}
	}
}

// Limit returns a source that reads at most n documents of each shard of src, for
// trying things out.
func Limit(src Source, n int) Source { return &limited{src, n} }

type limited struct {
	Source
	n int
}

func (s *limited) Read(ctx context.Context, shard Shard) iter.Seq2[*Document, error] {
	return func(yield func(*Document, error) bool) {
		left := s.n
		if left <= 0 {
			return
		}
		for d, err := range s.Source.Read(ctx, shard) {
			if !yield(d, err) {
				return
			}
			if err == nil {
				left--
			}
			if left == 0 {
				return
			}
		}
	}
}

// Concat returns a source with the shards of all sources, in order. The names of
// the shards must differ. Each source is asked for its shards once.
func Concat(sources ...Source) Source { return &concat{sources: sources} }

type concat struct {
	sources []Source

	mu     sync.Mutex
	shards []Shard
	owners map[string]owner // by name of the shard; nil until all were listed
}

// An owner is the source a shard is of, and what it calls it.
type owner struct {
	src   Source
	shard Shard
}

func (c *concat) Shards(ctx context.Context) ([]Shard, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.owners == nil {
		if err := c.list(ctx); err != nil {
			return nil, err
		}
	}
	return slices.Clone(c.shards), nil
}

func (c *concat) list(ctx context.Context) error {
	var all []Shard
	owners := map[string]owner{}
	for _, src := range c.sources {
		shards, err := src.Shards(ctx)
		if err != nil {
			return err
		}
		for _, s := range shards {
			if _, taken := owners[s.Name]; taken {
				return fmt.Errorf("textmill: two shards are called %s; give one of the inputs another name", s.Name)
			}
			owners[s.Name] = owner{src, s}
			s.Index = len(all)
			all = append(all, s)
		}
	}
	c.shards, c.owners = all, owners
	return nil
}

func (c *concat) Read(ctx context.Context, shard Shard) iter.Seq2[*Document, error] {
	return func(yield func(*Document, error) bool) {
		if _, err := c.Shards(ctx); err != nil {
			yield(nil, err)
			return
		}
		o, ok := c.owners[shard.Name]
		if !ok {
			yield(nil, fmt.Errorf("textmill: no shard is called %s", shard.Name))
			return
		}
		for d, err := range o.src.Read(ctx, o.shard) {
			if !yield(d, err) {
				return
			}
		}
	}
}

// Sample returns a source that reads about the given fraction (0 to 1) of the
// documents of src. Whether a document is among them depends on its ID and seed
// alone: the sample is the same on every run, and a larger fraction with the
// same seed contains it. Unread documents are in no report.
func Sample(src Source, fraction float64, seed uint64) Source {
	return &sampled{src, fraction, seed}
}

type sampled struct {
	Source
	fraction float64
	seed     uint64
}

func (s *sampled) Read(ctx context.Context, shard Shard) iter.Seq2[*Document, error] {
	return func(yield func(*Document, error) bool) {
		for d, err := range s.Source.Read(ctx, shard) {
			if (err != nil || s.takes(d.ID)) && !yield(d, err) {
				return
			}
		}
	}
}

func (s *sampled) takes(id string) bool {
	return float64(xxh3.HashStringSeed(id, s.seed)>>11) < s.fraction*(1<<53)
}

// Shuffle returns a source that yields the documents of each shard of src in
// another order: always a random one of the next window documents, which are
// held in memory. The order depends on the shard's name, window and seed alone.
// It is a local shuffle, to break up runs; it does not move documents between
// shards.
func Shuffle(src Source, window int, seed uint64) Source {
	return &shuffled{src, max(window, 1), seed}
}

type shuffled struct {
	Source
	window int
	seed   uint64
}

func (s *shuffled) Read(ctx context.Context, shard Shard) iter.Seq2[*Document, error] {
	return func(yield func(*Document, error) bool) {
		rng := rand.New(rand.NewPCG(s.seed, xxh3.HashString(shard.Name)))
		var held []*Document
		give := func() bool {
			i := rng.IntN(len(held))
			d := held[i]
			held[i] = held[len(held)-1]
			held = held[:len(held)-1]
			return yield(d, nil)
		}
		for d, err := range s.Source.Read(ctx, shard) {
			if err != nil {
				_, damaged := errors.AsType[*RecordError](err)
				if !yield(nil, err) || !damaged {
					return
				}
				continue
			}
			if held = append(held, d); len(held) == s.window && !give() {
				return
			}
		}
		for len(held) > 0 {
			if !give() {
				return
			}
		}
	}
}
