package textmill

import (
	"context"
	"iter"
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
	// Read may be called concurrently.
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
			c := d.Clone() // stages edit documents; keep ours as they are
			c.Shard, c.Index = shard.Name, i
			if !yield(c, nil) {
				return
			}
		}
	}
}
