package tokenize

import (
	"context"

	"github.com/textmill/textmill/storage"
)

// A Format writes files of tokens. There is a package for each; package formattest
// holds them, and yours, to this contract.
type Format interface {
	// Create starts a file, or the few that belong together.
	Create(ctx context.Context, f File) (FileWriter, error)
}

// A File says what a Format is to write, and where.
type File struct {
	// Store takes the objects. What is committed to it, or removed from it,
	// is when the whole shard is committed, and not before: a format cannot read
	// back what it wrote.
	Store storage.Store

	// Name is what the names of all objects begin with. The format appends to it,
	// ".bin" or "/index.json", always the same for files of the same contents.
	Name string

	Encoder Encoder // that made the tokens
}

// A FileWriter writes one File. It is used by one goroutine.
type FileWriter interface {
	// Write appends a sequence: its ids are below the encoder's VocabSize, and its
	// segments are no longer than its tokens. It must not keep it.
	Write(seq Sequence) error

	// Commit commits the objects, by [storage.Output], which reports them. The
	// last is the one without which the others mean nothing, such as an index: a
	// file is there if that object is. [Shards] sees to it that objects of different
	// files are never there together; a format need not look at what is there.
	//
	// The number of documents that begin in a file ([Sequence.Documents]) is reported
	// with the object that holds the tokens.
	Commit(ctx context.Context) error

	// Close discards what was not committed. After Commit it does nothing.
	Close() error
}
