// Package datatrove stores tokens as datatrove does, and as its
// DatatroveFolderDataset and with it Nanotron read them: the files that its
// DocumentTokenizer writes. Tests compare with version 0.10.1.
//
// [Format] writes them, and [Open] reads them back.
package datatrove

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/textmill/textmill/storage"
	"github.com/textmill/textmill/tokenize"
	"github.com/textmill/textmill/tokenize/internal/ids"
)

// Format writes three objects:
//
//	NAME.ds           the ids one after another, little-endian: 2 bytes each if the
//	                  vocabulary has at most 65,536 places, otherwise 4
//	NAME.ds.index     where each document ends, counted in tokens: uint64, little-endian
//	NAME.ds.metadata  the name of the vocabulary, "|", the bytes of an id; the number
//	                  of tokens; the same to three digits, such as "1.25 GT"
//
// Readers are not told the size of an id: token_size of DatatroveFolderDataset is 2
// unless it is given, and check_dataset takes it to be 2.
//
// The .ds file is committed last, as it is what DatatroveFolderDataset looks for: a
// file is there, with its index, if its .ds is.
//
// Of packed sequences the index has the end of each segment, and of the padding after
// it. Windows are not marked, but as all have one length, one less for seq_len of
// DatatroveFolderDataset makes its items the windows: it reads seq_len + 1 tokens each.
// Positions that it takes from the index begin anew in each segment. (It gets them
// wrong after a document without tokens, which there is only without end of text.)
//
// Besides buffers, a file takes 4 bytes of memory for each document in it.
type Format struct{}

// Create implements [tokenize.Format].
func (Format) Create(ctx context.Context, f tokenize.File) (tokenize.FileWriter, error) {
	if strings.ContainsAny(f.Encoder.Name(), "\r\n") {
		return nil, fmt.Errorf("datatrove: the name of vocabulary %q has a line break, which the metadata cannot hold", f.Encoder.Name())
	}
	out, err := storage.NewOutput(ctx, f.Store, f.Name+".ds")
	if err != nil {
		return nil, err
	}
	return &writer{file: f, out: out, size: sizeFor(f.Encoder.VocabSize())}, nil
}

// sizeFor returns the bytes of an id of a vocabulary.
func sizeFor(vocabulary int) int {
	if vocabulary <= 1<<16 {
		return 2
	}
	return 4
}

// writer writes one file.
type writer struct {
	file      tokenize.File
	out       *storage.Output // nil once closed
	size      int             // of an id
	lengths   ids.Lengths     // of the segments
	documents int64
	buf       []byte
}

// Write implements [tokenize.FileWriter].
func (w *writer) Write(seq tokenize.Sequence) error {
	w.documents += seq.Documents()
	for part := range seq.Parts() {
		w.lengths.Add(len(part))
	}
	w.buf = ids.Append(w.buf[:0], seq.Tokens, w.size)
	_, err := w.out.Write(w.buf)
	return err
}

var errClosed = errors.New("datatrove: commit after close")

// Commit implements [tokenize.FileWriter].
func (w *writer) Commit(ctx context.Context) error {
	if w.out == nil {
		return errClosed
	}
	tokens := int64(w.lengths.Sum())
	m := metadata{tokenizer: w.file.Encoder.Name(), size: w.size, tokens: tokens}
	if err := w.put(ctx, ".ds.metadata", func(out *storage.Output) error {
		_, err := out.WriteString(m.String())
		return err
	}); err != nil {
		return err
	}
	if err := w.put(ctx, ".ds.index", func(out *storage.Output) error { return w.lengths.WriteEnds(out) }); err != nil {
		return err
	}
	return w.out.Commit(ctx, w.documents)
}

// put commits an object without documents.
func (w *writer) put(ctx context.Context, suffix string, write func(*storage.Output) error) error {
	out, err := storage.NewOutput(ctx, w.file.Store, w.file.Name+suffix)
	if err != nil {
		return err
	}
	if err = write(out); err == nil {
		err = out.Commit(ctx, 0)
	}
	return cmp.Or(err, out.Close())
}

// Close implements [tokenize.FileWriter].
func (w *writer) Close() error {
	if w.out == nil {
		return nil
	}
	out := w.out
	w.out, w.buf, w.lengths = nil, nil, ids.Lengths{}
	return out.Close()
}

// metadata is what a .ds.metadata file holds.
type metadata struct {
	tokenizer string
	size      int // bytes of an id
	tokens    int64
}

func (m metadata) String() string {
	return fmt.Sprintf("%s|%d\n%d\n%s", m.tokenizer, m.size, m.tokens, metric(m.tokens))
}

// metric writes n ≥ 0 to three digits with a prefix of the SI and the unit T.
func metric(n int64) string {
	exponent := len(strconv.FormatInt(n, 10)) - 1
	value := float64(n)
	for range exponent / 3 {
		value /= 1000
	}
	text := strconv.FormatFloat(value, 'f', 2-exponent%3, 64)
	if len(strings.ReplaceAll(text, ".", "")) > 3 { // rounding has added a digit
		if exponent++; exponent%3 == 0 {
			value /= 1000
		}
		text = strconv.FormatFloat(value, 'f', 2-exponent%3, 64)
	}
	return text + " " + strings.TrimSpace(" kMGTPE"[exponent/3:exponent/3+1]) + "T"
}
