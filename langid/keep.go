package langid

import (
	"context"
	"fmt"
	"strings"

	"github.com/textmill/textmill"
)

// Keep is a stage that drops documents by their Language and the annotation
// "langid.score", which [Tag] sets. The reasons are, in the order they are
// tried:
//
//   - unknown_language: Language is ""
//   - other_language: Language is none of Languages
//   - low_confidence: the score is less than MinScore
//
// Each comes with the score and MinScore as what was measured.
//
// # Thresholds of others
//
// There is no common threshold, and some tools compare with >, some with >=:
//
//	datatrove   > 0.65, fastText lid.176 (FineWeb's setting)
//	DCLM        > 0.65, fastText
//	data-juicer ≥ 0.8, fastText
//	cc_net      ≥ 0.5, fastText
//	NeMo        ≥ 0.3, fastText, a model of the user's choice
//
// MinScore compares with ≥, as its name says; for the strict comparison use
// math.Nextafter(0.65, 1). A threshold belongs to a model: 0.65 of another one
// is not the same share of the documents. Datatrove looks at the scores of the
// listed languages only, even if another language has the highest one; from 0.5
// up that is the same, since only one score can exceed it.
type Keep struct {
	// Languages are the BCP 47 tags to keep, such as "en". A tag includes the
	// longer ones it begins: "zh" includes "zh-Hant". Case does not matter. If
	// empty, every known language is kept.
	Languages []string

	// MinScore is the least score to keep, from 0 to 1. If 0, documents without
	// a score are kept too, such as those whose Language came with the source;
	// if not, they are an error.
	MinScore float64
}

// Process implements [textmill.Stage].
func (k Keep) Process(_ context.Context, doc *textmill.Document) (textmill.Verdict, error) {
	score, has := doc.Meta[ScoreKey].(float64)
	if !has && k.MinScore > 0 {
		return textmill.Keep, fmt.Errorf("langid: document has no %s to compare with MinScore: put langid.Tag before langid.Keep", ScoreKey)
	}
	reason := ""
	switch {
	case doc.Language == "":
		reason = "unknown_language"
	case len(k.Languages) > 0 && !includes(k.Languages, doc.Language):
		reason = "other_language"
	case score < k.MinScore:
		reason = "low_confidence"
	default:
		return textmill.Keep, nil
	}
	return textmill.Drop(reason).Measured(score, k.MinScore), nil
}

// includes reports whether one of tags is language or begins it.
func includes(tags []string, language string) bool {
	for _, tag := range tags {
		if len(language) >= len(tag) && strings.EqualFold(language[:len(tag)], tag) &&
			(len(language) == len(tag) || language[len(tag)] == '-') {
			return true
		}
	}
	return false
}
