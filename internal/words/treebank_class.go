package words

import (
	"strings"
	"unicode/utf8"

	"github.com/textmill/textmill/internal/ucd"
)

// What a character is to Treebank: a set of bits.
const (
	isLower    = 1 << iota // letter in lower case or of a script without case, or a mark
	isUpper                // letter in upper or title case
	isDigit                // number of any kind
	isOpener               // a token of its own at the beginning of a word
	isCloser               // a token of its own at the end of a word
	isQuote                // quotation mark
	isCurrency             // sign of a currency
	isIcon                 // symbol such as © or an emoji: a token of its own anywhere
	isHyphen               // parts two letters
	isSpace                // white space of one byte
	isWide                 // byte of a character that is not ASCII
	isOther                // any other byte

	isLetter = isLower | isUpper
)

// treebankByte has the class of every byte.
var treebankByte = func() (class [256]uint16) {
	for c := range class {
		switch r := rune(c); {
		case c >= utf8.RuneSelf:
			class[c] = isWide
		case ucd.IsPythonSpace(r):
			class[c] = isSpace
		case ucd.IsUpper(r):
			class[c] = isUpper
		case ucd.IsLower(r):
			class[c] = isLower
		case ucd.IsDigit(r):
			class[c] = isDigit
		case strings.ContainsRune(",:;!?()[]{}<>_#*&", r):
			class[c] = isOpener | isCloser
		case strings.ContainsRune("'\"`", r):
			class[c] = isOpener | isCloser | isQuote
		case strings.ContainsRune("%=", r):
			class[c] = isOpener
		case r == '$':
			class[c] = isOpener | isCurrency
		case strings.ContainsRune("-~", r):
			class[c] = isHyphen
		default:
			class[c] = isOther
		}
	}
	return class
}()

// classOf returns the class of a character.
func classOf(r rune) uint16 {
	if uint32(r) < utf8.RuneSelf {
		return treebankByte[r]
	}
	switch ucd.CategoryOf(r) {
	case ucd.Lu, ucd.Lt:
		return isUpper
	case ucd.Ll, ucd.Lm, ucd.Lo, ucd.Mn, ucd.Mc, ucd.Me:
		return isLower
	case ucd.Nd, ucd.Nl, ucd.No:
		return isDigit
	case ucd.Pi, ucd.Pf:
		return isOpener | isCloser | isQuote
	case ucd.Pd:
		return isOpener | isCloser | isHyphen
	case ucd.Pc, ucd.Ps, ucd.Pe, ucd.Po:
		return isOpener | isCloser
	case ucd.Sc:
		return isOpener | isCurrency
	case ucd.So:
		return isOpener | isCloser | isIcon
	}
	return 0
}

// firstClass returns the class of the first character of s.
func firstClass(s string) uint16 {
	r, _ := utf8.DecodeRuneInString(s)
	return classOf(r)
}

// lastClass returns the class and the size of the last character of s, or 0.
func lastClass(s string) (class uint16, size int) {
	if s == "" {
		return 0, 0
	}
	r, size := utf8.DecodeLastRuneInString(s)
	return classOf(r), size
}
