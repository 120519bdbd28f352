package langid

import (
	"context"

	"github.com/textmill/textmill"
)

// The annotations Tag makes.
const (
	ScoreKey  = "langid.score"  // float64, Result.Score
	MethodKey = "langid.method" // string, Result.Method
)

// Tag is a stage that sets a document's Language to what its Detector finds, and
// the annotations "langid.score" and, if the language was decided,
// "langid.method". A Language the document came with is overwritten, with "" if
// the detector is undecided: the ones in WET files are no more than guesses.
//
// Tag keeps every document. [Keep] drops by what Tag found, so that a threshold
// can be changed without detecting again.
type Tag struct {
	Detector Detector // nil: &Script{}, which knows the languages that have a script of their own
}

// Process implements [textmill.Stage].
func (t *Tag) Process(_ context.Context, doc *textmill.Document) (textmill.Verdict, error) {
	var r Result
	if t.Detector != nil {
		r = t.Detector.Detect(doc.Text)
	} else {
		r = (&Script{}).Detect(doc.Text)
	}
	doc.Language = r.Language
	doc.Set(ScoreKey, r.Score)
	delete(doc.Meta, MethodKey)
	if r.Method != "" {
		doc.Set(MethodKey, r.Method)
	}
	return textmill.Keep, nil
}
