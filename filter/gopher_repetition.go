package filter

import (
	"context"
	"strconv"
	"unicode/utf8"

	"github.com/textmill/textmill"
)

// GopherRepetition drops texts that repeat themselves, by the rules of Rae et al.
// 2021 (Gopher), table A1, as datatrove has them. A limit of 0 turns its rule off.
//
// Fractions of characters are of all code points of the text, white space
// included. The rules, their limits in [NewGopherRepetition] and the reasons are,
// in order:
//
//   - empty: there is no text.
//   - dup_para_frac, 0.3: more of the paragraphs repeat an earlier one.
//   - dup_para_char_frac, 0.2: more of the characters are in them.
//   - dup_line_frac, 0.3, and dup_line_char_frac, 0.2: the same for lines.
//   - top_2_gram, 0.2; top_3_gram, 0.18; top_4_gram, 0.16: more of the characters
//     are in the most frequent n-gram of words. Its words are joined by a space.
//     Of equally frequent ones the first counts, and if none is repeated it counts
//     as well, so that texts of a few words fail.
//   - duplicated_5_n_grams, 0.15, to duplicated_10_n_grams, 0.1: more of the
//     characters are in n-grams that were there before. The text is read from the
//     start; reading goes on behind a repeated n-gram.
//
// Paragraphs are divided by blank lines. WET files have none, since they are made
// with a single line feed between the blocks of a page: there, the first two rules
// pass everything. Lines are what one or more line feeds divide; if the text begins
// and ends with one, that makes two empty lines more, of which one is a repetition.
//
// Two different n-grams are never taken for the same, even if their letters are:
// datatrove finds "ab c" in "a bc". That is the only difference.
type GopherRepetition struct {
	MaxDupParas     float64 // fraction of paragraphs
	MaxDupParaChars float64 // fraction of characters
	MaxDupLines     float64 // fraction of lines
	MaxDupLineChars float64 // fraction of characters
	TopNGrams       []NGramLimit
	DupNGrams       []NGramLimit

	Words Words // what n-grams are made of

	// All is for trying out thresholds: the document is judged by all rules, and
	// if it is dropped, Meta["gopher_repetition.REASON"] has what was measured
	// for each that it failed. The verdict is that of the first.
	All bool
}

// An NGramLimit is the limit of a rule about sequences of N words, which is at
// least 1. The rule is off if either is 0.
type NGramLimit struct {
	N   int
	Max float64 // fraction of characters
}

// NewGopherRepetition returns the filter with the thresholds of the paper and
// Treebank words.
func NewGopherRepetition() *GopherRepetition {
	return &GopherRepetition{
		MaxDupParas:     0.3,
		MaxDupParaChars: 0.2,
		MaxDupLines:     0.3,
		MaxDupLineChars: 0.2,
		TopNGrams:       []NGramLimit{{2, 0.2}, {3, 0.18}, {4, 0.16}},
		DupNGrams:       []NGramLimit{{5, 0.15}, {6, 0.14}, {7, 0.13}, {8, 0.12}, {9, 0.11}, {10, 0.10}},
		Words:           Treebank,
	}
}

// Process implements [textmill.Stage].
func (f *GopherRepetition) Process(ctx context.Context, doc *textmill.Document) (textmill.Verdict, error) {
	return judge(ctx, doc, f.All, f), nil
}

func (f *GopherRepetition) judge(_ context.Context, j *judging) {
	j.begin("gopher_repetition.", f.All)
	if j.text == "" {
		j.forbids("empty")
		return
	}
	if f.judgeParagraphs(j) || f.judgeLines(j) {
		return
	}
	for _, limit := range f.TopNGrams {
		if limit.N > 0 && limit.Max > 0 && j.above(topReason(limit.N), f.topNGram(j, limit.N), limit.Max) {
			return
		}
	}
	for _, limit := range f.DupNGrams {
		if limit.N > 0 && limit.Max > 0 && j.above(dupReason(limit.N), f.dupNGrams(j, limit.N), limit.Max) {
			return
		}
	}
}

func (f *GopherRepetition) judgeParagraphs(j *judging) bool {
	if f.MaxDupParas == 0 && f.MaxDupParaChars == 0 {
		return false
	}
	paragraphs := j.paragraphs()
	n, dups := paragraphs.total()
	return j.above("dup_para_frac", ratio(dups, n), f.MaxDupParas) ||
		j.above("dup_para_char_frac", ratio(paragraphs.repeatedRunes(), j.runes()), f.MaxDupParaChars)
}

func (f *GopherRepetition) judgeLines(j *judging) bool {
	if f.MaxDupLines == 0 && f.MaxDupLineChars == 0 {
		return false
	}
	lines := j.lineFeeds()
	n, dups := lines.total()
	// Empty lines are no lines here, but for one at each end of the text.
	if empty := lines.countOf(""); empty > 0 {
		atEnds := 0
		if j.text[0] == '\n' {
			atEnds++
		}
		if j.text[len(j.text)-1] == '\n' {
			atEnds++
		}
		n += atEnds - empty
		dups += max(atEnds-1, 0) - (empty - 1)
	}
	return j.above("dup_line_frac", ratio(dups, n), f.MaxDupLines) ||
		j.above("dup_line_char_frac", ratio(lines.repeatedRunes(), j.runes()), f.MaxDupLineChars)
}

// topNGram returns the fraction of characters that the most frequent n-gram makes.
func (f *GopherRepetition) topNGram(j *judging, n int) float64 {
	w := j.numbered(f.Words)
	first, count := j.ngrams(f.Words, n).top()
	if count == 0 {
		return 0
	}
	return ratio((w.runes(first, first+n)+n-1)*count, j.runes())
}

// dupNGrams returns the fraction of characters that are in n-grams met before.
func (f *GopherRepetition) dupNGrams(j *judging, n int) float64 {
	return ratio(j.ngrams(f.Words, n).repeated(j.numbered(f.Words)), j.runes())
}

// Reasons, spelled out so that none needs to be made for a document that passes.
var (
	topReasons = [...]string{2: "top_2_gram", "top_3_gram", "top_4_gram"}
	dupReasons = [...]string{5: "duplicated_5_n_grams", "duplicated_6_n_grams", "duplicated_7_n_grams",
		"duplicated_8_n_grams", "duplicated_9_n_grams", "duplicated_10_n_grams"}
)

func topReason(n int) string {
	if n < len(topReasons) && topReasons[n] != "" {
		return topReasons[n]
	}
	return "top_" + strconv.Itoa(n) + "_gram"
}

func dupReason(n int) string {
	if n < len(dupReasons) && dupReasons[n] != "" {
		return dupReasons[n]
	}
	return "duplicated_" + strconv.Itoa(n) + "_n_grams"
}

// total returns the number of parts, and of those that repeat an earlier one.
func (p *parts) total() (n, dups int) {
	for _, e := range p.list {
		n += int(e.count)
	}
	return n, n - len(p.list)
}

// repeatedRunes returns the number of code points in parts that repeat an earlier
// one.
func (p *parts) repeatedRunes() (n int) {
	for i, e := range p.list {
		if e.count > 1 {
			n += int(e.count-1) * utf8.RuneCountInString(p.at(uint32(i)))
		}
	}
	return n
}
