package megatron_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/stagetest"
	"github.com/textmill/textmill/storage"
	"github.com/textmill/textmill/tokenize"
	"github.com/textmill/textmill/tokenize/megatron"
)

// letters is an encoder whose ids are the bytes of the text, with a vocabulary
// as large as a test wants it.
type letters struct {
	size int
	end  uint32
}

func (letters) Encode(dst []uint32, text string) []uint32 {
	for i := range len(text) {
		dst = append(dst, uint32(text[i]))
	}
	return dst
}
func (l letters) VocabSize() int    { return l.size }
func (l letters) EndOfText() uint32 { return l.end }
func (letters) Name() string        { return "letters" }

// write writes documents with the given tokens as one shard.
func write(ctx context.Context, s tokenize.Shards, shard string, tokens ...[]uint32) error {
	w, err := s.Create(ctx, textmill.Shard{Name: shard})
	if err != nil {
		return err
	}
	defer w.Close()
	for i, ids := range tokens {
		if err := w.Write(ctx, &textmill.Document{ID: fmt.Sprint("doc", i), Text: "x", Tokens: ids}); err != nil {
			return err
		}
	}
	return w.Commit(ctx)
}

func read(t testing.TB, s storage.Store, name string) []byte {
	t.Helper()
	r, err := s.Open(t.Context(), name)
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

func contents(t testing.TB, s storage.Store) string {
	t.Helper()
	var sb strings.Builder
	for info, err := range s.List(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&sb, "%s %x\n", info.Name, read(t, s, info.Name))
	}
	return sb.String()
}

// sequences reads a shard back.
func sequences(ctx context.Context, s storage.Store, name string) (out [][]uint32, err error) {
	shard, err := megatron.Open(ctx, s, name)
	if err != nil {
		return nil, err
	}
	for ids, err := range shard.Sequences(ctx) {
		if err != nil {
			return nil, err
		}
		out = append(out, slices.Clone(ids))
	}
	return out, nil
}

// The bytes of a shard, worked out by hand from the format.
func TestBytes(t *testing.T) {
	tests := []struct {
		name     string
		sink     tokenize.Shards
		bin, idx string
	}{
		{
			"uint16", tokenize.Shards{Format: megatron.Format{}, Encoder: letters{65499, 65498}},
			"0100 0200 daff  daff  ffda" + " daff",
			"4d4d494449445800 00" + "0100000000000000" + "08" + "0300000000000000" + "0400000000000000" +
				"03000000 01000000 02000000" +
				"0000000000000000 0600000000000000 0800000000000000" +
				"0000000000000000 0100000000000000 0200000000000000 0300000000000000",
		},
		{
			"int32", tokenize.Shards{Format: megatron.Format{}, Encoder: letters{65500, 65498}},
			"01000000 02000000 daff0000  daff0000  ffda0000" + " daff0000",
			"4d4d494449445800 00" + "0100000000000000" + "04" + "0300000000000000" + "0400000000000000" +
				"03000000 01000000 02000000" +
				"0000000000000000 0c00000000000000 1000000000000000" +
				"0000000000000000 0100000000000000 0200000000000000 0300000000000000",
		},
		{
			"without end of text", tokenize.Shards{Format: megatron.Format{}, Encoder: letters{65499, 70000}, EndOfText: tokenize.Nowhere},
			"0100 0200  ffda",
			"4d4d494449445800 00" + "0100000000000000" + "08" + "0300000000000000" + "0400000000000000" +
				"02000000 00000000 01000000" +
				"0000000000000000 0400000000000000 0400000000000000" +
				"0000000000000000 0100000000000000 0200000000000000 0300000000000000",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			store := &storage.Memory{}
			tt.sink.Store, tt.sink.Dir = store, "a/b"
			if err := write(t.Context(), tt.sink, "s", []uint32{1, 2}, []uint32{}, []uint32{0xdaff}); err != nil {
				t.Fatal(err)
			}
			for suffix, want := range map[string]string{"bin": tt.bin, "idx": tt.idx} {
				b, err := hex.DecodeString(strings.ReplaceAll(want, " ", ""))
				if err != nil {
					t.Fatal(err)
				}
				if got := read(t, store, "a/b/s."+suffix); !bytes.Equal(got, b) {
					t.Errorf("%s:\n got %x\nwant %x", suffix, got, b)
				}
			}
			got, err := sequences(t.Context(), store, "a/b/s")
			if err != nil {
				t.Fatal(err)
			}
			end := []uint32{65498}
			if tt.sink.EndOfText == tokenize.Nowhere {
				end = nil
			}
			for i, ids := range [][]uint32{{1, 2}, {}, {0xdaff}} {
				if want := slices.Concat(ids, end); !slices.Equal(got[i], want) {
					t.Errorf("sequence %d: %d, want %d", i, got[i], want)
				}
			}
		})
	}
}

