package datatrove

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"math"
	"strconv"
	"strings"

	"github.com/textmill/textmill/storage"
	"github.com/textmill/textmill/tokenize/internal/ids"
)

// A Dataset is a stored file of tokens: that of [Format], or one that datatrove
// made.
type Dataset struct {
	Tokenizer string   // the name of the vocabulary; "" if there is no .ds.metadata
	TokenSize int      // bytes of an id, 2 or 4
	Ends      []uint64 // where each document ends, in tokens

	store storage.Store
	name  string // with .ds
}

// Open reads the index and the metadata of a file; name is that of its objects
// without ".ds". The error is [fs.ErrNotExist] if there is no such file. Metadata
// may be absent if the size of the .ds file tells that of an id. The index takes 8
// bytes of memory for each document, and no more than there is of it.
func Open(ctx context.Context, store storage.Store, name string) (*Dataset, error) {
	d := &Dataset{store: store, name: name + ".ds"}
	info, err := store.Stat(ctx, d.name)
	if err != nil {
		return nil, err
	}
	if d.Ends, err = read(ctx, store, d.name+".index", readEnds); err != nil {
		return nil, err
	}
	m, err := read(ctx, store, d.name+".metadata", readMetadata)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if d.TokenSize = guessSize(info.Size, d.Tokens()); d.TokenSize == 0 {
			return nil, fmt.Errorf("read %s: %d bytes are neither 2 nor 4 for each of the %d tokens of its index", d.name, info.Size, d.Tokens())
		}
		return d, nil
	case err != nil:
		return nil, err
	case m.tokens != d.Tokens():
		return nil, fmt.Errorf("read %s.metadata: it has %d tokens, and the index has %d", d.name, m.tokens, d.Tokens())
	case info.Size >= 0 && info.Size != m.tokens*int64(m.size):
		return nil, fmt.Errorf("read %s: it has %d bytes, want %d for %d tokens of %d bytes", d.name, info.Size, m.tokens*int64(m.size), m.tokens, m.size)
	}
	d.Tokenizer, d.TokenSize = m.tokenizer, m.size
	return d, nil
}

// read reads an object that is read at once.
func read[T any](ctx context.Context, store storage.Store, name string, parse func(io.Reader) (T, error)) (v T, err error) {
	r, err := store.Open(ctx, name)
	if err != nil {
		return v, err
	}
	defer r.Close()
	if v, err = parse(r); err != nil {
		return v, fmt.Errorf("read %s: %w", name, err)
	}
	return v, nil
}

// guessSize returns the bytes of an id in a file of so many bytes and tokens, or 0
// if they do not go together.
func guessSize(bytes, tokens int64) int {
	switch {
	case bytes == 2*tokens:
		return 2
	case bytes == 4*tokens:
		return 4
	}
	return 0
}

// maxTokens is more than fit into any file.
const maxTokens = math.MaxInt64 / 4

// readEnds reads a .ds.index file.
func readEnds(r io.Reader) ([]uint64, error) {
	var ends []uint64
	last := uint64(0)
	err := ids.ReadUint64s(r, func(end uint64) error {
		if end < last || end > maxTokens {
			return fmt.Errorf("document %d is said to end at token %d, and the one before it at %d", len(ends), end, last)
		}
		last = end
		ends = append(ends, end)
		return nil
	})
	return ends, err
}

// maxMetadata is more than metadata have, in bytes.
const maxMetadata = 64 << 10

// readMetadata reads a .ds.metadata file. Its third line is for people.
func readMetadata(r io.Reader) (metadata, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxMetadata+1))
	switch {
	case err != nil:
		return metadata{}, err
	case len(b) > maxMetadata:
		return metadata{}, fmt.Errorf("it has more than %d bytes", maxMetadata)
	}
	lines := strings.Split(string(b), "\n")
	at := strings.LastIndexByte(lines[0], '|')
	if len(lines) != 3 || at < 0 {
		return metadata{}, errors.New(`want three lines: a tokenizer, "|" and the size of an id; the number of tokens; the same for people`)
	}
	m := metadata{tokenizer: lines[0][:at]}
	switch lines[0][at+1:] {
	case "2":
		m.size = 2
	case "4":
		m.size = 4
	default:
		return metadata{}, fmt.Errorf("the size of an id is %q, want 2 or 4", lines[0][at+1:])
	}
	if m.tokens, err = strconv.ParseInt(lines[1], 10, 64); err != nil || m.tokens < 0 || m.tokens > maxTokens {
		return metadata{}, fmt.Errorf("%q is no number of tokens", lines[1])
	}
	return m, nil
}

// Tokens returns the number of tokens.
func (d *Dataset) Tokens() int64 {
	if len(d.Ends) == 0 {
		return 0
	}
	return int64(d.Ends[len(d.Ends)-1])
}

// Documents yields the tokens of each document, in order; of packed sequences, those of
// each segment and of the padding after them. A slice it yields is good until the
// next one. An error is the last it yields; one is that the .ds file is shorter or longer
// than the index says. It holds one document in memory.
func (d *Dataset) Documents(ctx context.Context) iter.Seq2[[]uint32, error] {
	return func(yield func([]uint32, error) bool) {
		if err := d.documents(ctx, func(doc []uint32) bool { return yield(doc, nil) }); err != nil {
			yield(nil, fmt.Errorf("read %s: %w", d.name, err))
		}
	}
}

func (d *Dataset) documents(ctx context.Context, yield func([]uint32) bool) error {
	f, err := d.store.Open(ctx, d.name)
	if err != nil {
		return err
	}
	defer f.Close()
	r := ids.NewReader(f)
	var doc []uint32
	start := uint64(0)
	for i, end := range d.Ends {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		doc, err = ids.Read(doc[:0], r, int64(end-start), d.TokenSize)
		switch {
		case err == io.EOF:
			return fmt.Errorf("the file ends in document %d of %d", i, len(d.Ends))
		case err != nil:
			return fmt.Errorf("document %d: %w", i, err)
		}
		if !yield(doc) {
			return nil
		}
		start = end
	}
	switch _, err := r.ReadByte(); err {
	case io.EOF:
		return nil
	case nil:
		return errors.New("the file goes on after the last document of its index")
	default:
		return err
	}
}
