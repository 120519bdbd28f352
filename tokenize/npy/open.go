package npy

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/textmill/textmill/storage"
	"github.com/textmill/textmill/tokenize/internal/ids"
)

// A Dataset is a stored file of tokens with the ends of its documents, such as
// [Format] writes.
type Dataset struct {
	Header         // of NAME.npy
	Ends   []int64 // where each document ends, in tokens

	store storage.Store
	name  string // with .npy
}

// Open reads the header and the ends of a file; name is that of its objects without
// ".npy" and ".ends.npy". The error is [fs.ErrNotExist] if there is no such file.
// The ends take 8 bytes of memory each, and no more than there are.
func Open(ctx context.Context, store storage.Store, name string) (*Dataset, error) {
	d := &Dataset{store: store, name: name + ".npy"}
	if err := d.open(ctx, d.name, func(r *bufio.Reader) (err error) {
		if d.Header, err = ReadHeader(r); err == nil && d.DType == "<i8" {
			err = errors.New("npy: it has elements of <i8; tokens are <u2 or <u4")
		}
		return err
	}); err != nil {
		return nil, err
	}
	return d, d.open(ctx, name+".ends.npy", d.readEnds)
}

// open opens an object and calls read with it.
func (d *Dataset) open(ctx context.Context, name string, read func(*bufio.Reader) error) error {
	f, err := d.store.Open(ctx, name)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := read(ids.NewReader(f)); err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	return nil
}

func (d *Dataset) readEnds(r *bufio.Reader) error {
	h, err := ReadHeader(r)
	switch {
	case err != nil:
		return err
	case h.DType != "<i8" || len(h.Shape) != 1:
		return fmt.Errorf("npy: it has elements of %s and shape %v; ends are <i8 of one dimension", h.DType, h.Shape)
	}
	last := uint64(0)
	if err := ids.ReadUint64s(r, func(end uint64) error {
		if end < last || end > uint64(d.Len()) {
			return fmt.Errorf("document %d is said to end at token %d of %d, and the one before it at %d", len(d.Ends), int64(end), d.Len(), last)
		}
		last = end
		d.Ends = append(d.Ends, int64(end))
		return nil
	}); err != nil {
		return err
	}
	switch {
	case int64(len(d.Ends)) != h.Len():
		return fmt.Errorf("npy: it has %d ends, and its header says %d", len(d.Ends), h.Len())
	case last != uint64(d.Len()):
		return fmt.Errorf("npy: the last document is said to end at token %d of %d", last, d.Len())
	}
	return nil
}

// Documents yields the tokens of each document, in order; of packed sequences, those of
// each segment and of the padding after them. A slice it yields is good until the
// next one. An error is the last it yields; one is that the file is shorter or longer
// than its header says. It holds one document in memory.
func (d *Dataset) Documents(ctx context.Context) iter.Seq2[[]uint32, error] {
	return d.pieces(ctx, "document", func(yield func(int64) bool) {
		start := int64(0)
		for _, end := range d.Ends {
			if !yield(end - start) {
				return
			}
			start = end
		}
	})
}

// Windows yields the rows of an array of two dimensions, in order, as [Dataset.Documents]
// yields documents. One of one dimension has none.
func (d *Dataset) Windows(ctx context.Context) iter.Seq2[[]uint32, error] {
	if len(d.Shape) != 2 {
		return func(func([]uint32, error) bool) {}
	}
	return d.pieces(ctx, "row", func(yield func(int64) bool) {
		for range d.Shape[0] {
			if !yield(d.Shape[1]) {
				return
			}
		}
	})
}

// pieces yields the tokens in pieces of the given lengths.
func (d *Dataset) pieces(ctx context.Context, what string, lengths iter.Seq[int64]) iter.Seq2[[]uint32, error] {
	return func(yield func([]uint32, error) bool) {
		if err := d.open(ctx, d.name, func(r *bufio.Reader) error {
			if h, err := ReadHeader(r); err != nil {
				return err
			} else if h.DType != d.DType || h.Len() != d.Len() {
				return errors.New("npy: it was replaced by another while it was read")
			}
			return readPieces(ctx, r, d.Size(), what, lengths, yield)
		}); err != nil {
			yield(nil, err)
		}
	}
}

func readPieces(ctx context.Context, r *bufio.Reader, size int, what string, lengths iter.Seq[int64], yield func([]uint32, error) bool) error {
	var piece []uint32
	i := 0
	for length := range lengths {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		var err error
		piece, err = ids.Read(piece[:0], r, length, size)
		switch {
		case err == io.EOF:
			return fmt.Errorf("npy: the file ends in %s %d", what, i)
		case err != nil:
			return fmt.Errorf("npy: %s %d: %w", what, i, err)
		}
		if !yield(piece, nil) {
			return nil
		}
		i++
	}
	switch _, err := r.ReadByte(); err {
	case io.EOF:
		return nil
	case nil:
		return errors.New("npy: the file goes on after its last element")
	default:
		return err
	}
}
