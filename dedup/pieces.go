package dedup

import (
	"fmt"
	"iter"
	"strings"

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
