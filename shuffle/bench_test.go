package shuffle

import (
	"context"
	"fmt"
	"testing"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/internal/sample"
	"github.com/textmill/textmill/internal/shareddata"
	"github.com/textmill/textmill/storage"
)

// benchmarks runs a benchmark on the sample and on the corpus.
func benchmarks(b *testing.B, bench func(b *testing.B, docs []*textmill.Document)) {
	b.Run("sample", func(b *testing.B) {
		var docs []*textmill.Document
		for i, r := range sample.Records() {
			docs = append(docs, &textmill.Document{ID: r.ID, URL: r.URL, Date: r.Date, Language: r.Language, Text: r.Text, Shard: "sample", Index: i})
		}
		bench(b, docs)
	})
	b.Run("corpus", func(b *testing.B) {
		var docs []*textmill.Document
		for i, p := range shareddata.Corpus(b) {
			docs = append(docs, &textmill.Document{ID: p.ID, URL: p.URL, Language: p.Language, Text: p.Text, Shard: p.File, Index: i})
		}
		bench(b, docs)
	})
}

func start(b *testing.B, docs []*textmill.Document) {
	var bytes int64
	for _, d := range docs {
		bytes += int64(len(d.Text))
	}
	b.SetBytes(bytes)
	b.ReportAllocs()
	b.ResetTimer()
}

// The sink alone: everything scatter costs a pipeline.
func BenchmarkScatter(b *testing.B) {
	benchmarks(b, func(b *testing.B, docs []*textmill.Document) {
		s := &Shuffle{Store: storage.Dir(b.TempDir()), Buckets: 16}
		start(b, docs)
		for b.Loop() {
			if err := scatterAll(b.Context(), s, "shard", docs); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(len(docs)*b.N)/b.Elapsed().Seconds(), "docs/s")
	})
}

func scatterAll(ctx context.Context, s *Shuffle, shard string, docs []*textmill.Document) error {
	w, err := s.Scatter().Create(ctx, textmill.Shard{Name: shard})
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

// The source alone, with buckets that fit into memory and with one that does not.
func BenchmarkGather(b *testing.B) {
	benchmarks(b, func(b *testing.B, docs []*textmill.Document) {
		for _, memory := range []int64{64 << 20, 1 << 20} {
			b.Run(fmt.Sprintf("%dMiB", memory>>20), func(b *testing.B) {
				src := divided(1, docs, 8)
				s := &Shuffle{Store: storage.Dir(b.TempDir()), Buckets: 2, Memory: memory}
				for _, name := range src.names {
					if err := scatterAll(b.Context(), s, name, src.docs[name]); err != nil {
						b.Fatal(err)
					}
				}
				gather := s.Gather(src)
				shards, err := gather.Shards(b.Context())
				if err != nil {
					b.Fatal(err)
				}
				start(b, docs)
				for b.Loop() {
					for _, shard := range shards {
						for _, err := range gather.Read(b.Context(), shard) {
							if err != nil {
								b.Fatal(err)
							}
						}
					}
				}
				b.ReportMetric(float64(len(docs)*b.N)/b.Elapsed().Seconds(), "docs/s")
			})
		}
	})
}

func BenchmarkCompress(b *testing.B) {
	benchmarks(b, func(b *testing.B, docs []*textmill.Document) {
		var c compressor
		var out []byte
		var from, to int
		start(b, docs)
		for b.Loop() {
			for _, d := range docs {
				out = c.compress(out[:0], []byte(d.Text))
				from += len(d.Text)
				to += len(out)
			}
		}
		b.ReportMetric(float64(from)/float64(to), "x")
	})
}
