package awsrun

import (
	"context"
	"io"
	"iter"
	"sync/atomic"

	"github.com/textmill/textmill/storage"
	"github.com/textmill/textmill/storage/s3"
)

// listSize is how many names S3 puts into an answer.
const listSize = 1000

// requests counts what S3 would be asked for if a store was there, by a [s3.Store] with its
// default settings.
type requests struct {
	storage.Store
	gets, puts atomic.Int64 // GET and HEAD; PUT, POST and LIST, which cost more
	written    atomic.Int64 // bytes of the objects that were committed
}

func (r *requests) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	r.gets.Add(1)
	f, err := r.Store.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	return &countedReader{f, r, s3.FirstRead}, nil
}

// countedReader counts a GET for each piece that is begun.
type countedReader struct {
	io.ReadCloser
	r    *requests
	left int64 // of the piece
}

func (c *countedReader) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	for c.left -= int64(n); c.left < 0; c.left += s3.DefaultReadSize {
		c.r.gets.Add(1)
	}
	return n, err
}

func (r *requests) Create(ctx context.Context, name string) (storage.Writer, error) {
	w, err := r.Store.Create(ctx, name)
	if err != nil {
		return nil, err
	}
	return &countedWriter{Writer: w, r: r}, nil
}

type countedWriter struct {
	storage.Writer
	r    *requests
	size int64
}

func (c *countedWriter) Write(p []byte) (int, error) {
	n, err := c.Writer.Write(p)
	c.size += int64(n)
	return n, err
}

func (c *countedWriter) Commit(ctx context.Context) error {
	n := int64(1)
	if c.size > s3.DefaultPartSize {
		n = 2 + (c.size+s3.DefaultPartSize-1)/s3.DefaultPartSize
	}
	c.r.puts.Add(n)
	c.r.written.Add(c.size)
	return c.Writer.Commit(ctx)
}

func (r *requests) Stat(ctx context.Context, name string) (storage.Info, error) {
	r.gets.Add(1)
	return r.Store.Stat(ctx, name)
}

func (r *requests) List(ctx context.Context, prefix string) iter.Seq2[storage.Info, error] {
	return func(yield func(storage.Info, error) bool) {
		n := 0
		for info, err := range r.Store.List(ctx, prefix) {
			if n%listSize == 0 {
				r.puts.Add(1)
			}
			n++
			if !yield(info, err) {
				return
			}
		}
		if n == 0 {
			r.puts.Add(1)
		}
	}
}
