package shuffle

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/jsonl"
	"github.com/textmill/textmill/storage"
)

// A corpus is a source of documents by shard, which keeps Shard and Index as they
// are.
type corpus struct {
	names []string
	docs  map[string][]*textmill.Document
}

func (c *corpus) Shards(context.Context) ([]textmill.Shard, error) {
	out := make([]textmill.Shard, len(c.names))
	for i, n := range c.names {
		out[i] = textmill.Shard{Index: i, Name: n}
	}
	return out, nil
}

func (c *corpus) Read(_ context.Context, shard textmill.Shard) iter.Seq2[*textmill.Document, error] {
	return func(yield func(*textmill.Document, error) bool) {
		for _, d := range c.docs[shard.Name] {
			if !yield(d.Clone(), nil) {
				return
			}
		}
	}
}

// divided returns docs in n shards, at random.
func divided(seed uint64, docs []*textmill.Document, n int) *corpus {
	rng := rand.New(rand.NewPCG(seed, 7))
	c := &corpus{docs: map[string][]*textmill.Document{}}
	for _, i := range rng.Perm(n) {
		c.names = append(c.names, fmt.Sprintf("shard-%03d", i))
	}
	for _, i := range rng.Perm(len(docs)) {
		name := c.names[rng.IntN(n)]
		c.docs[name] = append(c.docs[name], docs[i])
	}
	return c
}

// documents returns n documents, with anything in every field. Some share an ID,
// some are the same in every field.
func documents(seed uint64, n, size int) []*textmill.Document {
	rng := rand.New(rand.NewPCG(seed, 8))
	docs := make([]*textmill.Document, 0, n)
	for i := range n {
		switch {
		case i > 10 && i%50 == 7: // the same
			docs = append(docs, docs[i-5].Clone())
			continue
		case i > 10 && i%50 == 9: // the same, read elsewhere
			d := docs[i-5].Clone()
			d.Shard, d.Index = "elsewhere", i
			docs = append(docs, d)
			continue
		}
		d := &textmill.Document{ID: fmt.Sprintf("doc-%d", i), Text: text(rng, rng.IntN(2*size+1)), Shard: fmt.Sprintf("in-%d", rng.IntN(3)), Index: i}
		if i%50 == 11 {
			d.ID = docs[i-3].ID
		}
		decorate(d, rng)
		docs = append(docs, d)
	}
	for i, d := range docs {
		docs[i] = d.Clone() // which makes no difference between nil and empty Tokens
	}
	return docs
}

// decorate fills in other fields.
func decorate(d *textmill.Document, rng *rand.Rand) {
	if rng.IntN(2) == 0 {
		d.URL, d.Language = "https://example.org/"+d.ID, "fi"
	}
	switch rng.IntN(4) {
	case 0:
		d.Date = time.Unix(rng.Int64N(1<<35), rng.Int64N(1e9)).UTC()
	case 1:
		d.Date = time.Date(1044, 3, 15, 12, 0, 0, 1, time.FixedZone("", 3600*rng.IntN(12)+1))
	}
	switch rng.IntN(4) {
	case 0:
		d.Tokens = []uint32{}
	case 1:
		for range rng.IntN(40) {
			d.Tokens = append(d.Tokens, rng.Uint32()>>rng.IntN(32))
		}
	}
	switch rng.IntN(4) {
	case 0:
		d.Meta = map[string]any{}
	case 1:
		for i := range rng.IntN(20) {
			d.Set(fmt.Sprint("stage.", i), []any{"value", "", true, false, -5, math.MaxInt, int64(math.MinInt64), 0.5, math.Inf(-1), math.Copysign(0, -1)}[rng.IntN(10)])
		}
	}
}

var words = strings.Fields("the mill by the river grinds wheat and rye for seven villages, though nobody remembers who built it or when; Mühle, река, 川, 🌾 and so on")

// text returns about n bytes of words.
func text(rng *rand.Rand, n int) string {
	var sb strings.Builder
	for sb.Len() < n {
		sb.WriteString(words[rng.IntN(len(words))])
		sb.WriteByte(' ')
	}
	return sb.String()
}

// noise returns n bytes of text that hardly compresses.
func noise(rng *rand.Rand, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = ' ' + byte(rng.IntN(95))
	}
	return string(b)
}

// plan returns the two steps, the second of which goes to out.
func plan(s *Shuffle, src textmill.Source, out textmill.Sink) textmill.Plan {
	return textmill.Plan{
		{Name: "scatter", Job: &textmill.Pipeline{Source: src, Sink: s.Scatter()}},
		{Name: "gather", Job: &textmill.Pipeline{Source: s.Gather(src), Sink: out}},
	}
}

// run runs a plan and returns the documents in order of the buckets.
func run(t testing.TB, s *Shuffle, src textmill.Source, parallel int) []*textmill.Document {
	t.Helper()
	var out textmill.Memory
	reports, err := plan(s, src, &out).Run(t.Context(), parallel)
	if err != nil {
		t.Fatal(err)
	}
	docs := out.Documents()
	for i, r := range reports {
		if err := r.Check(); err != nil || r.Read != int64(len(docs)) {
			t.Errorf("step %d: read %d of %d, %v", i, r.Read, len(docs), err)
		}
	}
	return docs
}

// files returns what is in a store.
func files(t testing.TB, store storage.Store) map[string]string {
	t.Helper()
	out := map[string]string{}
	for o, err := range store.List(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		out[o.Name] = string(object(t, store, o.Name))
	}
	return out
}

func object(t testing.TB, store storage.Store, name string) []byte {
	t.Helper()
	r, err := store.Open(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func put(t testing.TB, store storage.Store, name string, b []byte) {
	t.Helper()
	w, err := store.Create(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// sink returns a sink of files and a function that returns them.
func sink(t testing.TB) (textmill.Sink, func() map[string]string) {
	store := &storage.Memory{}
	return jsonl.Sink{Store: store, Suffix: ".jsonl"}, func() map[string]string { return files(t, store) }
}

// naive orders documents as the package documents it.
func naive(t testing.TB, s *Shuffle, docs []*textmill.Document) []*textmill.Document {
	t.Helper()
	x, err := s.open()
	if err != nil {
		t.Fatal(err)
	}
	e := encoder{hash: x.hash}
	keys := map[*textmill.Document][]byte{}
	for _, d := range docs {
		if err := e.encode(d, func(r []byte) error {
			if keys[d] == nil {
				keys[d] = bytes.Clone(r[:keySize])
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	out := slices.Clone(docs)
	slices.SortFunc(out, func(a, b *textmill.Document) int { return bytes.Compare(keys[a], keys[b]) })
	return out
}
