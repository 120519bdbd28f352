package tokenize

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"path"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/storage"
)

// Shards is a sink of token files as Megatron-LM reads them (its MMapIndexedDataset,
// there called a data prefix): for each shard Dir/SHARD.bin, the ids of all
// documents one after another, and Dir/SHARD.idx, which says where each begins.
// See [Index] for the format. A document is one sequence and one document; it has
// to have been through a [Stage].
//
// Ids are stored as uint16 if the vocabulary has fewer than 65,500 places and as
// int32 otherwise, always little-endian. A document with an id that is not below
// VocabSize, or with Text but without Tokens, is an error that ends the shard.
//
// The .idx file is committed last: a shard is there if its .idx is. Before
// Commit nothing is visible. Should Commit fail between the two files, a .bin
// stays that no .idx belongs to; doing the shard again replaces it.
//
// Besides a buffer, a shard takes 4 bytes of memory for each document in it.
type Shards struct {
	Store   storage.Store // required
	Dir     string        // where in the store; if "", at its root
	Encoder Encoder       // required: the one that made the Tokens

	// NoEndOfText leaves out the id of the end of text that otherwise follows
	// each document.
	NoEndOfText bool
}

// Create implements [textmill.Sink].
func (s Shards) Create(ctx context.Context, shard textmill.Shard) (textmill.Writer, error) {
	switch {
	case s.Store == nil:
		return nil, errors.New("tokenize: Shards needs a Store")
	case s.Encoder == nil:
		return nil, errors.New("tokenize: Shards needs an Encoder")
	}
	size := s.Encoder.VocabSize()
	end := s.Encoder.EndOfText()
	switch {
	case size < 1 || size > math.MaxInt32:
		return nil, fmt.Errorf("tokenize: vocabulary %s has %d places; ids have to fit into 31 bits", s.Encoder.Name(), size)
	case !s.NoEndOfText && int64(end) >= int64(size):
		return nil, fmt.Errorf("tokenize: the end of text of vocabulary %s, %d, is not below its size, %d", s.Encoder.Name(), end, size)
	}
	name := path.Join(s.Dir, shard.Name)
	bin, err := storage.NewOutput(ctx, s.Store, name+".bin")
	if err != nil {
		return nil, err
	}
	w := &shardWriter{store: s.Store, name: name, bin: bin, size: uint32(size), dtype: dtypeFor(size)}
	if !s.NoEndOfText {
		w.end = []uint32{end}
	}
	return w, nil
}

// shardWriter writes one shard.
type shardWriter struct {
	store   storage.Store
	name    string
	bin     *storage.Output // nil once closed
	size    uint32          // of the vocabulary
	dtype   DType
	end     []uint32 // what follows each document
	lengths lengthList
	buf     []byte
	err     error // of an earlier call
}

// Write implements [textmill.Writer].
func (w *shardWriter) Write(_ context.Context, doc *textmill.Document) error {
	if w.err == nil {
		w.err = w.write(doc)
	}
	return w.err
}

func (w *shardWriter) write(doc *textmill.Document) error {
	n := len(doc.Tokens) + len(w.end)
	switch {
	case doc.Tokens == nil && doc.Text != "":
		return fmt.Errorf("tokenize: document %s has no tokens: put a tokenize.Stage before the sink", doc.ID)
	case n > math.MaxInt32:
		return fmt.Errorf("tokenize: document %s has %d tokens; an index takes at most %d", doc.ID, n, math.MaxInt32)
	}
	for i, id := range doc.Tokens {
		if id >= w.size {
			return fmt.Errorf("tokenize: document %s: id %d at index %d is not below %d, the size of the vocabulary", doc.ID, id, i, w.size)
		}
	}
	w.buf = appendIDs(w.buf[:0], doc.Tokens, w.dtype)
	w.buf = appendIDs(w.buf, w.end, w.dtype)
	w.lengths.add(int32(n))
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

// Commit implements [textmill.Writer].
func (w *shardWriter) Commit(ctx context.Context) error {
	if w.err == nil {
		w.err = w.commit(ctx)
		if w.err == nil {
			w.err = errCommitted
			return nil
		}
	}
	return w.err
}

var errCommitted = errors.New("tokenize: write or commit after commit or close")

func (w *shardWriter) commit(ctx context.Context) error {
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
func (w *shardWriter) sameIndex(ctx context.Context) (bool, error) {
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

var errDiffers = errors.New("tokenize: contents differ")

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

// Close implements [textmill.Writer].
func (w *shardWriter) Close() error {
	if w.bin == nil {
		return nil
	}
	bin := w.bin
	w.bin, w.buf, w.lengths = nil, nil, lengthList{}
	w.err = cmp.Or(w.err, errCommitted)
	return bin.Close()
}
