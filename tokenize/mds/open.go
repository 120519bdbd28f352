package mds

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"path"

	"github.com/textmill/textmill/storage"
	"github.com/textmill/textmill/tokenize"
)

// A Dataset is a directory of tokens with its index: one that [Format] has
// written, one that [Merge] has merged, or one that MosaicML Streaming or LLM
// Foundry wrote and that has a column tokens as the former have.
type Dataset struct {
	store   storage.Store
	dir     string
	index   index
	samples int64
}

// Open reads the index of a dataset; dir is the directory it is in. The error is
// [fs.ErrNotExist] if there is none. Compressed datasets are not read, nor are
// columns tokens other than of uint16, int32 or uint32.
func Open(ctx context.Context, store storage.Store, dir string) (*Dataset, error) {
	x, err := readIndex(ctx, store, dir)
	if err != nil {
		return nil, err
	}
	d := &Dataset{store: store, dir: dir, index: x}
	for _, s := range x.Shards {
		if d.samples > math.MaxInt64-s.Samples {
			return nil, fmt.Errorf("read %s: mds: samples add up to too many", indexName(dir))
		}
		d.samples += s.Samples
		if _, err := newLayout(s); err != nil {
			return nil, fmt.Errorf("read %s: mds: %s: %w", indexName(dir), s.RawData.Basename, err)
		}
	}
	return d, nil
}

// Samples returns the number of sequences.
func (d *Dataset) Samples() int64 { return d.samples }

// Sequences returns the sequences in order, as a single-use iterator. The slices of
// one are good until the next. Where there is no column seq_lengths, a sequence is
// one segment, and where there is no doc_ids, IDs are empty. An error is the last
// it yields: for one, that a file does not agree with itself or with the index. It
// holds one sequence in memory, and 4 bytes for each of its shard file.
func (d *Dataset) Sequences(ctx context.Context) iter.Seq2[tokenize.Sequence, error] {
	return func(yield func(tokenize.Sequence, error) bool) {
		for _, s := range d.index.Shards {
			name := path.Join(d.dir, s.RawData.Basename)
			more, err := d.readShard(ctx, name, s, func(seq tokenize.Sequence) bool { return yield(seq, nil) })
			if err != nil {
				yield(tokenize.Sequence{}, fmt.Errorf("read %s: %w", name, err))
			}
			if err != nil || !more {
				return
			}
		}
	}
}

// readShard yields the samples of a shard file, and reports whether more are wanted.
func (d *Dataset) readShard(ctx context.Context, name string, s shardInfo, yield func(tokenize.Sequence) bool) (bool, error) {
	l, err := newLayout(s)
	if err != nil {
		return false, err
	}
	f, err := d.store.Open(ctx, name)
	if err != nil {
		return false, err
	}
	defer f.Close()
	r := bufio.NewReaderSize(f, 64<<10)
	offsets, err := readOffsets(r, s)
	if err != nil {
		return false, cutShort(err)
	}
	settings := int64(offsets[0]) - 4*int64(1+len(offsets))
	if _, err := io.CopyN(io.Discard, r, settings); err != nil {
		return false, cutShort(err)
	}
	dec := decoder{layout: l}
	for i, begin := range offsets[:len(offsets)-1] {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		if dec.data, err = readBytes(r, dec.data[:0], int64(offsets[i+1]-begin)); err != nil {
			return false, cutShort(err)
		}
		seq, err := dec.decode()
		if err != nil {
			return false, fmt.Errorf("sample %d: %w", i, err)
		}
		if !yield(seq) {
			return false, nil
		}
	}
	switch _, err := r.ReadByte(); err {
	case io.EOF:
		return true, nil
	case nil:
		return false, errors.New("the file goes on after its last sample")
	default:
		return false, err
	}
}

func cutShort(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return errors.New("the file is cut short")
	}
	return err
}

// readOffsets reads where the samples begin, and the end of the last. Memory grows
// with what is read, whatever the file promises.
func readOffsets(r *bufio.Reader, s shardInfo) ([]uint32, error) {
	n, err := readUint32(r)
	if err != nil {
		return nil, err
	}
	if int64(n) != s.Samples {
		return nil, fmt.Errorf("the file has %d samples, by the index %d", n, s.Samples)
	}
	var offsets []uint32
	before := 4 + 4*(int64(n)+1)
	for range int64(n) + 1 {
		at, err := readUint32(r)
		if err != nil {
			return nil, err
		}
		if int64(at) < before {
			return nil, fmt.Errorf("sample %d is said to begin at byte %d, before byte %d", len(offsets), at, before)
		}
		before = int64(at)
		offsets = append(offsets, at)
	}
	if before != s.RawData.Bytes {
		return nil, fmt.Errorf("the last sample ends at byte %d, but the file by the index at %d", before, s.RawData.Bytes)
	}
	return offsets, nil
}

func readUint32(r *bufio.Reader) (uint32, error) {
	b, err := r.Peek(4)
	if err != nil {
		return 0, err
	}
	v := binary.LittleEndian.Uint32(b)
	r.Discard(4)
	return v, nil
}

// readBytes appends n bytes, in steps, so that a length that is not true costs no
// more memory than there are bytes.
func readBytes(r io.Reader, b []byte, n int64) ([]byte, error) {
	for n > 0 {
		k := int(min(n, 64<<10))
		at := len(b)
		b = append(b, make([]byte, k)...)
		if _, err := io.ReadFull(r, b[at:]); err != nil {
			return b, err
		}
		n -= int64(k)
	}
	return b, nil
}

// A layout says where in a sample its columns are.
type layout struct {
	sizes                        []*int64 // of all columns; nil where the sample says it
	ids, starts, lengths, tokens int      // which they are; -1 if there is none
	dtype                        dtype    // of tokens
}

