package parquet

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	parquet "github.com/parquet-go/parquet-go"

	"github.com/textmill/textmill/storage"
	"github.com/textmill/textmill/tokenize"
)

type anEncoder struct{}

func (anEncoder) Encode(dst []uint32, _ string) []uint32 { return dst }
func (anEncoder) VocabSize() int                         { return 10 }
func (anEncoder) EndOfText() uint32                      { return 9 }
func (anEncoder) Name() string                           { return "ten" }

func create(t *testing.T, store storage.Store) *writer {
	t.Helper()
	w, err := Format{}.Create(t.Context(), tokenize.File{Store: store, Name: "x", Encoder: anEncoder{}})
	if err != nil {
		t.Fatal(err)
	}
	return w.(*writer)
}

// A row group has as many bytes as are set, or one row that is larger. These are
// groups of 1000 bytes: 4 for a token, 16 for a row, 12 and the ID for a segment.
func TestRowGroups(t *testing.T) {
	one := func(tokens int, ids ...int) tokenize.Sequence {
		seq := tokenize.Sequence{Tokens: make([]uint32, tokens)}
		for _, n := range ids {
			seq.Segments = append(seq.Segments, tokenize.Segment{ID: strings.Repeat("x", n)})
		}
		return seq
	}
	const full = 1000 - 16 - 12
	for _, tt := range []struct {
		seqs []tokenize.Sequence
		want string
	}{
		{[]tokenize.Sequence{one(0, full), one(0)}, "[1 1]"},
		{[]tokenize.Sequence{one(0, full-15), one(0)}, "[1 1]"},
		{[]tokenize.Sequence{one(0, full-16), one(0)}, "[2]"},
		{[]tokenize.Sequence{one(1, full-16-3), one(0)}, "[1 1]"},
		{[]tokenize.Sequence{one(1, full-16-4), one(0)}, "[2]"},
		{[]tokenize.Sequence{one(0, full-16-2*12-3), one(0, 1, 2)}, "[2]"},
		{[]tokenize.Sequence{one(0, full-16-2*12-2), one(0, 1, 2)}, "[1 1]"},
		{[]tokenize.Sequence{one(1), one(0, full+1), one(1), one(1)}, "[1 1 2]"},
	} {
		store := &storage.Memory{}
		w := create(t, store)
		if w.limit != 16<<20 {
			t.Fatal(w.limit)
		}
		w.limit = 1000
		for _, seq := range tt.seqs {
			if err := w.Write(seq); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
		r, err := store.Open(t.Context(), "x.parquet")
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		f, err := parquet.OpenFile(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			t.Fatal(err)
		}
		var rows []int64
		for _, g := range f.RowGroups() {
			rows = append(rows, g.NumRows())
		}
		if got := fmt.Sprint(rows); got != tt.want {
			t.Errorf("%s, want %s", got, tt.want)
		}
	}
}

// A row has to fit into a page, and the page into memory.
func TestRowTooLarge(t *testing.T) {
	w := create(t, &storage.Memory{})
	defer w.Close()
	seq := tokenize.Sequence{Tokens: make([]uint32, maxTokens+1)}
	const want = "parquet: a sequence of 67108865 tokens in 0 segments does not fit into a page: divide it, with a tokenize.Packing"
	if err := w.Write(seq); err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	w = create(t, &storage.Memory{})
	defer w.Close()
	seq = tokenize.Sequence{}
	id := strings.Repeat("x", 1<<20)
	for range 1 << 10 {
		seq.Segments = append(seq.Segments, tokenize.Segment{ID: id})
	}
	if err := w.Write(seq); err == nil || !strings.Contains(err.Error(), "have shorter ones") {
		t.Error(err)
	}
}
