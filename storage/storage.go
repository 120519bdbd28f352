// Package storage reads and writes named objects: in a directory ([Dir]), in
// memory ([Memory]), or over HTTP ([HTTP], reading only).
//
// Objects appear whole or not at all: what a [Writer] was given becomes visible
// when it is committed, and a reader that has the older object open goes on
// reading that one. A run that is killed therefore leaves no half-written
// object, and running it again needs no cleaning up first.
//
// Sources read through an [Input] and sinks write through an [Output], which
// count and hash the stored bytes for the run's report.
package storage

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"strings"
)

// A Store holds objects. Their names are slash-separated paths, see [CheckName].
// Its methods may be called concurrently. Once ctx is done they fail with its
// error.
type Store interface {
	// Open returns the contents of an object. The error is [fs.ErrNotExist] if
	// there is no such object. Reading may stop with an error once ctx is done.
	// Where the reader is an [io.ReaderAt] or an [io.Seeker] too, it may be
	// used as such.
	Open(ctx context.Context, name string) (io.ReadCloser, error)

	// Create starts an object, which exists, whole, once it is committed. It
	// then replaces an older one of that name. Of several that are written at
	// the same time, the one committed last stays.
	Create(ctx context.Context, name string) (Writer, error)

	// Stat describes an object. The error is [fs.ErrNotExist] if there is none.
	Stat(ctx context.Context, name string) (Info, error)

	// List yields the objects whose names begin with prefix, in order of name,
	// compared byte by byte. The prefix need not end where a path element does;
	// if it is empty, all objects are listed. An error is the last thing it
	// yields. Objects that come or go meanwhile may be listed or not.
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
// the object is not made and an older one stays as it is. After an error from
// Write, Commit fails too. A Writer is used by one goroutine.
type Writer interface {
	io.Writer

	// Commit makes the object visible, and lasting as far as the store can.
	// After an error the object may have been made or not, but never in part.
	Commit(ctx context.Context) error

	// Close discards what was not committed and frees what the Writer holds.
	// After Commit it does nothing.
	Close() error
}

// Put stores an object of the given contents, whole or not at all.
func Put(ctx context.Context, store Store, name string, contents []byte) error {
	w, err := store.Create(ctx, name)
	if err != nil {
		return err
	}
	defer w.Close()
	if _, err := w.Write(contents); err != nil {
		return err
	}
	return w.Commit(ctx)
}

// maxName is the longest name of an object in bytes: what S3 allows.
const maxName = 1024

// TempPrefix begins the names of files that are being written. No element of an
// object's name may begin with it.
const TempPrefix = ".tmp-"

// CheckName returns an error, which is [fs.ErrInvalid], unless name can be that
// of an object: at most 1024 bytes of valid UTF-8, without NUL, that
// [fs.ValidPath] accepts, other than ".", and with no element that begins with
// [TempPrefix]. Stores call it in every method that takes a name.
func CheckName(op, name string) error {
	why := ""
	switch {
	case name == "." || !fs.ValidPath(name):
		why = "use a relative, slash-separated path without empty, . and .. elements"
	case len(name) > maxName:
		name, why = name[:64]+"…", fmt.Sprintf("use at most %d bytes", maxName)
	case strings.ContainsRune(name, 0):
		why = "it holds a NUL"
	case strings.HasPrefix(name, TempPrefix) || strings.Contains(name, "/"+TempPrefix):
		why = "no element may begin with " + TempPrefix
	default:
		return nil
	}
	return &fs.PathError{Op: op, Path: name, Err: fmt.Errorf("%w: %s", fs.ErrInvalid, why)}
}

// check is what every method of a store that takes a name does first.
func check(ctx context.Context, op, name string) error {
	if err := context.Cause(ctx); err != nil {
		return &fs.PathError{Op: op, Path: name, Err: err}
	}
	return CheckName(op, name)
}
