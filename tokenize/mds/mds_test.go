package mds_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/storage"
	"github.com/textmill/textmill/tokenize"
	"github.com/textmill/textmill/tokenize/formattest"
	"github.com/textmill/textmill/tokenize/mds"
)

// sequences reads a dataset back.
func sequences(ctx context.Context, store storage.Store, dir string) (out []tokenize.Sequence, err error) {
	d, err := mds.Open(ctx, store, dir)
	if err != nil {
		return nil, err
	}
	for seq, err := range d.Sequences(ctx) {
		if err != nil {
			return nil, err
		}
		out = append(out, tokenize.Sequence{Tokens: slices.Clone(seq.Tokens), Segments: slices.Clone(seq.Segments)})
	}
	if int64(len(out)) != d.Samples() {
		return nil, fmt.Errorf("%d sequences, but %d samples", len(out), d.Samples())
	}
	return out, nil
}

func TestContract(t *testing.T) {
	for _, limit := range []int64{0, 700} {
		err := formattest.Check(mds.Format{ShardBytes: limit}, func(ctx context.Context, store storage.Store, name string) ([][]uint32, error) {
			seqs, err := sequences(ctx, store, name)
			var out [][]uint32
			for _, s := range seqs {
				out = append(out, s.Tokens)
			}
			return out, err
		})
		if err != nil {
			t.Errorf("ShardBytes %d: %v", limit, err)
		}
	}
}

// A vocabulary is an encoder without texts.
type vocabulary int

func (vocabulary) Encode(dst []uint32, _ string) []uint32 { return dst }
func (v vocabulary) VocabSize() int                       { return int(v) }
func (v vocabulary) EndOfText() uint32                    { return uint32(v) - 1 }
func (v vocabulary) Name() string                         { return fmt.Sprint("vocabulary", int(v)) }

func writeFile(t testing.TB, store storage.Store, f mds.Format, name string, v vocabulary, seqs []tokenize.Sequence) {
	t.Helper()
	w, err := f.Create(t.Context(), tokenize.File{Store: store, Name: name, Encoder: v})
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

func names(t testing.TB, store storage.Store) (out []string) {
	t.Helper()
	for info, err := range store.List(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, info.Name)
	}
	return out
}

var two = []tokenize.Sequence{
	{Tokens: []uint32{1, 2, 0xfffe}, Segments: []tokenize.Segment{{ID: "a", Len: 2}, {ID: "é", Start: 7, Len: 1}}},
	{},
}

// The bytes of a file, worked out by hand from the format.
func TestBytes(t *testing.T) {
	for _, tt := range []struct {
		size          int
		dtype, tokens string
	}{
		{65536, "uint16", "0403 0100 0200 feff"},
		{65537, "int32", "0403 01000000 02000000 feff0000"},
	} {
		store := &storage.Memory{}
		writeFile(t, store, mds.Format{}, "x", vocabulary(tt.size), two)
		settings := `{"column_encodings": ["json", "ndarray:int32", "ndarray:int32", "ndarray:` + tt.dtype + `"], ` +
			`"column_names": ["doc_ids", "doc_starts", "seq_lengths", "tokens"], "column_sizes": [null, null, null, null], ` +
			`"compression": null, "format": "mds", "hashes": ["sha256"], "size_limit": 67108864, "version": 2}`
		unhex := func(s string) []byte {
			b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
			if err != nil {
				t.Fatal(err)
			}
			return b
		}
		tokens := unhex(tt.tokens)
		first := 4 + 3*4 + len(settings)
		second := first + 4*4 + len(`["a", "\u00e9"]`) + 2*10 + len(tokens)
		var want []byte
		for _, v := range []int{2, first, second, second + 4*4 + 2 + 3*2} {
			want = binary.LittleEndian.AppendUint32(want, uint32(v))
		}
		want = append(want, settings...)
		want = append(want, unhex(fmt.Sprintf("0f000000 0a000000 0a000000 %02x000000", len(tokens)))...)
		want = append(want, `["a", "\u00e9"]`...)
		want = append(want, unhex("0402 00000000 07000000  0402 02000000 01000000")...)
		want = append(want, tokens...)
		want = append(want, unhex("02000000 02000000 02000000 02000000")...)
		want = append(want, "[]\x04\x00\x04\x00\x04\x00"...)
		if got := read(t, store, "x/shard.00000.mds"); !bytes.Equal(got, want) {
			t.Errorf("shard:\n got %q\nwant %q", got, want)
		}
		index := `{"shards": [` + strings.TrimSuffix(settings, `"size_limit": 67108864, "version": 2}`) +
			fmt.Sprintf(`"raw_data": {"basename": "shard.00000.mds", "bytes": %d, "hashes": {"sha256": "%x"}}, "samples": 2, `, len(want), sha256.Sum256(want)) +
			`"size_limit": 67108864, "version": 2, "zip_data": null}], "version": 2}`
		if got := string(read(t, store, "x/index.json")); got != index {
			t.Errorf("index:\n got %s\nwant %s", got, index)
		}
		seqs, err := sequences(t.Context(), store, "x")
		if err != nil || len(seqs) != 2 || !slices.Equal(seqs[0].Tokens, two[0].Tokens) || !slices.Equal(seqs[0].Segments, two[0].Segments) ||
			len(seqs[1].Tokens)+len(seqs[1].Segments) != 0 {
			t.Errorf("%+v, %v", seqs, err)
		}
	}
}

