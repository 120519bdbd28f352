package words

import (
	"testing"

	"github.com/textmill/textmill/internal/shareddata"
)

// corpusTexts returns the documents of the shared corpus by language: "eng",
// "rus" and so on, and "" for those of unknown language.
func corpusTexts(t testing.TB) map[string][]string {
	t.Helper()
	texts := map[string][]string{}
	for _, p := range shareddata.Corpus(t) {
		texts[p.Language] = append(texts[p.Language], p.Text)
	}
	return texts
}
