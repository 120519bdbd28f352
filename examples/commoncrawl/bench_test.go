//go:build unix

package main

import (
	"context"
	"io"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/dedup"
	"github.com/textmill/textmill/filter"
	"github.com/textmill/textmill/jsonl"
	"github.com/textmill/textmill/langid"
	"github.com/textmill/textmill/langid/lingua"
	"github.com/textmill/textmill/normalize"
	"github.com/textmill/textmill/storage"
	"github.com/textmill/textmill/tokenize"
	"github.com/textmill/textmill/tokenize/megatron"
	"github.com/textmill/textmill/toxicity"
	"github.com/textmill/textmill/wet"
)

// MB/s are of text per second of CPU time, not of the clock, so that they say
// something on a machine that has other things to do. Run with -cpu 1.

// crawl returns the WET files to measure on: one of real pages if there is one,
// or else the sample.
func crawl(b *testing.B) textmill.Source {
	b.Helper()
	files, err := filepath.Glob("../../../shared/data/corpus/*00000.warc.wet.gz")
	if err != nil {
		b.Fatal(err)
	}
	if files == nil {
		files = []string{"testdata"}
	}
	src, err := wet.Open(context.Background(), files, nil)
	if err != nil {
		b.Fatal(err)
	}
	return src
}

// BenchmarkJob is the whole main job, from files to files.
func BenchmarkJob(b *testing.B) {
	encoder, err := tokenize.Tiktoken("cl100k_base")
	if err != nil {
		b.Fatal(err)
	}
	for _, tt := range []struct {
		name      string
		languages []string
		tokens    bool
	}{
		{"without langid and tokens", nil, false},
		{"without langid", nil, true},
		{"whole", []string{"en"}, true},
	} {
		b.Run(tt.name, func(b *testing.B) {
			c := &config{languages: tt.languages, preset: "fineweb", tokenizer: encoder, workers: 1}
			var r textmill.Report
			m := measure()
			for b.Loop() {
				r = job(b, c, tt.tokens)
			}
			m.report(b, r.BytesRead, r.Read)
		})
	}
}

// job does the steps in a new directory.
func job(b *testing.B, c *config, tokens bool) textmill.Report {
	ctx, src, store := context.Background(), crawl(b), storage.Dir(b.TempDir())
	shards, err := src.Shards(ctx)
	if err != nil {
		b.Fatal(err)
	}
	s, err := newSteps(c, src, shards, store)
	if err != nil {
		b.Fatal(err)
	}
	if !tokens {
		s.publish.Stages = s.publish.Stages[:2]
		s.publish.Sink = jsonl.Sink{Store: store, Dir: "documents"}
	}
	reports, err := s.run(ctx, c, s.plan(store, "", nil), io.Discard)
	if err != nil {
		b.Fatal(err)
	}
	return reports["clean"]
}

// A measurement is of CPU time and allocations.
type measurement struct {
	cpu     time.Duration
	mallocs uint64
}

func measure() measurement {
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		panic(err)
	}
	return measurement{time.Duration(r.Utime.Nano() + r.Stime.Nano()), mem.Mallocs}
}

// report reports what was used since m for b.N times that many bytes of text and
// documents.
func (m measurement) report(b *testing.B, bytes, docs int64) {
	now := measure()
	cpu, n := (now.cpu - m.cpu).Seconds(), float64(b.N)
	b.ReportMetric(float64(bytes)*n/1e6/cpu, "MB/s")
	b.ReportMetric(float64(docs)*n/cpu, "docs/s")
	b.ReportMetric(float64(now.mallocs-m.mallocs)/(n*float64(docs)), "allocs/doc")
	b.ReportMetric(0, "ns/op") // an operation is a file: says nothing
}

