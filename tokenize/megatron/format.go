// Package megatron stores tokens as Megatron-LM reads them: its IndexedDataset
// (megatron/core/datasets/indexed_dataset.py; as of August 2026, and unchanged for
// years), two files that share what is there called a data prefix.
//
// [Format] writes them, and [Open] reads them back.
package megatron

import (
	"bufio"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"io"

	"github.com/textmill/textmill/storage"
	"github.com/textmill/textmill/tokenize"
	"github.com/textmill/textmill/tokenize/internal/ids"
)

// Format writes NAME.bin, the ids of all sequences one after another, and NAME.idx,
// which says where each begins; see [Index]. Ids are stored as uint16 if the
// vocabulary has fewer than 65,500 places and as int32 otherwise, always
// little-endian, as Megatron-LM's own tools do. The .idx file is committed last.
//
// A [tokenize.Sequence] is a sequence of Megatron-LM's, and a document too. That
// goes for packed ones as well: its GPTDataset shuffles sequences and puts them
// one after another, so windows of its sequence length stay whole, and nothing else
// would. Where documents end in a window it finds by the end of text
// (--reset-position-ids, --reset-attention-mask, --eod-mask-loss), which therefore
// should not be left out. With Segments it is otherwise.
//
// Besides buffers, a file takes 4 bytes of memory for each sequence, and with
// Segments 4 more for each document.
//
// Megatron-LM maps .bin files into memory, which does not go with one of 0 bytes: leave
// shards without tokens out of its data path.
type Format struct {
	// Segments makes each segment of a packed sequence a sequence of
	// Megatron-LM's, its padding another one, and the whole a document. Datasets
	// that go by documents want it, and readers of your own that are to know
	// the boundaries. GPTDataset does not keep the windows then, and trains on
	// padding like on a text. Without packing it makes no difference.
	Segments bool
}

// Create implements [tokenize.Format].
func (x Format) Create(ctx context.Context, f tokenize.File) (tokenize.FileWriter, error) {
	bin, err := storage.NewOutput(ctx, f.Store, f.Name+".bin")
	if err != nil {
		return nil, err
	}
	return &writer{Format: x, file: f, bin: bin, dtype: dtypeFor(f.Encoder.VocabSize())}, nil
}

// writer writes one file.
type writer struct {
	Format
	file      tokenize.File
	bin       *storage.Output // nil once closed
	dtype     DType
	lengths   ids.Lengths // of the sequences
	documents ids.Lengths // how many sequences each has; not used without Segments
	begun     int64       // documents of ours
	buf       []byte
}

// Write implements [tokenize.FileWriter].
func (w *writer) Write(seq tokenize.Sequence) error {
	w.begun += seq.Documents()
	if w.Segments {
		n := 0
		for part := range seq.Parts() {
			w.lengths.Add(len(part))
			n++
		}
		w.documents.Add(n)
	} else {
		w.lengths.Add(len(seq.Tokens))
	}
	w.buf = ids.Append(w.buf[:0], seq.Tokens, w.dtype.Size())
	_, err := w.bin.Write(w.buf)
	return err
}

var errClosed = errors.New("megatron: commit after close")

// Commit implements [tokenize.FileWriter].
func (w *writer) Commit(ctx context.Context) error {
	if w.bin == nil {
		return errClosed
	}
	if err := w.bin.Commit(ctx, w.begun); err != nil {
		return err
	}
	idx, err := storage.NewOutput(ctx, w.file.Store, w.file.Name+".idx")
	if err != nil {
		return err
	}
	err = w.writeIndex(idx)
	if err == nil {
		err = idx.Commit(ctx, 0)
	}
	return cmp.Or(err, idx.Close())
}

// writeIndex writes the .idx file.
func (w *writer) writeIndex(out io.Writer) error {
	buf := bufio.NewWriterSize(out, 4<<10)
	var b []byte
	put := func(v uint64) { // an error stays in buf until Flush
		b = binary.LittleEndian.AppendUint64(b[:0], v)
		buf.Write(b)
	}
	documents := w.lengths.Len()
	if w.Segments {
		documents = w.documents.Len()
	}
	buf.WriteString(indexMagic)
	put(indexVersion)
	buf.WriteByte(byte(w.dtype))
	put(uint64(w.lengths.Len()))
	put(uint64(documents) + 1)
	for length := range w.lengths.All() {
		b = binary.LittleEndian.AppendUint32(b[:0], length)
		buf.Write(b)
	}
	at := uint64(0)
	for length := range w.lengths.All() {
		put(at)
		at += uint64(length) * uint64(w.dtype.Size())
	}
	put(0)
	if w.Segments {
		last := uint64(0)
		for n := range w.documents.All() {
			last += uint64(n)
			put(last)
		}
	} else {
		for i := range uint64(documents) {
			put(i + 1)
		}
	}
	return buf.Flush()
}

// Close implements [tokenize.FileWriter].
func (w *writer) Close() error {
	if w.bin == nil {
		return nil
	}
	bin := w.bin
	w.bin, w.buf, w.lengths, w.documents = nil, nil, ids.Lengths{}, ids.Lengths{}
	return bin.Close()
}
