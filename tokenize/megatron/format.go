// Package megatron stores tokens as Megatron-LM reads them: its MMapIndexedDataset,
// whose files are there called a data prefix.
//
// [Format] writes them, and [Open] reads them back.
package megatron

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"

	"github.com/textmill/textmill/storage"
	"github.com/textmill/textmill/tokenize"
)

// Format writes NAME.bin, the ids of all documents one after another, and
// NAME.idx, which says where each begins. See [Index] for the format. A segment is
// a sequence of Megatron-LM's, and a [tokenize.Sequence], which may be packed of
// several, is a document of its.
//
// Ids are stored as uint16 if the vocabulary has fewer than 65,500 places and as
// int32 otherwise, always little-endian.
//
// The .idx file is committed last: a file is there if its .idx is. Should Commit
// fail between the two, a .bin stays that no .idx belongs to; doing the shard
// again replaces it.
//
// Besides a buffer, a file takes 4 bytes of memory for each document in it.
type Format struct{}

// Create implements [tokenize.Format].
func (Format) Create(ctx context.Context, f tokenize.File) (tokenize.FileWriter, error) {
	bin, err := storage.NewOutput(ctx, f.Store, f.Name+".bin")
	if err != nil {
		return nil, err
	}
	return &writer{store: f.Store, name: f.Name, bin: bin, dtype: dtypeFor(f.Encoder.VocabSize())}, nil
}

// writer writes one file.
type writer struct {
	store   storage.Store
	name    string
	bin     *storage.Output // nil once closed
	dtype   DType
	lengths lengthList
	buf     []byte
}

// Write implements [tokenize.FileWriter].
func (w *writer) Write(seq tokenize.Sequence) error {
	w.buf = appendIDs(w.buf[:0], seq.Tokens, w.dtype)
	w.lengths.add(int32(len(seq.Tokens)))
	_, err := w.bin.Write(w.buf)
	return err
}

// appendIDs appends ids, which fit, as numbers of type t.
func appendIDs(b []byte, ids []uint32, t DType) []byte {
	for _, id := range ids {
		if t == Uint16 {
			b = binary.LittleEndian.AppendUint16(b, uint16(id))
		} else {
			b = binary.LittleEndian.AppendUint32(b, id)
		}
	}
	return b
}

// Commit implements [tokenize.FileWriter].
func (w *writer) Commit(ctx context.Context) error {
	// An older shard of this name with other contents must not be read with half
	// of the new one. If its index is the same it may stay: another machine may
	// have done this shard as well, and be reported to have.
	if same, err := w.sameIndex(ctx); err != nil {
		return err
	} else if !same {
		if err := w.store.Remove(ctx, w.name+".idx"); err != nil {
			return err
		}
	}
	if err := w.bin.Commit(ctx, w.lengths.n); err != nil {
		return err
	}
	idx, err := storage.NewOutput(ctx, w.store, w.name+".idx")
	if err != nil {
		return err
	}
	err = writeIndex(idx, w.dtype, &w.lengths)
	if err == nil {
		err = idx.Commit(ctx, 0)
	}
	return cmp.Or(err, idx.Close())
}

// sameIndex reports whether there is an index that is the one to be written, or
// none at all.
func (w *writer) sameIndex(ctx context.Context) (bool, error) {
	r, err := w.store.Open(ctx, w.name+".idx")
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return true, nil
	case err != nil:
		return false, err
	}
	defer r.Close()
	c := &comparer{r: bufio.NewReader(r)}
	switch err := writeIndex(c, w.dtype, &w.lengths); {
	case err == errDiffers:
		return false, nil
	case err != nil:
		return false, err
	}
	switch _, err := c.r.ReadByte(); err {
	case io.EOF:
		return true, nil
	case nil:
		return false, nil
	default:
		return false, err
	}
}

// A comparer is a Writer that takes what can be read from r and nothing else.
type comparer struct {
	r   *bufio.Reader
	buf []byte
}

var errDiffers = errors.New("megatron: contents differ")

func (c *comparer) Write(p []byte) (int, error) {
	c.buf = append(c.buf[:0], p...)
	switch _, err := io.ReadFull(c.r, c.buf); {
	case err == io.EOF || err == io.ErrUnexpectedEOF:
		return 0, errDiffers
	case err != nil:
		return 0, err
	case !bytes.Equal(c.buf, p):
		return 0, errDiffers
	}
	return len(p), nil
}

// Close implements [tokenize.FileWriter].
func (w *writer) Close() error {
	if w.bin == nil {
		return nil
	}
	bin := w.bin
	w.bin, w.buf, w.lengths = nil, nil, lengthList{}
	return bin.Close()
}
