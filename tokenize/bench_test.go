package tokenize

import (
	"strings"
	"testing"

	"github.com/textmill/textmill/internal/sample"
)

// BenchmarkEncode measures this package and the one it replaces on the same
// texts in the same run.
func BenchmarkEncode(b *testing.B) {
	for _, name := range []string{"cl100k_base", "o200k_base", "r50k_base"} {
		b.Run(name+"/sample", func(b *testing.B) { benchEncode(b, load(b, name), sampleTexts()) })
		b.Run(name+"/corpus", func(b *testing.B) { benchEncode(b, load(b, name), corpusTexts(b, 4_000_000)) })
		b.Run(name+"/sample/tiktoken-go", func(b *testing.B) { benchOracle(b, name, sampleTexts()) })
	}
}

func benchEncode(b *testing.B, e *BPE, texts []string) {
	var ids []uint32
	for _, text := range texts { // caches as they are after the first documents
		ids = e.Encode(ids[:0], text)
	}
	b.SetBytes(size(texts))
	b.ReportAllocs()
	for b.Loop() {
		for _, text := range texts {
			ids = e.Encode(ids[:0], text)
		}
	}
	b.ReportMetric(float64(len(texts)*b.N)/b.Elapsed().Seconds(), "docs/s")
}

func benchOracle(b *testing.B, name string, texts []string) {
	o := oracle(b, name)
	texts = texts[:len(texts)/4]
	b.SetBytes(size(texts))
	b.ReportAllocs()
	for b.Loop() {
		for _, text := range texts {
			o.EncodeOrdinary(text)
		}
	}
	b.ReportMetric(float64(len(texts)*b.N)/b.Elapsed().Seconds(), "docs/s")
}

func BenchmarkLanguage(b *testing.B) {
	e := load(b, "cl100k_base")
	texts := map[string][]string{}
	for _, r := range sample.Records() {
		if r.Kind == sample.Article {
			texts[r.Language] = append(texts[r.Language], r.Text)
		}
	}
	for _, language := range []string{"en", "de", "ru", "hi", "th", "zh", "ja", "ko"} {
		b.Run(language, func(b *testing.B) { benchEncode(b, e, texts[language]) })
	}
}

// BenchmarkLongWord measures what takes others the square of the time.
func BenchmarkLongWord(b *testing.B) {
	e := load(b, "cl100k_base")
	text := strings.Repeat("abcdefghijklmnopqrstuvwxyzabcdefgh", 100_000/34)
	benchEncode(b, e, []string{text})
}

func BenchmarkSplit(b *testing.B) {
	texts := sampleTexts()
	for _, e := range encodings {
		b.Run(e.name, func(b *testing.B) {
			var ends [128]int
			b.SetBytes(size(texts))
			for b.Loop() {
				for _, text := range texts {
					for i := 0; i < len(text); {
						i = ends[e.pattern.Ends(text, i, ends[:])-1]
					}
				}
			}
		})
	}
}

func BenchmarkLoad(b *testing.B) {
	for _, name := range []string{"o200k_base", "cl100k_base", "r50k_base"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := loadVocabulary(name); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func size(texts []string) (n int64) {
	for _, text := range texts {
		n += int64(len(text))
	}
	return n
}
