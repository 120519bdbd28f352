package megatron_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/textmill/textmill/storage"
	"github.com/textmill/textmill/tokenize"
	"github.com/textmill/textmill/tokenize/formattest"
	"github.com/textmill/textmill/tokenize/megatron"
)

func TestFormat(t *testing.T) {
	for _, f := range []megatron.Format{{}, {Segments: true}} {
		if err := formattest.Check(f, sequences); err != nil {
			t.Errorf("%+v: %v", f, err)
		}
	}
}

// packed is three windows: of two documents and padding, of one document, and of
// nothing but padding.
var packed = []tokenize.Sequence{
	{Tokens: []uint32{1, 2, 9, 3, 0, 0}, Segments: []tokenize.Segment{{ID: "a", Len: 3}, {ID: "b", Len: 1}}},
	{Tokens: []uint32{4, 5, 6, 7, 8, 9}, Segments: []tokenize.Segment{{ID: "b", Start: 1, Len: 6}}},
	{Tokens: []uint32{0, 0, 0, 0, 0, 0}},
}

func writeFile(t testing.TB, store storage.Store, name string, f megatron.Format, size int, seqs []tokenize.Sequence) {
	t.Helper()
	w, err := f.Create(t.Context(), tokenize.File{Store: store, Name: name, Encoder: letters{size, 9}})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	for _, s := range seqs {
		if err := w.Write(s); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// The index of packed sequences, worked out by hand from the format.
func TestPackedBytes(t *testing.T) {
	const bin = "0100 0200 0900 0300 0000 0000  0400 0500 0600 0700 0800 0900  0000 0000 0000 0000 0000 0000"
	const head = "4d4d494449445800 00" + "0100000000000000" + "08"
	for _, tt := range []struct {
		format    megatron.Format
		idx       string
		lengths   []int32
		documents []int64
	}{
		{
			megatron.Format{},
			head + "0300000000000000" + "0400000000000000" +
				"06000000 06000000 06000000" +
				"0000000000000000 0c00000000000000 1800000000000000" +
				"0000000000000000 0100000000000000 0200000000000000 0300000000000000",
			[]int32{6, 6, 6}, []int64{0, 1, 2, 3},
		},
		{
			megatron.Format{Segments: true},
			head + "0500000000000000" + "0400000000000000" +
				"03000000 01000000 02000000 06000000 06000000" +
				"0000000000000000 0600000000000000 0800000000000000 0c00000000000000 1800000000000000" +
				"0000000000000000 0300000000000000 0400000000000000 0500000000000000",
			[]int32{3, 1, 2, 6, 6}, []int64{0, 3, 4, 5},
		},
	} {
		store := &storage.Memory{}
		writeFile(t, store, "s", tt.format, 10, packed)
		for suffix, want := range map[string]string{"bin": bin, "idx": tt.idx} {
			b, err := hex.DecodeString(strings.ReplaceAll(want, " ", ""))
			if err != nil {
				t.Fatal(err)
			}
			if got := read(t, store, "s."+suffix); !bytes.Equal(got, b) {
				t.Errorf("%+v %s:\n got %x\nwant %x", tt.format, suffix, got, b)
			}
		}
		d, err := megatron.Open(t.Context(), store, "s")
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(d.Lengths, tt.lengths) || !slices.Equal(d.Documents, tt.documents) || d.Tokens() != 18 {
			t.Errorf("%+v: read as %+v", tt.format, d.Index)
		}
	}
}

// With Segments, a sequence without tokens and segments is a document without
// sequences.
func TestSegmentsOfNothing(t *testing.T) {
	store := &storage.Memory{}
	writeFile(t, store, "s", megatron.Format{Segments: true}, 10, []tokenize.Sequence{{}, packed[0], {}})
	d, err := megatron.Open(t.Context(), store, "s")
	if err != nil || fmt.Sprint(d.Lengths, d.Documents) != "[3 1 2] [0 0 3 3]" {
		t.Errorf("%+v, %v", d, err)
	}
}
