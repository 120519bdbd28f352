package tokenize

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
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
// # Commit
//
// Nothing of a shard is visible before Commit. A shard of one object becomes visible
// at once. Where there are several, because the format has an index or because of
// MaxTokens, a process or machine that dies in Commit can leave some of them. Then
//
//   - a file is there, whole, if the object is there that its format commits last, and
//     a shard divided by MaxTokens is there, whole, if its first file is, 00000:
//     that comes last of all;
//   - what an earlier run left of the shard, if it was not the same, has been withdrawn
//     before, its first file first: at no time are files of two runs side by side
//     that differ, or objects in one file that do not belong together, but the
//     shard may be missing;
//   - doing the shard over completes it. If the same shard was there already, with
//     the same bytes, it never goes away meanwhile, also if it is another machine
//     that did it.
//
// To tell whether it was the same, Commit reads what there is of the same size. It replaces and removes nothing but
// what it wrote itself; files that an earlier run left in another format, or with
// MaxTokens where there is none now, stay: use another Dir.
//
// # Memory
//
// A file that is being written has an open object of the store for each of its
// large objects, which is an open file in a directory, and takes some 128 KB for
// buffers besides what its format says. With MaxTokens, all files of a shard stay open
// until it is committed: choose it, or the shards, so that there are at most some
// hundreds.
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
	// Sequences are not divided: one that is longer is alone in its file.
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
	if !fs.ValidPath(shard.Name) || shard.Name == "." {
		return nil, fmt.Errorf("tokenize: shard %q: use a relative, slash-separated path without empty, . and .. elements", shard.Name)
	}
	w := &shardWriter{Shards: s, ctx: ctx, name: path.Join(s.Dir, shard.Name), size: uint32(s.Encoder.VocabSize())}
	if s.Packing != nil {
		if v, ok := s.Packing.(interface{ Validate() error }); ok {
			if err := v.Validate(); err != nil {
				return nil, err
			}
		}
		w.packer = s.Packing.NewPacker(w.emit)
	}
	if err := w.begin(); err != nil { // there is a file for a shard without documents, too
		return nil, err
	}
	return w, nil
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
	packed packed // what the packer made
	files  []FileWriter
	staged []*stagedFile // of each of files
	held   int64         // tokens in the last of files
	begun  bool          // whether that has a sequence
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
	if i := w.foreign(doc.Tokens); i >= 0 {
		return fmt.Errorf("tokenize: document %s: id %d at index %d is not below %d, the size of the vocabulary", doc.ID, doc.Tokens[i], i, w.size)
	}
	tokens := w.withEnd(doc.Tokens)
	if w.packer != nil {
		w.packed.take(tokens)
		return w.packer.Add(doc.ID, tokens)
	}
	w.one[0] = Segment{ID: doc.ID, Len: len(tokens)}
	return w.store(Sequence{Tokens: tokens, Segments: w.one[:]})
}

// foreign returns the index of the first id that is not the vocabulary's, or -1.
func (w *shardWriter) foreign(ids []uint32) int {
	for i, id := range ids {
		if id >= w.size {
			return i
		}
	}
	return -1
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

// emit takes a sequence from the packer, which may be anyone's.
func (w *shardWriter) emit(seq Sequence) error {
	left := len(seq.Tokens)
	for _, seg := range seq.Segments {
		if seg.Len < 0 || seg.Len > left || seg.Start < 0 {
			return fmt.Errorf("tokenize: Packing made a sequence of %d tokens whose segments do not fit into it", len(seq.Tokens))
		}
		left -= seg.Len
	}
	if i := w.foreign(seq.Tokens); i >= 0 {
		return fmt.Errorf("tokenize: Packing made a sequence with id %d at index %d, which is not below %d, the size of the vocabulary", seq.Tokens[i], i, w.size)
	}
	if len(seq.Tokens) > math.MaxInt32 {
		return fmt.Errorf("tokenize: Packing made a sequence of %d tokens; at most %d can be stored", len(seq.Tokens), math.MaxInt32)
	}
	w.packed.add(seq)
	return w.store(seq)
}

// store writes a sequence to the file it belongs into.
func (w *shardWriter) store(seq Sequence) error {
	n := int64(len(seq.Tokens))
	if w.MaxTokens > 0 && w.begun && w.held > w.MaxTokens-n {
		if err := w.begin(); err != nil {
			return err
		}
	}
	w.held, w.begun = w.held+n, true
	return w.files[len(w.files)-1].Write(seq)
}

// begin starts the next file.
func (w *shardWriter) begin() error {
	name := w.name
	if w.MaxTokens > 0 {
		name = fileName(w.name, len(w.files))
	}
	staged := &stagedFile{Store: w.Store, name: name}
	f, err := w.Format.Create(w.ctx, File{Store: staged, Name: name, Encoder: w.Encoder})
	switch {
	case err != nil && len(w.files) > 0:
		return fmt.Errorf("%w (the %d files before it stay open until the shard is committed: if they are too many, choose a larger MaxTokens or smaller shards)", err, len(w.files))
	case err != nil:
		return err
	}
	w.files, w.staged = append(w.files, f), append(w.staged, staged)
	w.held, w.begun = 0, false
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
	for _, f := range w.files {
		if err := f.Commit(ctx); err != nil {
			return err
		}
	}
	if err := publish(ctx, w.Store, w.staged, w.MaxTokens > 0, w.name); err != nil {
		return err
	}
	if w.packer != nil {
		w.packed.report(ctx)
	}
	return nil
}

// Close implements [textmill.Writer].
func (w *shardWriter) Close() error {
	var err error
	for i, f := range w.files {
		err = cmp.Or(err, f.Close(), w.staged[i].discard())
	}
	w.files, w.staged, w.packer, w.buf = nil, nil, nil, nil
	w.err = cmp.Or(w.err, errCommitted)
	return err
}
