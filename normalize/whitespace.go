package normalize

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/internal/ucd"
)

// Whitespace is a stage that tidies the white space of texts. A line ends with \n:
// let [Unicode] replace the other line breaks before. The zero value changes
// nothing; see [NewWhitespace]. To apply it twice is to apply it once.
//
// It counts "normalize.whitespace", the documents it changed, and
// "normalize.whitespace_bytes", by how much they shrank.
type Whitespace struct {
	// Spaces makes an ordinary space of every other character of the category
	// Zs, such as the no-break space U+00A0 and the ideographic space U+3000.
	// Only U+202F after a Mongolian letter stays: it is part of the spelling.
	// Without it, such spaces count as letters for the fields below.
	Spaces bool

	// Collapse makes one space of several in a row within a line; one tab if
	// there is a tab among them, for then they separate columns. The indentation
	// of a line is not touched.
	Collapse bool

	// LineEnds removes spaces and tabs from the ends of lines.
	LineEnds bool

	// Indents removes spaces and tabs from the starts of lines.
	Indents bool

	// MaxNewlines is how many newlines may follow one another; 2 leaves one
	// empty line between paragraphs. Lines of nothing but spaces count as empty
	// ones. If 0, there is no limit.
	MaxNewlines int

	// Ends removes all white space from the start and the end of the text.
	Ends bool
}

// NewWhitespace returns the stage with every field set except Indents, for the
// indentation of programs, verses and lists means something, and MaxNewlines 2.
func NewWhitespace() *Whitespace {
	return &Whitespace{Spaces: true, Collapse: true, LineEnds: true, MaxNewlines: 2, Ends: true}
}

// Process implements [textmill.Stage].
func (w *Whitespace) Process(ctx context.Context, doc *textmill.Document) (textmill.Verdict, error) {
	if text := w.apply(doc.Text); text != doc.Text {
		textmill.Count(ctx, "normalize.whitespace", 1)
		textmill.Count(ctx, "normalize.whitespace_bytes", int64(len(doc.Text)-len(text)))
		doc.Text = text
	}
	return textmill.Keep, nil
}

func (w *Whitespace) apply(s string) string {
	if w.Ends {
		s = w.trim(s)
	}
	e := editor{src: s}
	for i := 0; ; {
		start, end := w.next(s, i)
		if start == end {
			return e.result()
		}
		w.tidy(&e, start, end)
		i = end
	}
}

// width returns the length in bytes of the space, tab or newline at i, or 0.
func (w *Whitespace) width(s string, i int) int {
	if i >= len(s) {
		return 0
	}
	switch c := s[i]; {
	case c == ' ' || c == '\t' || c == '\n':
		return 1
	case c < 0xC2 || !w.Spaces:
		return 0
	}
	return wideSpace(s, i)
}

// wideSpace returns the length of the space beyond ASCII at i, or 0.
func wideSpace(s string, i int) int {
	switch {
	case len(s)-i < 2:
		return 0
	case s[i] == 0xC2:
		if s[i+1] == 0xA0 {
			return 2
		}
		return 0
	case s[i] < 0xE1 || s[i] > 0xE3 || len(s)-i < 3:
		return 0
	}
	switch rune(s[i]&0xF)<<12 | rune(s[i+1]&0x3F)<<6 | rune(s[i+2]&0x3F) {
	case 0x1680, 0x2000, 0x2001, 0x2002, 0x2003, 0x2004, 0x2005, 0x2006, 0x2007, 0x2008, 0x2009, 0x200A, 0x205F, 0x3000:
		return 3
	case 0x202F:
		if r, _ := utf8.DecodeLastRuneInString(s[:i]); ucd.ScriptOf(r) != ucd.Mongolian {
			return 3
		}
	}
	return 0
}

// trim removes white space from the ends of s.
func (w *Whitespace) trim(s string) string {
	i := 0
	for i < len(s) {
		r, n := utf8.DecodeRuneInString(s[i:])
		if !w.trims(r) {
			break
		}
		i += n
	}
	for i < len(s) {
		r, n := utf8.DecodeLastRuneInString(s[i:])
		// U+202F at the end of a text joins no suffix.
		if !w.trims(r) {
			break
		}
		s = s[:len(s)-n]
	}
	return s[i:]
}

