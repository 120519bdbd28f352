package parquet

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"iter"
	"os"

	parquet "github.com/parquet-go/parquet-go"

	"github.com/textmill/textmill/storage"
	"github.com/textmill/textmill/tokenize"
)

// A Dataset is a stored Parquet file of tokens, open for reading.
type Dataset struct {
	name   string
	raw    io.ReaderAt
	size   int64
	file   *parquet.File
	leaves [len(columns)]parquet.LeafColumn
	close  []func() error // in this order
}

// Open opens NAME.parquet, which [Format] has written, or another file that has
// its columns. The error is [fs.ErrNotExist] if there is none. Parquet is read
// from its end: unless the store's readers are files, or in memory, the object is
// copied to a temporary file. Close the Dataset, which removes that.
func Open(ctx context.Context, store storage.Store, name string) (*Dataset, error) {
	r, err := store.Open(ctx, name+".parquet")
	if err != nil {
		return nil, err
	}
	d := &Dataset{name: name + ".parquet", close: []func() error{r.Close}}
	if err := d.open(r); err != nil {
		d.Close()
		return nil, fmt.Errorf("parquet: read %s: %w", d.name, err)
	}
	return d, nil
}

func (d *Dataset) open(r io.Reader) error {
	var err error
	if d.raw, d.size, err = d.readerAt(r); err != nil {
		return err
	}
	if d.file, err = openFile(d.raw, d.size); err != nil {
		return err
	}
	rows := int64(0)
	for _, g := range d.file.RowGroups() {
		rows += g.NumRows()
	}
	if rows != d.file.NumRows() {
		return fmt.Errorf("it has %d rows, but its row groups %d", d.file.NumRows(), rows)
	}
	for i, name := range columns {
		if d.leaves[i], err = leafOf(d.file.Schema(), name, name == "doc_ids"); err != nil {
			return err
		}
	}
	return nil
}

// readerAt returns the contents of r for reading anywhere in them.
func (d *Dataset) readerAt(r io.Reader) (io.ReaderAt, int64, error) {
	if s, ok := r.(interface {
		io.ReaderAt
		io.Seeker
	}); ok {
		size, err := s.Seek(0, io.SeekEnd)
		return s, size, err
	}
	f, err := os.CreateTemp("", "textmill-*.parquet")
	if err != nil {
		return nil, 0, err
	}
	d.close = append(d.close, f.Close, func() error { return os.Remove(f.Name()) })
	size, err := io.Copy(f, r)
	return f, size, err
}

func openFile(r io.ReaderAt, size int64) (f *parquet.File, err error) {
	defer recovered(&err)
	if err := checkFooter(r, size); err != nil {
		return nil, err
	}
	return parquet.OpenFile(r, size, parquet.SkipBloomFilters(true), parquet.SkipPageIndex(true))
}

// recovered makes a panic an error: parquet-go panics on some files that are damaged.
func recovered(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("the file is damaged: %v", p)
	}
}

// Close closes the file.
func (d *Dataset) Close() error {
	var err error
	for _, f := range d.close {
		err = cmp.Or(err, f())
	}
	d.close = nil
	return err
}

// Rows returns the number of sequences.
func (d *Dataset) Rows() int64 { return d.file.NumRows() }

// Metadata returns what the file says by a key, such as textmill.vocabulary, and
// whether it does.
func (d *Dataset) Metadata(key string) (string, bool) { return d.file.Lookup(key) }

// Sequences returns the sequences in order, as a single-use iterator. The slices of
// one are good until the next. An error is the last it yields: for one, that lengths
// do not agree. It holds a page of each column in memory and a row; pages of Format have
// 256 KB or one row. Where one has more than 2²⁶ values, it is an error.
func (d *Dataset) Sequences(ctx context.Context) iter.Seq2[tokenize.Sequence, error] {
	return func(yield func(tokenize.Sequence, error) bool) {
		if err := d.sequences(ctx, func(seq tokenize.Sequence) bool { return yield(seq, nil) }); err != nil {
			yield(tokenize.Sequence{}, fmt.Errorf("parquet: read %s: %w", d.name, err))
		}
	}
}

