package dedup

import (
	"encoding/binary"
	"fmt"
	"iter"
	"strings"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/internal/words"
)

// A SpanUnit says what a text is divided into.
type SpanUnit uint8

const (
	Lines      SpanUnit = iota // ends at \n
	Paragraphs                 // ends at blank lines
	Sentences                  // ends at a terminal such as . or 。 before white space, or with the line
)

var spanUnitNames = [...]string{Lines: "lines", Paragraphs: "paragraphs", Sentences: "sentences"}

// String returns "lines", "paragraphs" or "sentences".
func (u SpanUnit) String() string {
	if int(u) < len(spanUnitNames) {
		return spanUnitNames[u]
	}
	return fmt.Sprintf("SpanUnit(%d)", uint8(u))
}

// MarshalText returns the name of u.
func (u SpanUnit) MarshalText() ([]byte, error) {
	if err := u.validate(); err != nil {
		return nil, err
	}
	return []byte(u.String()), nil
}

// UnmarshalText sets u by its name.
func (u *SpanUnit) UnmarshalText(text []byte) error {
	for i, name := range spanUnitNames {
		if name == string(text) {
			*u = SpanUnit(i)
			return nil
		}
	}
	return fmt.Errorf("dedup: unknown unit %.40q; use lines, paragraphs or sentences", text)
}

func (u SpanUnit) validate() error {
	if int(u) >= len(spanUnitNames) {
		return fmt.Errorf("dedup: unknown unit %d; use Lines, Paragraphs or Sentences", uint8(u))
	}
	return nil
}

// pieces divides a text into units, which together are the text: what separates them is
// the end of the one before.
func (u SpanUnit) pieces(text string) iter.Seq[string] {
	switch u {
	case Lines:
		return strings.Lines(text)
	case Paragraphs:
		return paragraphs(text)
	}
	return words.Sentences(text)
}

func paragraphs(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		start, end, afterBlank := 0, 0, false
		for line := range strings.Lines(text) {
			blank := strings.TrimSpace(line) == ""
			if afterBlank && !blank {
				if !yield(text[start:end]) {
					return
				}
				start = end
			}
			end += len(line)
			afterBlank = blank
		}
		if end > start {
			yield(text[start:end])
		}
	}
}

// A pieceDivider finds runs of lines, paragraphs or sentences.
type pieceDivider struct {
	Spans
	keyer  *keyer
	starts []int // of the pieces in the window that are not blank
	ends   []int
}

func (k *pieceDivider) each(doc *textmill.Document, yield func(key uint64, first, last int) error) error {
	var firsts []int // numbers of the pieces in the window
	k.starts, k.ends = k.starts[:0], k.ends[:0]
	text, at, number := doc.Text, 0, -1
	for piece := range k.Unit.pieces(text) {
		number++
		start := at
		at += len(piece)
		if strings.TrimSpace(piece) == "" {
			continue
		}
		if len(k.starts) == k.Window {
			k.starts, k.ends, firsts = k.starts[:copy(k.starts, k.starts[1:])], k.ends[:copy(k.ends, k.ends[1:])], firsts[1:]
		}
		k.starts, k.ends, firsts = append(k.starts, start), append(k.ends, at), append(firsts, number)
		if len(k.starts) < k.Window {
			continue
		}
		span := text[k.starts[0]:at]
		if k.MinSpanWords > 0 && !hasWords(span, k.MinSpanWords) {
			continue
		}
		key, ok := k.keyer.key(span)
		if !ok {
			continue
		}
		if err := yield(binary.BigEndian.Uint64(key[:8]), firsts[0], number); err != nil {
			return err
		}
	}
	return nil
}

// hasWords reports whether s has at least n words.
func hasWords(s string, n int) bool {
	if n <= 0 {
		return true
	}
	for range strings.FieldsSeq(s) {
		if n--; n == 0 {
			return true
		}
	}
	return false
}

func (k *pieceDivider) remaining(text string, gone []bool) string {
	var sb strings.Builder
	sb.Grow(len(text))
	i := 0
	for piece := range k.Unit.pieces(text) {
		if i >= len(gone) || !gone[i] {
			sb.WriteString(piece)
		}
		i++
	}
	return sb.String()
}

func (*pieceDivider) skip(*textmill.Document) error { return nil }
func (*pieceDivider) end() error                    { return nil }
func (*pieceDivider) close() error                  { return nil }