func (w *Whitespace) trims(r rune) bool {
	if r < utf8.RuneSelf || w.Spaces {
		return ucd.IsSpace(r)
	}
	return false
}

// next returns the first run of white space at or after i that may have to be
// changed: one of two characters or more, or of one beyond ASCII. If there is none,
// it returns an empty one.
func (w *Whitespace) next(s string, i int) (start, end int) {
	for i < len(s) {
		if len(s)-i > 8 && i > 0 { // a space at the start of the text is not passed over
			x, y := load8(s, i), load8(s, i+1)
			stop := white(x) & white(y)
			if w.Spaces && x&high != 0 {
				stop |= maybeSpace(x, y)
			}
			if stop == 0 {
				i += 8
				continue
			}
			i += firstByte(stop)
		}
		n := w.width(s, i)
		if n == 0 || n == 1 && w.width(s, i+1) == 0 && i > 0 && i+1 < len(s) {
			i++
			continue
		}
		start = i
		if start > 0 && (s[start-1] == ' ' || s[start-1] == '\t' || s[start-1] == '\n') {
			start-- // it was passed over, being alone in ASCII
		}
		for end = i + n; ; end += n {
			if n = w.width(s, end); n == 0 {
				return start, end
			}
		}
	}
	return len(s), len(s)
}

// white marks the high bit of each byte of x that is at most U+0020.
func white(x uint64) uint64 { return ^(x | high - 0x21*each) &^ x & high }

// maybeSpace marks the high bit of each byte of x with which a space beyond ASCII
// may begin, given that y has the bytes after those of x: C2 A0, E1 9A, E2 80,
// E2 81 and E3 80. It marks some others too.
func maybeSpace(x, y uint64) uint64 {
	return isZero(x^0xC2*each)&isZero(y^0xA0*each) | isZero(x^0xE1*each)&isZero(y^0x9A*each) |
		isZero(x^0xE2*each)&isZero(y&^each^0x80*each) | isZero(x^0xE3*each)&isZero(y^0x80*each)
}

// isZero marks the high bit of each byte of x that is zero, and of some that are 1.
func isZero(x uint64) uint64 { return (x - each) &^ x & high }

// tidy puts what should be in place of the white space src[start:end].
func (w *Whitespace) tidy(e *editor, start, end int) {
	s := e.src
	newlines := strings.Count(s[start:end], "\n")
	if newlines == 0 {
		w.tidySpaces(e, start, end, place{start == 0, end == len(s)})
		return
	}
	crowded := w.MaxNewlines > 0 && newlines > w.MaxNewlines
	for n := 0; start <= end; n++ {
		line := end
		if k := strings.IndexByte(s[start:end], '\n'); k >= 0 {
			line = start + k
		}
		switch {
		case crowded && 0 < n && n < newlines: // a line of spaces
			if line > start {
				e.remove(start, line)
			}
		default:
			w.tidySpaces(e, start, line, place{n > 0 || start == 0, n < newlines || line == len(s)})
		}
		if crowded && n >= w.MaxNewlines && line < end {
			e.remove(line, line+1)
		}
		start = line + 1
	}
}

// A place says where in a line a run of spaces is. One that is both at its start
// and at its end makes an empty line.
type place struct{ lineStart, lineEnd bool }

// tidySpaces puts what should be in place of src[start:end], spaces and tabs.
func (w *Whitespace) tidySpaces(e *editor, start, end int, at place) {
	spaces := e.src[start:end]
	switch {
	case spaces == "":
	case at.lineEnd && w.LineEnds, at.lineStart && w.Indents:
		e.remove(start, end)
	case w.Collapse && !at.lineStart:
		one := " "
		if strings.IndexByte(spaces, '\t') >= 0 {
			one = "\t"
		}
		if spaces != one {
			e.replace(start, end, one)
		}
	case w.Spaces:
		w.narrow(e, start, end)
	}
}

// narrow replaces the spaces of src[start:end] that are not of ASCII.
func (w *Whitespace) narrow(e *editor, start, end int) {
	for i := start; i < end; {
		n := w.width(e.src, i)
		if n > 1 {
			e.replace(i, i+n, " ")
		}
		i += n
	}
}
