package normalize

import (
	"context"
	"unicode/utf8"

	"github.com/textmill/textmill"
)

// Unicode is a stage that settles how characters are encoded and takes out those
// that cannot be seen and say nothing. It changes no character that has a form of
// its own: quotation marks, ligatures and full-width letters stay. The zero value
// changes nothing; see [NewUnicode].
//
// What it decides rests on Unicode 15.0, whatever the version of Go. Characters
// assigned later are taken as they are. To apply it twice is to apply it once.
//
// It counts, in characters but for the first:
//
//	normalize.nfc            documents put into NFC
//	normalize.line_breaks    replaced (a pair \r\n counts as one)
//	normalize.controls       removed, and so on for each field
//	normalize.zero_width
//	normalize.directions
//	normalize.noncharacters
//	normalize.private_use
type Unicode struct {
	// NFC puts the text into Normalization Form C (UAX #15), so that é is one
	// character however it was typed. No U+034F is inserted into long runs of
	// marks, as golang.org/x/text would.
	NFC bool

	// LineBreaks makes a newline of every other line break: \r\n, \r, \v, \f,
	// U+0085, U+2028 and U+2029. Mojibake must be repaired before, for it is
	// full of U+0085 that mean something else.
	LineBreaks bool

	// Controls removes the control characters but for tab, newline and the line
	// breaks above, which are the affair of LineBreaks, and like ftfy the
	// deprecated U+206A to U+206F and U+FFF9 to U+FFFC: annotations and the
	// place of an embedded object.
	Controls bool

	// ZeroWidth removes zero width space (U+200B), word joiner (U+2060), byte
	// order mark (U+FEFF), soft hyphen (U+00AD), the tags U+E0000 to U+E007F
	// that do not make a flag, which can hide a text from its readers, and the
	// joiners U+200C and U+200D where they do not matter. They do
	//
	//   - in a script that joins letters, such as Arabic, or stacks them, such
	//     as Devanagari: U+200C between letters (کتاب‌ها) or after a vowel killer,
	//     U+200D on either side of a letter
	//   - U+200D between emoji (👩‍🚀)
	//
	// and one of a kind is enough. Variation selectors stay.
	ZeroWidth bool

	// Directions removes the controls of bidirectional text that are not
	// balanced: embeddings, overrides and isolates that are not closed in their
	// line or close nothing, those nested deeper than the 125 levels of UAX #9,
	// and the marks U+200E, U+200F and U+061C in lines without a letter that is
	// written from right to left.
	Directions bool

	// Noncharacters removes U+FDD0 to U+FDEF and the last two code points of
	// every plane, which are no characters and will never be.
	Noncharacters bool

	// PrivateUse removes the characters for private use. Most are symbols of a
	// web page's own font, but some are Chinese characters that were put there
	// before Unicode had them; hence NewUnicode leaves them.
	PrivateUse bool
}

// NewUnicode returns the stage with every field set except PrivateUse.
func NewUnicode() *Unicode {
	return &Unicode{NFC: true, LineBreaks: true, Controls: true, ZeroWidth: true, Directions: true, Noncharacters: true}
}

// Process implements [textmill.Stage].
func (u *Unicode) Process(ctx context.Context, doc *textmill.Document) (textmill.Verdict, error) {
	text, c := u.apply(doc.Text)
	doc.Text = text
	if c == (unicodeCounts{}) {
		return textmill.Keep, nil
	}
	for k, name := range [kinds]string{
		lineBreak: "normalize.line_breaks", control: "normalize.controls",
		invisible: "normalize.zero_width", direction: "normalize.directions",
		noncharacter: "normalize.noncharacters", privateUse: "normalize.private_use",
	} {
		textmill.Count(ctx, name, c.changed[k])
	}
	textmill.Count(ctx, "normalize.nfc", c.nfc)
	return textmill.Keep, nil
}

// unicodeCounts says what became of a text. Joiners and tags count as invisible.
type unicodeCounts struct {
	changed [kinds]int64
	nfc     int64
}

func (c *unicodeCounts) add(removed *[kinds]int64) {
	for k, n := range removed {
		c.changed[k] += n
	}
}

// apply returns the text to put in place of s, which is s if it is right.
func (u *Unicode) apply(s string) (string, unicodeCounts) {
	var c unicodeCounts
	found := survey(s)
	before := len(s)
	if u.Directions && found.kinds[direction] {
		s, c.changed[direction] = balance(s)
	}
	if found.special && *u != (Unicode{NFC: u.NFC, Directions: u.Directions}) {
		x := stripper{Unicode: u, editor: editor{src: s}}
		s = x.strip()
		c.add(&x.removed)
	}
	// What was taken out may have kept a letter and its mark apart.
	if u.NFC && (found.unordered || found.combining && len(s) != before) {
		if t := nfc(s); t != s {
			s, c.nfc = t, 1
		}
	}
	return s, c
}

// findings says what a text has that the stage deals with.
type findings struct {
	kinds     [kinds]bool
	special   bool // any kind but ordinary
	combining bool // characters that combine with the one before
	unordered bool // some of them so that the text may not be in NFC
}

// survey finds out which parts of the stage a text needs. Most need none.
func survey(s string) (f findings) {
	for i := skipPlain(s, 0); i < len(s); i = skipPlain(s, i) {
		r, w := utf8.DecodeRuneInString(s[i:])
		if k := kindOf(r); k != ordinary {
			f.kinds[k], f.special = true, true
			i += w
		} else if end, ordered := sequence(s, i); end > i {
			f.combining = true
			f.unordered = f.unordered || !ordered
			i = end
		} else {
			i += w
		}
	}
	return f
}

// A stripper replaces and removes characters of the kinds its Unicode asks for.
type stripper struct {
	*Unicode
	editor
	removed [kinds]int64 // or replaced
	visible int          // where what follows the joiners at hand begins
}

func (x *stripper) strip() string {
	s := x.src
	for i := skipPlain(s, 0); i < len(s); i = skipPlain(s, i) {
		r, w := utf8.DecodeRuneInString(s[i:])
		switch k := kindOf(r); k {
		case ordinary, direction:
		case lineBreak:
			if x.LineBreaks {
				if r == '\r' && i+1 < len(s) && s[i+1] == '\n' {
					w = 2
				}
				x.replace(i, i+w, "\n")
				x.removed[k]++
			}
		case tag:
			if n := x.flag(i); n > 0 {
				w = n
				break
			}
			for w += i; w < len(s); { // with all tags behind it
				r, n := utf8.DecodeRuneInString(s[w:])
				if kindOf(r) != tag {
					break
				}
				x.drop(k, i, w-i)
				i, w = w, w+n
			}
			w -= i
			x.drop(k, i, w)
		default:
			if k != joiner || !x.joins(r, i, w) {
				x.drop(k, i, w)
			}
		}
		i += w
	}
	return x.result()
}

// drop removes a character if it is one of those to be removed.
func (x *stripper) drop(k kind, i, w int) {
	if !x.drops(k) {
		return
	}
	x.remove(i, i+w)
	if k == joiner || k == tag {
		k = invisible
	}
	x.removed[k]++
}

// drops reports whether characters of kind k are removed, unless they matter.
func (x *stripper) drops(k kind) bool {
	switch k {
	case control:
		return x.Controls
	case invisible, joiner, tag:
		return x.ZeroWidth
	case noncharacter:
		return x.Noncharacters
	case privateUse:
		return x.PrivateUse
	}
	return false
}
