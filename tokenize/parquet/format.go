// Package parquet stores tokens in Parquet files, for Hugging Face datasets,
// PyArrow, DuckDB, Polars, Spark and whatever else reads those.
//
// [Format] writes them, and [Open] reads them back. Tests compare with what
// PyArrow 26 and DuckDB 2.0 read.
package parquet

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	parquet "github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"

	"github.com/textmill/textmill/storage"
	"github.com/textmill/textmill/tokenize"
)

// Format writes NAME.parquet. A [tokenize.Sequence] is a row of these columns, packed
// or not:
//
//	input_ids    list of int32, the tokens
//	seq_lengths  list of int32, the number of tokens of each segment; the tokens left over are padding
//	doc_ids      list of string, the IDs of their documents
//	doc_starts   list of int32, where each begins in its document; 0 unless that is divided
//
// The names input_ids and seq_lengths are those that Hugging Face's transformers and
// TRL give to tokens and to the documents packed into a row: TRL (1.16) makes position
// ids that begin anew with each document of them. It takes rows without padding, as
// packings that fill their sequences make them. Nothing is null. Bytes of an ID
// that are not UTF-8 become U+FFFD.
//
// The file says in its metadata what made the ids: textmill.vocabulary, its name;
// textmill.vocab_size and textmill.end_of_text. Columns are compressed by Zstandard,
// ids after numbering those that occur (dictionary encoding). The bytes depend on
// the sequences and the encoder's vocabulary, and on the version of parquet-go that
// the program is built with; no version is written into them.
//
// A row group holds 16 MB of tokens and IDs, or one row if that is larger. It is
// encoded in memory, which takes some 30 MB for each file being written, and 30
// bytes for each token of a row that is larger. A row may have up to 2²⁶ tokens, and a
// file 32,767 row groups.
type Format struct{}

// A row is a sequence as it is stored.
type row struct {
	InputIDs   []int32  `parquet:"input_ids,list" parquet-element:",dict"`
	SeqLengths []int32  `parquet:"seq_lengths,list"`
	DocIDs     []string `parquet:"doc_ids,list"`
	DocStarts  []int32  `parquet:"doc_starts,list" parquet-element:",dict"`
}

// columns are those of a row.
var columns = [...]string{"input_ids", "seq_lengths", "doc_ids", "doc_starts"}

const (
	groupBytes = 16 << 20 // of a row group, before it is encoded and compressed
	maxTokens  = 1 << 26  // of a row, which a page has to hold whole
	maxRow     = 1 << 30  // bytes of it: a page is smaller than 2 GB
)

// codec compresses by the fastest level: for tokens the next takes twice the time
// for a tenth less.
var codec = &zstd.Codec{Level: zstd.SpeedFastest}

// Create implements [tokenize.Format].
func (Format) Create(ctx context.Context, f tokenize.File) (tokenize.FileWriter, error) {
	out, err := storage.NewOutput(ctx, f.Store, f.Name+".parquet")
	if err != nil {
		return nil, err
	}
	return &writer{
		out:   out,
		limit: groupBytes,
		rows: parquet.NewGenericWriter[row](out,
			parquet.Compression(codec),
			parquet.CreatedBy("textmill", "1", ""), // of the layout, not of the program
			parquet.KeyValueMetadata("textmill.vocabulary", f.Encoder.Name()),
			parquet.KeyValueMetadata("textmill.vocab_size", strconv.Itoa(f.Encoder.VocabSize())),
			parquet.KeyValueMetadata("textmill.end_of_text", strconv.FormatUint(uint64(f.Encoder.EndOfText()), 10)),
		),
	}, nil
}

// writer writes one file.
type writer struct {
	out       *storage.Output
	rows      *parquet.GenericWriter[row]
	one       [1]row
	limit     int64 // of bytes in a row group
	held      int64 // in this one
	documents int64
	err       error // of an earlier call
}

var errDone = errors.New("parquet: write or commit after commit or close")

// Write implements [tokenize.FileWriter].
func (w *writer) Write(seq tokenize.Sequence) error {
	if w.err == nil {
		w.err = w.write(seq)
	}
	return w.err
}

func (w *writer) write(seq tokenize.Sequence) error {
	if len(seq.Tokens) > maxTokens || len(seq.Segments) > maxTokens {
		return fmt.Errorf("parquet: a sequence of %d tokens in %d segments does not fit into a page: divide it, with a tokenize.Packing", len(seq.Tokens), len(seq.Segments))
	}
	r := &w.one[0]
	size := r.set(seq)
	if size > maxRow {
		return fmt.Errorf("parquet: the IDs of a sequence of %d segments do not fit into a page: have shorter ones", len(seq.Segments))
	}
	if w.held > 0 && w.held+size > w.limit {
		if err := w.rows.Flush(); err != nil {
			return err
		}
		w.held = 0
	}
	w.held += size
	w.documents += seq.Documents()
	_, err := w.rows.Write(w.one[:])
	return err
}

// set makes r the row of a sequence and returns how many bytes that has.
func (r *row) set(seq tokenize.Sequence) int64 {
	r.InputIDs, r.SeqLengths, r.DocIDs, r.DocStarts = r.InputIDs[:0], r.SeqLengths[:0], r.DocIDs[:0], r.DocStarts[:0]
	for _, id := range seq.Tokens {
		r.InputIDs = append(r.InputIDs, int32(id))
	}
	size := 4 * int64(len(seq.Tokens)+4)
	for _, s := range seq.Segments {
		id := strings.ToValidUTF8(s.ID, "\uFFFD")
		r.DocIDs = append(r.DocIDs, id)
		r.SeqLengths = append(r.SeqLengths, int32(s.Len))
		r.DocStarts = append(r.DocStarts, int32(s.Start))
		size += int64(len(id)) + 12
	}
	return size
}

// Commit implements [tokenize.FileWriter].
func (w *writer) Commit(ctx context.Context) error {
	if w.err == nil {
		w.err = errDone
		err := w.rows.Close()
		if err == nil {
			err = w.out.Commit(ctx, w.documents)
		}
		if err != nil {
			w.err = err
			return err
		}
		return nil
	}
	return w.err
}

// Close implements [tokenize.FileWriter].
func (w *writer) Close() error {
	if w.err == nil {
		w.err = errDone
	}
	w.rows, w.one = nil, [1]row{}
	return w.out.Close()
}
