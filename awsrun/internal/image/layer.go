package image

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/klauspost/compress/gzip"
)

// level of compression. It decides about digests, as the package does, which is why
// this is not the standard library's: that one goes with the toolchain.
const level = 6

// A layer is a v1.Layer that is made anew from the program each time it is read.
type layer struct {
	program    string // file
	size       int64  // of it
	begin, end []byte // of the archive, around the program
	diffID     v1.Hash
	digest     v1.Hash
	compressed int64 // size
}

// newLayer reads the program once, to know the digests.
func newLayer(ctx context.Context, program string) (*layer, error) {
	info, err := os.Stat(program)
	if err != nil {
		return nil, err
	}
	l := &layer{program: program, size: info.Size()}
	if l.begin, l.end, err = around(l.size); err != nil {
		return nil, err
	}
	src, err := l.archive()
	if err != nil {
		return nil, err
	}
	defer src.Close()
	plain, packed := sha256.New(), sha256.New()
	r := compress(io.TeeReader(src, plain))
	if l.compressed, err = io.Copy(packed, withContext{ctx, r}); err != nil {
		return nil, err
	}
	l.diffID, l.digest = sum(plain), sum(packed)
	return l, nil
}

// around returns what comes before and after the bytes of a program in the archive.
func around(size int64) (begin, end []byte, err error) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, e := range entries() {
		if err := w.WriteHeader(e.header(int64(len(e.data)))); err != nil {
			return nil, nil, err
		}
		if _, err := w.Write(e.data); err != nil {
			return nil, nil, err
		}
	}
	if err := w.WriteHeader(entry{name: Program[1:], mode: 0o755}.header(size)); err != nil {
		return nil, nil, err
	}
	const block = 512
	return b.Bytes(), make([]byte, (block-size%block)%block+2*block), nil
}

// archive opens the archive.
func (l *layer) archive() (io.ReadCloser, error) {
	f, err := os.Open(l.program)
	if err != nil {
		return nil, &fileError{err}
	}
	program := &exactly{f, l.size}
	return &reader{io.MultiReader(bytes.NewReader(l.begin), program, bytes.NewReader(l.end)), f}, nil
}

// Uncompressed implements v1.Layer.
func (l *layer) Uncompressed() (io.ReadCloser, error) {
	src, err := l.archive()
	if err != nil {
		return nil, err
	}
	return &reader{&checked{src, sha256.New(), l.diffID}, src}, nil
}

// Compressed implements v1.Layer.
func (l *layer) Compressed() (io.ReadCloser, error) {
	src, err := l.archive()
	if err != nil {
		return nil, err
	}
	return &reader{&checked{compress(src), sha256.New(), l.digest}, src}, nil
}

// Digest implements v1.Layer.
func (l *layer) Digest() (v1.Hash, error) { return l.digest, nil }

// DiffID implements v1.Layer.
func (l *layer) DiffID() (v1.Hash, error) { return l.diffID, nil }

// Size implements v1.Layer.
func (l *layer) Size() (int64, error) { return l.compressed, nil }

// MediaType implements v1.Layer.
func (l *layer) MediaType() (types.MediaType, error) { return types.OCILayer, nil }

// A fileError is about the program's file, and not about where the image goes.
type fileError struct{ err error }

func (e *fileError) Error() string { return "program: " + e.err.Error() }
func (e *fileError) Unwrap() error { return e.err }

// reader reads from one and closes the other.
type reader struct {
	io.Reader
	io.Closer
}

// exactly reads so many bytes of a file, and has an error if there are fewer.
type exactly struct {
	f    *os.File
	left int64
}

func (r *exactly) Read(p []byte) (int, error) {
	if r.left == 0 {
		return 0, io.EOF
	}
	n, err := r.f.Read(p[:min(int64(len(p)), r.left)])
	r.left -= int64(n)
	switch {
	case err == io.EOF:
		return n, &fileError{fmt.Errorf("%s has become shorter: build the image again", r.f.Name())}
	case err != nil:
		return n, &fileError{err}
	}
	return n, nil
}

// checked has an error at the end if what was read has another digest.
type checked struct {
	io.Reader
	hash hash.Hash
	want v1.Hash
}

func (r *checked) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	r.hash.Write(p[:n])
	if err == io.EOF && sum(r.hash) != r.want {
		return n, &fileError{errors.New("it has changed: build the image again")}
	}
	return n, err
}

func sum(h hash.Hash) v1.Hash {
	return v1.Hash{Algorithm: "sha256", Hex: hex.EncodeToString(h.Sum(nil))}
}

// withContext stops reading when the context is done.
type withContext struct {
	ctx context.Context
	io.Reader
}

func (r withContext) Read(p []byte) (int, error) {
	if err := context.Cause(r.ctx); err != nil {
		return 0, err
	}
	return r.Reader.Read(p)
}

// compress returns what r holds as gzip.
func compress(r io.Reader) io.Reader {
	c := &compressor{src: r, chunk: make([]byte, 64<<10)}
	c.gzip, _ = gzip.NewWriterLevel(&c.out, level) // the level is a valid one
	return c
}

// A compressor compresses while it is read. Without a pipe there is no goroutine
// that somebody would have to end.
type compressor struct {
	src   io.Reader
	chunk []byte
	gzip  *gzip.Writer
	out   bytes.Buffer
	err   error // of src, or io.EOF at its end
}

func (c *compressor) Read(p []byte) (int, error) {
	for c.out.Len() == 0 && c.err == nil {
		c.err = c.fill()
	}
	if c.out.Len() == 0 {
		return 0, c.err
	}
	return c.out.Read(p)
}

// fill compresses a chunk. All but the last are full, so that how the source happens
// to return its bytes cannot matter.
func (c *compressor) fill() error {
	n, err := io.ReadFull(c.src, c.chunk)
	c.gzip.Write(c.chunk[:n]) // into memory: no error
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		c.gzip.Close()
		return io.EOF
	}
	return err
}
