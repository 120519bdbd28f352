package tokenize_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/stagetest"
	"github.com/textmill/textmill/storage"
	"github.com/textmill/textmill/storage/storagetest"
	"github.com/textmill/textmill/tokenize"
	"github.com/textmill/textmill/tokenize/formattest"
)

// numbers is an encoder of which there are a size and an end of text.
type numbers struct{ size, end int }

func (numbers) Encode(dst []uint32, _ string) []uint32 { return dst }
func (n numbers) VocabSize() int                       { return n.size }
func (n numbers) EndOfText() uint32                    { return uint32(n.end) }
func (numbers) Name() string                           { return "numbers" }

// lines is a format that records what it gets: NAME.txt has a line for each
// sequence, and NAME.end, which is committed last, the last line.
type lines struct{}

func (lines) Create(ctx context.Context, f tokenize.File) (tokenize.FileWriter, error) {
	out, err := storage.NewOutput(ctx, f.Store, f.Name+".txt")
	if err != nil {
		return nil, err
	}
	return &linesWriter{file: f, out: out}, nil
}

type linesWriter struct {
	file      tokenize.File
	out       *storage.Output
	documents int64
}

func (w *linesWriter) Write(seq tokenize.Sequence) error {
	w.documents += seq.Documents()
	for i, s := range seq.Segments {
		if i > 0 {
			fmt.Fprint(w.out, ",")
		}
		fmt.Fprintf(w.out, "%s+%d:%d", s.ID, s.Start, s.Len)
	}
	_, err := fmt.Fprintln(w.out, seq.Tokens)
	return err
}

func (w *linesWriter) Commit(ctx context.Context) error {
	if err := w.out.Commit(ctx, w.documents); err != nil {
		return err
	}
	end, err := storage.NewOutput(ctx, w.file.Store, w.file.Name+".end")
	if err != nil {
		return err
	}
	defer end.Close()
	fmt.Fprintf(end, "%d %s\n", w.out.Bytes(), w.out.Object().SHA256)
	return end.Commit(ctx, 0)
}

func (w *linesWriter) Close() error { return w.out.Close() }

// readLines reads a file of lines.
func readLines(ctx context.Context, store storage.Store, name string) (out [][]uint32, err error) {
	end, err := object(ctx, store, name+".end")
	if err != nil {
		return nil, err
	}
	text, err := object(ctx, store, name+".txt")
	if err != nil {
		return nil, fmt.Errorf("there is an end, but %v", err)
	}
	var size int64
	if _, err := fmt.Sscanf(string(end), "%d", &size); err != nil || size != int64(len(text)) || !bytes.HasSuffix(end, []byte("\n")) {
		return nil, fmt.Errorf("%d bytes, and the end says %s", len(text), end)
	}
	for line := range strings.Lines(string(text)) {
		_, list, _ := strings.Cut(strings.TrimSuffix(line, "]\n"), "[")
		ids := []uint32{}
		for _, s := range strings.Fields(list) {
			var id uint32
			if _, err := fmt.Sscan(s, &id); err != nil {
				return nil, err
			}
			ids = append(ids, id)
		}
		out = append(out, ids)
	}
	return out, nil
}

func object(ctx context.Context, store storage.Store, name string) ([]byte, error) {
	r, err := store.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

// putObject puts an object into a store.
func putObject(t testing.TB, store storage.Store, name, b string) {
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

// texts returns the .txt objects of a store with their names.
func texts(t testing.TB, store storage.Store) string {
	t.Helper()
	var sb strings.Builder
	for info, err := range store.List(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		if name, ok := strings.CutSuffix(info.Name, ".txt"); ok {
			b, err := object(t.Context(), store, info.Name)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&sb, "%s: %s; ", name, strings.ReplaceAll(strings.TrimSpace(string(b)), "\n", " "))
		}
	}
	return strings.TrimSuffix(sb.String(), "; ")
}

// objects returns the names of all objects.
func objects(t testing.TB, store storage.Store) []string {
	t.Helper()
	var names []string
	for info, err := range store.List(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, info.Name)
	}
	return names
}

