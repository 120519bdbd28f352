// Package storage reads and writes named objects: in a directory, in memory, or
// over HTTP.
package storage

import (
	"context"
	"io"
	"iter"
)

// A Store holds objects. Names are slash-separated paths, as for [fs.ValidPath].
// Its methods may be called concurrently.
type Store interface {
	// Open returns the contents of an object. The error is [fs.ErrNotExist] if
	// there is no such object.
	Open(ctx context.Context, name string) (io.ReadCloser, error)

	// Create starts an object, which exists, whole, once it is committed. It
	// then replaces an older one of that name.
	Create(ctx context.Context, name string) (Writer, error)

	// Stat describes an object. The error is [fs.ErrNotExist] if there is none.
	Stat(ctx context.Context, name string) (Info, error)

	// List yields the objects whose names begin with prefix, in order of name.
	// An error is the last thing it yields.
	List(ctx context.Context, prefix string) iter.Seq2[Info, error]

	// Remove removes an object. It is no error if there is none.
	Remove(ctx context.Context, name string) error
}

// Info describes an object.
type Info struct {
	Name string
	Size int64 // in bytes; -1 if unknown
}

// A Writer writes one object. Close it in any case; without Commit before that,
// the object is not made and an older one stays as it is.
type Writer interface {
	io.Writer
	Commit(ctx context.Context) error
	Close() error
}
