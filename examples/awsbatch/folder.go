package main

import (
	"context"
	"iter"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/jsonl"
	"github.com/textmill/textmill/storage"
)

// A folder is where one step leaves documents, as JSON lines, and the next finds them.
type folder struct {
	store  storage.Store
	dir    string
	suffix string          // of the names of files, after that of the shard
	src    textmill.Source // of the inputs
}

// Suffixes of files.
const (
	between   = ".jsonl.zst" // for the next step
	published = ".jsonl.gz"  // which more programs read
)

// sink returns what stores documents in the folder.
func (f *folder) sink() textmill.Sink {
	return &jsonl.Sink{Store: f.store, Dir: f.dir, Suffix: f.suffix}
}

// Shards returns those of the inputs: a list of the folder would have what was an input
// once, and would not show what is missing.
func (f *folder) Shards(ctx context.Context) ([]textmill.Shard, error) { return f.src.Shards(ctx) }

// Read reads the file of a shard.
func (f *folder) Read(ctx context.Context, shard textmill.Shard) iter.Seq2[*textmill.Document, error] {
	return func(yield func(*textmill.Document, error) bool) {
		file := jsonl.Source{Store: f.store, Dir: f.dir, Names: []string{shard.Name + f.suffix}, MaxLine: maxLine}
		shards, err := file.Shards(ctx) // one; its name differs from shard's if that has a % in it
		if err != nil {
			yield(nil, err)
			return
		}
		for doc, err := range file.Read(ctx, shards[0]) {
			if !yield(doc, err) {
				return
			}
		}
	}
}

// maxLine is the longest line in bytes. Any text of a WET file has to fit, which is up to
// 64 MiB, and a byte of it becomes six in the worst case.
const maxLine = 512 << 20
