package tokenize

import (
	"testing"
	"unicode/utf8"

	"github.com/textmill/textmill/internal/sample"
	"github.com/textmill/textmill/internal/shareddata"
)

// names are the vocabularies there are.
var names = []string{"o200k_harmony", "o200k_base", "cl100k_base", "p50k_edit", "p50k_base", "r50k_base"}

// distinct are those that differ in more than special tokens.
var distinct = []string{"o200k_base", "cl100k_base", "p50k_base", "r50k_base"}

func load(t testing.TB, name string) *BPE {
	t.Helper()
	b, err := Tiktoken(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// sampleTexts returns texts in nineteen languages, and junk.
func sampleTexts() []string {
	var out []string
	for _, r := range sample.Records() {
		if utf8.ValidString(r.Text) {
			out = append(out, r.Text)
		}
	}
	return out
}

// corpusTexts returns texts of the test corpus, up to about size bytes of them, in
// the given language if it is not "".
func corpusTexts(t testing.TB, language string, size int) []string {
	t.Helper()
	var out []string
	for _, p := range shareddata.Corpus(t) {
		if size <= 0 {
			break
		}
		if language == "" || p.Language == language {
			out = append(out, p.Text)
			size -= len(p.Text)
		}
	}
	return out
}
