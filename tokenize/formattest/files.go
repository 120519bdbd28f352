package formattest

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"

	"github.com/textmill/textmill/storage"
	"github.com/textmill/textmill/tokenize"
)

// A file is what is written to one file.
type file struct {
	name string
	seqs []tokenize.Sequence
}

// files returns files that formats may stumble over.
func (c *check) files(v vocabulary) []file {
	all := []file{
		{"no sequences", nil},
		{"packed sequences", c.packed(v)},
	}
	if v == 257 || v == 65536 || v == 65537 { // not with each, for time
		all = append(all, file{"many sequences", c.documents(v, 2000)})
		if c.window == 0 {
			all = append(all, file{"long sequences", documents(ids(v, 1, 100_001), ids(v, 2, 7), ids(v, 3, 65_536))})
		}
	}
	if c.window > 0 {
		return append(all, file{"one sequence", c.documents(v, 1)})
	}
	last := uint32(v) - 1
	return append(all,
		file{"an empty sequence", documents(nil)},
		file{"empty sequences", documents([]uint32{}, nil, []uint32{})},
		file{"empty sequences between others", documents(nil, []uint32{1}, nil, nil, []uint32{0, last}, nil)},
		file{"one token", documents([]uint32{last})},
		file{"the ends of the vocabulary", documents([]uint32{0, last, 0, 0}, []uint32{last}, []uint32{last, last, 1, last / 2, last - 1})},
	)
}

// documents returns sequences of a document each.
func documents(tokens ...[]uint32) []tokenize.Sequence {
	var seqs []tokenize.Sequence
	for i, ids := range tokens {
		seqs = append(seqs, tokenize.Sequence{Tokens: ids, Segments: []tokenize.Segment{{ID: fmt.Sprint("doc", i), Len: len(ids)}}})
	}
	return seqs
}

// documents returns n sequences of a document each, of the lengths that the format
// takes.
func (c *check) documents(v vocabulary, n int) []tokenize.Sequence {
	var tokens [][]uint32
	for i := range n {
		length := i * i % 41
		if c.window > 0 {
			length = c.window
		}
		tokens = append(tokens, ids(v, uint64(i), length))
	}
	return documents(tokens...)
}

// packed returns sequences of one length made of several documents, or of parts of
// documents.
func (c *check) packed(v vocabulary) []tokenize.Sequence {
	window := c.window
	if window == 0 {
		window = 16
	}
	seq := func(seed uint64, segments ...tokenize.Segment) tokenize.Sequence {
		return tokenize.Sequence{Tokens: ids(v, seed, window), Segments: segments}
	}
	one := min(window, 3)
	return []tokenize.Sequence{
		seq(1, tokenize.Segment{ID: "whole", Len: window}),
		seq(2, tokenize.Segment{ID: "a", Len: one}, tokenize.Segment{ID: "b", Len: window - one}),
		seq(3, tokenize.Segment{ID: "c", Len: window}),
		seq(4, tokenize.Segment{ID: "c", Start: window, Len: window - one}), // the rest is padding
		seq(5), // nothing but padding
		seq(6, tokenize.Segment{ID: "e", Len: one}, tokenize.Segment{ID: "empty"}, tokenize.Segment{ID: "f", Len: window - one}),
	}
}

// ids returns n ids of v, the ends of it and of a byte among them.
func ids(v vocabulary, seed uint64, n int) []uint32 {
	rng := rand.New(rand.NewPCG(seed, uint64(v)))
	special := []uint32{0, 1, 255, 256, 65534, 65535, 65536, uint32(v) - 2, uint32(v) - 1}
	out := make([]uint32, n)
	for i := range out {
		if out[i] = rng.Uint32N(uint32(v)); rng.IntN(4) == 0 {
			out[i] = special[rng.IntN(len(special))] % uint32(v)
		}
	}
	return out
}

// object returns the bytes of an object.
func object(store storage.Store, name string) ([]byte, error) {
	r, err := store.Open(context.Background(), name)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

// replace puts an object into the store.
func replace(store storage.Store, name string, b []byte) error {
	w, err := store.Create(context.Background(), name)
	if err != nil {
		return err
	}
	defer w.Close()
	if _, err := w.Write(b); err != nil {
		return err
	}
	return w.Commit(context.Background())
}
