package datatrove_test

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/textmill/textmill/storage"
	"github.com/textmill/textmill/tokenize"
	"github.com/textmill/textmill/tokenize/datatrove"
	"github.com/textmill/textmill/tokenize/formattest"
)

// documents reads a file back.
func documents(ctx context.Context, store storage.Store, name string) (out [][]uint32, err error) {
	d, err := datatrove.Open(ctx, store, name)
	if err != nil {
		return nil, err
	}
	for ids, err := range d.Documents(ctx) {
		if err != nil {
			return nil, err
		}
		out = append(out, slices.Clone(ids))
	}
	return out, nil
}

func TestFormat(t *testing.T) {
	if err := formattest.Check(datatrove.Format{}, documents); err != nil {
		t.Error(err)
	}
}

// named is an encoder of which there is a name and a size.
type named struct {
	name string
	size int
}

func (named) Encode(dst []uint32, _ string) []uint32 { return dst }
func (v named) VocabSize() int                       { return v.size }
func (v named) EndOfText() uint32                    { return 0 }
func (v named) Name() string                         { return v.name }

func write(t testing.TB, store storage.Store, name string, v named, seqs ...tokenize.Sequence) {
	t.Helper()
	w, err := datatrove.Format{}.Create(t.Context(), tokenize.File{Store: store, Name: name, Encoder: v})
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

func doc(ids ...uint32) tokenize.Sequence {
	return tokenize.Sequence{Tokens: ids, Segments: []tokenize.Segment{{ID: "d", Len: len(ids)}}}
}

func get(t testing.TB, store storage.Store, name string) string {
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
	return string(b)
}

func put(t testing.TB, store storage.Store, name, b string) {
	t.Helper()
	w, err := store.Create(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if _, err := io.WriteString(w, b); err != nil {
		t.Fatal(err)
	}
	if err := w.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func unhex(t testing.TB, s string) string {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// The bytes of a file, worked out by hand from the format.
func TestBytes(t *testing.T) {
	packed := tokenize.Sequence{
		Tokens:   []uint32{1, 2, 3, 4, 0, 0},
		Segments: []tokenize.Segment{{ID: "a", Len: 3}, {ID: "b", Len: 1}},
	}
	for _, tt := range []struct {
		vocabulary          named
		seqs                []tokenize.Sequence
		ds, index, metadata string
	}{
		{
			named{"gpt", 65536},
			[]tokenize.Sequence{doc(1, 65535), doc(), doc(256)},
			"0100 ffff  0001",
			"0200000000000000 0200000000000000 0300000000000000",
			"gpt|2\n3\n3.00 T",
		},
		{
			named{"a|b c", 65537},
			[]tokenize.Sequence{doc(1, 65536), doc(65535)},
			"01000000 00000100  ffff0000",
			"0200000000000000 0300000000000000",
			"a|b c|4\n3\n3.00 T",
		},
		{
			named{"v", 5},
			[]tokenize.Sequence{packed, packed},
			"0100 0200 0300  0400  0000 0000  0100 0200 0300  0400  0000 0000",
			"0300000000000000 0400000000000000 0600000000000000" +
				"0900000000000000 0a00000000000000 0c00000000000000",
			"v|2\n12\n12.0 T",
		},
		{named{"v", 5}, nil, "", "", "v|2\n0\n0.00 T"},
	} {
		store := &storage.Memory{}
		write(t, store, "x/y", tt.vocabulary, tt.seqs...)
		for suffix, want := range map[string]string{".ds": unhex(t, tt.ds), ".ds.index": unhex(t, tt.index), ".ds.metadata": tt.metadata} {
			if got := get(t, store, "x/y"+suffix); got != want {
				t.Errorf("%v%s: %x, want %x", tt.vocabulary, suffix, got, want)
			}
		}
		d, err := datatrove.Open(t.Context(), store, "x/y")
		if err != nil {
			t.Fatal(err)
		}
		if want := datatrove.TokenSize(tt.vocabulary.size); d.Tokenizer != tt.vocabulary.name || d.TokenSize != want {
			t.Errorf("%+v, want tokens of %d bytes", d, want)
		}
	}
}

// Figures that humanize.metric(n, unit="T") of Python's humanize 4.17.0 gives.
func TestMetric(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0.00 T", 1: "1.00 T", 9: "9.00 T", 10: "10.0 T", 99: "99.0 T", 999: "999 T", 1000: "1.00 kT", 1234: "1.23 kT",
		9994: "9.99 kT", 9996: "10.0 kT", 99_940: "99.9 kT", 99_960: "100 kT", 123_456: "123 kT", 999_499: "999 kT",
		999_500: "1.00 MT", 999_999: "1.00 MT", 1_000_000: "1.00 MT", 1_500_000_000: "1.50 GT", 123_456_789_012: "123 GT",
		1_000_000_000_000: "1.00 TT", 999_999_999_999_999: "1.00 PT", 1_000_000_000_000_000_000: "1.00 ET",
	} {
		if got := datatrove.Metric(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}

func TestLineBreakInName(t *testing.T) {
	_, err := datatrove.Format{}.Create(t.Context(), tokenize.File{Store: &storage.Memory{}, Name: "a", Encoder: named{"a\nb", 5}})
	if err == nil {
		t.Error("no error")
	}
}

// Files that do not agree are an error.
func TestOpenErrors(t *testing.T) {
	store := &storage.Memory{}
	check := func(want string) {
		t.Helper()
		if _, err := documents(t.Context(), store, "s"); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	reset := func() { write(t, store, "s", named{"v", 1000}, doc(1, 2, 3), doc(4)) }
	reset()
	put(t, store, "s.ds", "\x01\x00\x02\x00\x03\x00\x04")
	check("read s.ds: it has 7 bytes, want 8 for 4 tokens of 2 bytes")
	put(t, store, "s.ds", "\x01\x00\x02\x00\x03\x00\x04\x00\x00")
	check("read s.ds: it has 9 bytes, want 8 for 4 tokens of 2 bytes")
	if err := store.Remove(t.Context(), "s.ds.metadata"); err != nil {
		t.Fatal(err)
	}
	check("read s.ds: 9 bytes are neither 2 nor 4 for each of the 4 tokens of its index")
	reset()
	put(t, store, "s.ds.index", "\x03\x00\x00\x00\x00\x00\x00\x00\x04")
	check("read s.ds.index: the file ends in number 1")
	put(t, store, "s.ds.index", unhex(t, "0300000000000000 0200000000000000"))
	check("read s.ds.index: document 1 is said to end at token 2, and the one before it at 3")
	put(t, store, "s.ds.index", unhex(t, "ffffffffffffffff"))
	check("read s.ds.index: document 0 is said to end at token 18446744073709551615, and the one before it at 0")
	put(t, store, "s.ds.index", unhex(t, "0300000000000000"))
	check("read s.ds.metadata: it has 4 tokens, and the index has 3")
	reset()
	for metadata, want := range map[string]string{
		"":                         `want three lines: a tokenizer, "|" and the size of an id; the number of tokens; the same for people`,
		"v|2\n4":                   `want three lines: a tokenizer, "|" and the size of an id; the number of tokens; the same for people`,
		"v2\n4\n4.00 T":            `want three lines: a tokenizer, "|" and the size of an id; the number of tokens; the same for people`,
		"v|3\n4\n4.00 T":           `the size of an id is "3", want 2 or 4`,
		"v|2\n-4\n4.00 T":          `"-4" is no number of tokens`,
		"v|2\n4.0\n4.00 T":         `"4.0" is no number of tokens`,
		"v|2\n1e99\n4.00 T":        `"1e99" is no number of tokens`,
		strings.Repeat("v", 1<<17): `it has more than 65536 bytes`,
	} {
		put(t, store, "s.ds.metadata", metadata)
		check("read s.ds.metadata: " + want)
	}
	if err := store.Remove(t.Context(), "s.ds.index"); err != nil {
		t.Fatal(err)
	}
	if _, err := documents(t.Context(), store, "s"); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}

	reset()
	ctx, cancel := context.WithCancel(t.Context())
	d, err := datatrove.Open(ctx, store, "s")
	if err != nil {
		t.Fatal(err)
	}
	put(t, store, "s.ds", "\x01\x00")
	for _, err := range d.Documents(ctx) {
		if err == nil || err.Error() != "read s.ds: the file ends in document 0 of 2" {
			t.Error(err)
		}
	}
	put(t, store, "s.ds", strings.Repeat("\x01\x00", 5))
	var last error
	for _, err := range d.Documents(ctx) {
		last = err
	}
	if last == nil || last.Error() != "read s.ds: the file goes on after the last document of its index" {
		t.Error(last)
	}
	cancel()
	for _, err := range d.Documents(ctx) {
		if !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
}

// Without metadata the size of the file tells that of an id.
func TestOpenWithoutMetadata(t *testing.T) {
	store := &storage.Memory{}
	for _, size := range []int{1 << 16, 1<<16 + 1} {
		write(t, store, "s", named{"v", size}, doc(1, 2, 3), doc(4))
		if err := store.Remove(t.Context(), "s.ds.metadata"); err != nil {
			t.Fatal(err)
		}
		got, err := documents(t.Context(), store, "s")
		if err != nil || fmt.Sprint(got) != "[[1 2 3] [4]]" {
			t.Error(got, err)
		}
	}
}

func FuzzOpen(f *testing.F) {
	store := &storage.Memory{}
	write(f, store, "s", named{"v", 1000}, doc(1, 2, 3), doc(), doc(4))
	f.Add(get(f, store, "s.ds"), get(f, store, "s.ds.index"), get(f, store, "s.ds.metadata"))
	f.Add("", "", "v|4\n0\n0.00 T")
	f.Add("\x00\x00\x00\x00", "\x01\x00\x00\x00\x00\x00\x00\x00", "v|4\n1\n1.00 T")
	f.Fuzz(func(t *testing.T, ds, index, metadata string) {
		store := &storage.Memory{}
		put(t, store, "s.ds", ds)
		put(t, store, "s.ds.index", index)
		put(t, store, "s.ds.metadata", metadata)
		got, err := documents(t.Context(), store, "s")
		if err != nil {
			return
		}
		// What is accepted is what would be written.
		d, err := datatrove.Open(t.Context(), store, "s")
		if err != nil {
			t.Fatal(err)
		}
		var seqs []tokenize.Sequence
		for _, ids := range got {
			seqs = append(seqs, doc(ids...))
		}
		size := 1 << 16
		if d.TokenSize == 4 {
			size = 1<<31 - 1
		}
		if strings.ContainsRune(d.Tokenizer, '\r') {
			return
		}
		write(t, store, "again", named{d.Tokenizer, size}, seqs...)
		if get(t, store, "again.ds") != ds || get(t, store, "again.ds.index") != index {
			t.Error("written again, it differs")
		}
		if a, b := get(t, store, "again.ds.metadata"), metadata; a[:strings.Index(a, "\n")] != b[:strings.Index(b, "\n")] {
			t.Errorf("metadata %q, then %q", b, a)
		}
	})
}
