package wet

import (
	"bytes"
	"context"
	"crypto/sha256"
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
	"github.com/textmill/textmill/stagetest"
	"github.com/textmill/textmill/storage"
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

func TestSource(t *testing.T) {
	var store storage.Memory
	var names []string
	for _, how := range []Compression{PerRecord, Whole, Plain} {
		name := fmt.Sprintf("crawl/part-%d.warc.wet.gz", how)
		f := makeFile(t, how, 40, 500)
		// Each file needs IDs of its own.
		b := f.bytes
		if how != PerRecord {
			var buf bytes.Buffer
			w := NewWriter(&buf, how)
			for i, text := range f.texts {
				if err := w.WriteConversion(fmt.Sprintf("https://example.org/%d/%d", how, i), day, "", "", text); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			b = buf.Bytes()
		}
		put(t, &store, name, b)
		names = append(names, name)
	}
	src := &Source{Store: &store, Names: names}
	if err := stagetest.CheckSource(src); err != nil {
		t.Error(err)
	}
	shards, err := src.Shards(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range shards {
		if want := fmt.Sprintf("part-%d", i); s.Name != want || s.Size == 0 {
			t.Errorf("shard %+v, want name %s and a size", s, want)
		}
	}
	src.Unsized = true
	if shards, err := src.Shards(t.Context()); err != nil || shards[0].Size != 0 {
		t.Errorf("unsized: %v, %v", shards, err)
	}
	if b, err := json.Marshal(src); err != nil || string(b) != `{"names":["crawl/part-0.warc.wet.gz","crawl/part-1.warc.wet.gz","crawl/part-2.warc.wet.gz"],"unsized":true}` {
		t.Errorf("%s, %v", b, err)
	}
}

func TestDocument(t *testing.T) {
	file := gz(rec("w", "", "not this one")[:0],
		"WARC/1.0\r\nWARC-Type: conversion\r\nWARC-Target-URI: <https://example.org/\xff>\r\nWARC-Date: 2026-03-04T05:06:07Z\r\n"+
			"WARC-Record-ID: <urn:uuid:1>\r\nWARC-Block-Digest: sha1:X\r\nWARC-Identified-Content-Language: eng,deu\r\nContent-Length: 5\r\n\r\nbad\xff!\r\n\r\n",
		"WARC/1.0\r\nWARC-Type: conversion\r\nContent-Length: 0\r\n\r\n\r\n\r\n")
	docs, report := collect(t, []byte(file))
	if len(docs) != 2 {
		t.Fatalf("%d documents", len(docs))
	}
	d := docs[0]
	if d.ID != "urn:uuid:1" || d.URL != "https://example.org/\uFFFD" || !d.Date.Equal(day) || d.Text != "bad\uFFFD!" ||
		d.Language != "" || d.Shard != "a" || d.Index != 0 {
		t.Errorf("%+v", d)
	}
	empty := int64(len(gz("")))
	want := map[string]any{"wet.offset": empty, "wet.length": d.Meta["wet.length"], "wet.digest": "sha1:X", "wet.language": "eng,deu"}
	if fmt.Sprint(d.Meta) != fmt.Sprint(want) {
		t.Errorf("%v, want %v", d.Meta, want)
	}
	d = docs[1]
	if d.ID != "a#1" || d.URL != "" || !d.Date.IsZero() || d.Text != "" || d.Index != 1 || len(d.Meta) != 2 {
		t.Errorf("%+v", d)
	}
	if n := docs[0].Meta["wet.offset"].(int64) + docs[0].Meta["wet.length"].(int64); n != docs[1].Meta["wet.offset"] {
		t.Errorf("the first ends at %d, the second begins at %v", n, docs[1].Meta["wet.offset"])
	}
	if report.Counts["wet.repaired_utf8"] != 1 {
		t.Errorf("%v", report.Counts)
	}
}

// collect reads a file through a pipeline.
func collect(t *testing.T, file []byte) ([]*textmill.Document, textmill.Report) {
	t.Helper()
	var store storage.Memory
	put(t, &store, "a.warc.wet.gz", file)
	out, rejects := &textmill.Memory{}, &textmill.Memory{}
	p := &textmill.Pipeline{Source: &Source{Store: &store, Names: []string{"a.warc.wet.gz"}}, Sink: out, Rejects: rejects, MaxErrors: -1}
	report, err := p.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := report.Check(); err != nil {
		t.Error(err)
	}
	if got := len(rejects.Documents()); int64(got) != report.Errors {
		t.Errorf("%d rejects for %d errors", got, report.Errors)
	}
	return out.Documents(), report
}

func TestReport(t *testing.T) {
	other := func(kind string) string { return strings.Replace(rec("x", "", "x"), "conversion", kind, 1) }
	file := []byte(gz(other("warcinfo"), rec("a", "", "one"), other("metadata"), rec("b", "9", "two"), other("Response"),
		other("strange"), other("stranger")) + "junk" + gz(rec("c", "", "three")))
	docs, report := collect(t, file)
	var got []string
	for _, d := range docs {
		got = append(got, fmt.Sprintf("%s %d %s", d.ID, d.Index, d.Text))
	}
	// The junk may have been a document: it takes an index.
	if want := []string{"a 0 one", "b 1 two", "c 3 three"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	counts := map[string]int64{
		"wet.skipped_warcinfo": 1, "wet.skipped_metadata": 1, "wet.skipped_response": 1, "wet.skipped_other": 2,
		"wet.length_mismatch": 1, "wet.stored_bytes": int64(len(file)),
	}
	if fmt.Sprint(report.Counts) != fmt.Sprint(counts) {
		t.Errorf("counts %v, want %v", report.Counts, counts)
	}
	sum := sha256.Sum256(file)
	want := textmill.Object{Name: "a.warc.wet.gz", Bytes: int64(len(file)), SHA256: hex.EncodeToString(sum[:]), Documents: 3}
	if len(report.Inputs) != 1 || report.Inputs[0] != want {
		t.Errorf("inputs %v, want %v", report.Inputs, want)
	}
	if report.Read != 4 || report.Damaged != 1 {
		t.Errorf("read %d, damaged %d", report.Read, report.Damaged)
	}
}

// A file that was not read to its end is not reported as an input.
func TestInputOnlyIfReadToTheEnd(t *testing.T) {
	var store storage.Memory
	put(t, &store, "a.wet", makeFile(t, Plain, 10, 100).bytes)
	src := textmill.Limit(&Source{Store: &store, Names: []string{"a.wet"}}, 3)
	report, err := (&textmill.Pipeline{Source: src, Sink: &textmill.Memory{}}).Run(t.Context())
	if err != nil || report.Read != 3 || len(report.Inputs) != 0 {
		t.Errorf("%v, read %d, %v", err, report.Read, report.Inputs)
	}
}

func TestSourceErrors(t *testing.T) {
	var store storage.Memory
	put(t, &store, "a/x.warc.wet.gz", []byte(gz(rec("a", "", "one"))))
	put(t, &store, "b/x.wet", []byte(rec("a", "", "one")))
	put(t, &store, "text.wet", []byte("just a text"))
	put(t, &store, "empty.wet", nil)
	for _, tt := range []struct {
		names []string
		want  string
		is    error
	}{
		{[]string{"a/x.warc.wet.gz", "b/x.wet"}, "a/x.warc.wet.gz and b/x.wet would both be shard x", nil},
		{[]string{"b/x.wet", "b/x.wet"}, "b/x.wet is given twice", nil},
		{[]string{"missing.wet"}, "missing.wet", fs.ErrNotExist},
		{[]string{"a/.wet.gz"}, `"a/.wet.gz"`, fs.ErrInvalid},
	} {
		_, err := (&Source{Store: &store, Names: tt.names}).Shards(t.Context())
		if err == nil || !strings.Contains(err.Error(), tt.want) || tt.is != nil && !errors.Is(err, tt.is) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v", tt.names, err)
		}
	}
	src := &Source{Store: &store, Names: []string{"text.wet", "empty.wet", "missing.wet"}}
	for shard, is := range map[string]error{"text": ErrNotWARC, "empty": ErrNotWARC, "missing": fs.ErrNotExist, "nonsense": nil} {
		n := 0
		for doc, err := range src.Read(t.Context(), textmill.Shard{Name: shard}) {
			n++
			if doc != nil || err == nil || is != nil && !errors.Is(err, is) || textmill.IsBadInput(err) != (is == ErrNotWARC) || !strings.Contains(err.Error(), shard) {
				t.Errorf("%s: %v, %v", shard, doc, err)
			}
		}
		if n != 1 {
			t.Errorf("%s: %d pairs", shard, n)
		}
	}
	if shards, err := (&Source{Store: &store}).Shards(t.Context()); err != nil || len(shards) != 0 {
		t.Errorf("no names: %v, %v", shards, err)
	}
}

// Cancelling ends the reading with the cause, at the latest with the next record.
func TestSourceCancel(t *testing.T) {
	var store storage.Memory
	put(t, &store, "a.wet", makeFile(t, PerRecord, 100, 100).bytes)
	src := &Source{Store: &store, Names: []string{"a.wet"}}
	why := errors.New("no longer wanted")
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	n := 0
	var last error
	for _, err := range src.Read(ctx, textmill.Shard{Name: "a"}) {
		if n++; n == 10 {
			cancel(why)
		}
		last = err
	}
	if n != 11 || !errors.Is(last, why) {
		t.Errorf("%d pairs, %v", n, last)
	}
}

// breaking is a store whose readers fail after n bytes, and that tells whether
// they were closed.
type breaking struct {
	storage.Store
	n      int
	closed int
}

func (b *breaking) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	r, err := b.Store.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	return &breakingReader{r, b, b.n}, nil
}

type breakingReader struct {
	io.ReadCloser
	b    *breaking
	left int
}

var errBroken = errors.New("connection lost")

func (r *breakingReader) Read(p []byte) (int, error) {
	if r.left == 0 {
		return 0, errBroken
	}
	n, err := r.ReadCloser.Read(p[:min(len(p), r.left)])
	r.left -= n
	return n, err
}

func (r *breakingReader) Close() error {
	r.b.closed++
	return r.ReadCloser.Close()
}

// Wherever reading fails, the shard does too, and nothing is committed or left
// open.
func TestSourceReadFails(t *testing.T) {
	var memory storage.Memory
	f := makeFile(t, PerRecord, 5, 300)
	put(t, &memory, "a.wet", f.bytes)
	for n := range len(f.bytes) + 1 {
		store := &breaking{Store: &memory, n: n}
		out := &textmill.Memory{}
		p := &textmill.Pipeline{Source: &Source{Store: store, Names: []string{"a.wet"}}, Sink: out, MaxErrors: -1, Workers: 1}
		report, err := p.Run(t.Context())
		if !errors.Is(err, errBroken) || len(out.Documents()) > 0 || len(report.Inputs) > 0 || store.closed != 1 {
			t.Fatalf("after %d bytes: %v, %d documents, closed %d times", n, err, len(out.Documents()), store.closed)
		}
	}
}
