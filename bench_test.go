package textmill_test

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"testing"

	"github.com/textmill/textmill"
)

// prepared is a source of n documents that costs next to nothing to read.
type prepared struct {
	docs []textmill.Document
	text string
}

func prepare(n int) *prepared {
	return &prepared{make([]textmill.Document, n), strings.Repeat("ten bytes ", 20)}
}

func (p *prepared) Shards(context.Context) ([]textmill.Shard, error) {
	return []textmill.Shard{{Name: "prepared"}}, nil
}

func (p *prepared) Read(_ context.Context, shard textmill.Shard) iter.Seq2[*textmill.Document, error] {
	return func(yield func(*textmill.Document, error) bool) {
		for i := range p.docs {
			d := &p.docs[i]
			*d = textmill.Document{Text: p.text, Shard: shard.Name, Index: i}
			if !yield(d, nil) {
				return
			}
		}
	}
}

// BenchmarkMachinery measures what a pipeline costs beside its stages: five that
// do nothing, one of which drops every tenth document.
func BenchmarkMachinery(b *testing.B) {
	nothing := textmill.Map("nothing", func(*textmill.Document) {})
	tenth := textmill.Filter("tenth", func(d *textmill.Document) bool { return d.Index%10 != 0 })
	for _, workers := range []int{1, 2} {
		b.Run(fmt.Sprintf("workers=%d", workers), func(b *testing.B) {
			src := prepare(100_000)
			p := &textmill.Pipeline{
				Source: src, Stages: []textmill.Stage{nothing, tenth, nothing, nothing, nothing},
				Sink: textmill.Discard, Workers: workers,
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := p.Run(context.Background()); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(src.docs)), "ns/doc")
		})
	}
}

// BenchmarkCount measures what a stage pays for a counter.
func BenchmarkCount(b *testing.B) {
	count := textmill.StageFunc(func(ctx context.Context, _ *textmill.Document) (textmill.Verdict, error) {
		textmill.Count(ctx, "bench.n", 1)
		return textmill.Keep, nil
	})
	src := prepare(100_000)
	p := &textmill.Pipeline{Source: src, Stages: []textmill.Stage{count}, Sink: textmill.Discard, Workers: 2}
	for b.Loop() {
		if _, err := p.Run(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(src.docs)), "ns/doc")
}
