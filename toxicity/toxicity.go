package toxicity

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/textmill/textmill"
)

// A Scorer rates how toxic a text is: a word list, a trained model. Its methods
// may be called concurrently, and what they return depends on the arguments alone.
//
// It rates any text, so a part of a document, such as a line, is rated by giving
// it the part; that is how [RemoveLines] finds what to remove.
type Scorer interface {
	// Categories returns the names of what is rated beside the whole, such as
	// "insult": lower-case letters, digits and underscores, always the same ones
	// in the same order. Nobody changes the slice.
	Categories() []string

	// Score returns how toxic text is on the whole and sets byCategory[i] to how
	// much it is of Categories()[i]; byCategory has that length. All are between
	// 0 (not at all) and 1. It should not allocate and does not keep byCategory.
	Score(text string, byCategory []float64) float64
}

// The keys of annotations: "toxicity.score", and "toxicity." with a category.
const (
	keyScore  = "toxicity.score"
	keyPrefix = "toxicity."
)

// Tag is a stage that rates documents and keeps them all: it sets
// Meta["toxicity.score"] and, for each category above 0, such as
// Meta["toxicity.insult"]. A [Filter] without a Scorer, in this pipeline or a later
// one, drops by these; so thresholds can change without rating again.
type Tag struct {
	Scorer Scorer

	// Languages, if not empty, are the document languages to rate; others are
	// left without annotations. "en" stands for "en-GB" as well.
	Languages []string `json:",omitempty"`
}

// Process implements [textmill.Stage].
func (t *Tag) Process(_ context.Context, doc *textmill.Document) (textmill.Verdict, error) {
	if t.Scorer == nil {
		return textmill.Keep, errNoScorer
	}
	if !speaks(t.Languages, doc.Language) {
		return textmill.Keep, nil
	}
	scores := scoresOf(t.Scorer)
	defer scorePool.Put(scores)
	doc.Set(keyScore, t.Scorer.Score(doc.Text, *scores))
	for i, name := range t.Scorer.Categories() {
		if s := (*scores)[i]; s > 0 {
			doc.Set(keyPrefix+name, s)
		}
	}
	return textmill.Keep, nil
}

// Filter is a stage that drops toxic documents. The zero Filter drops none.
type Filter struct {
	// Scorer rates the documents. If nil, the ratings are those that [Tag] left
	// in the document's Meta; a document without them is an error unless
	// Languages exempts it.
	Scorer Scorer

	// Limit is the score on the whole from which on a document is dropped, for
	// the reason "toxic". 0 means no limit.
	Limit float64

	// Categories are limits of single categories. The reason is "toxic_" and the
	// category. Limit comes first, then categories by name.
	Categories map[string]float64 `json:",omitempty"`

	// Languages, if not empty, are the document languages to judge; others are
	// kept. "en" stands for "en-GB" as well.
	Languages []string `json:",omitempty"`
}

// NewFilter returns a Filter with the limit 0.3. To a [Lexicon] that is a weight of
// 0.3 in a post of 20 words, of 2.4 on a page of 500, of 8.8 on one of 2,000.
func NewFilter(s Scorer) *Filter { return &Filter{Scorer: s, Limit: 0.3} }

var errNoScorer = textmill.Fatal(errors.New("toxicity: no Scorer: set it, to toxicity.English() for instance"))

// Process implements [textmill.Stage].
func (f *Filter) Process(_ context.Context, doc *textmill.Document) (textmill.Verdict, error) {
	if f.Limit == 0 && len(f.Categories) == 0 || !speaks(f.Languages, doc.Language) {
		return textmill.Keep, nil
	}
	if f.Scorer == nil {
		return f.judgeTagged(doc)
	}
	names := f.Scorer.Categories()
	for name := range f.Categories {
		if !slices.Contains(names, name) {
			return textmill.Keep, textmill.Fatal(fmt.Errorf("toxicity: no category %q: the scorer has %q", name, names))
		}
	}
	scores := scoresOf(f.Scorer)
	defer scorePool.Put(scores)
	score := f.Scorer.Score(doc.Text, *scores)
	return f.judge(score, func(name string) float64 { return (*scores)[slices.Index(names, name)] }), nil
}

// judgeTagged judges a document by its annotations.
func (f *Filter) judgeTagged(doc *textmill.Document) (textmill.Verdict, error) {
	score, ok := number(doc.Meta[keyScore])
	if !ok {
		return textmill.Keep, errors.New("toxicity: the document has no " + keyScore + ": put a Tag before the Filter, or give it a Scorer")
	}
	return f.judge(score, func(name string) float64 {
		score, _ := number(doc.Meta[keyPrefix+name])
		return score
	}), nil
}

// judge compares the scores with the limits.
func (f *Filter) judge(score float64, of func(category string) float64) textmill.Verdict {
	if f.Limit != 0 && score >= f.Limit {
		return textmill.Drop("toxic").Measured(score, f.Limit)
	}
	first := ""
	for name, limit := range f.Categories {
		if of(name) >= limit && (first == "" || name < first) {
			first = name
		}
	}
	if first == "" {
		return textmill.Keep
	}
	return textmill.Drop("toxic_"+first).Measured(of(first), f.Categories[first])
}

// number returns an annotation, which a format may have turned into an integer.
func number(v any) (float64, bool) {
	switch v := v.(type) {
	case float64:
		return v, true
	case int:
		return float64(v), true
	case int64:
		return float64(v), true
	}
	return 0, false
}

// speaks reports whether language is one of those listed, or a kind of one. All
// are if none is listed.
func speaks(languages []string, language string) bool {
	for _, l := range languages {
		if len(language) >= len(l) && language[:len(l)] == l && (len(language) == len(l) || language[len(l)] == '-') {
			return true
		}
	}
	return len(languages) == 0
}

var scorePool = sync.Pool{New: func() any { return new([]float64) }}

// scoresOf returns a buffer for the categories of s, which goes back to scorePool.
func scoresOf(s Scorer) *[]float64 {
	scores := scorePool.Get().(*[]float64)
	n := len(s.Categories())
	*scores = slices.Grow((*scores)[:0], n)[:n]
	return scores
}
