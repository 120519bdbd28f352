package tokenize

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// BenchmarkEncode measures this package and the one it replaces on the same
// texts in the same run.
func BenchmarkEncode(b *testing.B) {
	for _, name := range []string{"cl100k_base", "o200k_base", "r50k_base"} {
		b.Run(name+"/sample", func(b *testing.B) { benchEncode(b, load(b, name), sampleTexts()) })
		b.Run(name+"/corpus", func(b *testing.B) { benchEncode(b, load(b, name), corpusTexts(b, "", 12_000_000)) })
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

// BenchmarkLanguage measures real texts, where there are any.
func BenchmarkLanguage(b *testing.B) {
	for _, name := range []string{"cl100k_base", "o200k_base"} {
		for _, language := range []string{"eng", "deu", "fra", "spa", "rus", "ell", "zho", "jpn", "kor", "vie", "hin", "tha"} {
			b.Run(name+"/"+language, func(b *testing.B) {
				benchEncode(b, load(b, name), corpusTexts(b, language, 3_000_000))
			})
		}
	}
}

// BenchmarkLongWord measures what takes others the square of the time: 100 KB that
// are one word.
func BenchmarkLongWord(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	random := make([]byte, 100_000)
	for i := range random {
		random[i] = byte('a' + r.IntN(26))
	}
	words := map[string]string{"letters": string(random)}
	for name, s := range map[string]string{
		"letter": "a", "alphabet": "abcdefghijklmnopqrstuvwxyz", "space": " ", "newline": "\n", "digit": "7", "symbol": "=", "cjk": "的一是在不了有和人这", "emoji": "😀", "joined": "👩\u200d",
	} {
		words[name] = strings.Repeat(s, 100_000/len(s))
	}
	for _, name := range slices.Sorted(maps.Keys(words)) {
		for _, vocabulary := range []string{"cl100k_base", "o200k_base", "r50k_base"} {
			b.Run(name+"/"+vocabulary, func(b *testing.B) { benchEncode(b, load(b, vocabulary), []string{words[name]}) })
		}
	}
}

func BenchmarkCount(b *testing.B) {
	e, texts := load(b, "o200k_base"), sampleTexts()
	b.SetBytes(size(texts))
	b.ReportAllocs()
	for b.Loop() {
		for _, text := range texts {
			e.Count(text)
		}
	}
}

func BenchmarkSplit(b *testing.B) {
	texts := sampleTexts()
	for _, e := range encodings[1:] { // o200k_harmony is as o200k_base
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
