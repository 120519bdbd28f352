package filter

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/internal/ucd"
	"github.com/textmill/textmill/internal/words"
)

// page is a text that is being filtered line by line.
type page struct {
	text      []byte // the lines that stay
	lines     int
	sentences int // in them; once there are as many as needed, no more are counted
	dropped   [len(lineReasons)]int64
	spans     []words.Span // scratch
}

// lineReason says why a line was dropped.
type lineReason int

const (
	tooLongWord lineReason = iota
	noTerminalPunct
	tooFewWords
	javascriptLine
	policyLine
)

// lineReasons are the names of counts in the report.
var lineReasons = [...]string{
	tooLongWord:     "c4.lines_too_long_word",
	noTerminalPunct: "c4.lines_no_terminal_punc",
	tooFewWords:     "c4.lines_too_few_words",
	javascriptLine:  "c4.lines_javascript",
	policyLine:      "c4.lines_policy",
}

func (p *page) reset() {
	*p = page{text: p.text[:0], spans: p.spans}
}

// drop counts a line that does not stay. It returns false: judging goes on.
func (p *page) drop(why lineReason) bool {
	p.dropped[why]++
	return false
}

// keep adds a line that stays, and its sentences as long as there are fewer than
// needed.
func (p *page) keep(line string, needed int) {
	if p.lines > 0 {
		p.text = append(p.text, '\n')
	}
	p.text = append(p.text, line...)
	p.lines++
	if p.sentences < needed {
		p.sentences += p.countSentences(line)
	}
}

// report adds the lines dropped to the report of the shard.
func (p *page) report(ctx context.Context) {
	for why, n := range p.dropped {
		if n > 0 {
			textmill.Count(ctx, lineReasons[why], n)
		}
	}
}

// hasLongWord reports whether a word between white space has more than n code
// points.
func (p *page) hasLongWord(line string, n int) bool {
	if len(line) <= n {
		return false
	}
	p.spans = words.Whitespace.Append(p.spans[:0], line)
	for _, s := range p.spans {
		if longerThan(line[s.Start:s.End], n) {
			return true
		}
	}
	return false
}

// countSentences returns the number of sentences in line, at least 1. A new one
// begins behind the end of another, with a word that is neither a terminal mark
// nor punctuation, or with white space other than a single space.
func (p *page) countSentences(line string) int {
	p.spans = words.Treebank.Append(p.spans[:0], line)
	n, ended, last := 1, false, 0
	for _, s := range p.spans {
		gap, word := line[last:s.Start], line[s.Start:s.End]
		last = s.End
		if ended && isSpaceWord(gap) {
			n, ended = n+1, false
		}
		switch {
		case isSentenceEnd(word):
			ended = true
		case ended && !isPunctWord(word):
			n, ended = n+1, false
		}
	}
	if ended && isSpaceWord(line[last:]) {
		n++
	}
	return n
}

// isSpaceWord reports whether white space between two words is a word as well to
// the tokenizer whose sentences we count: a single space belongs to the word
// before it.
func isSpaceWord(gap string) bool { return gap != "" && gap != " " }

func isSentenceEnd(word string) bool {
	r, size := utf8.DecodeRuneInString(word)
	return size == len(word) && words.EndsSentence(r)
}

func isPunctWord(word string) bool {
	for _, r := range word {
		if !ucd.IsPunct(r) {
			return false
		}
	}
	return true
}

// hasWords reports whether line, which is trimmed, has at least n words between
// white space.
func hasWords(line string, n int) bool {
	for ; n > 1; n-- {
		i := strings.IndexFunc(line, ucd.IsPythonSpace)
		if i < 0 {
			return false
		}
		line = strings.TrimLeftFunc(line[i:], ucd.IsPythonSpace)
	}
	return line != ""
}

// endsLikeSentence reports whether line ends in a mark that ends a sentence or a
// quotation, but not in an ellipsis of three dots.
func endsLikeSentence(line string) bool {
	if line == "" || strings.HasSuffix(line, "...") {
		return false
	}
	switch line[len(line)-1] {
	case '.', '?', '!', '"', '\'':
		return true
	}
	return false
}

// removeCitations returns line without "[edit]", "[citation needed]" and numbers
// in brackets, in digits of any script or none.
func removeCitations(line string) string {
	var b strings.Builder
	done := 0 // what of line is in b, or left out
	for i := 0; i < len(line); {
		n := strings.IndexByte(line[i:], '[')
		if n < 0 {
			break
		}
		i += n
		n = citationSize(line[i:])
		if n == 0 {
			i++
			continue
		}
		b.WriteString(line[done:i])
		i += n
		done = i
	}
	if done == 0 {
		return line
	}
	b.WriteString(line[done:])
	return b.String()
}

// citationSize returns the length of the citation that s, which starts with a
// bracket, begins with, or 0.
func citationSize(s string) int {
	for _, c := range [...]string{"[edit]", "[citation needed]"} {
		if strings.HasPrefix(s, c) {
			return len(c)
		}
	}
	for i, r := range s[1:] {
		if r == ']' {
			return 1 + i + 1
		}
		if !ucd.IsDigit(r) {
			break
		}
	}
	return 0
}