// Through a pipeline: the same bytes with any number of workers, and both files
// in the report.
func TestShardsInPipeline(t *testing.T) {
	e := load(t, "o200k_base")
	var docs []*textmill.Document
	for _, d := range stagetest.Documents() {
		if len(d.Text) < 64<<10 {
			docs = append(docs, d)
		}
	}
	want := ""
	for _, workers := range []int{1, 2, 3, 8} {
		store := &storage.Memory{}
		p := &textmill.Pipeline{
			Source:  textmill.Documents(docs...),
			Stages:  []textmill.Stage{tokenize.Stage{Encoder: e}},
			Sink:    tokenize.Shards{Store: store, Encoder: e, Format: megatron.Format{}},
			Workers: workers,
		}
		r, err := p.Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got := contents(t, store); want == "" {
			want = got
		} else if got != want {
			t.Errorf("%d workers: other bytes", workers)
		}
		if len(r.Outputs) != 2 || r.Outputs[0].Name != "documents.bin" || r.Outputs[1].Name != "documents.idx" ||
			r.Outputs[0].Documents != int64(len(docs)) || r.Outputs[1].Documents != 0 ||
			r.Outputs[0].Bytes != 4*(r.Counts["tokenize.tokens"]+int64(len(docs))) {
			t.Errorf("%+v", r.Outputs)
		}
		if workers > 1 {
			continue
		}
		got, err := sequences(t.Context(), store, "documents")
		if err != nil {
			t.Fatal(err)
		}
		for i, ids := range got {
			if last := ids[len(ids)-1]; last != e.EndOfText() {
				t.Errorf("document %d ends in %d", i, last)
			}
			if text, err := e.Decode(nil, ids[:len(ids)-1]); err != nil || string(text) != docs[i].Text {
				t.Errorf("document %d does not come back: %v", i, err)
			}
		}
	}
}

