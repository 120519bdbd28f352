package normalize

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/internal/ucd"
)

// SymbolLines is a stage that removes lines made of punctuation, symbols and white
// space only, such as rules of dashes and rows of stars. Lines of nothing but
// white space stay. To apply it twice is to apply it once.
//
// It does what datatrove's SymbolLinesFormatter does, with three differences: what
// is punctuation or a symbol is said by the categories P and S of Unicode 15.0, so
// that no script is left out; a newline at the end of the text is kept; and if all
// lines go, the text is empty.
//
// It is not part of [Standard], for a line of braces is part of a program and a
// line of dashes part of a table.
//
// It counts "normalize.symbol_lines", the lines it removed.
type SymbolLines struct {
	// Replacement is a line to put in place of each run of such lines. If empty,
	// nothing takes their place.
	Replacement string
}

// Process implements [textmill.Stage].
func (l *SymbolLines) Process(ctx context.Context, doc *textmill.Document) (textmill.Verdict, error) {
	text, n := l.apply(doc.Text)
	doc.Text = text
	textmill.Count(ctx, "normalize.symbol_lines", n)
	return textmill.Keep, nil
}

func (l *SymbolLines) apply(s string) (text string, removed int64) {
	e := editor{src: s}
	empty := true // is the new text so far
	for start := 0; start <= len(s); {
		end := lineEnd(s, start)
		if !symbolic(s[start:end]) {
			start, empty = end+1, false
			continue
		}
		n := int64(1)
		for end < len(s) { // to the end of the run of such lines
			next := lineEnd(s, end+1)
			if !symbolic(s[end+1 : next]) {
				break
			}
			end = next
			n++
		}
		switch {
		case l.Replacement != "":
			if s[start:end] != l.Replacement {
				e.replace(start, end, l.Replacement)
				removed += n
			}
			empty = false
		case empty: // together with the newline behind
			e.remove(start, min(end+1, len(s)))
			removed += n
		default: // together with the newline before
			e.remove(start-1, end)
			removed += n
		}
		start = end + 1
	}
	return e.result(), removed
}

func lineEnd(s string, i int) int {
	if k := strings.IndexByte(s[i:], '\n'); k >= 0 {
		return i + k
	}
	return len(s)
}

// symbolic reports whether a line has symbols and nothing that would be read. The
// joiners and selectors of emoji count as symbols too.
func symbolic(line string) bool {
	symbols := false
	for _, r := range line {
		switch {
		case r < utf8.RuneSelf && ('a' <= r|0x20 && r|0x20 <= 'z' || '0' <= r && r <= '9'):
			return false
		case ucd.IsPunct(r) || ucd.IsSymbol(r):
			symbols = true
		case ucd.IsSpace(r), r == zwj, r == 0xFE0E, r == 0xFE0F, r == 0x20E3:
		default:
			return false
		}
	}
	return symbols
}
