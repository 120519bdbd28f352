package dedup_test

import (
	"context"
	"flag"
	"fmt"
	"iter"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/dedup"
	"github.com/textmill/textmill/dedup/sketch"
	"github.com/textmill/textmill/storage"
)

var (
	scaleDocuments = flag.Int("documents", 20_000, "documents in BenchmarkFuzzyPlan")
	scaleCheck     = flag.Float64("check", 0, "Fuzzy.Check in BenchmarkFuzzyPlan")
	scaleMemory    = flag.Int64("memory", 0, "Fuzzy.Memory in BenchmarkFuzzyPlan")
)

// A synthetic corpus makes its documents when they are read: of 10, 6 are new and 4
// are copies of an earlier one with a word changed, of the same shard or another.
type synthetic struct{ documents, shards int }

func (s synthetic) Shards(context.Context) ([]textmill.Shard, error) {
	out := make([]textmill.Shard, s.shards)
	for i := range out {
		out[i] = textmill.Shard{Index: i, Name: fmt.Sprintf("shard-%05d", i)}
	}
	return out, nil
}

func (s synthetic) Read(_ context.Context, shard textmill.Shard) iter.Seq2[*textmill.Document, error] {
	return func(yield func(*textmill.Document, error) bool) {
		from, to := shard.Index*s.documents/s.shards, (shard.Index+1)*s.documents/s.shards
		for i := from; i < to; i++ {
			doc := &textmill.Document{ID: fmt.Sprintf("<urn:uuid:%08x-0000-4000-8000-%012x>", i*2654435761&0xffffffff, i), Shard: shard.Name, Index: i - from, Text: s.text(i)}
			if !yield(doc, nil) {
				return
			}
		}
	}
}

func (s synthetic) text(i int) string {
	rng := rand.New(rand.NewPCG(uint64(i), 1))
	of := i
	if i > 0 && rng.IntN(10) < 4 {
		of = rng.IntN(i)
	}
	words := rand.New(rand.NewPCG(uint64(of), 2))
	var sb strings.Builder
	change := rng.IntN(40)
	for w := range 40 {
		n := words.Uint32() % 200_000
		if of != i && w == change {
			n = rng.Uint32() % 200_000
		}
		fmt.Fprintf(&sb, "%x ", n)
	}
	return sb.String()
}

// BenchmarkFuzzyPlan runs the whole plan over made-up documents and says how many a
// second each step does, how much it left on disk, and what it took in memory.
func BenchmarkFuzzyPlan(b *testing.B) {
	for b.Loop() {
		dir := b.TempDir()
		f := &dedup.Fuzzy{Store: storage.Dir(dir), Sketch: sketch.FineWeb(), Check: *scaleCheck, Memory: *scaleMemory}
		src := synthetic{*scaleDocuments, max(*scaleDocuments/100_000, 4)}
		var left int64
		for _, s := range f.Plan(src, nil, textmill.Discard) {
			start := time.Now()
			report, err := textmill.RunJob(b.Context(), s.Job, 2)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(*scaleDocuments)/time.Since(start).Seconds(), s.Name+"-docs/s")
			for _, o := range report.Outputs {
				left += o.Bytes
			}
			b.Logf("%-14s %8.1f s  %v  peak RSS %d MB", s.Name, time.Since(start).Seconds(), report.Counts, peakRSS(b)>>20)
		}
		b.ReportMetric(float64(left)/float64(*scaleDocuments), "B/doc")
		b.ReportMetric(float64(peakRSS(b))/1e6, "peak-RSS-MB")
	}
}
