package words

import (
	"strings"
	"testing"
)

// generated is prose made by the tests, so that benchmarks run without the
// shared data too.
var generated = strings.Repeat("The miller's daughter didn't say much, but on 3 May 1912 she wrote: \"We ground 4,500 sacks.\" "+
	"Nobody at the well-known mill (est. 1874) believed her.\n", 100)

// benchTexts returns about 1 MB of text of a language of the shared corpus.
func benchTexts(b *testing.B, lang string) []string {
	var texts []string
	size := 0
	for _, text := range corpusTexts(b)[lang] {
		if texts = append(texts, text); size > 1<<20 {
			break
		}
		size += len(text)
	}
	return texts
}

func benchAppend(b *testing.B, kind Kind, texts []string) {
	var spans []Span
	size, words := 0, 0
	for _, text := range texts {
		spans = kind.Append(spans[:0], text)
		size += len(text)
		words += len(spans)
	}
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		for _, text := range texts {
			spans = kind.Append(spans[:0], text)
		}
	}
	b.ReportMetric(float64(words), "words")
}

func BenchmarkAppend(b *testing.B) {
	for _, kind := range []Kind{Whitespace, UAX29, Treebank} {
		b.Run(kind.String()+"/generated", func(b *testing.B) { benchAppend(b, kind, []string{generated}) })
		for _, lang := range []string{"eng", "deu", "rus", "zho", "hin"} {
			b.Run(kind.String()+"/"+lang, func(b *testing.B) { benchAppend(b, kind, benchTexts(b, lang)) })
		}
	}
}

func BenchmarkSplitLines(b *testing.B) {
	texts := benchTexts(b, "eng")
	size := 0
	for _, text := range texts {
		size += len(text)
	}
	b.SetBytes(int64(size))
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		for _, text := range texts {
			for line := range SplitLines(text) {
				n += len(line)
			}
		}
	}
}
