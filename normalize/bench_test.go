package normalize

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/textmill/textmill"
	"golang.org/x/text/unicode/norm"
)

// A sample is texts to measure with.
type sample struct {
	name  string
	texts []string
	size  int64
}

// samples returns generated text and texts of the shared corpus, mixed and by
// language.
func samples(b *testing.B) []sample {
	all := corpus(b)
	var mixed []string
	for i := range 200 { // some of every language
		for _, lang := range slices.Sorted(maps.Keys(all)) {
			if i < len(all[lang]) {
				mixed = append(mixed, all[lang][i])
			}
		}
	}
	line := "The mill stands by the river, and in 1987 its wheel was mended for £250: naïve, perhaps.\n"
	out := []sample{{name: "generated", texts: []string{strings.Repeat(line, 1<<20/len(line))}}, {name: "mixed", texts: mixed}}
	for _, lang := range []string{"eng", "fra", "rus", "zho", "jpn", "kor", "hin", "vie", "ara", "fas", "tha", "ell"} {
		if len(all[lang]) > 0 {
			out = append(out, sample{name: lang, texts: all[lang][:min(len(all[lang]), 200)]})
		}
	}
	for i := range out {
		for _, t := range out[i].texts {
			out[i].size += int64(len(t))
		}
	}
	return out
}

func benchmarkStage(b *testing.B, s textmill.Stage) {
	for _, sample := range samples(b) {
		b.Run(sample.name, func(b *testing.B) {
			b.SetBytes(sample.size)
			b.ReportAllocs()
			doc := &textmill.Document{}
			for b.Loop() {
				for _, t := range sample.texts {
					doc.Text = t
					if _, err := s.Process(b.Context(), doc); err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(float64(len(sample.texts))*float64(b.N)/b.Elapsed().Seconds(), "docs/s")
		})
	}
}

func BenchmarkUnicode(b *testing.B) { benchmarkStage(b, NewUnicode()) }

// BenchmarkNFC measures the check for NFC and that of golang.org/x/text.
func BenchmarkNFC(b *testing.B) {
	for _, sample := range samples(b) {
		for _, by := range []struct {
			name  string
			check func(string) bool
		}{
			{"textmill", func(s string) bool { return nfc(s) == s }},
			{"xtext", norm.NFC.IsNormalString},
		} {
			b.Run(fmt.Sprintf("%s/%s", sample.name, by.name), func(b *testing.B) {
				b.SetBytes(sample.size)
				b.ReportAllocs()
				for b.Loop() {
					for _, t := range sample.texts {
						by.check(t)
					}
				}
			})
		}
	}
}

func BenchmarkWhitespace(b *testing.B)  { benchmarkStage(b, NewWhitespace()) }
func BenchmarkSymbolLines(b *testing.B) { benchmarkStage(b, &SymbolLines{}) }
func BenchmarkPII(b *testing.B)         { benchmarkStage(b, NewPII()) }

// BenchmarkAll measures everything there is, in the order Standard's comment gives.
func BenchmarkAll(b *testing.B) {
	benchmarkStage(b, textmill.Chain(NewUnicode(), &SymbolLines{}, NewWhitespace(), NewPII()))
}
