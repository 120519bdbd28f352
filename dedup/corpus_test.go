package dedup_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/dedup"
	"github.com/textmill/textmill/internal/shareddata"
	"github.com/textmill/textmill/storage"
)

// pages returns the test corpus: two shards.
func pages(t testing.TB) (c *corpus, bytes int64) {
	t.Helper()
	c = &corpus{}
	for _, p := range shareddata.Corpus(t) {
		c.add(p.File, &textmill.Document{ID: p.ID, URL: p.URL, Text: p.Text})
		bytes += int64(len(p.Text))
	}
	return c, bytes
}

type truth struct {
	ID    string `json:"id"`
	Group string `json:"dup_group"`
	Kind  string `json:"dup_kind"`
}

func truths(t testing.TB) (out []truth) {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(shareddata.Gunzip(t, "corpus/truth.jsonl.gz")))
	for dec.More() {
		var r truth
		if err := dec.Decode(&r); err != nil {
			t.Fatal(err)
		}
		out = append(out, r)
	}
	return out
}

// Real pages with injected duplicates. Recall: of the copies of each page, all
// but one go. Precision: whatever goes has the survivor's text.
func TestInjectedDuplicates(t *testing.T) {
	c, _ := pages(t)
	docs := map[string]*textmill.Document{}
	for _, d := range c.all() {
		docs[d.ID] = d
	}
	groups := map[string][]string{} // the exact copies of a page, with the page
	for _, r := range truths(t) {
		if r.Kind == "base" || r.Kind == "exact" {
			groups[r.Group] = append(groups[r.Group], r.ID)
		}
	}
	maps.DeleteFunc(groups, func(_ string, ids []string) bool { return len(ids) < 2 })

	normalizations := []dedup.Normalization{dedup.Verbatim, dedup.Whitespace, dedup.Loose}
	if racing {
		normalizations = normalizations[1:2]
	}
	for _, n := range normalizations {
		store := &storage.Memory{}
		r := mustRun(t, &dedup.Exact{Store: store, Normalize: n}, c, 2)
		injected, found := 0, 0
		for _, ids := range groups {
			injected += len(ids) - 1
			kept := 0
			for _, id := range ids {
				if _, gone := r.drop[id]; !gone {
					kept++
				}
			}
			found += len(ids) - max(kept, 1)
		}
		equal := 0
		for id, survivor := range r.drop {
			if _, gone := r.drop[survivor]; gone {
				t.Errorf("%v: %s is dropped for %s, which is dropped too", n, id, survivor)
			}
			if docs[id].Text == docs[survivor].Text {
				equal++
			}
		}
		t.Logf("%-10v %d groups, %d of %d injected copies dropped; %d dropped in all, %d of them byte for byte",
			n, len(groups), found, injected, len(r.drop), equal)
		if found != injected || injected != 88 {
			t.Errorf("%v: %d of %d injected copies were dropped; there are 88", n, found, injected)
		}
		if n == dedup.Verbatim && equal != len(r.drop) {
			t.Errorf("%d were dropped that differ", len(r.drop)-equal)
		}
		if n == dedup.Whitespace {
			if want := naive(c, fields, nil); !maps.Equal(r.drop, want) {
				t.Errorf("dropped %d, a map drops %d", len(r.drop), len(want))
			}
		}
		size := 0
		for name, content := range files(t, store) {
			if strings.HasPrefix(name, "sign/") {
				size += len(content)
			}
		}
		t.Logf("%-10v %.1f bytes of signatures a document", n, float64(size)/float64(len(docs)))
	}
}

// pagesOrMade returns real pages, or without them made-up ones.
func pagesOrMade(b *testing.B) (docs []*textmill.Document, size int64) {
	b.Helper()
	if _, err := os.Stat(filepath.Join("..", "..", "shared", "data")); err == nil {
		c, n := pages(b)
		return c.all(), n
	}
	text := strings.Repeat("Some words of a page that was made up, 12 or 13 of them, naïve café.\n", 70)
	for i := range 5000 {
		t := fmt.Sprint(i, text)
		docs = append(docs, &textmill.Document{ID: fmt.Sprintf("<urn:uuid:%08x-0000-4000-8000-000000000000>", i), Text: t, Index: i})
		size += int64(len(t))
	}
	return docs, size
}

