package jsonl_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/textmill/textmill"
	"github.com/textmill/textmill/jsonl"
	"github.com/textmill/textmill/stagetest"
	"github.com/textmill/textmill/storage"
	"github.com/textmill/textmill/storage/storagetest"
)

var suffixes = []string{".jsonl", ".jsonl.gz", ".jsonl.zst"}

// put stores an object as it is.
func put(t *testing.T, s storage.Store, name string, contents []byte) {
	t.Helper()
	w, err := s.Create(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	w.Write(contents)
	if err := w.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, s storage.Store, name string) []byte {
	t.Helper()
	r, err := s.Open(context.Background(), name)
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

// pack compresses b as the suffix says, with libraries a Sink does not use or
// uses otherwise.
func pack(t *testing.T, suffix string, b []byte) []byte {
	t.Helper()
	switch suffix {
	case ".jsonl.gz":
		var buf bytes.Buffer
		z := gzip.NewWriter(&buf)
		z.Write(b)
		z.Close()
		return buf.Bytes()
	case ".jsonl.zst":
		z, err := zstd.NewWriter(nil)
		if err != nil {
			t.Fatal(err)
		}
		return z.EncodeAll(b, nil)
	}
	return b
}

func unpack(t *testing.T, suffix string, b []byte) []byte {
	t.Helper()
	var err error
	switch suffix {
	case ".jsonl.gz":
		z, e := gzip.NewReader(bytes.NewReader(b))
		if e != nil {
			t.Fatal(e)
		}
		b, err = io.ReadAll(z)
	case ".jsonl.zst":
		z, e := zstd.NewReader(nil)
		if e != nil {
			t.Fatal(e)
		}
		defer z.Close()
		b, err = z.DecodeAll(b, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// read reads a shard to its end.
func read(ctx context.Context, src jsonl.Source, shard string) (docs []*textmill.Document, records []*textmill.RecordError, err error) {
	for d, e := range src.Read(ctx, textmill.Shard{Name: shard}) {
		if r, ok := errors.AsType[*textmill.RecordError](e); ok {
			records = append(records, r)
		} else if e != nil {
			return docs, records, e
		} else {
			docs = append(docs, d)
		}
	}
	return docs, records, nil
}

// documents returns n documents of some hundred bytes that compress badly.
func documents(n int) []*textmill.Document {
	rng := rand.New(rand.NewPCG(5, 6))
	docs := make([]*textmill.Document, n)
	for i := range docs {
		d := &textmill.Document{ID: fmt.Sprint("id-", i), Shard: "s", Index: i, Text: fmt.Sprintf("line %x\n%x", rng.Uint64(), rng.Uint64())}
		d.Text = strings.Repeat(d.Text+"\n", 1+rng.IntN(20))
		d.Set("n", int64(i))
		docs[i] = d
	}
	return docs
}

func TestRoundTrip(t *testing.T) {
	for _, suffix := range suffixes {
		store := &storage.Memory{}
		var want []*textmill.Document
		for i, d := range stagetest.Documents() {
			d.Shard, d.Index = "original", i*3
			d.Date = time.Date(2024, 2, 29, 23, 59, 59, 5000*i, time.UTC)
			d.Meta = map[string]any{"a.int": int64(i), "a.float": float64(i), "a.bool": i%2 == 0, "a.text": "é\n" + d.ID}
			want = append(want, d)
		}
		r, err := (&textmill.Pipeline{Source: fixed(want), Sink: jsonl.Sink{Store: store, Dir: "out", Suffix: suffix}}).Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Outputs) != 1 || r.Outputs[0].Documents != int64(len(want)) || r.Outputs[0].Name != "out/fixed"+suffix {
			t.Errorf("outputs %+v", r.Outputs)
		}
		out := &textmill.Memory{}
		r2, err := (&textmill.Pipeline{Source: jsonl.Source{Store: store, Dir: "out"}, Sink: out}).Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(r2.Inputs) != 1 || r2.Inputs[0].SHA256 != r.Outputs[0].SHA256 || r2.Inputs[0].Bytes != r.Outputs[0].Bytes {
			t.Errorf("inputs %+v, outputs before %+v", r2.Inputs, r.Outputs)
		}
		for i, got := range out.Documents() {
			got.Tokens = want[i].Tokens // Memory makes an empty slice of nil
			if !reflect.DeepEqual(got, want[i]) {
				t.Errorf("%s %d:\n%+v, want\n%+v", suffix, i, got, want[i])
			}
		}
		if len(out.Documents()) != len(want) {
			t.Errorf("%d documents, want %d", len(out.Documents()), len(want))
		}
	}
}

// The same documents make the same bytes, whatever the number of CPUs.
func TestSinkIsDeterministic(t *testing.T) {
	docs := documents(8000) // some megabytes, so several gzip blocks
	old := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(old)
	for _, suffix := range suffixes {
		var first []byte
		for _, cpus := range []int{1, 2, 3, 8} {
			runtime.GOMAXPROCS(cpus)
			store := &storage.Memory{}
			if _, err := (&textmill.Pipeline{Source: fixed(docs), Sink: jsonl.Sink{Store: store, Suffix: suffix}}).Run(t.Context()); err != nil {
				t.Fatal(err)
			}
			got := get(t, store, "fixed"+suffix)
			if first == nil {
				first = got
			}
			if !bytes.Equal(got, first) {
				t.Errorf("%s: %d CPUs: %d bytes, which differ from the %d of one", suffix, cpus, len(got), len(first))
			}
		}
		var want []byte
		for _, d := range docs {
			var err error
			if want, err = jsonl.Append(want, d); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(unpack(t, suffix, first), want) {
			t.Errorf("%s: it does not hold the lines", suffix)
		}
	}
}

// No name, no time: they would differ from run to run.
func TestGzipHeader(t *testing.T) {
	store := &storage.Memory{}
	if _, err := (&textmill.Pipeline{Source: fixed(nil), Sink: jsonl.Sink{Store: store}}).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := []byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255}
	if got := get(t, store, "fixed.jsonl.gz"); !bytes.HasPrefix(got, want) || len(unpack(t, ".jsonl.gz", got)) != 0 {
		t.Errorf("header % x, want % x", got[:min(10, len(got))], want)
	}
}

func TestCheckSinkAndSource(t *testing.T) {
	for _, suffix := range suffixes {
		store := &storage.Memory{}
		contents := func() (string, error) {
			all := ""
			for o, err := range store.List(t.Context(), "") {
				if err != nil {
					return "", err
				}
				all += o.Name + string(get(t, store, o.Name))
			}
			return all, nil
		}
		if err := stagetest.CheckSink(jsonl.Sink{Store: store, Dir: "a/b", Suffix: suffix}, contents); err != nil {
			t.Errorf("%s: %v", suffix, err)
		}
		sources := &storage.Memory{}
		for _, name := range []string{"x", "y/z", "y%2Fz", "empty"} {
			var lines []byte
			for i := range 500 {
				if name == "empty" {
					break
				}
				lines = fmt.Appendf(lines, "{\"text\":\"%d\"}\n", i)
			}
			put(t, sources, "in/"+name+suffix, pack(t, suffix, lines))
		}
		if err := stagetest.CheckSource(jsonl.Source{Store: sources, Dir: "in"}); err != nil {
			t.Errorf("%s: %v", suffix, err)
		}
	}
}

func TestSinkErrors(t *testing.T) {
	for name, s := range map[string]jsonl.Sink{
		"needs a Store":  {},
		".json\" is not": {Store: &storage.Memory{}, Suffix: ".json"},
		"invalid":        {Store: &storage.Memory{}, Dir: ".."},
	} {
		if _, err := s.Create(t.Context(), textmill.Shard{Name: "s"}); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("error %v, want %s", err, name)
		}
	}
	store := &storage.Memory{}
	w, err := jsonl.Sink{Store: store}.Create(t.Context(), textmill.Shard{Name: "s"})
	if err != nil {
		t.Fatal(err)
	}
	bad := &textmill.Document{Meta: map[string]any{"a": struct{}{}}}
	if w.Write(t.Context(), bad) == nil || w.Write(t.Context(), &textmill.Document{}) == nil || w.Commit(t.Context()) == nil {
		t.Error("a document that cannot be written does not prevent the commit")
	}
	for range 2 {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	}
	if w.Write(t.Context(), &textmill.Document{}) == nil || w.Commit(t.Context()) == nil {
		t.Error("write or commit after close: no error")
	}
	for o := range store.List(t.Context(), "") {
		t.Errorf("left: %s", o.Name)
	}
}

// Whatever call of the store fails, the error surfaces, no goroutine is left,
// and nothing is published by halves.
func TestSinkFailures(t *testing.T) {
	docs := documents(2500) // over a megabyte, so two gzip blocks
	for _, suffix := range suffixes {
		n := 1
		for done := false; !done; n++ {
			synctest.Test(t, func(t *testing.T) { // which fails if a goroutine is left
				memory := &storage.Memory{}
				failing := storagetest.FailNth(memory, n)
				err := writeShard(t.Context(), jsonl.Sink{Store: failing, Suffix: suffix}, docs)
				if done = !failing.Failed(); done != (err == nil) || err != nil && !errors.Is(err, storagetest.ErrInjected) {
					t.Errorf("%s: call %d: error %v", suffix, n, err)
				}
				got, _, err := read(t.Context(), jsonl.Source{Store: memory}, "s")
				if errors.Is(err, fs.ErrNotExist) {
					return
				}
				if err != nil || len(got) != len(docs) {
					t.Errorf("%s: call %d: %d of %d documents published; error %v", suffix, n, len(got), len(docs), err)
				}
			})
		}
		if n < 6 {
			t.Errorf("%s: only %d calls", suffix, n)
		}
	}
}

func writeShard(ctx context.Context, s textmill.Sink, docs []*textmill.Document) error {
	w, err := s.Create(ctx, textmill.Shard{Name: "s"})
	if err != nil {
		return err
	}
	defer w.Close()
	for _, d := range docs {
		if err := w.Write(ctx, d); err != nil {
			return err
		}
	}
	return w.Commit(ctx)
}

// An abandoned writer leaves no goroutine either.
func TestSinkAbandoned(t *testing.T) {
	docs := documents(2500)
	for _, suffix := range suffixes {
		for _, n := range []int{0, 1, len(docs)} {
			synctest.Test(t, func(t *testing.T) {
				store := &storage.Memory{}
				w, err := jsonl.Sink{Store: store, Suffix: suffix}.Create(t.Context(), textmill.Shard{Name: "s"})
				if err != nil {
					t.Fatal(err)
				}
				for _, d := range docs[:n] {
					if err := w.Write(t.Context(), d); err != nil {
						t.Fatal(err)
					}
				}
				if err := w.Close(); err != nil {
					t.Error(err)
				}
				for o := range store.List(t.Context(), "") {
					t.Errorf("left: %s", o.Name)
				}
			})
		}
	}
}

func TestSourceFailures(t *testing.T) {
	var lines []byte
	for _, d := range documents(3000) {
		lines, _ = jsonl.Append(lines, d)
	}
	for _, suffix := range suffixes {
		memory := &storage.Memory{}
		put(t, memory, "s"+suffix, pack(t, suffix, lines))
		n := 1
		for ; ; n++ {
			failing := storagetest.FailNth(memory, n)
			docs, _, err := read(t.Context(), jsonl.Source{Store: failing}, "s")
			if !failing.Failed() {
				if err != nil || len(docs) != 3000 {
					t.Errorf("%d documents, error %v", len(docs), err)
				}
				break
			}
			if !errors.Is(err, storagetest.ErrInjected) || textmill.IsBadInput(err) {
				t.Errorf("%s: call %d: error %v after %d documents", suffix, n, err, len(docs))
			}
		}
		if n < 6 {
			t.Errorf("%s: only %d calls", suffix, n)
		}
	}
}

// Damaged lines are told where they are, and reading goes on.
func TestSourceDamagedLines(t *testing.T) {
	lines := []string{
		`{"text":"a"}`, `{"text":"b"`, ``, ` `, `{"id":"x"}`, `{"text":"c","shard":"orig","index":70,"id":"mine"}`, "{\"text\":\"\xff\"}\r",
		`{"text":"` + strings.Repeat("x", 200) + `"}`, `[]`, `{"text":"last"}`,
	}
	input := "\ufeff" + strings.Join(lines, "\n")
	for _, suffix := range suffixes {
		store := &storage.Memory{}
		put(t, store, "in/s"+suffix, pack(t, suffix, []byte(input)))
		docs, records, err := read(t.Context(), jsonl.Source{Store: store, Dir: "in", MaxLine: 100}, "s")
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, d := range docs {
			got += fmt.Sprintf("%s %s %s %d\n", d.Text, d.ID, d.Shard, d.Index)
		}
		if want := "a s#0 s 0\nc mine orig 70\n\ufffd s#6 s 6\nlast s#9 s 9\n"; got != want {
			t.Errorf("%s: got\n%swant\n%s", suffix, got, want)
		}
		got = ""
		for _, r := range records {
			from := -1
			if r.Offset >= 0 {
				from = int(r.Offset)
				if line := input[from : from+int(r.Length)]; strings.TrimSuffix(line, "\n") != lines[r.Index] {
					t.Errorf("%s: line %d is said to be %q", suffix, r.Index, line)
				}
			}
			if (suffix == ".jsonl") != (from >= 0) {
				t.Errorf("%s: offset %d", suffix, r.Offset)
			}
			got += fmt.Sprintf("%s %d %d %.20s\n", r.Shard, r.Index, r.Length, r.Err)
		}
		want := "s 1 12 bad JSON: unexpected\ns 4 11 field text: missing \ns 7 212 line of 212 bytes, l\ns 8 3 bad JSON: json: cann\n"
		if got != want {
			t.Errorf("%s: got\n%swant\n%s", suffix, got, want)
		}
	}
}

// In a pipeline, what could not be read is accounted for.
func TestDamagedLinesInPipeline(t *testing.T) {
	store := &storage.Memory{}
	put(t, store, "in/s.jsonl", []byte("{\"text\":\"a\"}\nbad\n{\"text\":\"b\"}\n"))
	p := &textmill.Pipeline{
		Source: jsonl.Source{Store: store, Dir: "in"}, Sink: jsonl.Sink{Store: store, Dir: "out"},
		Rejects: jsonl.Sink{Store: store, Dir: "rejects", Suffix: ".jsonl"}, MaxErrors: 1,
	}
	r, err := p.Run(t.Context())
	if err != nil || r.Read != 3 || r.Written != 2 || r.Damaged != 1 {
		t.Errorf("%+v, error %v", r, err)
	}
	if got := string(get(t, store, "rejects/s.jsonl")); !strings.Contains(got, `"reject.offset":13`) {
		t.Errorf("rejects: %s", got)
	}
}

// A file that is cut off anywhere is an error, after what is whole: it is never
// taken for a shorter one. A plain file cannot tell where a line ends.
func TestSourceTruncated(t *testing.T) {
	var lines []byte
	all := documents(40)
	for _, d := range all {
		lines, _ = jsonl.Append(lines, d)
	}
	for _, suffix := range []string{".jsonl.gz", ".jsonl.zst"} {
		packed := pack(t, suffix, lines)
		for cut := range packed {
			store := &storage.Memory{}
			put(t, store, "s"+suffix, packed[:cut])
			docs, records, err := read(t.Context(), jsonl.Source{Store: store}, "s")
			if !errors.Is(err, io.ErrUnexpectedEOF) || !textmill.IsBadInput(err) || len(records) > 0 || len(docs) > len(all) {
				t.Fatalf("%s: cut at %d of %d: %d documents, records %v, error %v", suffix, cut, len(packed), len(docs), records, err)
			}
			for i, d := range docs {
				if d.Text != all[i].Text {
					t.Fatalf("%s: cut at %d: document %d differs", suffix, cut, i)
				}
			}
		}
	}
	store := &storage.Memory{}
	put(t, store, "s.jsonl", lines[:len(lines)-10])
	docs, records, err := read(t.Context(), jsonl.Source{Store: store}, "s")
	if err != nil || len(docs) != 39 || len(records) != 1 || records[0].Index != 39 {
		t.Errorf("plain: %d documents, records %v, error %v", len(docs), records, err)
	}
}

// A connection that breaks is no damage, even if it looks like a file that is cut off.
func TestSourceBroken(t *testing.T) {
	for _, suffix := range suffixes {
		memory := &storage.Memory{}
		put(t, memory, "s"+suffix, pack(t, suffix, []byte(`{"text":"a"}`+"\n")))
		_, _, err := read(t.Context(), jsonl.Source{Store: breaking{memory}}, "s")
		if err == nil || textmill.IsBadInput(err) || !strings.Contains(err.Error(), "read s"+suffix+" at byte 5: connection reset: unexpected EOF") {
			t.Errorf("%s: %v", suffix, err)
		}
	}
}

// breaking is a store whose readers break after five bytes.
type breaking struct{ storage.Store }

func (b breaking) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	r, err := b.Store.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	reset := iotest.ErrReader(fmt.Errorf("connection reset: %w", io.ErrUnexpectedEOF))
	return struct {
		io.Reader
		io.Closer
	}{io.MultiReader(io.LimitReader(r, 5), reset), r}, nil
}

// A flipped bit never goes unseen.
func TestSourceFlippedBits(t *testing.T) {
	var lines []byte
	all := documents(20)
	for _, d := range all {
		lines, _ = jsonl.Append(lines, d)
	}
	for _, suffix := range []string{".jsonl.gz", ".jsonl.zst"} {
		packed := pack(t, suffix, lines)
		for i := range packed {
			b := slices.Clone(packed)
			b[i] ^= 1 << (i % 8)
			store := &storage.Memory{}
			put(t, store, "s"+suffix, b)
			docs, records, err := read(t.Context(), jsonl.Source{Store: store}, "s")
			if err != nil {
				if !textmill.IsBadInput(err) {
					t.Errorf("%s: bit flipped in byte %d: not taken for bad input: %v", suffix, i, err)
				}
				continue
			}
			// Unused bits of a header may change; what is read may not.
			same := len(docs) == len(all) && len(records) == 0
			for k := 0; same && k < len(docs); k++ {
				same = reflect.DeepEqual(docs[k], all[k])
			}
			if !same {
				t.Errorf("%s: bit flipped in byte %d of %d: %d documents, %d records, no error", suffix, i, len(packed), len(docs), len(records))
			}
		}
	}
}

// Files of several members or frames, as made by cat, are read whole.
func TestSourceMembers(t *testing.T) {
	for _, suffix := range suffixes {
		store := &storage.Memory{}
		var packed []byte
		for _, part := range []string{"{\"text\":\"a\"}\n", "", "{\"text\":", "\"b\"}\n"} {
			packed = append(packed, pack(t, suffix, []byte(part))...)
		}
		put(t, store, "s"+suffix, packed)
		docs, records, err := read(t.Context(), jsonl.Source{Store: store}, "s")
		if err != nil || len(docs) != 2 || len(records) != 0 || docs[1].Text != "b" {
			t.Errorf("%s: %d documents, records %v, error %v", suffix, len(docs), records, err)
		}
	}
}

func TestSourceShards(t *testing.T) {
	store := &storage.Memory{}
	for _, name := range []string{
		"in/b.jsonl.gz", "in/a.jsonl", "in/c/d.jsonl.zst", "in/c/d%2F.jsonl", "in/manifest.json", "in/x.jsonl.gz.bak", "in/y.txt", "inside/z.jsonl", "other/w.jsonl", "in/e.f.jsonl",
	} {
		put(t, store, name, pack(t, name[max(strings.Index(name, "."), 0):], []byte(`{"text":"`+name+`"}`)))
	}
	tests := []struct {
		src  jsonl.Source
		want []string // shard: text
	}{
		{jsonl.Source{Dir: "in"}, []string{"a: in/a.jsonl", "b: in/b.jsonl.gz", "c%2Fd%252F: in/c/d%2F.jsonl", "c%2Fd: in/c/d.jsonl.zst", "e.f: in/e.f.jsonl"}},
		{jsonl.Source{Dir: "in/"}, []string{"a: in/a.jsonl", "b: in/b.jsonl.gz", "c%2Fd%252F: in/c/d%2F.jsonl", "c%2Fd: in/c/d.jsonl.zst", "e.f: in/e.f.jsonl"}},
		{jsonl.Source{Dir: "in/c"}, []string{"d%252F: in/c/d%2F.jsonl", "d: in/c/d.jsonl.zst"}},
		{jsonl.Source{Dir: "none"}, nil},
		{jsonl.Source{Dir: "in", Names: []string{"y.txt", "b.jsonl.gz", "c/d.jsonl.zst"}}, []string{"y.txt: in/y.txt", "b: in/b.jsonl.gz", "c%2Fd: in/c/d.jsonl.zst"}},
		{jsonl.Source{Names: []string{"in/manifest.json", "other/w.jsonl"}}, []string{"in%2Fmanifest: in/manifest.json", "other%2Fw: other/w.jsonl"}},
		{jsonl.Source{Names: []string{}}, nil},
	}
	for _, tt := range tests {
		tt.src.Store = store
		shards, err := tt.src.Shards(t.Context())
		if err != nil {
			t.Errorf("%+v: %v", tt.src, err)
		}
		var got []string
		for i, s := range shards {
			docs, _, err := read(t.Context(), tt.src, s.Name)
			if err != nil || len(docs) != 1 || s.Index != i {
				t.Errorf("%+v: %d documents, error %v", s, len(docs), err)
				continue
			}
			got = append(got, s.Name+": "+docs[0].Text)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%q: got\n%q, want\n%q", tt.src.Dir, got, tt.want)
		}
	}
	if shards, _ := (jsonl.Source{Store: store, Dir: "in"}).Shards(t.Context()); shards[0].Size != int64(len(`{"text":"in/a.jsonl"}`)) {
		t.Errorf("size %d", shards[0].Size)
	}
}

func TestSourceErrors(t *testing.T) {
	store := &storage.Memory{}
	put(t, store, "a.jsonl", nil)
	put(t, store, "a.jsonl.gz", nil)
	src := jsonl.Source{Store: store}
	if _, err := src.Shards(t.Context()); err == nil || !strings.Contains(err.Error(), "a.jsonl and a.jsonl.gz") {
		t.Errorf("two objects for one shard: error %v", err)
	}
	if _, _, err := read(t.Context(), src, "a"); err == nil || !strings.Contains(err.Error(), "set Names") {
		t.Errorf("two objects for one shard: error %v", err)
	}
	if _, _, err := read(t.Context(), src, "none"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no such shard: error %v", err)
	}
	if _, err := (jsonl.Source{}).Shards(t.Context()); err == nil || !strings.Contains(err.Error(), "needs a Store") {
		t.Errorf("no store: error %v", err)
	}
	put(t, store, "b.jsonl.gz", []byte("this is not gzip"))
	if _, _, err := read(t.Context(), src, "b"); err == nil || !strings.Contains(err.Error(), "b.jsonl.gz") {
		t.Errorf("not gzip: error %v", err)
	}
	put(t, store, "c.jsonl.zst", []byte("this is not zstd"))
	if _, _, err := read(t.Context(), src, "c"); err == nil || !strings.Contains(err.Error(), "c.jsonl.zst") {
		t.Errorf("not zstd: error %v", err)
	}
}

// A small file that inflates without end costs no more than the longest line.
func TestSourceBomb(t *testing.T) {
	for _, suffix := range []string{".jsonl.gz", ".jsonl.zst"} {
		store := &storage.Memory{}
		put(t, store, "s"+suffix, pack(t, suffix, append([]byte(`{"text":"`), make([]byte, 8<<20)...)))
		docs, records, err := read(t.Context(), jsonl.Source{Store: store, MaxLine: 1000}, "s")
		if err != nil || len(docs) != 0 || len(records) != 1 || records[0].Length != 8<<20+9 {
			t.Errorf("%s: %d documents, records %v, error %v", suffix, len(docs), records, err)
		}
	}
}

func TestSettingsInJSON(t *testing.T) {
	for want, v := range map[string]any{
		`{"Store":"data","Dir":"in"}`:               jsonl.Source{Store: storage.Dir("data"), Dir: "in"},
		`{"Store":"data","Dir":"out","Suffix":""}`:  jsonl.Sink{Store: storage.Dir("data"), Dir: "out"},
		`{"Store":"d","Dir":"","TextField":"body"}`: jsonl.Source{Store: storage.Dir("d"), TextField: "body"},
	} {
		if got, err := json.Marshal(v); string(got) != want || err != nil {
			t.Errorf("%s, want %s; error %v", got, want, err)
		}
	}
}