// writeShard writes documents with the given tokens as a shard.
func writeShard(ctx context.Context, s tokenize.Shards, shard string, tokens ...[]uint32) error {
	w, err := s.Create(ctx, textmill.Shard{Name: shard})
	if err != nil {
		return err
	}
	defer w.Close()
	for i, ids := range tokens {
		if err := w.Write(ctx, &textmill.Document{ID: fmt.Sprint("d", i), Tokens: ids}); err != nil {
			return err
		}
	}
	if err := w.Commit(ctx); err != nil {
		return err
	}
	return w.Close()
}

// The in-test format is one.
func TestLinesFormat(t *testing.T) {
	if err := formattest.Check(lines{}, readLines); err != nil {
		t.Error(err)
	}
}

func TestShardsContract(t *testing.T) {
	for _, maxTokens := range []int64{0, 1, 5} {
		store := &storage.Memory{}
		sink := tokenize.Shards{Store: store, Dir: "x/y", Encoder: numbers{10, 0}, Format: lines{}, MaxTokens: maxTokens}
		err := stagetest.CheckSink(sink, func() (string, error) { return strings.Join(objects(t, store), " ") + texts(t, store), nil })
		if err != nil {
			t.Error(err)
		}
	}
}

func TestEndOfText(t *testing.T) {
	for place, want := range map[tokenize.Placement]string{
		tokenize.After:   "s: d0+0:3[1 2 9] d1+0:1[9] d2+0:2[9 9]",
		tokenize.Before:  "s: d0+0:3[9 1 2] d1+0:1[9] d2+0:2[9 9]",
		tokenize.Nowhere: "s: d0+0:2[1 2] d1+0:0[] d2+0:1[9]",
	} {
		store := &storage.Memory{}
		sink := tokenize.Shards{Store: store, Encoder: numbers{10, 9}, Format: lines{}, EndOfText: place}
		if err := writeShard(t.Context(), sink, "s", []uint32{1, 2}, nil, []uint32{9}); err != nil {
			t.Fatal(err)
		}
		if got := texts(t, store); got != want {
			t.Errorf("%d: %s, want %s", place, got, want)
		}
	}
}

// What documents have in Tokens stays as it is, also if it has room behind.
func TestShardsLeaveTokens(t *testing.T) {
	tokens := append(make([]uint32, 0, 10), 1, 2)
	sink := tokenize.Shards{Store: &storage.Memory{}, Encoder: numbers{10, 9}, Format: lines{}}
	if err := writeShard(t.Context(), sink, "s", tokens); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(tokens[:3], []uint32{1, 2, 0}) {
		t.Error(tokens[:3])
	}
}

// Where a shard is divided, for sequences of these lengths.
func TestMaxTokens(t *testing.T) {
	for _, tt := range []struct {
		max     int64
		lengths []int
		want    string // the lengths in each file
	}{
		{0, []int{5, 500, 5}, "[5 500 5]"},
		{10, nil, "[]"},
		{10, []int{10}, "[10]"},
		{10, []int{9, 1}, "[9 1]"},
		{10, []int{9, 2}, "[9] [2]"},
		{10, []int{9, 1, 1}, "[9 1] [1]"},
		{10, []int{11}, "[11]"},
		{10, []int{3, 11, 2}, "[3] [11] [2]"},
		{10, []int{11, 12, 10, 1}, "[11] [12] [10] [1]"},
		{10, []int{10, 0, 0, 1}, "[10 0 0] [1]"},
		{10, []int{0, 10}, "[0 10]"},
		{10, []int{0, 11, 0}, "[0] [11] [0]"},
		{1, []int{1, 1, 0, 2}, "[1] [1 0] [2]"},
		{math.MaxInt64, []int{1, 20}, "[1 20]"},
	} {
		store := &storage.Memory{}
		sink := tokenize.Shards{Store: store, Encoder: numbers{10, 9}, Format: lines{}, EndOfText: tokenize.Nowhere, MaxTokens: tt.max}
		var docs [][]uint32
		for _, n := range tt.lengths {
			docs = append(docs, make([]uint32, n))
		}
		if err := writeShard(t.Context(), sink, "s", docs...); err != nil {
			t.Fatal(err)
		}
		var got []string
		for i := range 100 {
			name := fmt.Sprintf("s/%05d", i)
			if tt.max == 0 {
				name = "s"
			}
			seqs, err := readLines(t.Context(), store, name)
			if errors.Is(err, fs.ErrNotExist) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			var lengths []int
			for _, ids := range seqs {
				lengths = append(lengths, len(ids))
			}
			if got = append(got, fmt.Sprint(lengths)); tt.max == 0 {
				break
			}
		}
		if strings.Join(got, " ") != tt.want || len(objects(t, store)) != 2*len(got) {
			t.Errorf("%d: %v: %s, want %s; objects %s", tt.max, tt.lengths, got, tt.want, objects(t, store))
		}
	}
}

