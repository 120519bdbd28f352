package npy_test

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
	"github.com/textmill/textmill/tokenize/formattest"
	"github.com/textmill/textmill/tokenize/npy"
)

// documents reads a file back.
func documents(ctx context.Context, store storage.Store, name string) (out [][]uint32, err error) {
	d, err := npy.Open(ctx, store, name)
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

// windows reads the rows of a file back.
func windows(ctx context.Context, store storage.Store, name string) (out [][]uint32, err error) {
	d, err := npy.Open(ctx, store, name)
	if err != nil {
		return nil, err
	}
	for ids, err := range d.Windows(ctx) {
		if err != nil {
			return nil, err
		}
		out = append(out, slices.Clone(ids))
	}
	return out, nil
}

func TestFormat(t *testing.T) {
	if err := formattest.Check(npy.Format{}, documents); err != nil {
		t.Error(err)
	}
	if err := formattest.CheckWindows(npy.Format{Window: 1}, 1, windows); err != nil {
		t.Error(err)
	}
	if err := formattest.CheckWindows(npy.Format{Window: 300}, 300, documents); err != nil {
		t.Error(err)
	}
}

// vocabulary is an encoder of which there is a size.
type vocabulary int

func (vocabulary) Encode(dst []uint32, _ string) []uint32 { return dst }
func (v vocabulary) VocabSize() int                       { return int(v) }
func (v vocabulary) EndOfText() uint32                    { return 0 }
func (v vocabulary) Name() string                         { return "v" }

func write(t testing.TB, store storage.Store, name string, f npy.Format, v vocabulary, seqs ...tokenize.Sequence) {
	t.Helper()
	w, err := f.Create(t.Context(), tokenize.File{Store: store, Name: name, Encoder: v})
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

var packed = tokenize.Sequence{
	Tokens:   []uint32{1, 2, 3, 4, 0, 0},
	Segments: []tokenize.Segment{{ID: "a", Len: 3}, {ID: "b", Len: 1}},
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

// header makes a header of version 1.0 by NumPy's description of its format: magic,
// version, length of the rest, the dict, spaces to a multiple of 64 bytes, a line
// break.
func header(dict string) string {
	return "\x93NUMPY\x01\x00\x76\x00" + dict + strings.Repeat(" ", 128-10-1-len(dict)) + "\n"
}

// The bytes of a file, worked out by hand from the format.
func TestBytes(t *testing.T) {
	for _, tt := range []struct {
		format      npy.Format
		v           vocabulary
		seqs        []tokenize.Sequence
		dict, ids   string
		count, ends string
	}{
		{
			npy.Format{}, 65536, []tokenize.Sequence{doc(1, 65535), doc(), doc(256)},
			"{'descr': '<u2', 'fortran_order': False, 'shape': (3,), }", "0100 ffff  0001",
			"3", "0200000000000000 0200000000000000 0300000000000000",
		},
		{
			npy.Format{}, 65537, []tokenize.Sequence{doc(1, 65536), doc(65535)},
			"{'descr': '<u4', 'fortran_order': False, 'shape': (3,), }", "01000000 00000100  ffff0000",
			"2", "0200000000000000 0300000000000000",
		},
		{
			npy.Format{}, 5, []tokenize.Sequence{packed, doc(4)},
			"{'descr': '<u2', 'fortran_order': False, 'shape': (7,), }", "0100 0200 0300  0400  0000 0000  0400",
			"4", "0300000000000000 0400000000000000 0600000000000000 0700000000000000",
		},
		{
			npy.Format{Window: 6}, 5, []tokenize.Sequence{packed, packed},
			"{'descr': '<u2', 'fortran_order': False, 'shape': (2, 6), }",
			"0100 0200 0300  0400  0000 0000  0100 0200 0300  0400  0000 0000",
			"6", "0300000000000000 0400000000000000 0600000000000000 0900000000000000 0a00000000000000 0c00000000000000",
		},
		{npy.Format{}, 5, nil, "{'descr': '<u2', 'fortran_order': False, 'shape': (0,), }", "", "0", ""},
		{npy.Format{Window: 2048}, 5, nil, "{'descr': '<u2', 'fortran_order': False, 'shape': (0, 2048), }", "", "0", ""},
	} {
		store := &storage.Memory{}
		write(t, store, "x/y", tt.format, tt.v, tt.seqs...)
		if got, want := get(t, store, "x/y.npy"), header(tt.dict)+unhex(t, tt.ids); got != want {
			t.Errorf("%s: %q, want %q", tt.dict, got, want)
		}
		ends := header("{'descr': '<i8', 'fortran_order': False, 'shape': ("+tt.count+",), }") + unhex(t, tt.ends)
		if got := get(t, store, "x/y.ends.npy"); got != ends {
			t.Errorf("%s: ends %q, want %q", tt.dict, got, ends)
		}
	}
}

func TestWindowErrors(t *testing.T) {
	store := &storage.Memory{}
	if _, err := (npy.Format{Window: -1}).Create(t.Context(), tokenize.File{Store: store, Name: "s", Encoder: vocabulary(5)}); err == nil {
		t.Error("no error")
	}
	w, err := npy.Format{Window: 2}.Create(t.Context(), tokenize.File{Store: store, Name: "s", Encoder: vocabulary(5)})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	const want = "npy: s.npy: a sequence has 3 tokens, and Window is 2: it has to be the length of Packing's sequences"
	if err := w.Write(doc(1, 2, 3)); err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

// More than is kept in memory goes through a file, and the folder of such files is
// empty afterwards.
func TestTemporaryFile(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	long := make([]uint32, 300_000)
	for i := range long {
		long[i] = uint32(i)
	}
	store := &storage.Memory{}
	write(t, store, "s", npy.Format{}, 1<<20, doc(long...), doc(7), doc(long...))
	got, err := documents(t.Context(), store, "s")
	if err != nil || len(got) != 3 || !slices.Equal(got[0], long) || len(got[1]) != 1 || !slices.Equal(got[2], long) {
		t.Error("it does not come back", err)
	}
	t.Setenv("TMPDIR", "/does/not/exist")
	w, err := npy.Format{}.Create(t.Context(), tokenize.File{Store: store, Name: "s", Encoder: vocabulary(1 << 20)})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if err := w.Write(doc(long...)); err == nil || !strings.Contains(err.Error(), "TMPDIR") || !strings.Contains(err.Error(), "s.npy") {
		t.Error(err)
	}
	if err := w.Commit(t.Context()); err == nil {
		t.Error("committed after an error")
	}
}

func TestOpenErrors(t *testing.T) {
	store := &storage.Memory{}
	check := func(want string) {
		t.Helper()
		if _, err := documents(t.Context(), store, "s"); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if _, err := documents(t.Context(), store, "s"); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	reset := func() { write(t, store, "s", npy.Format{}, 5, doc(1, 2, 3), doc(4)) }
	reset()
	tokens, ends := get(t, store, "s.npy"), get(t, store, "s.ends.npy")
	put(t, store, "s.npy", tokens[:len(tokens)-1])
	check("read s.npy: npy: the file ends in document 1")
	put(t, store, "s.npy", tokens+"\x00")
	check("read s.npy: npy: the file goes on after its last element")
	put(t, store, "s.npy", tokens[:100])
	check("read s.npy: npy: header is cut short")
	put(t, store, "s.npy", ends)
	check("read s.npy: npy: it has elements of <i8; tokens are <u2 or <u4")
	reset()
	put(t, store, "s.ends.npy", tokens)
	check("read s.ends.npy: npy: it has elements of <u2 and shape [4]; ends are <i8 of one dimension")
	put(t, store, "s.ends.npy", ends[:len(ends)-1])
	check("read s.ends.npy: the file ends in number 1")
	put(t, store, "s.ends.npy", ends[:len(ends)-8])
	check("read s.ends.npy: npy: it has 1 ends, and its header says 2")
	put(t, store, "s.ends.npy", ends[:128]+unhex(t, "0300000000000000 0200000000000000"))
	check("read s.ends.npy: document 1 is said to end at token 2 of 4, and the one before it at 3")
	put(t, store, "s.ends.npy", ends[:128]+unhex(t, "0300000000000000 ffffffffffffffff"))
	check("read s.ends.npy: document 1 is said to end at token -1 of 4, and the one before it at 3")
	put(t, store, "s.ends.npy", ends[:128]+unhex(t, "0300000000000000 0300000000000000"))
	check("read s.ends.npy: npy: the last document is said to end at token 3 of 4")
	if err := store.Remove(t.Context(), "s.ends.npy"); err != nil {
		t.Fatal(err)
	}
	if _, err := documents(t.Context(), store, "s"); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}

	reset()
	d, err := npy.Open(t.Context(), store, "s")
	if err != nil {
		t.Fatal(err)
	}
	for range d.Documents(t.Context()) {
		break // may stop early
	}
	write(t, store, "s", npy.Format{}, 5, doc(1))
	for _, err := range d.Documents(t.Context()) {
		if err == nil || !strings.Contains(err.Error(), "replaced") {
			t.Error(err)
		}
	}
	reset()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, err := range d.Documents(ctx) {
		if !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
}

func TestReadHeader(t *testing.T) {
	version := func(major byte, length, rest string) string {
		return "\x93NUMPY" + string([]byte{major, 0}) + length + rest
	}
	const dict = `{"shape":(3,4),'fortran_order':False,"descr":'<u4'}`
	for _, tt := range []struct {
		text string
		want string
	}{
		{header("{'descr': '<u2', 'fortran_order': False, 'shape': (3,), }"), "{<u2 [3]}"},
		{version(2, fmt.Sprintf("%c\x00\x00\x00", len(dict)), dict), "{<u4 [3 4]}"},
		{version(3, fmt.Sprintf("%c\x00\x00\x00", len(dict)), dict), "{<u4 [3 4]}"},
		{header("{'descr': '<i8', 'fortran_order': False, 'shape': (0, 4,), }"), "{<i8 [0 4]}"},
		{header("{'descr': '<i8', 'fortran_order': False, 'shape': (1152921504606846975,), }"), "{<i8 [1152921504606846975]}"},

		{"", "npy: header is cut short"},
		{version(1, "\x76\x00", "{}"), "npy: header is cut short"},
		{"\x93NUMPX\x01\x00\x76\x00" + strings.Repeat(" ", 118), `npy: header: does not begin with \x93NUMPY`},
		{version(4, "\x01\x00", " "), "npy: header: version 4.0 is none of 1.0, 2.0 and 3.0"},
		{version(2, "\xff\xff\xff\xff", " "), "npy: header: it has 4294967295 bytes, more than 16384"},
		{header("{'descr': '>u2', 'fortran_order': False, 'shape': (3,), }"), `npy: header: elements of ">u2" are not read, only <u2, <u4 and <i8`},
		{header("{'descr': '|O', 'fortran_order': False, 'shape': (3,), }"), `npy: header: elements of "|O" are not read, only <u2, <u4 and <i8`},
		{header("{'descr': '<u2', 'fortran_order': True, 'shape': (3, 4), }"), "npy: header: the array is in Fortran order"},
		{header("{'descr': '<u2', 'fortran_order': False, 'shape': (), }"), "npy: header: arrays of 0 dimensions are not read"},
		{header("{'descr': '<u2', 'fortran_order': False, 'shape': (1, 2, 3), }"), "npy: header: arrays of 3 dimensions are not read"},
		{header("{'descr': '<u2', 'fortran_order': False, 'shape': (3), }"), "npy: header: want a tuple as the shape"},
		{header("{'descr': '<u2', 'fortran_order': False, 'shape': (-3,), }"), `npy: header: want a size at "-3,), }`},
		{header("{'descr': '<u2', 'fortran_order': False, 'shape': (99999999999999999999,), }"), `npy: header: want a size at "99999999999999999999"`},
		{header("{'descr': '<u2', 'fortran_order': False, 'shape': (4294967296, 4294967296), }"), "npy: header: shape [4294967296 4294967296] is too large"},
		{header("{'descr': '<u2', 'fortran_order': False, 'shape': (1152921504606846976,), }"), "npy: header: shape [1152921504606846976] is too large"},
		{header("{'descr': '<u2', 'shape': (3,), }"), "npy: header: descr, fortran_order or shape is missing"},
		{header("{'descr': '<u2', 'descr': '<u2', 'shape': (3,), }"), "npy: header: descr is there twice"},
		{header("{'descr': '<u2', 'x': 1, 'shape': (3,), }"), `npy: header: unknown key "x"`},
		{header("{'descr': '<u2"), "npy: header: a string does not end"},
		{header("{'descr': '<u2', 'fortran_order': False, 'shape': (3,), } x"), "npy: header: it goes on after its end"},
		{header("[3]"), `npy: header: want { at "[3]`},
	} {
		h, err := npy.ReadHeader(strings.NewReader(tt.text))
		got := fmt.Sprint(h)
		if err != nil {
			got = err.Error()
		}
		if got != tt.want && !(err != nil && strings.HasPrefix(got, tt.want)) {
			t.Errorf("%q: %s, want %s", tt.text, got, tt.want)
		}
	}
}

func FuzzOpen(f *testing.F) {
	store := &storage.Memory{}
	write(f, store, "s", npy.Format{}, 1<<20, doc(1, 2, 3), doc(), doc(4))
	f.Add(get(f, store, "s.npy"), get(f, store, "s.ends.npy"))
	write(f, store, "s", npy.Format{Window: 6}, 7, packed, packed)
	f.Add(get(f, store, "s.npy"), get(f, store, "s.ends.npy"))
	write(f, store, "s", npy.Format{Window: 6}, 7)
	f.Add(get(f, store, "s.npy"), get(f, store, "s.ends.npy"))
	f.Fuzz(func(t *testing.T, tokens, ends string) {
		store := &storage.Memory{}
		put(t, store, "s.npy", tokens)
		put(t, store, "s.ends.npy", ends)
		docs, err := documents(t.Context(), store, "s")
		rows, err2 := windows(t.Context(), store, "s")
		if err != nil {
			return
		}
		d, err := npy.Open(t.Context(), store, "s")
		if err != nil || err2 != nil {
			t.Fatal(err, err2)
		}
		all := slices.Concat(docs...)
		if int64(len(all)) != d.Len() || int64(len(tokens)) < d.Len()*int64(d.Size()) {
			t.Errorf("%d tokens, and the header says %d", len(all), d.Len())
		}
		if len(d.Shape) == 2 && (!slices.Equal(slices.Concat(rows...), all) || int64(len(rows)) != d.Shape[0]) {
			t.Error("rows and documents differ")
		}
		// Written again, the elements are the same.
		v := vocabulary(1 << 16)
		if d.Size() == 4 {
			v = 1 << 30
		}
		var seqs []tokenize.Sequence
		for _, ids := range docs {
			seqs = append(seqs, doc(ids...))
		}
		write(t, store, "again", npy.Format{}, v, seqs...)
		if again := get(t, store, "again.npy")[128:]; !strings.HasSuffix(tokens, again) {
			t.Error("written again, the tokens differ")
		}
		if again := get(t, store, "again.ends.npy")[128:]; !strings.HasSuffix(ends, again) {
			t.Error("written again, the ends differ")
		}
	})
}
