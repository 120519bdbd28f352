package filter

import (
	"strings"
	"unicode/utf8"

	"github.com/textmill/textmill/internal/words"
)

// stats are the measurements of one text. Each is made when a rule first asks
// for it, and once: what one set of rules has measured, the next one finds.
type stats struct {
	text string

	counted bool
	bytes   [256]int // how often each byte value occurs

	haveLines bool
	lines     parts // what is between line feeds, the empty text included

	haveParas bool
	paras     parts // what is between blank lines

	tables []*wordTable // one for each kind of words, of which [:kinds] are of this text
	kinds  int
	grams  ngrams
	of     Words // the kind of words that grams is of
}

// reset makes s the stats of text.
func (s *stats) reset(text string) {
	s.text = text
	s.counted, s.haveLines, s.haveParas = false, false, false
	s.kinds, s.grams.n = 0, 0
}

// release lets go of the text.
func (s *stats) release() {
	s.text, s.lines.text, s.paras.text = "", "", ""
	for _, w := range s.tables {
		w.distinct.text = ""
	}
}

// count returns how often the byte b occurs.
func (s *stats) count(b byte) int {
	if !s.counted {
		s.counted = true
		countBytes(&s.bytes, s.text)
	}
	return s.bytes[b]
}

// countBytes sets n to the number of occurrences of every byte value.
func countBytes(n *[256]int, text string) {
	// Four counts in turn, for a byte that comes twice in a row would have to
	// wait for its own count.
	var b, c, d [256]int
	clear(n[:])
	for ; len(text) >= 4; text = text[4:] {
		n[text[0]]++
		b[text[1]]++
		c[text[2]]++
		d[text[3]]++
	}
	for i := range len(text) {
		n[text[i]]++
	}
	for i := range n {
		n[i] += b[i] + c[i] + d[i]
	}
}

// runes returns the length of the text in code points, which is never 0 unless
// the text is empty.
func (s *stats) runes() int {
	s.count(0)
	n := len(s.text)
	for b := 0x80; b < 0xC0; b++ { // the bytes of a character but the first
		n -= s.bytes[b]
	}
	return n
}

// lineFeeds returns the parts of the text between line feeds. Unlike for other
// divisions into lines, no other character ends a line, and what follows the
// last one is a line even if it is empty.
func (s *stats) lineFeeds() *parts {
	if s.haveLines {
		return &s.lines
	}
	s.haveLines = true
	s.lines.reset(s.text, s.count('\n'))
	for start := 0; ; {
		n := strings.IndexByte(s.text[start:], '\n')
		if n < 0 {
			s.lines.add(start, len(s.text))
			return &s.lines
		}
		s.lines.add(start, start+n)
		start += n + 1
	}
}

// onlyLineFeeds reports whether no other character than the line feed ends a
// line in the sense of Python's str.splitlines.
func (s *stats) onlyLineFeeds() bool {
	for _, b := range [...]byte{'\v', '\f', '\r', 0x1C, 0x1D, 0x1E} {
		if s.count(b) > 0 {
			return false
		}
	}
	return !(s.count(0xC2) > 0 && s.count(0x85) > 0 && strings.Contains(s.text, "\u0085")) &&
		!(s.count(0xE2) > 0 && s.count(0xA8)+s.count(0xA9) > 0 &&
			(strings.Contains(s.text, "\u2028") || strings.Contains(s.text, "\u2029")))
}

// paragraphs returns what is between two or more line feeds, once the text is
// trimmed.
func (s *stats) paragraphs() *parts {
	if s.haveParas {
		return &s.paras
	}
	s.haveParas = true
	s.paras.reset(s.text, 0)
	start, end := trim(s.text)
	for {
		n := strings.Index(s.text[start:end], "\n\n")
		if n < 0 {
			s.paras.add(start, end)
			return &s.paras
		}
		s.paras.add(start, start+n)
		for start += n; s.text[start] == '\n'; start++ {
		}
	}
}

// trim returns where text starts and ends without the white space around it.
func trim(text string) (start, end int) {
	trimmed := words.Trim(text)
	if trimmed == "" {
		return 0, 0
	}
	// The first character that is no space is the first of trimmed.
	r, _ := utf8.DecodeRuneInString(trimmed)
	start = strings.IndexRune(text, r)
	return start, start + len(trimmed)
}

// isBlank reports whether there is nothing but white space in line.
func isBlank(line string) bool {
	if line != "" && ' ' < line[0] && line[0] < utf8.RuneSelf {
		return false
	}
	return words.Trim(line) == ""
}

// words returns the words of the text of the given kind. Only their spans are
// sure to be set.
func (s *stats) words(kind Words) *wordTable {
	for _, w := range s.tables[:s.kinds] {
		if w.kind == kind {
			return w
		}
	}
	if s.kinds == len(s.tables) {
		s.tables = append(s.tables, new(wordTable))
	}
	w := s.tables[s.kinds]
	s.kinds++
	w.split(s.text, kind)
	return w
}

// numbered is words with everything set.
func (s *stats) numbered(kind Words) *wordTable {
	w := s.words(kind)
	if !w.numbered {
		w.number(s.text)
	}
	return w
}

// ngrams returns the repeated n-grams of the words of the given kind.
func (s *stats) ngrams(kind Words, n int) *ngrams {
	if s.of != kind {
		s.of, s.grams.n = kind, 0
	}
	s.grams.advance(s.numbered(kind), n)
	return &s.grams
}
