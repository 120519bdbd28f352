package hf

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/textmill/textmill/internal/shareddata"
)

// BenchmarkEncode encodes real pages with a vocabulary of the size of those in use:
// cl100k's, with Llama 3's settings.
func BenchmarkEncode(b *testing.B) {
	tok := readFile(b, tiktokenFile(b, "cl100k_base", cl100k), "<|endoftext|>")
	for _, language := range []string{"eng", "rus", "zho", "all"} {
		b.Run("cl100k/"+language, func(b *testing.B) { benchmark(b, tok, pages(b, language)) })
	}
}

// BenchmarkSmall encodes generated texts with the small tokenizers of the golden
// file.
func BenchmarkSmall(b *testing.B) {
	var texts []string
	for i, text := range sampleTexts() {
		if i%5 == 0 {
			texts = append(texts, text)
		}
	}
	for _, one := range golden(b) {
		tok := readFile(b, one.File, endOf(one.File))
		b.Run(one.Name, func(b *testing.B) { benchmark(b, tok, texts) })
	}
}

func BenchmarkRead(b *testing.B) {
	file := tiktokenFile(b, "cl100k_base", cl100k)
	b.SetBytes(int64(len(file)))
	b.ReportAllocs()
	for b.Loop() {
		readFile(b, file, "<|endoftext|>")
	}
}

// pages returns two megabytes of pages in a language.
func pages(b *testing.B, language string) []string {
	var texts []string
	size := 0
	for _, p := range shareddata.Corpus(b) {
		if (language == "all" || p.Language == language) && utf8.ValidString(p.Text) && size < 2<<20 {
			texts = append(texts, strings.TrimSpace(p.Text))
			size += len(p.Text)
		}
	}
	return texts
}

func benchmark(b *testing.B, tok *Tokenizer, texts []string) {
	size := 0
	for _, text := range texts {
		size += len(text)
	}
	var dst []uint32
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		for _, text := range texts {
			dst = tok.Encode(dst[:0], text)
		}
	}
	b.ReportMetric(float64(len(texts)), "docs/op")
}
