package normalize

import (
	"testing"

	"github.com/textmill/textmill/internal/shareddata"
)

// corpus returns the texts of the shared corpus by language.
func corpus(t testing.TB) map[string][]string {
	t.Helper()
	texts := map[string][]string{}
	for _, p := range shareddata.Corpus(t) {
		texts[p.Language] = append(texts[p.Language], p.Text)
	}
	return texts
}
