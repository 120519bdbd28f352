package tokenize

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"path"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/storage"
)

// Shards is a sink that stores the tokens of documents, for each shard a file
// Dir/SHARD in the given format. Documents have to have been through a [Stage]:
// one with Text but without Tokens, or with an id that is not below VocabSize, is
// an error that ends the shard.
//
// Nothing of a shard is visible before Commit.
type Shards struct {
	Store   storage.Store // required
	Dir     string        // where in the store; if "", at its root
	Encoder Encoder       // required: the one that made the Tokens
	Format  Format        // required

	// EndOfText says where the id of the end of text goes. The zero value is after
	// each document.
	EndOfText Placement

	// Packing makes sequences of one length. If nil, each document is a sequence.
	Packing Packing

	// MaxTokens, if positive, divides a shard into files Dir/SHARD/00000,
	// Dir/SHARD/00001 and so on, of at most so many tokens each, padding included.
	// Sequences are not divided: one that is longer is alone in its file. All files
	// of a shard are open until it is committed.
	MaxTokens int64
}

// A Placement says where the id of the end of text is put.
type Placement uint8

// The places of the end of text.
const (
	After   Placement = iota // after each document, as nearly all models are trained
	Before                   // before each document
	Nowhere                  // left out, for documents whose Tokens have it already or that need none
)

// Create implements [textmill.Sink].
func (s Shards) Create(ctx context.Context, shard textmill.Shard) (textmill.Writer, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	w := &shardWriter{Shards: s, ctx: ctx, name: path.Join(s.Dir, shard.Name), size: uint32(s.Encoder.VocabSize())}
	if s.Packing != nil {
		w.packer = s.Packing.NewPacker(w.emit)
	}
	return w, w.begin() // there is a file for a shard without documents, too
}

func (s Shards) check() error {
	switch {
	case s.Store == nil:
		return errors.New("tokenize: Shards needs a Store")
	case s.Encoder == nil:
		return errors.New("tokenize: Shards needs an Encoder")
	case s.Format == nil:
		return errors.New("tokenize: Shards needs a Format, such as megatron.Format{}")
	case s.EndOfText > Nowhere:
		return fmt.Errorf("tokenize: EndOfText %d is none of After, Before and Nowhere", s.EndOfText)
	}
	size, end := s.Encoder.VocabSize(), s.Encoder.EndOfText()
	switch {
	case size < 1 || size > math.MaxInt32:
		return fmt.Errorf("tokenize: vocabulary %s has %d places; ids have to fit into 31 bits", s.Encoder.Name(), size)
	case s.EndOfText != Nowhere && int64(end) >= int64(size):
		return fmt.Errorf("tokenize: the end of text of vocabulary %s, %d, is not below its size, %d", s.Encoder.Name(), end, size)
	}
	return nil
}

// shardWriter writes one shard.
type shardWriter struct {
	Shards
	ctx    context.Context // of Create, for the files that are begun later
	name   string
	size   uint32 // of the vocabulary
	packer Packer // nil without Packing
	files  []FileWriter
	held   int64 // tokens in the last of files
	buf    []uint32
	one    [1]Segment
	err    error // of an earlier call
}

// Write implements [textmill.Writer].
func (w *shardWriter) Write(_ context.Context, doc *textmill.Document) error {
	if w.err == nil {
		w.err = w.write(doc)
	}
	return w.err
}

func (w *shardWriter) write(doc *textmill.Document) error {
	if doc.Tokens == nil && doc.Text != "" {
		return fmt.Errorf("tokenize: document %s has no tokens: put a tokenize.Stage before the sink", doc.ID)
	}
	if len(doc.Tokens) >= math.MaxInt32 {
		return fmt.Errorf("tokenize: document %s has %d tokens; at most %d can be stored", doc.ID, len(doc.Tokens), math.MaxInt32-1)
	}
	for i, id := range doc.Tokens {
		if id >= w.size {
			return fmt.Errorf("tokenize: document %s: id %d at index %d is not below %d, the size of the vocabulary", doc.ID, id, i, w.size)
		}
	}
	tokens := w.withEnd(doc.Tokens)
	if w.packer != nil {
		return w.packer.Add(doc.ID, tokens)
	}
	w.one[0] = Segment{ID: doc.ID, Len: len(tokens)}
	return w.emit(Sequence{Tokens: tokens, Segments: w.one[:]})
}

// withEnd returns ids with the end of text, good until the next call.
func (w *shardWriter) withEnd(ids []uint32) []uint32 {
	if w.EndOfText == Nowhere {
		return ids
	}
	w.buf = w.buf[:0]
	if w.EndOfText == Before {
		w.buf = append(w.buf, w.Encoder.EndOfText())
	}
	w.buf = append(w.buf, ids...)
	if w.EndOfText == After {
		w.buf = append(w.buf, w.Encoder.EndOfText())
	}
	return w.buf
}

// emit writes a sequence to the file it belongs into.
func (w *shardWriter) emit(seq Sequence) error {
	n := int64(len(seq.Tokens))
	if w.MaxTokens > 0 && w.held > 0 && w.held+n > w.MaxTokens {
		if err := w.begin(); err != nil {
			return err
		}
	}
	w.held += n
	return w.files[len(w.files)-1].Write(seq)
}

// begin starts the next file.
func (w *shardWriter) begin() error {
	name := w.name
	if w.MaxTokens > 0 {
		name = fmt.Sprintf("%s/%05d", name, len(w.files))
	}
	f, err := w.Format.Create(w.ctx, File{Store: w.Store, Name: name, Encoder: w.Encoder})
	if err != nil {
		return err
	}
	w.files, w.held = append(w.files, f), 0
	return nil
}

var errCommitted = errors.New("tokenize: write or commit after commit or close")

// Commit implements [textmill.Writer].
func (w *shardWriter) Commit(ctx context.Context) error {
	if w.err == nil {
		if w.err = w.commit(ctx); w.err == nil {
			w.err = errCommitted
			return nil
		}
	}
	return w.err
}

func (w *shardWriter) commit(ctx context.Context) error {
	if w.packer != nil {
		if err := w.packer.Flush(); err != nil {
			return err
		}
	}
	if err := w.removeStale(ctx); err != nil {
		return err
	}
	for _, f := range w.files {
		if err := f.Commit(ctx); err != nil {
			return err
		}
	}
	return nil
}

// removeStale removes the files that an earlier run had and this one has not.
func (w *shardWriter) removeStale(ctx context.Context) error {
	if w.MaxTokens <= 0 {
		return nil
	}
	var stale []string
	for info, err := range w.Store.List(ctx, w.name+"/") {
		if err != nil {
			return err
		}
		var number int
		var after rune
		rest := info.Name[len(w.name)+1:]
		if _, err := fmt.Sscanf(rest, "%05d%c", &number, &after); err != nil || after != '.' && after != '/' {
			continue // not one of ours
		}
		if number >= len(w.files) {
			stale = append(stale, info.Name)
		}
	}
	for _, name := range stale {
		if err := w.Store.Remove(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// Close implements [textmill.Writer].
func (w *shardWriter) Close() error {
	var err error
	for _, f := range w.files {
		err = cmp.Or(err, f.Close())
	}
	w.files, w.packer, w.buf = nil, nil, nil
	w.err = cmp.Or(w.err, errCommitted)
	return err
}
