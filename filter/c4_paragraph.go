package filter

import (
	"context"
	"unicode/utf8"

	"github.com/textmill/textmill"
)

// C4Paragraph drops texts without at least a few long lines, as mC4 (Xue et al.
// 2021, section 3.1) does in place of C4's rule about punctuation, which suits few
// languages. The reason is too_few_paragraphs. Lines are what line feeds divide;
// they are not trimmed.
type C4Paragraph struct {
	MinParagraphs int // how many long lines there must be; if 0, the rule is off
	MinLength     int // of a long line, in code points

	// All has no effect on the verdict, for there is a single rule. If it is
	// true, Meta["c4_paragraph.too_few_paragraphs"] of a document that is
	// dropped is the number of long lines.
	All bool
}

// NewC4Paragraph returns the filter with mC4's thresholds: three lines of 200
// characters.
func NewC4Paragraph() *C4Paragraph { return &C4Paragraph{MinParagraphs: 3, MinLength: 200} }

// Process implements [textmill.Stage].
func (f *C4Paragraph) Process(ctx context.Context, doc *textmill.Document) (textmill.Verdict, error) {
	return judge(ctx, doc, f.All, f), nil
}

func (f *C4Paragraph) judge(_ context.Context, j *judging) {
	j.begin("c4_paragraph.", f.All)
	lines := j.lineFeeds()
	n := 0
	for i, e := range lines.list {
		if e.End-e.Start >= f.MinLength && utf8.RuneCountInString(lines.at(uint32(i))) >= f.MinLength {
			n += int(e.count)
		}
	}
	j.below("too_few_paragraphs", float64(n), float64(f.MinParagraphs))
}
