package formattest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/stagetest"
	"github.com/textmill/textmill/storage"
	"github.com/textmill/textmill/storage/storagetest"
	"github.com/textmill/textmill/tokenize"
)

// shards returns the sink with the format.
func (c *check) shards(store storage.Store, v vocabulary, maxTokens int64) tokenize.Shards {
	s := tokenize.Shards{Store: store, Encoder: v, Format: c.format, MaxTokens: maxTokens}
	if c.window > 0 {
		s.Packing = windows(c.window)
	}
	return s
}

// windows is a packing: all documents one after another, cut.
type windows int

func (n windows) NewPacker(emit func(tokenize.Sequence) error) tokenize.Packer {
	return &windowPacker{n: int(n), emit: emit}
}

type windowPacker struct {
	n    int
	emit func(tokenize.Sequence) error
	seq  tokenize.Sequence
}

func (p *windowPacker) Add(id string, tokens []uint32) error {
	for start := 0; start < len(tokens); {
		k := min(p.n-len(p.seq.Tokens), len(tokens)-start)
		p.seq.Tokens = append(p.seq.Tokens, tokens[start:start+k]...)
		p.seq.Segments = append(p.seq.Segments, tokenize.Segment{ID: id, Start: start, Len: k})
		start += k
		if len(p.seq.Tokens) == p.n {
			if err := p.send(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *windowPacker) Flush() error {
	if len(p.seq.Tokens) == 0 {
		return nil
	}
	p.seq.Tokens = append(p.seq.Tokens, make([]uint32, p.n-len(p.seq.Tokens))...)
	return p.send()
}

func (p *windowPacker) send() error {
	seq := p.seq
	p.seq = tokenize.Sequence{}
	return p.emit(seq)
}

// inDocuments returns n documents with tokens.
func (c *check) inDocuments(v vocabulary, n int) []*textmill.Document {
	var docs []*textmill.Document
	for i := range n {
		docs = append(docs, &textmill.Document{ID: fmt.Sprint("doc", i), Tokens: ids(v, uint64(n)<<32|uint64(i), i%7)})
	}
	return docs
}

// sink checks the format under the sink that uses it.
func (c *check) sink() {
	for _, maxTokens := range []int64{0, 10} {
		store := &storage.Memory{}
		err := stagetest.CheckSink(c.shards(store, 256, maxTokens), func() (string, error) { return contentsOf(store) })
		if err != nil {
			c.wrong("as a sink with MaxTokens %d: %w", maxTokens, err)
		}
	}
}

// writeShard writes docs as the shard "s".
func writeShard(sink tokenize.Shards, docs []*textmill.Document) error {
	ctx := context.Background()
	w, err := sink.Create(ctx, textmill.Shard{Name: "s"})
	if err != nil {
		return err
	}
	defer w.Close()
	for _, d := range docs {
		if err := w.Write(ctx, d); err != nil {
			return err
		}
	}
	if err := w.Commit(ctx); err != nil {
		return err
	}
	return w.Close()
}

// readShard reads the files of shard "s", as far as they are there.
func (c *check) readShard(store storage.Store, maxTokens int64) (files [][][]uint32, err error) {
	names := []string{"s"}
	if maxTokens > 0 {
		names = nil
		for i := range 20 {
			names = append(names, fmt.Sprintf("s/%05d", i))
		}
	}
	for _, name := range names {
		seqs, err := c.read(context.Background(), store, name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			files = append(files, nil)
		case err != nil:
			return nil, fmt.Errorf("read %s: %w", name, err)
		default:
			files = append(files, append([][]uint32{}, seqs...))
		}
	}
	return files, nil
}

// faults makes every call of the store fail, and kills the process at each, with
// nothing there before, with another shard and with the same.
func (c *check) faults() {
	const v vocabulary = 1000
	renewed := c.inDocuments(v, 6)
	older := c.inDocuments(v, 9)
	similar := slices.Clone(renewed) // the same lengths, and some other tokens at the end
	similar[5] = &textmill.Document{ID: "doc5", Tokens: slices.Repeat([]uint32{7}, len(renewed[5].Tokens))}
	for _, maxTokens := range []int64{0, 12} {
		want, wantFiles, ok := c.clean(v, maxTokens, renewed)
		if !ok {
			return
		}
		for what, before := range map[string][]*textmill.Document{"nothing": nil, "the same": renewed, "another": older, "a similar one": similar} {
			var oldFiles [][][]uint32
			if before != nil {
				if _, oldFiles, ok = c.clean(v, maxTokens, before); !ok {
					return
				}
			}
			f := &faultCheck{check: c, v: v, maxTokens: maxTokens, before: before, docs: renewed, old: oldFiles, files: wantFiles, contents: want}
			f.each("failing", what, storagetest.FailNth)
			f.each("killed at", what, storagetest.KillAfter)
		}
	}
}

// clean writes a shard without faults, and returns the contents of the store and of
// the files.
func (c *check) clean(v vocabulary, maxTokens int64, docs []*textmill.Document) (string, [][][]uint32, bool) {
	store := &storage.Memory{}
	if err := writeShard(c.shards(store, v, maxTokens), docs); err != nil {
		c.wrong("a shard with MaxTokens %d: %w", maxTokens, err)
		return "", nil, false
	}
	contents, err := contentsOf(store)
	files, err2 := c.readShard(store, maxTokens)
	if err := errors.Join(err, err2); err != nil {
		c.wrong("a shard with MaxTokens %d: %w", maxTokens, err)
		return "", nil, false
	}
	return contents, files, true
}

// A faultCheck writes docs where before was, with faults.
type faultCheck struct {
	*check
	v            vocabulary
	maxTokens    int64
	before, docs []*textmill.Document
	old, files   [][][]uint32 // what there is of each of them to read
	contents     string       // of the store after docs
}

func (f *faultCheck) each(how, what string, fail func(storage.Store, int) *storagetest.Failing) {
	for n := 1; n < 10_000; n++ {
		store := &storage.Memory{}
		if f.before != nil {
			if err := writeShard(f.shards(store, f.v, f.maxTokens), f.before); err != nil {
				f.wrong("%w", err)
				return
			}
		}
		failing := fail(store, n)
		err := writeShard(f.shards(failing, f.v, f.maxTokens), f.docs)
		when := fmt.Sprintf("MaxTokens %d, with %s there before, %s call %d of the store", f.maxTokens, what, how, n)
		if failing.Failed() && err == nil {
			f.wrong("%s: no error", when)
		}
		if !failing.Failed() && err != nil {
			f.wrong("%s: %w", when, err)
		}
		f.mixture(when, store)
		if err := writeShard(f.shards(store, f.v, f.maxTokens), f.docs); err != nil {
			f.wrong("%s: done again: %w", when, err)
		}
		if got, err := contentsOf(store); err != nil || got != f.contents {
			f.wrong("%s: done again, the store does not hold what it would without the fault (error: %v)", when, err)
		}
		if !failing.Failed() || len(f.errs) >= f.limit {
			return
		}
	}
}

// mixture checks that what there is to read is all of the old shard or all of the new
// one, or a part of one of them without its first file.
func (f *faultCheck) mixture(when string, store storage.Store) {
	got, err := f.readShard(store, f.maxTokens)
	if err != nil {
		f.wrong("%s: %w", when, err)
		return
	}
	of := func(files [][][]uint32) bool {
		for i, file := range got {
			if file == nil && (got[0] == nil || files[i] == nil) {
				continue
			}
			if file == nil || i >= len(files) || files[i] == nil || !equal(file, files[i]) {
				return false
			}
		}
		return true
	}
	if !of(f.files) && (f.old == nil || !of(f.old)) {
		f.wrong("%s: what can be read is neither the old shard nor the new one nor, without the first file, a part of either", when)
	}
}