func TestEmptyFile(t *testing.T) {
	store := &storage.Memory{}
	writeFile(t, store, mds.Format{}, "x", 10, nil)
	if got := names(t, store); !slices.Equal(got, []string{"x/index.json"}) {
		t.Error(got)
	}
	if got := string(read(t, store, "x/index.json")); got != `{"shards": [], "version": 2}` {
		t.Error(got)
	}
}

// A shard file has at most the size that is set, and as much as fits; one sample
// that is larger is alone.
func TestShardBytes(t *testing.T) {
	one := func(n int) tokenize.Sequence {
		return tokenize.Sequence{Tokens: make([]uint32, n), Segments: []tokenize.Segment{{ID: "a", Len: n}}}
	}
	size := func(limit int64, seqs ...tokenize.Sequence) (sizes []int64) {
		store := &storage.Memory{}
		writeFile(t, store, mds.Format{ShardBytes: limit}, "x", 10, seqs)
		for info, err := range store.List(t.Context(), "x/shard") {
			if err != nil {
				t.Fatal(err)
			}
			sizes = append(sizes, info.Size)
		}
		return sizes
	}
	all := size(9999, one(100), one(100), one(100))[0] // 9999 has as many digits as the limits below
	if got := size(all, one(100), one(100), one(100)); len(got) != 1 || got[0] != all {
		t.Error(got)
	}
	sample := all - size(9999, one(100), one(100))[0]
	if got := size(all-1, one(100), one(100), one(100)); len(got) != 2 || got[0] != all-sample || got[1] != all-2*sample {
		t.Error(got)
	}
	if got := size(1000, one(3), one(3000), one(3)); len(got) != 3 || got[1] < 6000 {
		t.Error(got)
	}
	if got := size(1, one(3), one(3)); len(got) != 2 {
		t.Error(got)
	}
	for _, limit := range []int64{-1, 1 << 32} {
		_, err := mds.Format{ShardBytes: limit}.Create(t.Context(), tokenize.File{Store: &storage.Memory{}, Name: "x", Encoder: vocabulary(10)})
		if want := fmt.Sprintf("mds: ShardBytes %d is not between 0 and 4294967295", limit); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if b, err := json.Marshal(mds.Format{}); err != nil || string(b) != "{}" {
		t.Errorf("%s, %v", b, err)
	}
}

// What a longer run has left goes, and nothing else.
func TestStaleShardFiles(t *testing.T) {
	store := &storage.Memory{}
	f := mds.Format{ShardBytes: 1}
	writeFile(t, store, f, "x", 10, []tokenize.Sequence{two[1], two[1], two[1]})
	others := []string{"x/shard.00001.mds.zstd", "x/shard.1.mds", "x/shard.00002", "x/shard.000002.mds", "x/shard.00002.mds/y", "xshard.00002.mds"}
	for _, name := range others {
		put(t, store, name, nil)
	}
	writeFile(t, store, f, "x", 10, two[1:])
	want := append(others, "x/index.json", "x/shard.00000.mds")
	slices.Sort(want)
	if got := names(t, store); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestWriterStates(t *testing.T) {
	store := &storage.Memory{}
	create := func() tokenize.FileWriter {
		w, err := mds.Format{}.Create(t.Context(), tokenize.File{Store: store, Name: "x", Encoder: vocabulary(10)})
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	w := create()
	if err := w.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if w.Write(two[1]) == nil || w.Commit(t.Context()) == nil {
		t.Error("write or commit after commit")
	}
	w = create()
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if w.Write(two[1]) == nil || w.Commit(t.Context()) == nil {
		t.Error("write or commit after close")
	}
	if _, err := (mds.Format{}).Create(t.Context(), tokenize.File{Store: store, Name: "../x", Encoder: vocabulary(10)}); !errors.Is(err, fs.ErrInvalid) {
		t.Error(err)
	}
}

func TestManyDocuments(t *testing.T) {
	store := &storage.Memory{}
	sink := tokenize.Shards{Store: store, Encoder: vocabulary(100_000), Format: mds.Format{ShardBytes: 1 << 20}}
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
	d, err := mds.Open(t.Context(), store, "s")
	if err != nil || d.Samples() != n {
		t.Fatal(d.Samples(), err)
	}
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
	if i != n {
		t.Error(i)
	}
}
