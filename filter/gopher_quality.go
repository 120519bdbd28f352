package filter

import (
	"context"
	"slices"
	"strings"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/internal/words"
)

// GopherQuality drops texts that do not look like prose, by the rules of Rae et
// al. 2021 (Gopher), appendix A.1.1, as datatrove has them. A limit of 0 turns its
// rule off.
//
// Lengths are in code points. The rules, their limits in [NewGopherQuality] and the
// reasons are, in order:
//
//   - gopher_short_doc, 50, and gopher_long_doc, 100,000: fewer or more words than
//     that, not counting words of nothing but punctuation.
//   - gopher_below_avg_threshold, 3, and gopher_above_avg_threshold, 10: their mean
//     length is less or greater.
//   - gopher_too_many_hashes, 0.1: more "#" for each word, all words counted.
//   - gopher_too_many_ellipsis, 0.1: the same for "..." and "…".
//   - gopher_too_many_bullets, 0.9: more of the lines begin with "•" or "-", after
//     white space if any.
//   - gopher_too_many_end_ellipsis, 0.3: more of the lines end in "..." or "…".
//     Blank lines count as lines.
//   - gopher_below_alpha_threshold, 0.8: fewer of the words have a letter.
//   - gopher_enough_stop_words, 2: fewer of the stop words are in the text. Case
//     matters.
//
// Lines are those of Python's str.splitlines. A text without words, over which the
// source stops with an error once the first rule is off, has none with a letter; a
// text of nothing but punctuation has no mean length and passes those rules.
type GopherQuality struct {
	MinWords          int
	MaxWords          int
	MinMeanWordLength float64 // in code points
	MaxMeanWordLength float64 // in code points
	MaxSymbolRatio    float64 // of "#" to words, and of ellipses to words
	MaxBulletLines    float64 // fraction of lines
	MaxEllipsisLines  float64 // fraction of lines
	MinAlphaWords     float64 // fraction of words
	MinStopWords      int     // how many of StopWords must be in the text

	// StopWords are words of the language of the texts that hardly any prose
	// does without. A word given twice counts once.
	StopWords []string

	Words Words // what words are

	// All is for trying out thresholds: the document is judged by all rules, and
	// if it is dropped, Meta["gopher_quality.REASON"] has what was measured for
	// each that it failed. The verdict is that of the first.
	All bool
}

// NewGopherQuality returns the filter with the thresholds and the English stop
// words of the paper, and Treebank words.
func NewGopherQuality() *GopherQuality {
	return &GopherQuality{
		MinWords:          50,
		MaxWords:          100_000,
		MinMeanWordLength: 3,
		MaxMeanWordLength: 10,
		MaxSymbolRatio:    0.1,
		MaxBulletLines:    0.9,
		MaxEllipsisLines:  0.3,
		MinAlphaWords:     0.8,
		MinStopWords:      2,
		StopWords:         []string{"the", "be", "to", "of", "and", "that", "have", "with"},
		Words:             Treebank,
	}
}

// Process implements [textmill.Stage].
func (f *GopherQuality) Process(ctx context.Context, doc *textmill.Document) (textmill.Verdict, error) {
	return judge(ctx, doc, f.All, f), nil
}

func (f *GopherQuality) judge(_ context.Context, j *judging) {
	j.begin("gopher_quality.", f.All)
	w := j.numbered(f.Words)
	_ = f.judgeLengths(j, w) ||
		f.judgeSymbols(j, len(w.spans)) ||
		f.judgeLines(j) ||
		j.below("gopher_below_alpha_threshold", ratio(w.withLetter(), len(w.spans)), f.MinAlphaWords) ||
		f.judgeStopWords(j, w)
}

func (f *GopherQuality) judgeLengths(j *judging, w *wordTable) bool {
	n, runes := w.nonSymbol()
	if j.below("gopher_short_doc", float64(n), float64(f.MinWords)) ||
		j.above("gopher_long_doc", float64(n), float64(f.MaxWords)) {
		return true
	}
	if n == 0 {
		return false // there is no mean
	}
	mean := ratio(runes, n)
	return j.below("gopher_below_avg_threshold", mean, f.MinMeanWordLength) ||
		j.above("gopher_above_avg_threshold", mean, f.MaxMeanWordLength)
}

func (f *GopherQuality) judgeSymbols(j *judging, words int) bool {
	if f.MaxSymbolRatio == 0 {
		return false
	}
	return j.above("gopher_too_many_hashes", ratio(j.count('#'), words), f.MaxSymbolRatio) ||
		j.above("gopher_too_many_ellipsis", ratio(j.ellipses(), words), f.MaxSymbolRatio)
}

func (f *GopherQuality) judgeLines(j *judging) bool {
	if f.MaxBulletLines == 0 && f.MaxEllipsisLines == 0 {
		return false
	}
	n := j.lineMarks()
	return j.above("gopher_too_many_bullets", ratio(n.bullets, n.lines), f.MaxBulletLines) ||
		j.above("gopher_too_many_end_ellipsis", ratio(n.ellipses, n.lines), f.MaxEllipsisLines)
}

func (f *GopherQuality) judgeStopWords(j *judging, w *wordTable) bool {
	n := 0
	for i, word := range f.StopWords {
		if n == f.MinStopWords {
			break
		}
		if w.distinct.countOf(word) > 0 && !slices.Contains(f.StopWords[:i], word) {
			n++
		}
	}
	return j.below("gopher_enough_stop_words", float64(n), float64(f.MinStopWords))
}

// nonSymbol returns the number of words that are not all punctuation, and of the
// code points in them.
func (w *wordTable) nonSymbol() (n, runes int) {
	for i, t := range w.traits {
		if t.nonSymbol {
			count := int(w.distinct.list[i].count)
			n += count
			runes += count * int(t.runes)
		}
	}
	return n, runes
}

// withLetter returns the number of words that have a letter.
func (w *wordTable) withLetter() (n int) {
	for i, t := range w.traits {
		if t.letter {
			n += int(w.distinct.list[i].count)
		}
	}
	return n
}

// ellipses returns the number of ellipses in the text; four dots are one.
func (s *stats) ellipses() (n int) {
	if s.count('.') >= 3 {
		n = strings.Count(s.text, "...")
	}
	if s.count(0xE2) > 0 {
		n += strings.Count(s.text, "…")
	}
	return n
}

// lineMarks says how the lines of a text begin and end.
type lineMarks struct{ lines, bullets, ellipses int }

// add counts a line, which is there n times.
func (m *lineMarks) add(line string, n int) {
	m.lines += n
	line = words.Trim(line)
	if strings.HasPrefix(line, "-") || strings.HasPrefix(line, "•") {
		m.bullets += n
	}
	if strings.HasSuffix(line, "...") || strings.HasSuffix(line, "…") {
		m.ellipses += n
	}
}

// lineMarks looks at the lines of the text in the sense of Python's
// str.splitlines.
func (s *stats) lineMarks() (m lineMarks) {
	if !s.onlyLineFeeds() {
		for line := range words.SplitLines(s.text) {
			m.add(line, 1)
		}
		return m
	}
	lines := s.lineFeeds()
	for i, e := range lines.list {
		m.add(lines.at(uint32(i)), int(e.count))
	}
	if s.text == "" || s.text[len(s.text)-1] == '\n' {
		m.lines-- // what follows the last line feed is no line
	}
	return m
}
