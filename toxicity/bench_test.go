package toxicity

import (
	"strings"
	"testing"

	"github.com/textmill/textmill"
)

// generated returns n bytes of made-up text with a hit now and then.
func generated(n int) []string {
	const sentence = "The miller had nothing to say about the weather, and the classes passed in silence. "
	var sb strings.Builder
	for i := 0; sb.Len() < n; i++ {
		sb.WriteString(sentence)
		if i%50 == 0 {
			sb.WriteString("What a damn mess. ")
		}
	}
	return []string{sb.String()}
}

func benchmarkScore(b *testing.B, l *Lexicon, texts []string) {
	size := 0
	for _, t := range texts {
		size += len(t)
	}
	b.SetBytes(int64(size))
	b.ReportAllocs()
	scores := make([]float64, len(l.Categories()))
	for b.Loop() {
		for _, t := range texts {
			l.Score(t, scores)
		}
	}
	b.ReportMetric(float64(b.N)*float64(len(texts))/b.Elapsed().Seconds(), "docs/s")
}

func BenchmarkLexicon(b *testing.B) {
	b.Run("generated", func(b *testing.B) { benchmarkScore(b, English(), generated(1<<20)) })
	b.Run("corpus", func(b *testing.B) { benchmarkScore(b, English(), corpusTexts(b)) })
	b.Run("corpus/LDNOOBW", func(b *testing.B) { benchmarkScore(b, loadedLexicon(b), corpusTexts(b)) })
	b.Run("corpus/27-languages", func(b *testing.B) { benchmarkScore(b, allLists(b), corpusTexts(b)) })
}

func BenchmarkTag(b *testing.B) {
	texts := corpusTexts(b)
	size := 0
	for _, t := range texts {
		size += len(t)
	}
	b.SetBytes(int64(size))
	b.ReportAllocs()
	tag, doc := &Tag{Scorer: English()}, &textmill.Document{}
	for b.Loop() {
		for _, text := range texts {
			doc.Text = text
			clear(doc.Meta)
			if _, err := tag.Process(b.Context(), doc); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.N)*float64(len(texts))/b.Elapsed().Seconds(), "docs/s")
}

func BenchmarkC4BadWords(b *testing.B) {
	c, err := NewC4BadWords(c4Lists(b))
	if err != nil {
		b.Fatal(err)
	}
	texts := corpusTexts(b)
	size := 0
	for _, t := range texts {
		size += len(t)
	}
	for _, language := range []string{"en", "ru", "zh"} {
		b.Run(language, func(b *testing.B) {
			b.SetBytes(int64(size))
			b.ReportAllocs()
			doc := &textmill.Document{Language: language}
			for b.Loop() {
				for _, doc.Text = range texts {
					if _, err := c.Process(b.Context(), doc); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}

func BenchmarkNewLexicon(b *testing.B) {
	entries := make([]Entry, 0, 100_000)
	for i := range cap(entries) {
		entries = append(entries, Entry{Text: strings.Repeat(string(rune('a'+i%26)), 1+i%5) + string(rune('a'+i/26%26)) + string(rune(0x400+i%512)) + string(rune('a'+i/13312)), Weight: 1})
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := NewLexicon(entries); err != nil {
			b.Fatal(err)
		}
	}
}
