package textmill

import (
	"errors"
	"fmt"
	"runtime/debug"
)

// A StageError says which stage failed, and on which document.
type StageError struct {
	Stage string // as in the report
	Shard string
	Index int    // number of the record in the shard, or -1 if none is concerned
	ID    string // of the document
	Err   error
}

func (e *StageError) Error() string {
	at := e.Shard
	if e.Index >= 0 {
		at = fmt.Sprintf("%s#%d", e.Shard, e.Index)
	}
	return fmt.Sprintf("%s: %s: %v", e.Stage, at, e.Err)
}

// Unwrap returns e.Err.
func (e *StageError) Unwrap() error { return e.Err }

// A RecordError says that one record of a shard could not be read. The records
// after it can.
type RecordError struct {
	Shard  string
	Index  int   // number of the record in the shard
	Offset int64 // of the record in the stored, possibly compressed, input; -1 if unknown
	Length int64 // in bytes, of what was skipped; 0 if unknown
	Err    error
}

func (e *RecordError) Error() string {
	if e.Offset < 0 {
		return fmt.Sprintf("%s#%d: %v", e.Shard, e.Index, e.Err)
	}
	return fmt.Sprintf("%s#%d at byte %d: %v", e.Shard, e.Index, e.Offset, e.Err)
}

// Unwrap returns e.Err.
func (e *RecordError) Unwrap() error { return e.Err }

// A PanicError is a panic of a stage, turned into an error.
type PanicError struct {
	Value any
	Stack []byte
}

func (e *PanicError) Error() string { return fmt.Sprintf("panic: %v", e.Value) }

func newPanicError(v any) *PanicError { return &PanicError{Value: v, Stack: debug.Stack()} }

// ErrTooManyErrors is returned when more records and documents of a shard
// failed than [Pipeline.MaxErrors] allows.
var ErrTooManyErrors = errors.New("textmill: too many errors")

// Fatal marks err as one that stops the shard at once, whatever
// [Pipeline.MaxErrors] allows: a lost model server, say, rather than a bad text.
// Fatal(nil) is nil.
func Fatal(err error) error {
	if err == nil {
		return nil
	}
	return &fatal{err}
}

type fatal struct{ err error }

func (f *fatal) Error() string { return f.err.Error() }
func (f *fatal) Unwrap() error { return f.err }

// IsFatal reports whether err was marked by [Fatal].
func IsFatal(err error) bool {
	_, ok := errors.AsType[*fatal](err)
	return ok
}

// BadInput marks err as one about the whole input of a shard: it is something else than
// it should be, or cut off, and to read it again is of no use. Sources mark so what ends
// a shard; what runs a plan may leave that shard out. BadInput(nil) is nil.
func BadInput(err error) error {
	if err == nil {
		return nil
	}
	return &badInput{err}
}

type badInput struct{ err error }

func (b *badInput) Error() string { return b.err.Error() }
func (b *badInput) Unwrap() error { return b.err }

// IsBadInput reports whether err was marked by [BadInput].
func IsBadInput(err error) bool {
	_, ok := errors.AsType[*badInput](err)
	return ok
}