func (d *Dataset) sequences(ctx context.Context, yield func(tokenize.Sequence) bool) error {
	for i, g := range d.file.RowGroups() {
		r, err := d.openGroup(i, g)
		if err != nil {
			return fmt.Errorf("row group %d: %w", i, err)
		}
		more, err := r.read(ctx, g.NumRows(), yield)
		if err != nil {
			err = fmt.Errorf("row group %d: %w", i, err)
		}
		if err = cmp.Or(err, r.close()); err != nil || !more {
			return err
		}
	}
	return nil
}

// A group is a row group being read.
type group struct {
	lists [len(columns)]*list
	row   row
}

func (d *Dataset) openGroup(i int, g parquet.RowGroup) (r *group, err error) {
	defer recovered(&err)
	if err := checkPages(d.raw, d.size, &d.file.Metadata().RowGroups[i]); err != nil {
		return nil, err
	}
	r = &group{}
	for i, leaf := range d.leaves {
		r.lists[i] = openList(g, leaf)
	}
	return r, nil
}

func (g *group) close() (err error) {
	defer recovered(&err)
	for _, l := range g.lists {
		err = cmp.Or(err, l.close())
	}
	return err
}

// read yields the sequences, and reports whether more are wanted.
func (g *group) read(ctx context.Context, n int64, yield func(tokenize.Sequence) bool) (bool, error) {
	var seq tokenize.Sequence
	for i := range n {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		err := g.next()
		if err == nil {
			err = g.row.get(&seq)
		}
		if err != nil {
			return false, fmt.Errorf("row %d: %w", i, err)
		}
		if !yield(seq) {
			return false, nil
		}
	}
	return true, g.end()
}

// next reads a row.
func (g *group) next() (err error) {
	defer recovered(&err)
	r := &g.row
	for i, dst := range []*[]int32{&r.InputIDs, &r.SeqLengths, nil, &r.DocStarts} {
		l := g.lists[i]
		take := func(i, n int) error {
			r.DocIDs = l.appendStrings(r.DocIDs, i, n)
			return nil
		}
		if dst == nil {
			r.DocIDs = r.DocIDs[:0]
		} else {
			*dst = (*dst)[:0]
			take = func(i, n int) (err error) {
				*dst, err = l.appendInts(*dst, i, n)
				return err
			}
		}
		if err := l.next(take); err != nil {
			return fmt.Errorf("%s: %w", columns[i], err)
		}
	}
	return nil
}

// end checks that all rows were read.
func (g *group) end() (err error) {
	defer recovered(&err)
	for i, l := range g.lists {
		if err := l.next(func(int, int) error { return nil }); err != errNoRow {
			return cmp.Or(err, fmt.Errorf("%s: there are more rows than it says", columns[i]))
		}
	}
	return nil
}

// get makes seq of the row.
func (r *row) get(seq *tokenize.Sequence) error {
	if len(r.DocIDs) != len(r.SeqLengths) || len(r.DocStarts) != len(r.SeqLengths) {
		return fmt.Errorf("%d seq_lengths, %d doc_ids and %d doc_starts", len(r.SeqLengths), len(r.DocIDs), len(r.DocStarts))
	}
	seq.Tokens, seq.Segments = seq.Tokens[:0], seq.Segments[:0]
	for _, id := range r.InputIDs {
		if id < 0 {
			return fmt.Errorf("id %d is negative", id)
		}
		seq.Tokens = append(seq.Tokens, uint32(id))
	}
	left := len(seq.Tokens)
	for i, length := range r.SeqLengths {
		if length < 0 || int(length) > left {
			return fmt.Errorf("seq_lengths do not fit into %d tokens", len(seq.Tokens))
		}
		left -= int(length)
		if r.DocStarts[i] < 0 {
			return fmt.Errorf("doc_starts has %d", r.DocStarts[i])
		}
		seq.Segments = append(seq.Segments, tokenize.Segment{ID: r.DocIDs[i], Start: int(r.DocStarts[i]), Len: int(length)})
	}
	return nil
}
