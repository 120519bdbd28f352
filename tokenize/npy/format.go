// Package npy stores tokens as arrays of NumPy, which numpy.load reads, also mapped
// into memory: for training loops of one's own.
//
// [Format] writes them, and [Open] reads them back.
package npy

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/textmill/textmill/storage"
	"github.com/textmill/textmill/tokenize"
	"github.com/textmill/textmill/tokenize/internal/ids"
	"github.com/textmill/textmill/tokenize/npy/internal/spool"
)

// Format writes two arrays, in version 1.0 of NumPy's format and byte for byte as
// numpy.save does:
//
//	NAME.npy       the ids one after another: uint16 if the vocabulary has at most
//	               65,536 places, otherwise uint32
//	NAME.ends.npy  where each document ends, counted in tokens: int64
//
// Of packed sequences the second has the end of each segment, and of the padding after
// it. Document i is tokens[ends[i-1]:ends[i]], with tokens.reshape(-1) if there is a
// Window.
//
// NAME.npy is committed last: a file is there, with its ends, if that is. Its tokens
// begin at byte 128, always, so that what reads arrays without a header, as nanoGPT
// does, can map it from there. (The .npy files of OLMo are no NumPy files: they have
// no header.)
//
// As a header says how many tokens follow, they are kept until Commit in a temporary
// file once there are more than 256 KB of them: one file, of the size of what is
// written, in the folder that the environment variable TMPDIR names. It is gone
// with the process, however that ends (on Windows, unless that is killed). Besides
// buffers, a file takes 4 bytes of memory for each document in it.
type Format struct {
	// Window, if positive, makes NAME.npy an array of two dimensions, with a row for
	// each sequence. Each has to have so many tokens, as a Packing makes them. If 0,
	// it has one dimension, and sequences may have any length.
	Window int `json:",omitempty"`
}

// Create implements [tokenize.Format].
func (x Format) Create(ctx context.Context, f tokenize.File) (tokenize.FileWriter, error) {
	if x.Window < 0 {
		return nil, fmt.Errorf("npy: Window %d is negative", x.Window)
	}
	out, err := storage.NewOutput(ctx, f.Store, f.Name+".npy") // now, so that a store that takes nothing says so
	if err != nil {
		return nil, err
	}
	w := &writer{Format: x, file: f, out: out, dtype: "<u2"}
	if f.Encoder.VocabSize() > 1<<16 {
		w.dtype = "<u4"
	}
	return w, nil
}

// writer writes one file.
type writer struct {
	Format
	file      tokenize.File
	out       *storage.Output // nil once closed
	dtype     string
	tokens    spool.Spool
	lengths   ids.Lengths // of the segments
	rows      int64
	documents int64
	buf       []byte
}

// Write implements [tokenize.FileWriter].
func (w *writer) Write(seq tokenize.Sequence) error {
	if w.Window > 0 && len(seq.Tokens) != w.Window {
		return fmt.Errorf("npy: %s.npy: a sequence has %d tokens, and Window is %d: it has to be the length of Packing's sequences", w.file.Name, len(seq.Tokens), w.Window)
	}
	w.rows++
	w.documents += seq.Documents()
	for part := range seq.Parts() {
		w.lengths.Add(len(part))
	}
	w.buf = ids.Append(w.buf[:0], seq.Tokens, Header{DType: w.dtype}.Size())
	if _, err := w.tokens.Write(w.buf); err != nil {
		return fmt.Errorf("npy: %s.npy: %w", w.file.Name, err)
	}
	return nil
}

var errClosed = errors.New("npy: commit after close")

// Commit implements [tokenize.FileWriter].
func (w *writer) Commit(ctx context.Context) error {
	if w.out == nil {
		return errClosed
	}
	if err := w.commitEnds(ctx); err != nil {
		return err
	}
	shape := []int64{int64(w.lengths.Sum())}
	if w.Window > 0 {
		shape = []int64{w.rows, int64(w.Window)}
	}
	if err := writeArray(w.out, Header{w.dtype, shape}, func(out io.Writer) error {
		_, err := w.tokens.WriteTo(out)
		return err
	}); err != nil {
		return fmt.Errorf("npy: %s.npy: %w", w.file.Name, err)
	}
	return w.out.Commit(ctx, w.documents)
}

func (w *writer) commitEnds(ctx context.Context) error {
	out, err := storage.NewOutput(ctx, w.file.Store, w.file.Name+".ends.npy")
	if err != nil {
		return err
	}
	if err = writeArray(out, Header{"<i8", []int64{w.lengths.Len()}}, w.lengths.WriteEnds); err == nil {
		err = out.Commit(ctx, 0)
	}
	return cmp.Or(err, out.Close())
}

// writeArray writes a header and the elements.
func writeArray(out io.Writer, h Header, elements func(io.Writer) error) error {
	if _, err := out.Write(h.append(nil)); err != nil {
		return err
	}
	return elements(out)
}

// Close implements [tokenize.FileWriter].
func (w *writer) Close() error {
	if w.out == nil {
		return nil
	}
	out := w.out
	w.out, w.buf, w.lengths = nil, nil, ids.Lengths{}
	return cmp.Or(w.tokens.Close(), out.Close())
}
