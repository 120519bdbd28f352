package filter

import (
	"context"
	"strings"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/internal/words"
)

// C4Quality drops lines that are not sentences, and texts of which little is left
// or that look like a template or like code, by the rules of Raffel et al. 2020
// (C4), section 2.2, as datatrove has them. A limit of 0 or a rule that is false is
// off.
//
// Lines are those of Python's str.splitlines, trimmed. The rules about a line, in
// order, drop it or the whole document; once a line is dropped, no other rule sees
// it. Dropped lines are counted in the report as "c4.lines_REASON":
//
//   - too_long_word: a word between white space has more than 1000 characters.
//   - Citations such as "[12]", "[]", "[edit]" and "[citation needed]" are taken
//     out of the line.
//   - no_terminal_punc: the line does not end in one of . ? ! " ' or ends in "...".
//   - too_few_words: the line had fewer than 3 words between white space, citations
//     included.
//   - lorem_ipsum: the document has the words in a line. It is dropped.
//   - javascript: the line has the word, or a word with it.
//   - curly_bracket: the document has a "{" in a line. It is dropped.
//   - policy: the line has "terms of use", "privacy policy", "cookie policy", "uses
//     cookies", "use of cookies" or "use cookies".
//
// A document is dropped as too_few_sentences if the lines that are left have fewer
// than 5. Sentences are counted by a rule, not a model: one ends at a terminal mark
// that is a Treebank word of its own, and the next begins with what is neither such
// a mark nor other punctuation.
//
// The text becomes what is left, one line to a line, if it is kept. If nothing is
// left, as of lines of nothing but citations, the document is dropped as empty;
// datatrove keeps it without a text.
type C4Quality struct {
	FilterNoTerminalPunct bool // drop lines without terminal punctuation
	RemoveCitations       bool // take out Wikipedia's
	FilterLoremIpsum      bool // drop documents with lorem ipsum
	FilterJavascript      bool // drop lines with javascript
	FilterCurlyBracket    bool // drop documents with a {
	FilterPolicy          bool // drop lines about cookies and terms of use
	MaxWordLength         int  // of a line that is kept, in code points
	MinLineWords          int  // of a line that is kept
	MinSentences          int  // of a document that is kept

	// All is for trying out thresholds: the document is judged by all rules, and
	// if it is dropped, Meta["c4_quality.REASON"] has what was measured for each
	// that it failed, or true where nothing is. The verdict is that of the first.
	All bool
}

// NewC4Quality returns the filter with all rules of the paper. FineWeb was made
// with FilterNoTerminalPunct set to false.
func NewC4Quality() *C4Quality {
	return &C4Quality{
		FilterNoTerminalPunct: true,
		RemoveCitations:       true,
		FilterLoremIpsum:      true,
		FilterJavascript:      true,
		FilterCurlyBracket:    true,
		FilterPolicy:          true,
		MaxWordLength:         1000,
		MinLineWords:          3,
		MinSentences:          5,
	}
}

// Process implements [textmill.Stage].
func (f *C4Quality) Process(ctx context.Context, doc *textmill.Document) (textmill.Verdict, error) {
	return judge(ctx, doc, f.All, f), nil
}

func (f *C4Quality) judge(ctx context.Context, j *judging) {
	j.begin("c4_quality.", f.All)
	f.filterLines(j)
	j.page.report(ctx)
	if j.failed && !j.all {
		return
	}
	j.below("too_few_sentences", float64(j.page.sentences), float64(f.MinSentences))
	if !j.failed {
		f.rewrite(j)
	}
}

// filterLines puts the lines that stay into the page. It stops where a rule says
// that judging ends.
func (f *C4Quality) filterLines(j *judging) {
	j.page.reset()
	found := f.phrases()
	if found != 0 {
		found &= findPhrases(j.text)
	}
	if !j.onlyLineFeeds() {
		for line := range words.SplitLines(j.text) {
			if f.filterLine(j, line, found) {
				return
			}
		}
		return
	}
	for line := range strings.Lines(j.text) {
		if f.filterLine(j, line, found) {
			return
		}
	}
}

// filterLine adds a line to the page if it stays. It reports whether judging ends
// here. found are the phrases in the whole text.
func (f *C4Quality) filterLine(j *judging, line string, found phrases) bool {
	p := &j.page
	line = words.Trim(line)
	whole := line
	if f.MaxWordLength > 0 && p.hasLongWord(line, f.MaxWordLength) {
		return p.drop(tooLongWord)
	}
	if f.RemoveCitations && j.count('[') > 0 {
		line = removeCitations(line)
	}
	if len(line) < len(whole) {
		found = f.phrases() // taking something out can make new ones
	}
	if found != 0 {
		found &= findPhrases(line)
	}
	switch {
	case f.FilterNoTerminalPunct && !endsLikeSentence(line):
		return p.drop(noTerminalPunct)
	case f.MinLineWords > 0 && !hasWords(whole, f.MinLineWords):
		return p.drop(tooFewWords)
	case found&loremIpsum != 0 && j.forbids("lorem_ipsum"):
		return true
	case found&javascript != 0:
		return p.drop(javascriptLine)
	case f.FilterCurlyBracket && j.count('{') > 0 && strings.Contains(line, "{") && j.forbids("curly_bracket"):
		return true
	case found&policy != 0:
		return p.drop(policyLine)
	}
	p.keep(line, f.MinSentences)
	return false
}

// rewrite sets the text to what is left of it.
func (f *C4Quality) rewrite(j *judging) {
	text, left := j.text, j.page.text
	if n := len(left); n <= len(text) && text[:n] == string(left) {
		text = text[:n] // nothing or only the end is gone: no need for a copy
	} else {
		text = string(left)
	}
	text = words.Trim(text)
	if text == "" {
		j.forbids("empty")
		return
	}
	if text != j.text {
		j.doc.Text = text
		j.reset(text)
	}
}

// phrases returns the phrases that f looks for.
func (f *C4Quality) phrases() (p phrases) {
	if f.FilterLoremIpsum {
		p |= loremIpsum
	}
	if f.FilterJavascript {
		p |= javascript
	}
	if f.FilterPolicy {
		p |= policy
	}
	return p
}
