package jsonl_test

import (
	"context"
	"iter"

	"github.com/textmill/textmill"
)

// fixed is a source of one shard called "fixed" that yields its documents as
// they are.
type fixed []*textmill.Document

func (s fixed) Shards(context.Context) ([]textmill.Shard, error) {
	return []textmill.Shard{{Name: "fixed"}}, nil
}

func (s fixed) Read(context.Context, textmill.Shard) iter.Seq2[*textmill.Document, error] {
	return func(yield func(*textmill.Document, error) bool) {
		for _, d := range s {
			if !yield(d.Clone(), nil) {
				return
			}
		}
	}
}