// The end of text counts.
func TestMaxTokensCountsEndOfText(t *testing.T) {
	store := &storage.Memory{}
	sink := tokenize.Shards{Store: store, Encoder: numbers{10, 9}, Format: lines{}, MaxTokens: 4}
	if err := writeShard(t.Context(), sink, "s", []uint32{1}, []uint32{2}, []uint32{3}); err != nil {
		t.Fatal(err)
	}
	if got, want := texts(t, store), "s/00000: d0+0:2[1 9] d1+0:2[2 9]; s/00001: d2+0:2[3 9]"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// pairs is a packing that joins each two documents, without looking at lengths.
// What is wrong with it is in flaw.
type pairs struct {
	flaw string
	log  *[]string
}

func (p pairs) NewPacker(emit func(tokenize.Sequence) error) tokenize.Packer {
	return &pairPacker{pairs: p, emit: emit}
}

type pairPacker struct {
	pairs
	emit func(tokenize.Sequence) error
	seq  tokenize.Sequence
}

func (p *pairPacker) Add(id string, tokens []uint32) error {
	p.seq.Tokens = append(p.seq.Tokens, tokens...)
	p.seq.Segments = append(p.seq.Segments, tokenize.Segment{ID: id, Len: len(tokens)})
	if len(p.seq.Segments) < 2 {
		return nil
	}
	return p.send()
}

func (p *pairPacker) Flush() error {
	if p.log != nil {
		*p.log = append(*p.log, "flush")
	}
	if len(p.seq.Segments) > 0 {
		return p.send()
	}
	return nil
}

var errFlaw = errors.New("flaw")

func (p *pairPacker) send() error {
	p.seq.Tokens = append(p.seq.Tokens, 0) // padding
	switch p.flaw {
	case "long":
		p.seq.Segments[1].Len += 2
	case "negative":
		p.seq.Segments[0].Len = -1
	case "start":
		p.seq.Segments[0].Start = -1
	case "id":
		p.seq.Tokens[len(p.seq.Tokens)-1] = 10
	case "error":
		return errFlaw
	}
	err := p.emit(p.seq)
	for i := range p.seq.Tokens {
		p.seq.Tokens[i] = 1<<32 - 1 // nobody may keep it
	}
	p.seq.Tokens, p.seq.Segments = p.seq.Tokens[:0], p.seq.Segments[:0]
	return err
}

func TestPacking(t *testing.T) {
	for _, tt := range []struct {
		max  int64
		want string
	}{
		{0, "s: d0+0:2,d1+0:1[1 9 9 0] d2+0:2,d3+0:2[2 9 3 9 0] d4+0:2[4 9 0]"},
		{9, "s/00000: d0+0:2,d1+0:1[1 9 9 0] d2+0:2,d3+0:2[2 9 3 9 0]; s/00001: d4+0:2[4 9 0]"},
		{8, "s/00000: d0+0:2,d1+0:1[1 9 9 0]; s/00001: d2+0:2,d3+0:2[2 9 3 9 0] d4+0:2[4 9 0]"},
	} {
		store := &storage.Memory{}
		var log []string
		sink := tokenize.Shards{Store: store, Encoder: numbers{10, 9}, Format: lines{}, Packing: pairs{log: &log}, MaxTokens: tt.max}
		if err := writeShard(t.Context(), sink, "s", []uint32{1}, nil, []uint32{2}, []uint32{3}, []uint32{4}); err != nil {
			t.Fatal(err)
		}
		if got := texts(t, store); got != tt.want || len(log) != 1 {
			t.Errorf("%d: %s, want %s; %v", tt.max, got, tt.want, log)
		}
	}
	// Without documents there is a file, and Close does not flush.
	store := &storage.Memory{}
	var log []string
	sink := tokenize.Shards{Store: store, Encoder: numbers{10, 9}, Format: lines{}, Packing: pairs{log: &log}}
	if err := writeShard(t.Context(), sink, "s"); err != nil || texts(t, store) != "s: " {
		t.Error(err, texts(t, store))
	}
	w, err := sink.Create(t.Context(), textmill.Shard{Name: "t"})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Write(t.Context(), &textmill.Document{}), w.Close()); err != nil || len(log) != 1 {
		t.Error(err, log)
	}
}

