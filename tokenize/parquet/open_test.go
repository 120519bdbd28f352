package parquet_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"testing"

	pq "github.com/parquet-go/parquet-go"

	"github.com/textmill/textmill/storage"
	"github.com/textmill/textmill/storage/storagetest"
	"github.com/textmill/textmill/tokenize"
	"github.com/textmill/textmill/tokenize/parquet"
)

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

// streaming is a store whose readers cannot go back.
type streaming struct{ *storage.Memory }

func (s streaming) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	r, err := s.Memory.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	return struct{ io.ReadCloser }{r}, nil
}

// Stores in a directory, in memory and over a network are read alike, and nothing
// is left behind.
func TestOpenStores(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	memory := &storage.Memory{}
	for name, store := range map[string]storage.Store{"directory": storage.Dir(t.TempDir()), "memory": memory, "network": streaming{memory}} {
		want := many(1000)
		writeFile(t, store, "a/x", 1000, want)
		got, err := sequences(t.Context(), store, "a/x")
		if err != nil || !equal(got, want) {
			t.Errorf("%s: %v", name, err)
		}
		put(t, store, "a/y.parquet", []byte("PAR1"))
		if _, err := parquet.Open(t.Context(), store, "a/y"); err == nil || err.Error() != "parquet: read a/y.parquet: the file is cut short" {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := parquet.Open(t.Context(), store, "a/z"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v", name, err)
		}
	}
	left, err := os.ReadDir(temp)
	if err != nil || len(left) > 0 {
		t.Error(left, err)
	}
}

func TestReadFaults(t *testing.T) {
	store := &storage.Memory{}
	writeFile(t, store, "x", 1000, many(10))
	for n := 1; ; n++ {
		failing := storagetest.FailNth(store, n)
		_, err := sequences(t.Context(), failing, "x")
		if failing.Failed() != errors.Is(err, storagetest.ErrInjected) {
			t.Errorf("call %d: %v", n, err)
		}
		if !failing.Failed() {
			if err != nil || n < 3 {
				t.Error(n, err)
			}
			break
		}
	}
	d, err := parquet.Open(t.Context(), store, "x")
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	n := 0
	for _, err := range d.Sequences(ctx) {
		if n++; n == 1 && err != nil || n == 2 && !errors.Is(err, context.Canceled) || n > 2 {
			t.Error(n, err)
		}
		cancel()
	}
	for range d.Sequences(t.Context()) {
		break // without more
	}
}

// Files with other columns are refused, and rows that do not agree.
func TestOpenOthers(t *testing.T) {
	type ours struct {
		InputIDs   []int32  `parquet:"input_ids,list"`
		SeqLengths []int32  `parquet:"seq_lengths,list"`
		DocIDs     []string `parquet:"doc_ids,list"`
		DocStarts  []int32  `parquet:"doc_starts,list"`
	}
	one := []int32{1}
	a := []string{"a"}
	for _, tt := range []struct {
		file []byte
		want string
	}{
		{foreign(t, ours{one, one, a, one}), ""},
		{foreign(t, ours{one, one, a, nil}), "row group 0: row 0: 1 seq_lengths, 1 doc_ids and 0 doc_starts"},
		{foreign(t, ours{one, one, nil, one}), "row group 0: row 0: 1 seq_lengths, 0 doc_ids and 1 doc_starts"},
		{foreign(t, ours{[]int32{-1}, one, a, one}), "row group 0: row 0: id -1 is negative"},
		{foreign(t, ours{one, []int32{2}, a, one}), "row group 0: row 0: seq_lengths do not fit into 1 tokens"},
		{foreign(t, ours{one, []int32{-1}, a, one}), "row group 0: row 0: seq_lengths do not fit into 1 tokens"},
		{foreign(t, ours{one, one, a, []int32{-1}}), "row group 0: row 0: doc_starts has -1"},
		{foreign(t, struct {
			InputIDs []int32 `parquet:"input_ids,list"`
		}{one}), "there is no column seq_lengths that is a list"},
		{foreign(t, struct {
			InputIDs []int32 `parquet:"input_ids"`
		}{one}), "there is no column input_ids that is a list"},
		{foreign(t, struct {
			X          int64
			InputIDs   []int64  `parquet:"input_ids,list"`
			SeqLengths []int64  `parquet:"seq_lengths,list"`
			DocIDs     []string `parquet:"doc_ids,list"`
			DocStarts  []int64  `parquet:"doc_starts,list"`
		}{1, []int64{7}, []int64{1}, a, []int64{2}}), ""},
		{foreign(t, struct {
			InputIDs   []int64  `parquet:"input_ids,list" parquet-element:",dict"`
			SeqLengths []int32  `parquet:"seq_lengths,list"`
			DocIDs     []string `parquet:"doc_ids,list" parquet-element:",dict"`
			DocStarts  []int32  `parquet:"doc_starts,list"`
		}{[]int64{1 << 31}, one, a, one}), "row group 0: row 0: input_ids: 2147483648 is not below 2147483648"},
		{foreign(t, struct {
			InputIDs   []*int32 `parquet:"input_ids,list" parquet-element:",optional"`
			SeqLengths []int32  `parquet:"seq_lengths,list"`
			DocIDs     []string `parquet:"doc_ids,list"`
			DocStarts  []int32  `parquet:"doc_starts,list"`
		}{[]*int32{nil}, one, a, one}), "row group 0: row 0: input_ids: there is a null in a list"},
		{foreign(t, struct {
			InputIDs   []string `parquet:"input_ids,list"`
			SeqLengths []int32  `parquet:"seq_lengths,list"`
			DocIDs     []string `parquet:"doc_ids,list"`
			DocStarts  []int32  `parquet:"doc_starts,list"`
		}{a, one, a, one}), "column input_ids is a list of STRING"},
	} {
		store := &storage.Memory{}
		put(t, store, "x.parquet", tt.file)
		got, err := sequences(t.Context(), store, "x")
		switch {
		case tt.want == "" && (err != nil || len(got) != 1 || len(got[0].Tokens) != 1 || got[0].Segments[0].ID != "a"):
			t.Errorf("%v, %v", got, err)
		case tt.want != "" && (err == nil || err.Error() != "parquet: read x.parquet: "+tt.want):
			t.Errorf("%v, want %s", err, tt.want)
		}
	}
}

// foreign returns a file of one row.
func foreign[T any](t *testing.T, row T) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := pq.NewGenericWriter[T](&buf)
	if _, err := w.Write([]T{row}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// A byte that is changed is an error, or changes nothing, as those of statistics. Only
// in the metadata at the end, which has no checksum, it may make other sequences.
func TestDamage(t *testing.T) {
	store := &storage.Memory{}
	want := many(30)
	writeFile(t, store, "x", 100_000, want)
	whole := read(t, store, "x.parquet")
	metadata := len(whole) - 8 - int(binary.LittleEndian.Uint32(whole[len(whole)-8:]))
	rng := rand.New(rand.NewPCG(1, 2))
	damaged := 0
	for range 1000 {
		b := bytes.Clone(whole)
		at, flip := rng.IntN(len(b)), byte(1+rng.IntN(255))
		b[at] ^= flip
		put(t, store, "y.parquet", b)
		switch got, err := sequences(t.Context(), store, "y"); {
		case err != nil:
			damaged++
		case at < metadata && !equal(got, want):
			t.Fatalf("byte %d of %d, changed by %#x, makes other sequences", at, len(b), flip)
		}
	}
	if damaged < 700 {
		t.Errorf("only %d errors", damaged)
	}
	for n := 0; n < len(whole); n += 1 + n%7 {
		put(t, store, "y.parquet", whole[:n])
		if _, err := sequences(t.Context(), store, "y"); err == nil {
			t.Fatalf("no error for the first %d bytes", n)
		}
	}
}

func FuzzOpen(f *testing.F) {
	for _, seqs := range [][]tokenize.Sequence{nil, two, many(5)} {
		store := &storage.Memory{}
		writeFile(f, store, "x", 100_000, seqs)
		f.Add(read(f, store, "x.parquet"))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		store := &storage.Memory{}
		put(t, store, "x.parquet", b)
		d, err := parquet.Open(t.Context(), store, "x")
		if err != nil {
			return
		}
		defer d.Close()
		for _, err := range d.Sequences(t.Context()) {
			if err != nil {
				return
			}
		}
	})
}
