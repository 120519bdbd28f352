package filter

import (
	"strings"
	"testing"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/internal/shareddata"
)

// corpus returns the documents of the shared corpus.
func corpus(t testing.TB) (docs []*textmill.Document) {
	t.Helper()
	for _, p := range shareddata.Corpus(t) {
		docs = append(docs, &textmill.Document{ID: p.ID, Text: strings.ToValidUTF8(p.Text, "\ufffd")})
	}
	return docs
}