// A length and a file that do not agree are an error when it is read.
func TestSequencesErrors(t *testing.T) {
	store := &storage.Memory{}
	s := tokenize.Shards{Store: store, Format: megatron.Format{}, Encoder: letters{256, 255}}
	put := func(name string, b []byte) {
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
	check := func(want string) {
		t.Helper()
		if _, err := sequences(t.Context(), store, "s"); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if err := write(t.Context(), s, "s", []uint32{1, 2, 3}, []uint32{4}); err != nil {
		t.Fatal(err)
	}
	bin := read(t, store, "s.bin")
	put("s.bin", bin[:len(bin)-1])
	check("read s.bin: the file ends in sequence 1 of 2")
	put("s.bin", nil)
	check("read s.bin: the file ends in sequence 0 of 2")
	put("s.bin", append(bin, 0))
	check("read s.bin: the file goes on after the last sequence of its index")
	if err := store.Remove(t.Context(), "s.bin"); err != nil {
		t.Fatal(err)
	}
	if _, err := sequences(t.Context(), store, "s"); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	if _, err := megatron.Open(t.Context(), store, "t"); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	put("s.idx", []byte("MMIDIDX\x00"))
	check("read s.idx: megatron: index is cut short")

	s.Encoder = letters{1 << 20, 255}
	if err := write(t.Context(), s, "s", []uint32{1}); err != nil {
		t.Fatal(err)
	}
	put("s.bin", []byte{1, 0, 0, 0, 255, 255, 255, 255})
	check("read s.bin: sequence 0: id -1 is negative")

	ctx, cancel := context.WithCancel(t.Context())
	shard, err := megatron.Open(ctx, store, "s")
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	for _, err := range shard.Sequences(ctx) {
		if !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
}

// anIndex makes an index of uint16 by the format's description.
func anIndex(lengths []int32, pointers, documents []int64) []byte {
	b := []byte("MMIDIDX\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x08")
	b = binary.LittleEndian.AppendUint64(b, uint64(len(lengths)))
	b = binary.LittleEndian.AppendUint64(b, uint64(len(documents)))
	for _, n := range lengths {
		b = binary.LittleEndian.AppendUint32(b, uint32(n))
	}
	for _, n := range append(slices.Clone(pointers), documents...) {
		b = binary.LittleEndian.AppendUint64(b, uint64(n))
	}
	return b
}

func TestReadIndex(t *testing.T) {
	good := anIndex([]int32{3, 0, 2}, []int64{0, 6, 6}, []int64{0, 0, 2, 3})
	x, err := megatron.ReadIndex(bytes.NewReader(good))
	if err != nil || x.DType != megatron.Uint16 || !slices.Equal(x.Lengths, []int32{3, 0, 2}) ||
		!slices.Equal(x.Documents, []int64{0, 0, 2, 3}) || x.Tokens() != 5 {
		t.Errorf("%+v, %v", x, err)
	}
	for n := range good {
		if _, err := megatron.ReadIndex(bytes.NewReader(good[:n])); err == nil || err.Error() != "megatron: index is cut short" {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
	edit := func(at int, b byte) []byte {
		c := bytes.Clone(good)
		c[at] = b
		return c
	}
	for _, tt := range []struct {
		index []byte
		want  string
	}{
		{edit(0, 'm'), "does not begin with MMIDIDX"},
		{edit(9, 2), "version 2 is not 1"},
		{edit(17, 5), "tokens of dtype 5 are not read, only int32 and uint16"},
		{edit(37, 0x80), "sequence 0 has length -2147483645"},
		{append(bytes.Clone(good), 0), "goes on after its end"},
		{anIndex([]int32{3, 2}, []int64{0, 5}, []int64{0, 2}), "sequence 1 is said to begin at byte 5, but the one before it ends at 6"},
		{anIndex([]int32{3}, []int64{2}, []int64{0, 1}), "sequence 0 is said to begin at byte 2, but the one before it ends at 0"},
		{anIndex([]int32{3}, []int64{0}, []int64{1, 1}), "document 0 is said to begin with sequence 1 of 1"},
		{anIndex([]int32{3}, []int64{0}, []int64{0, 2}), "document 1 is said to begin with sequence 2 of 1"},
		{anIndex([]int32{3, 3}, []int64{0, 6}, []int64{0, 1, 0, 2}), "document 2 is said to begin with sequence 0 of 2"},
		{anIndex([]int32{3, 3}, []int64{0, 6}, []int64{0, -1, 2}), "document 1 is said to begin with sequence -1 of 2"},
		{anIndex([]int32{3, 3}, []int64{0, 6}, []int64{0, 1}), "the last document does not end with the last sequence"},
		{anIndex([]int32{3}, []int64{0}, nil), "the last document does not end with the last sequence"},
	} {
		if _, err := megatron.ReadIndex(bytes.NewReader(tt.index)); err == nil || err.Error() != "megatron: index: "+tt.want {
			t.Errorf("%v, want %s", err, tt.want)
		}
	}
	// A header that promises 2⁶⁴-1 sequences costs nothing.
	huge := bytes.Clone(good)
	copy(huge[18:], bytes.Repeat([]byte{0xff}, 16))
	if _, err := megatron.ReadIndex(bytes.NewReader(huge)); err == nil {
		t.Error("no error")
	}
	if _, err := megatron.ReadIndex(io.MultiReader(bytes.NewReader(good[:30]), failingReader{})); !errors.Is(err, errBoom) {
		t.Error(err)
	}
}

var errBoom = errors.New("boom")

type failingReader struct{}

func (failingReader) Read([]byte) (int, error) { return 0, errBoom }

func FuzzReadIndex(f *testing.F) {
	f.Add(anIndex([]int32{3, 0, 2}, []int64{0, 6, 6}, []int64{0, 0, 2, 3}))
	f.Add(anIndex(nil, nil, []int64{0}))
	f.Add([]byte("MMIDIDX\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		x, err := megatron.ReadIndex(bytes.NewReader(b))
		if err != nil {
			return
		}
		var pointers []int64
		at := int64(0)
		for _, n := range x.Lengths {
			pointers = append(pointers, at)
			at += int64(n) * int64(x.DType.Size())
		}
		want := anIndex(x.Lengths, pointers, x.Documents)
		want[17] = byte(x.DType)
		if !bytes.Equal(b, want) {
			t.Fatalf("%x reads as %+v", b, x)
		}
	})
}

func FuzzShards(f *testing.F) {
	f.Add([]byte("one\x00two\x00\x00three"), true, true)
	f.Fuzz(func(t *testing.T, b []byte, wide, noEnd bool) {
		store := &storage.Memory{}
		s := tokenize.Shards{Store: store, Format: megatron.Format{}, Encoder: letters{65499, 256}}
		if noEnd {
			s.EndOfText = tokenize.Nowhere
		}
		if wide {
			s.Encoder = letters{65500, 256}
		}
		var in, want [][]uint32
		for _, doc := range bytes.Split(b, []byte{0}) {
			ids := letters{}.Encode([]uint32{}, string(doc))
			in = append(in, ids)
			if !noEnd {
				ids = append(slices.Clone(ids), 256)
			}
			want = append(want, ids)
		}
		if err := write(t.Context(), s, "s", in...); err != nil {
			t.Fatal(err)
		}
		got, err := sequences(t.Context(), store, "s")
		if err != nil || !slices.EqualFunc(got, want, func(a, b []uint32) bool { return slices.Equal(a, b) }) {
			t.Fatalf("%v, %v, want %v", got, err, want)
		}
	})
}

func load(t testing.TB, name string) *tokenize.BPE {
	t.Helper()
	b, err := tokenize.Tiktoken(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