func newLayout(s shardInfo) (layout, error) {
	l := layout{sizes: s.ColumnSizes, ids: -1, starts: -1, lengths: -1, tokens: -1}
	if s.Compression != nil || s.ZipData != nil {
		return l, errors.New("compressed files are not read: decompress them with MosaicML Streaming")
	}
	for i, name := range s.ColumnNames {
		is := func(want string, t dtype) bool { return name == want && s.ColumnEncodings[i] == t.encoding() }
		switch {
		case name == "doc_ids" && s.ColumnEncodings[i] == "json":
			l.ids = i
		case is("doc_starts", int32s):
			l.starts = i
		case is("seq_lengths", int32s):
			l.lengths = i
		}
		for _, t := range []dtype{uint16s, int32s, uint32s} {
			if is("tokens", t) {
				l.tokens, l.dtype = i, t
			}
		}
	}
	if l.tokens < 0 {
		return l, errors.New("there is no column tokens of ndarray:uint16, ndarray:int32 or ndarray:uint32")
	}
	return l, nil
}

// A decoder makes sequences of samples, in memory it uses again.
type decoder struct {
	layout
	data    []byte // a sample
	columns [][]byte
	seq     tokenize.Sequence
	lengths []uint32
	starts  []uint32
}

func (d *decoder) decode() (tokenize.Sequence, error) {
	if err := d.split(); err != nil {
		return tokenize.Sequence{}, err
	}
	var err error
	if d.seq.Tokens, err = d.array(d.seq.Tokens[:0], d.tokens, d.dtype); err != nil {
		return tokenize.Sequence{}, fmt.Errorf("tokens: %w", err)
	}
	if err := d.segments(); err != nil {
		return tokenize.Sequence{}, err
	}
	return d.seq, nil
}

// split finds the columns in data.
func (d *decoder) split() error {
	var sizes []byte
	variable := 0
	for _, size := range d.sizes {
		if size == nil || *size == 0 { // so does MDSReader
			variable++
		}
	}
	if len(d.data) < 4*variable {
		return errors.New("the sizes of its columns are cut short")
	}
	sizes, rest := d.data[:4*variable], d.data[4*variable:]
	d.columns = d.columns[:0]
	for _, fixed := range d.sizes {
		var size int64
		if fixed == nil || *fixed == 0 {
			size, sizes = int64(binary.LittleEndian.Uint32(sizes)), sizes[4:]
		} else {
			size = *fixed
		}
		if size > int64(len(rest)) {
			return fmt.Errorf("column %d has %d bytes of %d", len(d.columns), size, len(rest))
		}
		d.columns = append(d.columns, rest[:size])
		rest = rest[size:]
	}
	if len(rest) > 0 {
		return fmt.Errorf("%d bytes are left over", len(rest))
	}
	return nil
}

// array appends the numbers of column i.
func (d *decoder) array(dst []uint32, i int, t dtype) ([]uint32, error) {
	b := d.columns[i]
	if len(b) == 0 || b[0]>>2 != 1 {
		return dst, errors.New("not an array of one dimension")
	}
	width := 1 << (b[0] & 3)
	if len(b) < 1+width {
		return dst, errors.New("the shape is cut short")
	}
	var shape [8]byte
	copy(shape[:], b[1:1+width])
	n, b := binary.LittleEndian.Uint64(shape[:]), b[1+width:]
	if n != uint64(len(b)/t.size()) || len(b)%t.size() != 0 {
		return dst, fmt.Errorf("%d bytes do not hold an array of %d numbers", len(b), n)
	}
	for ; len(b) > 0; b = b[t.size():] {
		if t == uint16s {
			dst = append(dst, uint32(binary.LittleEndian.Uint16(b)))
			continue
		}
		v := binary.LittleEndian.Uint32(b)
		if v > math.MaxInt32 {
			return dst, fmt.Errorf("%d is not below 2³¹", v)
		}
		dst = append(dst, v)
	}
	return dst, nil
}

// segments sets those of seq.
func (d *decoder) segments() error {
	d.seq.Segments = d.seq.Segments[:0]
	if d.layout.lengths < 0 {
		d.seq.Segments = append(d.seq.Segments, tokenize.Segment{Len: len(d.seq.Tokens)})
		return nil
	}
	var ids []string
	var err error
	if d.lengths, err = d.array(d.lengths[:0], d.layout.lengths, int32s); err != nil {
		return fmt.Errorf("seq_lengths: %w", err)
	}
	n := len(d.lengths)
	if d.layout.starts >= 0 {
		if d.starts, err = d.array(d.starts[:0], d.layout.starts, int32s); err != nil {
			return fmt.Errorf("doc_starts: %w", err)
		}
		if len(d.starts) != n {
			return fmt.Errorf("%d doc_starts for %d seq_lengths", len(d.starts), n)
		}
	}
	if d.layout.ids >= 0 {
		if err := json.Unmarshal(d.columns[d.layout.ids], &ids); err != nil {
			return fmt.Errorf("doc_ids: %w", err)
		}
		if len(ids) != n {
			return fmt.Errorf("%d doc_ids for %d seq_lengths", len(ids), n)
		}
	}
	left := len(d.seq.Tokens)
	for i, length := range d.lengths {
		if left -= int(length); left < 0 {
			return fmt.Errorf("seq_lengths add up to more than %d tokens", len(d.seq.Tokens))
		}
		s := tokenize.Segment{Len: int(length)}
		if ids != nil {
			s.ID = ids[i]
		}
		if d.layout.starts >= 0 {
			s.Start = int(d.starts[i])
		}
		d.seq.Segments = append(d.seq.Segments, s)
	}
	return nil
}