// A packing that does not keep to its contract is an error, not a wrong file.
func TestPackingFlaws(t *testing.T) {
	for flaw, want := range map[string]string{
		"long":     "tokenize: Packing made a sequence of 5 tokens whose segments do not fit into it",
		"negative": "tokenize: Packing made a sequence of 5 tokens whose segments do not fit into it",
		"start":    "tokenize: Packing made a sequence of 5 tokens whose segments do not fit into it",
		"id":       "tokenize: Packing made a sequence with id 10 at index 4, which is not below 10, the size of the vocabulary",
		"error":    "flaw",
	} {
		store := &storage.Memory{}
		sink := tokenize.Shards{Store: store, Encoder: numbers{10, 9}, Format: lines{}, Packing: pairs{flaw: flaw}}
		if err := writeShard(t.Context(), sink, "s", []uint32{1}, []uint32{2}); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", flaw, err, want)
		}
		if got := objects(t, store); len(got) > 0 {
			t.Errorf("%s: left %s", flaw, got)
		}
	}
}

func TestShardsSettings(t *testing.T) {
	store := &storage.Memory{}
	for want, s := range map[string]tokenize.Shards{
		"tokenize: Shards needs a Store":                                                   {Encoder: numbers{256, 255}, Format: lines{}},
		"tokenize: Shards needs an Encoder":                                                {Store: store, Format: lines{}},
		"tokenize: Shards needs a Format, such as megatron.Format{}":                       {Store: store, Encoder: numbers{256, 255}},
		"tokenize: EndOfText 3 is none of After, Before and Nowhere":                       {Store: store, Format: lines{}, Encoder: numbers{256, 255}, EndOfText: 3},
		"tokenize: the end of text of vocabulary numbers, 256, is not below its size, 256": {Store: store, Format: lines{}, Encoder: numbers{256, 256}},
		"tokenize: vocabulary numbers has 0 places; ids have to fit into 31 bits":          {Store: store, Format: lines{}, Encoder: numbers{0, 0}},
		"tokenize: vocabulary numbers has 2147483648 places; ids have to fit into 31 bits": {Store: store, Format: lines{}, Encoder: numbers{1 << 31, 0}},
	} {
		if w, err := s.Create(t.Context(), textmill.Shard{Name: "s"}); err == nil || err.Error() != want || w != nil {
			t.Errorf("%v, want %s", err, want)
		}
	}
	sink := tokenize.Shards{Store: store, Dir: "a", Encoder: numbers{256, 300}, Format: lines{}, EndOfText: tokenize.Nowhere}
	for _, name := range []string{"", ".", "..", "../s", "/s", "s/", "s//t", "s/../t"} {
		if w, err := sink.Create(t.Context(), textmill.Shard{Name: name}); err == nil || w != nil {
			t.Errorf("shard %q: no error", name)
		}
	}
	if err := writeShard(t.Context(), sink, "s/t", []uint32{1}); err != nil || texts(t, store) != "a/s/t: d0+0:1[1]" {
		t.Error(err, texts(t, store))
	}
}

