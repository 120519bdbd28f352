package s3

import (
	"context"
	"io"
	"strings"
)

// A stream reads a part of an object, over as many connections as it takes.
type stream struct {
	object   *object
	ctx      context.Context
	at, end  int64
	cancel   context.CancelFunc // of the connection
	body     io.ReadCloser      // nil between connections
	progress bool               // since connecting
	failures int                // in a row, without a byte
}

// stream returns one that makes its first request when it is read.
func (o *object) stream(ctx context.Context, start, end int64) *stream {
	return &stream{object: o, ctx: ctx, at: start, end: end}
}

// Read implements [io.Reader].
func (st *stream) Read(p []byte) (int, error) {
	for st.at < st.end {
		if st.body == nil {
			if err := st.connect(); err != nil {
				return 0, err
			}
		}
		n, err := st.body.Read(p[:min(int64(len(p)), st.end-st.at)])
		st.at += int64(n)
		if n > 0 {
			st.progress, st.failures = true, 0
		}
		if st.at == st.end {
			return n, st.finish(err)
		}
		if err != nil {
			if err := st.broken(err); err != nil {
				return n, err
			}
		}
		if n > 0 {
			return n, nil
		}
	}
	return 0, io.EOF
}

// connect asks for what is to come. The SDK tries again by itself until there is
// an answer.
func (st *stream) connect() error {
	conn, cancel := context.WithCancel(st.ctx)
	body, err := st.object.get(conn, st.at, st.end)
	if err != nil {
		cancel()
		return err
	}
	st.body, st.cancel, st.progress = body, cancel, false
	return nil
}

// broken deals with a connection that broke. It returns an error if there is to
// be no other.
func (st *stream) broken(err error) error {
	progress := st.progress
	st.Close()
	switch {
	case st.ctx.Err() != nil:
		return context.Cause(st.ctx)
	case progress:
		return nil // go on at once; if that fails, wait
	}
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	if st.failures++; st.failures > st.object.s.options.MaxRetries {
		return err
	}
	return st.object.s.options.sleep(st.ctx, st.failures, err)
}

// finish reads the end of the body, which lets the connection be used again, and
// makes the SDK compare checksums if the server sent one.
func (st *stream) finish(err error) error {
	if err == nil && st.body != nil {
		var one [1]byte
		_, err = st.body.Read(one[:])
	}
	st.Close()
	if err != nil && strings.Contains(err.Error(), "checksum did not match") { // of a type that is internal to the SDK
		return err
	}
	return nil
}

// skip goes forward to off.
func (st *stream) skip(off int64) error {
	if off <= st.at {
		return nil
	}
	_, err := io.CopyN(io.Discard, st, off-st.at)
	return err
}

// Close breaks the connection, if there is one that was not read to its end.
func (st *stream) Close() {
	if st.body != nil {
		st.cancel()
		st.body.Close()
	}
	st.body = nil
}
