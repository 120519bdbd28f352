package parquet_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"slices"
	"testing"

	pq "github.com/parquet-go/parquet-go"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/storage"
	"github.com/textmill/textmill/tokenize"
	"github.com/textmill/textmill/tokenize/formattest"
	"github.com/textmill/textmill/tokenize/parquet"
)

// sequences reads a file back.
func sequences(ctx context.Context, store storage.Store, name string) (out []tokenize.Sequence, err error) {
	d, err := parquet.Open(ctx, store, name)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	for seq, err := range d.Sequences(ctx) {
		if err != nil {
			return nil, err
		}
		out = append(out, tokenize.Sequence{Tokens: slices.Clone(seq.Tokens), Segments: slices.Clone(seq.Segments)})
	}
	return out, nil
}

func TestContract(t *testing.T) {
	err := formattest.Check(parquet.Format{}, func(ctx context.Context, store storage.Store, name string) ([][]uint32, error) {
		seqs, err := sequences(ctx, store, name)
		var out [][]uint32
		for _, s := range seqs {
			out = append(out, s.Tokens)
		}
		return out, err
	})
	if err != nil {
		t.Error(err)
	}
}

// What a file says of itself.
func TestStructure(t *testing.T) {
	store := &storage.Memory{}
	writeFile(t, store, "x", 100_000, two)
	b := read(t, store, "x.parquet")
	f, err := pq.OpenFile(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	const schema = `message row {
	required group input_ids (LIST) {
		repeated group list {
			required int32 element (INT(32,true));
		}
	}
	required group seq_lengths (LIST) {
		repeated group list {
			required int32 element (INT(32,true));
		}
	}
	required group doc_ids (LIST) {
		repeated group list {
			required binary element (STRING);
		}
	}
	required group doc_starts (LIST) {
		repeated group list {
			required int32 element (INT(32,true));
		}
	}
}`
	if got := f.Schema().String(); got != schema {
		t.Error(got)
	}
	m := f.Metadata()
	if m.CreatedBy != "textmill version 1(build )" || bytes.Contains(b, []byte("parquet-go")) {
		t.Error(m.CreatedBy)
	}
	if got := fmt.Sprint(m.KeyValueMetadata); got != "[{textmill.end_of_text 99999} {textmill.vocab_size 100000} {textmill.vocabulary vocabulary100000}]" {
		t.Error(got)
	}
	if len(m.RowGroups) != 1 || m.NumRows != 2 {
		t.Error(m.NumRows, m.RowGroups)
	}
	for _, c := range m.RowGroups[0].Columns {
		if c.MetaData.Codec.String() != "ZSTD" {
			t.Error(c.MetaData.Codec)
		}
	}
	got, err := sequences(t.Context(), store, "x")
	if err != nil || !equal(got, two) {
		t.Errorf("%v, %v", got, err)
	}
	d, err := parquet.Open(t.Context(), store, "x")
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if name, ok := d.Metadata("textmill.vocabulary"); d.Rows() != 2 || name != "vocabulary100000" || !ok {
		t.Error(d.Rows(), name, ok)
	}
}

func TestWriterStates(t *testing.T) {
	store := &storage.Memory{}
	create := func(ctx context.Context) tokenize.FileWriter {
		w, err := parquet.Format{}.Create(ctx, tokenize.File{Store: store, Name: "x", Encoder: vocabulary(10)})
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	w := create(t.Context())
	if err := w.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if w.Write(two[1]) == nil || w.Commit(t.Context()) == nil {
		t.Error("write or commit after commit")
	}
	if err := errors.Join(w.Close(), w.Close()); err != nil {
		t.Error(err)
	}
	w = create(t.Context())
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if w.Write(two[1]) == nil || w.Commit(t.Context()) == nil {
		t.Error("write or commit after close")
	}
	if _, err := (parquet.Format{}).Create(t.Context(), tokenize.File{Store: store, Name: "../x", Encoder: vocabulary(10)}); !errors.Is(err, fs.ErrInvalid) {
		t.Error(err)
	}
	if b, err := json.Marshal(parquet.Format{}); err != nil || string(b) != "{}" {
		t.Errorf("%s, %v", b, err)
	}
}

func TestManyDocuments(t *testing.T) {
	store := &storage.Memory{}
	sink := tokenize.Shards{Store: store, Encoder: vocabulary(100_000), Format: parquet.Format{}}
	w, err := sink.Create(t.Context(), textmill.Shard{Name: "s"})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	const n = 100_000
	for i := range n {
		doc := &textmill.Document{ID: fmt.Sprint(i), Tokens: []uint32{uint32(i), 99_999, 0}[:i%3]}
		if err := w.Write(t.Context(), doc); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	d, err := parquet.Open(t.Context(), store, "s")
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	i := 0
	for seq, err := range d.Sequences(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		want := append([]uint32{uint32(i), 99_999, 0}[:i%3], 99_999)
		if !slices.Equal(seq.Tokens, want) || len(seq.Segments) != 1 || seq.Segments[0] != (tokenize.Segment{ID: fmt.Sprint(i), Len: len(want)}) {
			t.Fatalf("sequence %d: %v", i, seq)
		}
		i++
	}
	if i != n || d.Rows() != n {
		t.Error(i, d.Rows())
	}
}

// A vocabulary is an encoder without texts.
type vocabulary int

func (vocabulary) Encode(dst []uint32, _ string) []uint32 { return dst }
func (v vocabulary) VocabSize() int                       { return int(v) }
func (v vocabulary) EndOfText() uint32                    { return uint32(v) - 1 }
func (v vocabulary) Name() string                         { return fmt.Sprint("vocabulary", int(v)) }

func writeFile(t testing.TB, store storage.Store, name string, v vocabulary, seqs []tokenize.Sequence) {
	t.Helper()
	w, err := parquet.Format{}.Create(t.Context(), tokenize.File{Store: store, Name: name, Encoder: v})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	for _, seq := range seqs {
		if err := w.Write(seq); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func read(t testing.TB, store storage.Store, name string) []byte {
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

// ids returns n ids below size, those at the ends among them.
func ids(size, n int, seed uint64) []uint32 {
	rng := rand.New(rand.NewPCG(seed, uint64(size)))
	out := make([]uint32, n)
	for i := range out {
		if out[i] = uint32(rng.IntN(size)); i%7 == 0 {
			out[i] = []uint32{0, uint32(size) - 1, uint32(min(size, 65536) - 1)}[rng.IntN(3)]
		}
	}
	return out
}

var two = []tokenize.Sequence{
	{Tokens: []uint32{1, 2, 99_999}, Segments: []tokenize.Segment{{ID: "a", Len: 2}, {ID: "é", Start: 7, Len: 1}}},
	{},
}

// many returns n sequences of a document each.
func many(n int) (seqs []tokenize.Sequence) {
	for i := range n {
		k := i * i % 97
		seqs = append(seqs, tokenize.Sequence{Tokens: ids(1000, k, uint64(i)), Segments: []tokenize.Segment{{ID: fmt.Sprintf("<urn:uuid:%032x>", i), Len: k}}})
	}
	return seqs
}

func equal(a, b []tokenize.Sequence) bool {
	return slices.EqualFunc(a, b, func(a, b tokenize.Sequence) bool {
		return slices.Equal(a.Tokens, b.Tokens) && slices.Equal(a.Segments, b.Segments)
	})
}