// The first error stays, and nothing is left.
func TestShardsErrorsStay(t *testing.T) {
	store := &storage.Memory{}
	good := tokenize.Shards{Store: store, Format: lines{}, Encoder: numbers{256, 255}, MaxTokens: 1}
	for want, doc := range map[string]*textmill.Document{
		"tokenize: document d has no tokens: put a tokenize.Stage before the sink":                    {ID: "d", Text: "x"},
		"tokenize: document d: id 256 at index 1 is not below 256, the size of the vocabulary":        {ID: "d", Tokens: []uint32{255, 256}},
		"tokenize: document d: id 4294967295 at index 0 is not below 256, the size of the vocabulary": {ID: "d", Tokens: []uint32{1<<32 - 1}},
	} {
		w, err := good.Create(t.Context(), textmill.Shard{Name: "s"})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Write(t.Context(), &textmill.Document{}); err != nil {
			t.Fatal(err)
		}
		if err := w.Write(t.Context(), doc); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
		if err := w.Write(t.Context(), &textmill.Document{}); err == nil || err.Error() != want {
			t.Errorf("the next write: %v", err)
		}
		if err := w.Commit(t.Context()); err == nil || err.Error() != want {
			t.Errorf("commit: %v", err)
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	}
	if got := objects(t, store); len(got) > 0 {
		t.Errorf("left %s", got)
	}

	w, err := good.Create(t.Context(), textmill.Shard{Name: "s"})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if w.Write(t.Context(), &textmill.Document{}) == nil || w.Commit(t.Context()) == nil {
		t.Error("write or commit after commit")
	}
	if err := errors.Join(w.Close(), w.Close()); err != nil {
		t.Error(err)
	}
	if w.Write(t.Context(), &textmill.Document{}) == nil || w.Commit(t.Context()) == nil {
		t.Error("write or commit after close")
	}
	if got := strings.Join(objects(t, store), " "); got != "s/00000.end s/00000.txt" {
		t.Error(got)
	}
}

func TestShardsCancelled(t *testing.T) {
	for _, maxTokens := range []int64{0, 1} {
		store := &storage.Memory{}
		s := tokenize.Shards{Store: store, Format: lines{}, Encoder: numbers{256, 255}, MaxTokens: maxTokens}
		ctx, cancel := context.WithCancel(t.Context())
		w, err := s.Create(ctx, textmill.Shard{Name: "s"})
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if err := w.Write(ctx, &textmill.Document{Tokens: []uint32{1}}); err != nil {
				t.Fatal(err)
			}
		}
		cancel()
		if err := w.Commit(ctx); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
		if got := objects(t, store); len(got) > 0 {
			t.Errorf("left %s", got)
		}
	}
}

// The error of a file that cannot be begun says what the others have to do with it.
func TestTooManyFiles(t *testing.T) {
	s := tokenize.Shards{Store: &limited{Store: &storage.Memory{}, open: 5}, Format: lines{}, Encoder: numbers{256, 255}, MaxTokens: 1}
	const want = "too many open files (the 5 files before it stay open until the shard is committed: if they are too many, choose a larger MaxTokens or smaller shards)"
	if err := writeShard(t.Context(), s, "s", nil, nil, nil, nil, nil, nil); err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

// limited is a store in which so many objects can be made at the same time.
type limited struct {
	storage.Store
	open int
}

func (s *limited) Create(ctx context.Context, name string) (storage.Writer, error) {
	if s.open--; s.open < 0 {
		return nil, errors.New("too many open files")
	}
	return s.Store.Create(ctx, name)
}

// Files of an earlier run that this one has not are removed, and nothing else,
// however much it looks like them.
func TestStaleFiles(t *testing.T) {
	store := &storage.Memory{}
	stale := []string{"d/s/00002.end", "d/s/00002.txt", "d/s/00003.end", "d/s/00017.txt", "d/s/99999.end", "d/s/100000.end"}
	others := []string{
		"d/s.end", "d/s.txt", "d/s/0002.end", "d/s/000002.end", "d/s/00002", "d/s/00002.other", "d/s/00002/00000.end", "d/s/00002end.end",
		"d/s/-0002.end", "d/s/x00002.end", "d/s/x.txt", "d/s2/00002.end", "d/t/00002.end", "s/00002.end", "d/s/99999999999999999999.end",
	}
	for _, name := range slices.Concat(stale, others) {
		putObject(t, store, name, "x")
	}
	sink := tokenize.Shards{Store: store, Dir: "d", Format: lines{}, Encoder: numbers{256, 255}, MaxTokens: 1}
	w, err := sink.Create(t.Context(), textmill.Shard{Name: "s"})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := w.Write(t.Context(), &textmill.Document{}); err != nil {
			t.Fatal(err)
		}
	}
	if got := len(objects(t, store)); got != len(stale)+len(others) {
		t.Errorf("%d objects before commit", got)
	}
	if err := errors.Join(w.Commit(t.Context()), w.Close()); err != nil {
		t.Fatal(err)
	}
	want := append(others, "d/s/00000.end", "d/s/00000.txt", "d/s/00001.end", "d/s/00001.txt")
	slices.Sort(want)
	if got := objects(t, store); !slices.Equal(got, want) {
		t.Errorf("%s\nwant %s", got, want)
	}
}

