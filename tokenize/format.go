package tokenize

import (
	"context"

	"github.com/textmill/textmill/storage"
)

// A Format writes files of tokens. There is a package for each.
type Format interface {
	// Create starts a file, or the few that belong together.
	Create(ctx context.Context, f File) (FileWriter, error)
}

// A File says what a Format is to write, and where.
type File struct {
	Store   storage.Store
	Name    string  // of the objects, without what the format appends, such as ".bin"
	Encoder Encoder // that made the tokens
}

// A FileWriter writes one File. It is used by one goroutine.
type FileWriter interface {
	// Write appends a sequence, all of whose ids are below the encoder's VocabSize.
	// It must not keep it.
	Write(seq Sequence) error

	// Commit makes the file visible, all at once: where there are several objects,
	// the one without which the others mean nothing comes last. It reports each by
	// [storage.Output]. Committing a file again replaces it.
	Commit(ctx context.Context) error

	// Close discards what was not committed. After Commit it does nothing.
	Close() error
}
