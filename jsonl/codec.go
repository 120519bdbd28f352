package jsonl

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/klauspost/pgzip"
)

// Suffixes a Sink writes and a Source looks for.
var suffixes = []string{".jsonl", ".jsonl.gz", ".jsonl.zst"}

// trimSuffix returns the name of an object without what says how it is stored.
func trimSuffix(name string) string {
	name = strings.TrimSuffix(strings.TrimSuffix(name, ".gz"), ".zst")
	for _, s := range []string{".jsonl", ".ndjson", ".json"} {
		if t, ok := strings.CutSuffix(name, s); ok {
			return t
		}
	}
	return name
}

func listed(name string) bool {
	return slices.ContainsFunc(suffixes, func(s string) bool { return strings.HasSuffix(name, s) })
}

// Compressing a megabyte at a time, four at once, keeps about 12 MB for each
// shard being written. The size of the blocks makes the bytes, their number
// does not.
const (
	gzipBlock  = 1 << 20
	gzipBlocks = 4

	// Measured on a crawl, files are 3.6 % larger than those of the usual level
	// 6 and take a quarter less time.
	gzipLevel = 4

	// A writer of .zst keeps twice this. The usual window of 8 MB would make files
	// 0.6 % smaller, and be most of the memory of a shard.
	zstdWindow = 2 << 20
)

// compress returns a writer to w in the form that name ends in.
func compress(w io.Writer, name string) (compressor, error) {
	switch path.Ext(name) {
	case ".gz":
		z, err := pgzip.NewWriterLevel(w, gzipLevel)
		if err != nil {
			return nil, err
		}
		if err := z.SetConcurrency(gzipBlock, gzipBlocks); err != nil {
			return nil, err
		}
		z.ModTime = time.Unix(0, 0) // the zero Time would be stored as some day in 2042
		return gzipWriter{z}, nil
	case ".zst":
		// Anything but 1 starts goroutines that outlive an abandoned writer.
		z, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(zstdWindow))
		return zstdWriter{z}, err
	}
	return plainWriter{w}, nil
}

// A compressor compresses. Either Close, which writes the end of the stream, or
// abandon is called at the end, perhaps both.
type compressor interface {
	io.WriteCloser
	abandon()
}

type gzipWriter struct{ *pgzip.Writer }

// abandon ends the goroutines of z, which Close does not after an error.
func (z gzipWriter) abandon() { z.Reset(io.Discard) }

type zstdWriter struct{ *zstd.Encoder }

func (z zstdWriter) abandon() { z.Reset(nil) }

type plainWriter struct{ io.Writer }

func (plainWriter) Close() error { return nil }
func (plainWriter) abandon()     {}

// maxWindow is how far back a .zst file may refer, and so the memory it takes to
// read. It is what the zstd program allows by default.
const maxWindow = 128 << 20

// decompress returns what r holds, which is stored in the form that name ends
// in. An empty or cut off stream is [io.ErrUnexpectedEOF].
func decompress(r io.Reader, name string) (io.ReadCloser, error) {
	switch path.Ext(name) {
	case ".gz":
		z, err := gzip.NewReader(bufio.NewReaderSize(r, readSize))
		if err != nil {
			return nil, compressed(err)
		}
		return checkedReader{z, z.Close}, nil
	case ".zst":
		b := bufio.NewReaderSize(r, readSize)
		if _, err := b.Peek(1); err != nil {
			return nil, compressed(err)
		}
		z, err := zstd.NewReader(b, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return nil, compressed(err)
		}
		return checkedReader{z, func() error { z.Close(); return nil }}, nil
	}
	return io.NopCloser(r), nil
}

const readSize = 64 << 10

// checkedReader says of errors that they come from damaged input.
type checkedReader struct {
	io.Reader
	close func() error
}

func (r checkedReader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	if err != nil && err != io.EOF {
		err = compressed(err)
	}
	return n, err
}

func (r checkedReader) Close() error { return r.close() }

// compressed explains an error of a decompressor.
func compressed(err error) error {
	if err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("the file is cut off: fetch it again: %w", io.ErrUnexpectedEOF)
	}
	return err
}
