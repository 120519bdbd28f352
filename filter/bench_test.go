package filter

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/textmill/textmill"
)

// prose returns a text of about n bytes with the statistics that matter to the
// filters: words by a power law, sentences, lines of several lengths.
func prose(seed uint64, n int) string {
	rng := rand.New(rand.NewPCG(seed, 1))
	vocabulary := make([]string, 4000)
	for i := range vocabulary {
		var b strings.Builder
		for range 1 + rng.IntN(2+min(i/8, 5)) {
			b.WriteByte("bcdfghlmnprstvw"[rng.IntN(15)])
			b.WriteByte("aeiou"[rng.IntN(5)])
		}
		vocabulary[i] = b.String()
	}
	copy(vocabulary, []string{"the", "of", "and", "to", "that", "have", "with", "be"})
	var b strings.Builder
	for b.Len() < n {
		for k := range 1 + rng.IntN(4) { // sentences of a line
			if k > 0 {
				b.WriteByte(' ')
			}
			for i := range 4 + rng.IntN(16) {
				w := vocabulary[int(float64(len(vocabulary))*rng.Float64()*rng.Float64()*rng.Float64())]
				if i == 0 {
					w = strings.ToUpper(w[:1]) + w[1:]
				} else {
					b.WriteString([]string{" ", " ", " ", " ", " ", " ", ", "}[rng.IntN(7)])
				}
				b.WriteString(w)
			}
			b.WriteByte('.')
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func proseDocuments(n, size int) (docs []*textmill.Document) {
	for i := range n {
		docs = append(docs, &textmill.Document{ID: fmt.Sprint(i), Text: prose(uint64(i), size)})
	}
	return docs
}

func benchmarkedStages() map[string]textmill.Stage {
	fineweb, _ := Preset("fineweb")
	return map[string]textmill.Stage{
		"GopherRepetition": NewGopherRepetition(),
		"GopherQuality":    NewGopherQuality(),
		"C4Quality":        NewC4Quality(),
		"C4Paragraph":      NewC4Paragraph(),
		"FineWebQuality":   NewFineWebQuality(),
		"fineweb":          fineweb[0],
	}
}

// BenchmarkProse judges generated English-like texts that pass all rules, so that
// every rule has to look.
func BenchmarkProse(b *testing.B) { benchmark(b, proseDocuments(200, 4000)) }

// BenchmarkCorpus judges web texts in many languages. Most fail the English rules,
// and many early.
func BenchmarkCorpus(b *testing.B) { benchmark(b, corpus(b)) }

// BenchmarkCorpusAll is BenchmarkCorpus with all rules looked at.
func BenchmarkCorpusAll(b *testing.B) {
	b.Run("fineweb", func(b *testing.B) {
		benchmarkStage(b, &Quality{Rules: fineWeb(0.01), All: true}, corpus(b))
	})
}

func benchmark(b *testing.B, docs []*textmill.Document) {
	for name, stage := range benchmarkedStages() {
		b.Run(name, func(b *testing.B) { benchmarkStage(b, stage, docs) })
	}
}

func benchmarkStage(b *testing.B, stage textmill.Stage, docs []*textmill.Document) {
	size := 0
	for _, d := range docs {
		size += len(d.Text)
	}
	b.SetBytes(int64(size))
	b.ReportAllocs()
	ctx := b.Context()
	doc, kept := new(textmill.Document), 0
	for b.Loop() {
		kept = 0
		for _, d := range docs {
			doc.Text, doc.Meta = d.Text, nil
			v, err := stage.Process(ctx, doc)
			if err != nil {
				b.Fatal(err)
			}
			if v.Kept() {
				kept++
			}
		}
	}
	b.ReportMetric(float64(len(docs)), "docs")
	b.ReportMetric(100*float64(kept)/float64(len(docs)), "%kept")
}