// BenchmarkStage is each stage by itself, over all documents of a file in memory.
func BenchmarkStage(b *testing.B) {
	encoder, err := tokenize.Tiktoken("cl100k_base")
	if err != nil {
		b.Fatal(err)
	}
	quality, err := filter.Preset("fineweb")
	if err != nil {
		b.Fatal(err)
	}
	detector, err := lingua.New(lingua.Options{})
	if err != nil {
		b.Fatal(err)
	}
	docs := documents(b)
	for _, tt := range []struct {
		name  string
		stage textmill.Stage
	}{
		{"filter.URL", filter.NewURL()},
		{"langid.Script", &langid.Tag{Detector: &langid.Script{}}},
		{"langid.Lingua", &langid.Tag{Detector: detector}},
		{"normalize.Standard", normalize.Standard()},
		{"normalize.PII", normalize.NewPII()},
		{"filter.GopherRepetition", filter.NewGopherRepetition()},
		{"filter.GopherQuality", filter.NewGopherQuality()},
		{"filter.C4Quality", filter.NewC4Quality()},
		{"filter.FineWebQuality", filter.NewFineWebQuality()},
		{"filter.fineweb", textmill.Chain(quality...)},
		{"toxicity.Filter", toxicity.NewFilter(toxicity.English())},
		{"dedup.ExactInShard", dedup.ExactInShard(dedup.Whitespace)},
		{"tokenize.Stage", &tokenize.Stage{Encoder: encoder}},
	} {
		b.Run(tt.name, func(b *testing.B) { benchmarkStage(b, tt.stage, docs) })
	}
}

func benchmarkStage(b *testing.B, s textmill.Stage, docs []*textmill.Document) {
	var bytes int64
	for _, d := range docs {
		bytes += int64(len(d.Text))
	}
	ctx := context.Background()
	var d textmill.Document
	m := measure()
	for b.Loop() {
		for _, original := range docs {
			tokens := d.Tokens[:0]
			d = *original
			d.Tokens, d.Meta = tokens, nil
			if _, err := s.Process(ctx, &d); err != nil {
				b.Fatal(err)
			}
		}
	}
	m.report(b, bytes, int64(len(docs)))
}

// documents reads a file into memory.
func documents(b *testing.B) (docs []*textmill.Document) {
	ctx, src := context.Background(), crawl(b)
	shards, err := src.Shards(ctx)
	if err != nil {
		b.Fatal(err)
	}
	for d, err := range src.Read(ctx, shards[0]) {
		if err == nil {
			docs = append(docs, d)
		}
	}
	return docs
}

// BenchmarkEnds is what is at the ends of a pipeline: reading WET files, and
// writing documents and tokens.
func BenchmarkEnds(b *testing.B) {
	encoder, err := tokenize.Tiktoken("cl100k_base")
	if err != nil {
		b.Fatal(err)
	}
	docs := documents(b)
	for _, d := range docs {
		d.Tokens = encoder.Encode(nil, d.Text)
	}
	held := textmill.Documents(docs...)
	for _, tt := range []struct {
		name string
		src  textmill.Source
		sink func(storage.Store) textmill.Sink
	}{
		{"wet", crawl(b), func(storage.Store) textmill.Sink { return textmill.Discard }},
		{"memory", held, func(storage.Store) textmill.Sink { return textmill.Discard }},
		{"jsonl", held, func(s storage.Store) textmill.Sink { return jsonl.Sink{Store: s, Suffix: ".jsonl"} }},
		{"jsonl.gz", held, func(s storage.Store) textmill.Sink { return jsonl.Sink{Store: s, Suffix: ".jsonl.gz"} }},
		{"jsonl.zst", held, func(s storage.Store) textmill.Sink { return jsonl.Sink{Store: s, Suffix: ".jsonl.zst"} }},
		{"tokens", held, func(s storage.Store) textmill.Sink {
			return tokenize.Shards{Store: s, Encoder: encoder, Format: megatron.Format{}}
		}},
		{"signatures", held, func(s storage.Store) textmill.Sink { return (&dedup.Exact{Store: s}).Signatures() }},
	} {
		b.Run(tt.name, func(b *testing.B) {
			p := &textmill.Pipeline{Source: tt.src, Sink: tt.sink(storage.Dir(b.TempDir())), MaxErrors: -1, Workers: 1}
			var r textmill.Report
			m := measure()
			for b.Loop() {
				if r, err = p.Run(context.Background()); err != nil {
					b.Fatal(err)
				}
			}
			m.report(b, r.BytesRead, r.Read)
		})
	}
}
