package sketch

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/textmill/textmill/internal/ucd"
)

// A Normalization says which differences between texts do not count. It is given
// as steps over the whole text, one after another.
type Normalization uint8

const (
	// Datatrove is the default of datatrove's TextNormConfig: lower case; numbers
	// as 0; its punctuation marks and control characters as spaces; runs of white
	// space as one space, none at the ends; canonical decomposition without
	// nonspacing marks (Mn). A number is \p{Nd}+, with at most one part after one
	// of . , ، ٫ ⎖ ⎗ ⎘. Lower case is that of Python's str.lower.
	//
	// The punctuation marks are all of ASCII and 33 others, among them – — ’ “ ”
	// « » … and the usual Chinese ones, not ‘ • · or those of Arabic and Hindi.
	Datatrove Normalization = iota

	// Duplodocus is what duplodocus does: lower case; without ASCII's punctuation
	// marks; white space as above.
	Duplodocus

	// Lower is lower case and nothing else.
	Lower

	// None takes the text as it is.
	None
)

var normalizationNames = [...]string{"datatrove", "duplodocus", "lower", "none"}

// String returns the name of n, such as "datatrove".
func (n Normalization) String() string { return name(n, normalizationNames[:], "Normalization") }

// MarshalText implements [encoding.TextMarshaler] with the name.
func (n Normalization) MarshalText() ([]byte, error) {
	return marshal(n, normalizationNames[:], "Normalization")
}

// UnmarshalText implements [encoding.TextUnmarshaler].
func (n *Normalization) UnmarshalText(text []byte) error {
	return unmarshal(n, normalizationNames[:], "normalization", text)
}

// datatrovePunctuation is what Datatrove makes spaces of, beside ASCII's marks and
// control characters. It has ASCII's digit one in full width too, which never gets
// there since digits are replaced before.
const datatrovePunctuation = "«´»–—’“”„…∶━►、。〈〉《》「」【】！％（），．：；？～"

const (
	smallSigma = 'σ'
	finalSigma = 'ς'
	bigSigma   = 'Σ'
)

// foldRune returns what n makes of r by itself. What depends on the characters
// around is left to the caller: number reports a digit, and a capital sigma becomes
// the one for inside a word.
func (n Normalization) foldRune(r rune) (s string, number bool) {
	switch n {
	case None:
		return string(r), false
	case Lower:
		return lower(r), false
	case Duplodocus:
		switch {
		case ucd.IsPythonSpace(r):
			return " ", false
		case isASCIIPunct(r):
			return "", false
		}
		return lower(r), false
	}
	switch {
	case ucd.IsDigit(r):
		return "", true
	case ucd.IsPythonSpace(r), ucd.IsControl(r), isASCIIPunct(r), strings.ContainsRune(datatrovePunctuation, r):
		return " ", false
	}
	return withoutMarks(lower(r)), false
}

// lower is str.lower of a character by itself, with σ for Σ.
func lower(r rune) string {
	if r == 'İ' {
		return "i\u0307"
	}
	return string(ucd.ToLower(r))
}

// withoutMarks returns the canonical decomposition of s without nonspacing marks.
// Done to each character of a text, it lacks the reordering of marks, which matters
// only to two that are not nonspacing and in an order no text has.
func withoutMarks(s string) string {
	var sb strings.Builder
	for _, r := range s {
		d := string(r)
		if ucd.CategoryOf(r) != ucd.Cn { // else it would change with x/text's Unicode
			d = norm.NFD.String(d)
		}
		for _, r := range d {
			if ucd.CategoryOf(r) != ucd.Mn {
				sb.WriteRune(r)
			}
		}
	}
	return sb.String()
}

func isASCIIPunct(r rune) bool {
	return r < utf8.RuneSelf && (ucd.IsPunct(r) || ucd.IsSymbol(r))
}

// isWord reports whether r is a word of its own: a character, but no space, of a
// script that is written without spaces, or a mark of kana that is of none.
func isWord(r rune) bool {
	switch ucd.ScriptOf(r) {
	case ucd.Han, ucd.Hiragana, ucd.Katakana, ucd.Bopomofo, ucd.Yi,
		ucd.Thai, ucd.Lao, ucd.Khmer, ucd.Myanmar, ucd.Tibetan,
		ucd.TaiLe, ucd.NewTaiLue, ucd.TaiTham, ucd.TaiViet:
		return true
	}
	return 0x3031 <= r && r <= 0x3035 || r == 0x30FC || r == 0xFF70
}
