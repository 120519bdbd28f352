package langid

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"golang.org/x/text/language"

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
	// empty, every known language is kept. Three-letter codes of languages that
	// have one of two letters, such as "eng", are an error, for they would keep
	// nothing.
	Languages []string

	// MinScore is the least score to keep, from 0 to 1. If 0, documents without
	// a score are kept too, such as those whose Language came with the source;
	// if not, they are an error.
	MinScore float64

	once    sync.Once
	invalid error
}

// Process implements [textmill.Stage].
func (k *Keep) Process(_ context.Context, doc *textmill.Document) (textmill.Verdict, error) {
	k.once.Do(func() { k.invalid = k.Validate() })
	if k.invalid != nil {
		return textmill.Keep, textmill.Fatal(k.invalid)
	}
	score, has := scoreOf(doc)
	if !has && k.MinScore > 0 {
		return textmill.Keep, errNoScore
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

var errNoScore = errors.New("langid: document has no " + ScoreKey + " to compare with MinScore: put langid.Tag before langid.Keep")

// Validate returns an error if MinScore is out of range or one of Languages is no
// BCP 47 tag. Pipelines call it before they read.
func (k *Keep) Validate() error {
	if !(k.MinScore >= 0 && k.MinScore <= 1) {
		return fmt.Errorf("langid: Keep.MinScore is %v: use a number from 0 to 1", k.MinScore)
	}
	for _, tag := range k.Languages {
		parsed, err := language.Parse(tag)
		if err != nil {
			return fmt.Errorf("langid: Keep.Languages has %q, which is no BCP 47 tag: use one such as %q", tag, "en")
		}
		given, _, _ := strings.Cut(tag, "-")
		if base, _, _ := strings.Cut(parsed.String(), "-"); !strings.EqualFold(base, given) {
			return fmt.Errorf("langid: Keep.Languages has %q: the BCP 47 tag is %q", tag, parsed)
		}
	}
	return nil
}

// scoreOf returns the score of a document. A score of 1 that was stored as JSON
// may come back as a whole number.
func scoreOf(doc *textmill.Document) (score float64, has bool) {
	switch v := doc.Meta[ScoreKey].(type) {
	case float64:
		return v, true
	case int:
		return float64(v), true
	case int64:
		return float64(v), true
	}
	return 0, false
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