// Shards whose names nest do not touch each other.
func TestNestedShards(t *testing.T) {
	for _, maxTokens := range []int64{0, 1} {
		store := &storage.Memory{}
		sink := tokenize.Shards{Store: store, Format: lines{}, Encoder: numbers{256, 255}, MaxTokens: maxTokens}
		names := []string{"a", "a/b", "a/00000", "a/00001", "a/00001/00001", "a/b/c"}
		for range 2 {
			for i, name := range names {
				if err := writeShard(t.Context(), sink, name, []uint32{uint32(i)}, []uint32{uint32(i + 10)}); err != nil {
					t.Fatal(err)
				}
			}
		}
		for i, name := range names {
			var got [][]uint32
			files := []string{name}
			if maxTokens > 0 {
				files = []string{name + "/00000", name + "/00001"}
			}
			for _, file := range files {
				seqs, err := readLines(t.Context(), store, file)
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, seqs...)
			}
			if fmt.Sprint(got) != fmt.Sprintf("[[%d 255] [%d 255]]", i, i+10) {
				t.Errorf("%s: %v", name, got)
			}
		}
	}
}

// logged is a store that writes down what changes it, and in which something else
// can happen before.
type logged struct {
	storage.Store
	log    []string
	before func() // the first change
}

func (s *logged) change(what string) {
	if s.before != nil {
		s.before()
		s.before = nil
	}
	s.log = append(s.log, what)
}

func (s *logged) Create(ctx context.Context, name string) (storage.Writer, error) {
	w, err := s.Store.Create(ctx, name)
	return &loggedWriter{w, s, name}, err
}

func (s *logged) Remove(ctx context.Context, name string) error {
	s.change("-" + name)
	return s.Store.Remove(ctx, name)
}

type loggedWriter struct {
	storage.Writer
	s    *logged
	name string
}

func (w *loggedWriter) Commit(ctx context.Context) error {
	w.s.change("+" + w.name)
	return w.Writer.Commit(ctx)
}

// In which order objects come and go.
func TestCommitOrder(t *testing.T) {
	one, two, three := []uint32{1}, []uint32{2}, []uint32{3}
	for _, tt := range []struct {
		name        string
		max         int64
		before, now [][]uint32
		want        string
	}{
		{"new", 0, nil, [][]uint32{one}, "+s.txt +s.end"},
		{"the same", 0, [][]uint32{one}, [][]uint32{one}, "+s.txt +s.end"},
		{"another of the same size", 0, [][]uint32{one}, [][]uint32{two}, "-s.end +s.txt +s.end"},
		{"another size", 0, [][]uint32{one}, [][]uint32{one, one}, "-s.end +s.txt +s.end"},
		{"new", 1, nil, [][]uint32{one, two}, "+s/00000.txt +s/00001.txt +s/00001.end +s/00000.end"},
		{"the same", 1, [][]uint32{one, two}, [][]uint32{one, two}, "+s/00000.txt +s/00001.txt +s/00001.end +s/00000.end"},
		{"the first differs", 1, [][]uint32{one, two}, [][]uint32{three, two}, "-s/00000.end +s/00000.txt +s/00001.txt +s/00001.end +s/00000.end"},
		{"the second differs", 1, [][]uint32{one, two}, [][]uint32{one, three}, "-s/00000.end -s/00001.end +s/00000.txt +s/00001.txt +s/00001.end +s/00000.end"},
		{"fewer", 1, [][]uint32{one, two, three}, [][]uint32{one}, "-s/00000.end -s/00001.end -s/00002.end -s/00001.txt -s/00002.txt +s/00000.txt +s/00000.end"},
		{"more", 1, [][]uint32{one}, [][]uint32{one, two}, "-s/00000.end +s/00000.txt +s/00001.txt +s/00001.end +s/00000.end"},
	} {
		store := &logged{Store: &storage.Memory{}}
		sink := tokenize.Shards{Store: store, Format: lines{}, Encoder: numbers{256, 255}, MaxTokens: tt.max}
		if tt.before != nil {
			if err := writeShard(t.Context(), sink, "s", tt.before...); err != nil {
				t.Fatal(err)
			}
		}
		store.log = nil
		if err := writeShard(t.Context(), sink, "s", tt.now...); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(store.log, " "); got != tt.want {
			t.Errorf("%s, MaxTokens %d: %s, want %s", tt.name, tt.max, got, tt.want)
		}
	}
}

