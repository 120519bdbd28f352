package toxicity

import (
	"context"
	"strings"

	"github.com/textmill/textmill"
)

// RemoveLines is a stage that removes the lines of a document that are toxic by
// themselves and keeps the rest. It drops a document of which nothing but white
// space is left, for the reason "toxic". The counter "toxicity.lines" tells how
// many lines went.
//
// A line is what stands between two "\n"; its line break goes with it. Dolma
// (Soldaini et al. 2024) removes sentences in the same way; lines need
// no rules of a language.
type RemoveLines struct {
	Scorer Scorer

	// Limit is the score from which on a line is removed. 0 means none is. A
	// line is short, so that single words weigh more than in a document.
	Limit float64

	// Languages, if not empty, are the document languages to edit; others are
	// left as they are. "en" stands for "en-GB" as well.
	Languages []string `json:",omitempty"`
}

// Process implements [textmill.Stage].
func (r *RemoveLines) Process(ctx context.Context, doc *textmill.Document) (textmill.Verdict, error) {
	if r.Limit == 0 || !speaks(r.Languages, doc.Language) {
		return textmill.Keep, nil
	}
	if r.Scorer == nil {
		return textmill.Keep, errNoScorer
	}
	scores := scoresOf(r.Scorer)
	defer scorePool.Put(scores)
	// Scorers may well be faster with a text than with its lines, and most have
	// nothing to remove.
	if r.Scorer.Score(doc.Text, *scores) == 0 {
		return textmill.Keep, nil
	}
	removed := r.remove(doc, *scores)
	textmill.Count(ctx, "toxicity.lines", removed)
	if removed > 0 && strings.TrimSpace(doc.Text) == "" {
		return textmill.Drop("toxic"), nil
	}
	return textmill.Keep, nil
}

// remove removes the toxic lines and returns how many.
func (r *RemoveLines) remove(doc *textmill.Document, scores []float64) (removed int64) {
	var kept []byte // nil until a line is removed
	done := 0
	for line := range strings.Lines(doc.Text) {
		toxic := r.Scorer.Score(line, scores) >= r.Limit
		switch {
		case toxic && removed == 0:
			kept = append(make([]byte, 0, len(doc.Text)), doc.Text[:done]...)
			removed++
		case toxic:
			removed++
		case removed > 0:
			kept = append(kept, line...)
		}
		done += len(line)
	}
	if removed > 0 {
		doc.Text = string(kept)
	}
	return removed
}