// BenchmarkSign makes signature files of pages, one shard, all that Signatures
// does.
func BenchmarkSign(b *testing.B) {
	docs, size := pagesOrMade(b)
	for i, d := range docs {
		d.Shard, d.Index = "bench", i
	}
	for _, n := range []dedup.Normalization{dedup.Verbatim, dedup.Whitespace, dedup.Loose} {
		b.Run(n.String(), func(b *testing.B) {
			store := &storage.Memory{}
			e := &dedup.Exact{Store: store, Normalize: n}
			b.SetBytes(size)
			b.ReportAllocs()
			for b.Loop() {
				w, err := e.Signatures().Create(b.Context(), textmill.Shard{Name: "bench"})
				if err != nil {
					b.Fatal(err)
				}
				for _, d := range docs {
					if err := w.Write(b.Context(), d); err != nil {
						b.Fatal(err)
					}
				}
				if err := w.Commit(b.Context()); err != nil {
					b.Fatal(err)
				}
				if err := w.Close(); err != nil {
					b.Fatal(err)
				}
			}
			info, err := store.Stat(b.Context(), "sign/bench.sig")
			if err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(info.Size)/float64(len(docs)), "stored-B/doc")
			b.ReportMetric(float64(len(docs))*float64(b.N)/b.Elapsed().Seconds(), "docs/s")
		})
	}
}

// BenchmarkInShard runs the stage over pages.
func BenchmarkInShard(b *testing.B) {
	docs, size := pagesOrMade(b)
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		s := dedup.ExactInShard(dedup.Whitespace)
		for _, d := range docs {
			if _, err := s.Process(b.Context(), d); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// BenchmarkMatch matches, collects and filters 400,000 signatures from 20
// shards, of which a fifth is dropped; in a directory.
func BenchmarkMatch(b *testing.B) {
	const n = 400_000
	c := &corpus{}
	for i := range n {
		c.add(fmt.Sprintf("shard-%02d", i%20), &textmill.Document{
			ID:   fmt.Sprintf("<urn:uuid:%08x-0000-4000-8000-%012x>", i*7919, i),
			Text: fmt.Sprint(i % (n * 4 / 5)),
		})
	}
	for _, memory := range []int64{64 << 20, 1 << 20} {
		e := &dedup.Exact{Store: storage.Dir(b.TempDir()), Partitions: 4, Memory: memory}
		if err := sign(b, e, c); err != nil {
			b.Fatal(err)
		}
		rate := func(b *testing.B, s step, what string, n float64) {
			b.ReportAllocs()
			for b.Loop() {
				if err := s(b, e, c); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(n*float64(b.N)/b.Elapsed().Seconds(), what)
		}
		name := fmt.Sprintf("%dMiB", memory>>20)
		b.Run("match/"+name, func(b *testing.B) { rate(b, match, "signatures/s", n) })
		b.Run("collect/"+name, func(b *testing.B) { rate(b, collect, "entries/s", n/5) })
		b.Run("filter/"+name, func(b *testing.B) { rate(b, filter, "docs/s", n) })
	}
}

// A last look at what the plan leaves on a disk, for the figures in the
// documentation of Exact.
func TestFileSizes(t *testing.T) {
	c := &corpus{}
	const n = 40_000
	for i := range n {
		c.add("shard", &textmill.Document{ID: fmt.Sprintf("<urn:uuid:%08x-0000-4000-8000-%012x>", i*7919, i), Text: fmt.Sprint(i % (n / 2))})
	}
	store := &storage.Memory{}
	mustRun(t, &dedup.Exact{Store: store}, c, 1)
	sizes := map[string]float64{}
	for name, content := range files(t, store) {
		sizes[strings.SplitN(name, "/", 2)[0]] += float64(len(content))
	}
	for _, kind := range slices.Sorted(maps.Keys(sizes)) {
		t.Logf("%s: %.0f bytes", kind, sizes[kind])
	}
	if per := sizes["sign"] / n; per > 40 {
		t.Errorf("%.1f bytes a signature", per)
	}
	if per := (sizes["match"] + sizes["drop"]) / (n / 2); per > 90 {
		t.Errorf("%.1f bytes for each document dropped", per)
	}
}
