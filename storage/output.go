package storage

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"

	"github.com/textmill/textmill"
)

// bufferSize is that of an Output's buffer. Network stores buffer parts of their
// own; for files this makes the system calls cheap.
const bufferSize = 64 << 10

// An Output writes one object of a sink's and, when that is committed, puts it
// into the report of the shard being done, with its size and SHA-256. It is
// buffered. Use it as a [Writer]: close it in any case, and without a Commit
// before that nothing is made.
type Output struct {
	w      Writer
	buf    *bufio.Writer // before sum, so that both take large pieces
	sum    *summer
	object textmill.Object
}

// NewOutput creates an object in store.
func NewOutput(ctx context.Context, store Store, name string) (*Output, error) {
	w, err := store.Create(ctx, name)
	if err != nil {
		return nil, err
	}
	o := &Output{w: w, sum: newSummer(), object: textmill.Object{Name: name}}
	o.buf = bufio.NewWriterSize(summingWriter{w, o.sum}, bufferSize)
	return o, nil
}

// Write writes p. After an error it keeps failing, and so does Commit.
func (o *Output) Write(p []byte) (int, error) { return o.buf.Write(p) }

// WriteString writes s.
func (o *Output) WriteString(s string) (int, error) { return o.buf.WriteString(s) }

// Bytes returns how many bytes were written so far.
func (o *Output) Bytes() int64 { return o.sum.n + int64(o.buf.Buffered()) }

// Commit makes the object and calls [textmill.AddOutput] with the number of
// documents in it, which is 0 for files that hold none.
func (o *Output) Commit(ctx context.Context, documents int64) error {
	if err := o.buf.Flush(); err != nil {
		return fmt.Errorf("write %s: %w", o.object.Name, err)
	}
	if err := o.w.Commit(ctx); err != nil {
		return fmt.Errorf("commit %s: %w", o.object.Name, err)
	}
	o.object.Bytes, o.object.SHA256, o.object.Documents = o.sum.n, o.sum.hex(), documents
	textmill.AddOutput(ctx, o.object)
	return nil
}

// Object describes the committed object; before Commit only its name is known.
func (o *Output) Object() textmill.Object { return o.object }

// Close discards what was not committed.
func (o *Output) Close() error { return o.w.Close() }

// An Input reads one object of a source's and, when it comes to its end, puts it
// into the report of the shard being done, with its size and SHA-256.
type Input struct {
	ctx    context.Context // of the shard, for the report
	r      io.ReadCloser
	sum    *summer
	object textmill.Object
	done   bool
}

// NewInput opens an object of store. The context is that of the whole reading.
func NewInput(ctx context.Context, store Store, name string) (*Input, error) {
	r, err := store.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	return &Input{ctx: ctx, r: r, sum: newSummer(), object: textmill.Object{Name: name}}, nil
}

// Read reads into p. When it first returns [io.EOF], it has called
// [textmill.AddInput].
func (in *Input) Read(p []byte) (int, error) {
	n, err := in.r.Read(p)
	in.sum.add(p[:n])
	switch {
	case err == io.EOF:
		if !in.done {
			in.done = true
			in.object.Bytes, in.object.SHA256 = in.sum.n, in.sum.hex()
			textmill.AddInput(in.ctx, in.object)
		}
	case err != nil:
		err = fmt.Errorf("read %s at byte %d: %w", in.object.Name, in.sum.n, err)
	}
	return n, err
}

// Bytes returns how many bytes were read so far.
func (in *Input) Bytes() int64 { return in.sum.n }

// Object describes the object; before the end of it only its name is known.
func (in *Input) Object() textmill.Object { return in.object }

// Close closes the object.
func (in *Input) Close() error { return in.r.Close() }

// A summer counts and hashes bytes.
type summer struct {
	n int64
	h hash.Hash
}

func newSummer() *summer { return &summer{h: sha256.New()} }

func (s *summer) add(p []byte) {
	s.n += int64(len(p))
	s.h.Write(p)
}

func (s *summer) hex() string { return hex.EncodeToString(s.h.Sum(nil)) }

type summingWriter struct {
	w   io.Writer
	sum *summer
}

func (w summingWriter) Write(p []byte) (int, error) {
	n, err := w.w.Write(p)
	w.sum.add(p[:n])
	return n, err
}
