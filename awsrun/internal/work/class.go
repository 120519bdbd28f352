package work

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"slices"
	"syscall"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/awsrun/internal/spec"
	"github.com/textmill/textmill/checkpoint"
)

// A Class says what is to be done about an error. Of several, the greatest counts.
type Class int

const (
	Fine     Class = iota
	Data           // bad input: leave the shard out
	Room           // memory or disk is full: try again with more
	Retry          // try again
	Settings       // nothing that this run does will help: stop
)

// Status returns the exit status that tells of the class.
func (c Class) Status() int {
	return [...]int{spec.ExitDone, spec.ExitData, spec.ExitRoom, spec.ExitRetry, spec.ExitSettings}[c]
}

func (c Class) String() string {
	return [...]string{"done", "bad data", "no room", "failed", "bad settings"}[c]
}

// classed is an error whose class is known.
type classed struct {
	error
	class Class
}

func (c *classed) Unwrap() error { return c.error }

// BadSettings marks err as one that will be the same however often the run is tried.
func BadSettings(err error) error { return Mark(err, Settings) }

// BadData marks err as the fault of the shard's data.
func BadData(err error) error { return Mark(err, Data) }

// Mark marks err as one of class c, which counts whatever it was before. It ends a
// shard, however many errors that may have. Mark(nil, c) is nil.
func Mark(err error, c Class) error {
	if err == nil {
		return nil
	}
	return &classed{textmill.Fatal(err), c}
}

// OfRun returns an error that concerns the whole run: bad data are then as good as bad
// settings, as there is no shard to be left out.
func OfRun(err error) error {
	if Classify(err) == Data {
		return BadSettings(err)
	}
	return err
}

// Classify returns the class of an error.
func Classify(err error) Class {
	if err == nil {
		return Fine
	}
	if c, ok := errors.AsType[*classed](err); ok {
		return c.class
	}
	is := func(targets ...error) bool {
		return slices.ContainsFunc(targets, func(t error) bool { return errors.Is(err, t) })
	}
	switch {
	case is(context.Canceled, context.DeadlineExceeded):
		return Retry
	case is(checkpoint.ErrOtherRun, checkpoint.ErrDiffers, fs.ErrInvalid, fs.ErrPermission):
		return Settings
	case is(syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG, syscall.ENOMEM):
		return Room
	case isNetwork(err) || is(syscall.EIO, syscall.EMFILE, syscall.ENFILE): // not of what was read
		return Retry
	case textmill.IsBadInput(err):
		return Data
	case textmill.IsFatal(err):
		return Retry
	case is(textmill.ErrTooManyErrors) || isOfDocument(err):
		return Data
	}
	return Retry
}

// ofConnections are the errors of the operating system that come of connections.
var ofConnections = []syscall.Errno{
	syscall.ECONNABORTED, syscall.ECONNREFUSED, syscall.ECONNRESET, syscall.EHOSTDOWN, syscall.EHOSTUNREACH, syscall.ENETDOWN,
	syscall.ENETRESET, syscall.ENETUNREACH, syscall.ENOTCONN, syscall.EPIPE, syscall.ETIMEDOUT,
}

// isNetwork reports whether err, or one that it wraps, is of a connection. All errors of
// the operating system have the methods of a net.Error, but only some are of one.
func isNetwork(err error) bool {
	switch err := err.(type) {
	case syscall.Errno:
		return slices.Contains(ofConnections, err)
	case net.Error:
		return true
	case interface{ Unwrap() error }:
		return isNetwork(err.Unwrap())
	case interface{ Unwrap() []error }:
		return slices.ContainsFunc(err.Unwrap(), isNetwork)
	}
	return false
}

// isOfDocument reports whether a stage or the source failed on one document.
func isOfDocument(err error) bool {
	if e, ok := errors.AsType[*textmill.StageError](err); ok {
		return e.Index >= 0
	}
	_, ok := errors.AsType[*textmill.RecordError](err)
	return ok
}