// A format of one object replaces it, and does not take it away before.
func TestCommitOrderOfSingleObjects(t *testing.T) {
	store := &logged{Store: &storage.Memory{}}
	sink := tokenize.Shards{Store: store, Format: single{}, Encoder: numbers{256, 255}}
	for i := range uint32(2) {
		if err := writeShard(t.Context(), sink, "s", []uint32{i}); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := strings.Join(store.log, " "), "+s.txt +s.txt"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	store.log, sink.MaxTokens = nil, 2
	for i := range uint32(2) {
		if err := writeShard(t.Context(), sink, "s", []uint32{1}, []uint32{i}); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := strings.Join(store.log, " "), "+s/00001.txt +s/00000.txt -s/00000.txt -s/00001.txt +s/00001.txt +s/00000.txt"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// single is lines without an end.
type single struct{}

func (single) Create(ctx context.Context, f tokenize.File) (tokenize.FileWriter, error) {
	w, err := lines{}.Create(ctx, f)
	if err != nil {
		return nil, err
	}
	return singleWriter{w.(*linesWriter)}, nil
}

type singleWriter struct{ *linesWriter }

func (w singleWriter) Commit(ctx context.Context) error { return w.out.Commit(ctx, w.documents) }

// While one machine is about to commit a shard, another commits the same and says
// so. Then the first dies, at any moment: the shard is still there.
func TestTwoMachines(t *testing.T) {
	docs := [][]uint32{{1}, {2}, {3}}
	for _, maxTokens := range []int64{0, 2} {
		for n := 1; ; n++ {
			memory := &storage.Memory{}
			other := tokenize.Shards{Store: memory, Format: lines{}, Encoder: numbers{256, 255}, MaxTokens: maxTokens}
			done := ""
			store := &logged{Store: memory, before: func() {
				if err := writeShard(t.Context(), other, "s", docs...); err != nil {
					t.Fatal(err)
				}
				done = texts(t, memory)
			}}
			failing := storagetest.KillAfter(store, n)
			sink := other
			sink.Store = failing
			err := writeShard(t.Context(), sink, "s", docs...)
			if done != "" && texts(t, memory) != done {
				t.Errorf("MaxTokens %d, killed after %d calls: %s, want %s", maxTokens, n, texts(t, memory), done)
			}
			for _, name := range []string{"s", "s/00000", "s/00001", "s/00002"} {
				if _, err := readLines(t.Context(), memory, name); done != "" && err != nil && (name == "s") == (maxTokens == 0) {
					t.Errorf("MaxTokens %d, killed after %d calls: %v", maxTokens, n, err)
				}
			}
			if !failing.Failed() {
				if err != nil || done == "" {
					t.Error(err, done)
				}
				break
			}
		}
	}
}

// A format that writes what is not its own, or nothing, is an error.
func TestFormatErrors(t *testing.T) {
	for _, tt := range []struct {
		name   string
		format tokenize.Format
		want   string
	}{
		{"elsewhere", elsewhere{}, "tokenize: the format of file a/s writes b: the names of its objects have to begin with that of the file"},
		{"nothing", nothing{}, "tokenize: the format committed nothing for file a/s"},
	} {
		sink := tokenize.Shards{Store: &storage.Memory{}, Dir: "a", Format: tt.format, Encoder: numbers{256, 255}}
		if err := writeShard(t.Context(), sink, "s"); err == nil || err.Error() != tt.want {
			t.Errorf("%s: %v, want %s", tt.name, err, tt.want)
		}
	}
}

type elsewhere struct{}

func (elsewhere) Create(ctx context.Context, f tokenize.File) (tokenize.FileWriter, error) {
	_, err := storage.NewOutput(ctx, f.Store, "b")
	return nothing{}, err
}

type nothing struct{}

func (nothing) Create(context.Context, tokenize.File) (tokenize.FileWriter, error) {
	return nothing{}, nil
}
func (nothing) Write(tokenize.Sequence) error { return nil }
func (nothing) Commit(context.Context) error  { return nil }
func (nothing) Close() error                  { return nil }

// What a format removes goes when the shard is committed, if it is there.
func TestFormatRemoves(t *testing.T) {
	store := &logged{Store: &storage.Memory{}}
	putObject(t, store, "s.old", "x")
	sink := tokenize.Shards{Store: store, Format: removing{}, Encoder: numbers{256, 255}}
	w, err := sink.Create(t.Context(), textmill.Shard{Name: "s"})
	if err != nil {
		t.Fatal(err)
	}
	store.log = nil
	if err := w.Close(); err != nil || len(store.log) > 0 {
		t.Error(err, store.log)
	}
	for _, want := range []string{"-s.old +s.txt +s.end", "+s.txt +s.end"} {
		store.log = nil
		if err := writeShard(t.Context(), sink, "s"); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(store.log, " "); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

type removing struct{ lines }

func (r removing) Create(ctx context.Context, f tokenize.File) (tokenize.FileWriter, error) {
	for _, name := range []string{f.Name + ".old", f.Name + ".end"} {
		if err := f.Store.Remove(ctx, name); err != nil {
			return nil, err
		}
	}
	return r.lines.Create(ctx, f)
}

// In a pipeline, all objects are in the report, with the documents that begin in
// them, whatever the number of workers.
func TestShardsInReport(t *testing.T) {
	var docs []*textmill.Document
	for i := range 100 {
		docs = append(docs, &textmill.Document{ID: fmt.Sprint("d", i), Tokens: make([]uint32, i%7)})
	}
	first := ""
	for _, workers := range []int{1, 4} {
		store := &storage.Memory{}
		p := &textmill.Pipeline{
			Source:  textmill.Documents(docs...),
			Sink:    tokenize.Shards{Store: store, Format: lines{}, Encoder: numbers{256, 255}, Packing: pairs{}, MaxTokens: 50},
			Workers: workers,
		}
		r, err := p.Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		var n int64
		for _, o := range r.Outputs {
			names = append(names, o.Name)
			n += o.Documents
		}
		slices.Sort(names)
		if n != int64(len(docs)) || !slices.Equal(names, objects(t, store)) {
			t.Errorf("%d documents in %s; objects %s", n, names, objects(t, store))
		}
		if got := texts(t, store); first == "" {
			first = got
		} else if got != first {
			t.Errorf("%d workers: other bytes", workers)
		}
	}
}

func TestSequenceParts(t *testing.T) {
	collect := func(s iter.Seq[[]uint32]) string { return fmt.Sprint(slices.Collect(s)) }
	for _, tt := range []struct {
		seq       tokenize.Sequence
		parts     string
		documents int64
	}{
		{tokenize.Sequence{}, "[]", 0},
		{tokenize.Sequence{Tokens: []uint32{1, 2}}, "[[1 2]]", 0},
		{tokenize.Sequence{Segments: []tokenize.Segment{{}}}, "[[]]", 1},
		{tokenize.Sequence{Tokens: []uint32{1, 2, 3}, Segments: []tokenize.Segment{{Len: 1}, {}, {Len: 2}}}, "[[1] [] [2 3]]", 3},
		{tokenize.Sequence{Tokens: []uint32{1, 2, 3}, Segments: []tokenize.Segment{{Start: 7, Len: 1}, {Len: 1}}}, "[[1] [2] [3]]", 1},
	} {
		if got := collect(tt.seq.Parts()); got != tt.parts || tt.seq.Documents() != tt.documents {
			t.Errorf("%+v: %s, %d documents; want %s, %d", tt.seq, got, tt.seq.Documents(), tt.parts, tt.documents)
		}
	}
	seq := tokenize.Sequence{Tokens: []uint32{1, 2, 3}, Segments: []tokenize.Segment{{Len: 1}, {Len: 1}}}
	for part := range seq.Parts() {
		_ = append(part, 9) // touches nothing
		break
	}
	if seq.Tokens[1] != 2 {
		t.Error(seq.Tokens)
	}
}
