package words

import (
	"unicode/utf8"

	"github.com/textmill/textmill/internal/ucd"
)

// What an ASCII byte is to UAX #29.
const (
	asciiOther = iota
	asciiLetter
	asciiDigit
	asciiUnderscore
)

var asciiClass = func() (class [256]uint8) {
	for c := range byte(128) {
		switch ucd.WordBreakOf(rune(c)) {
		case ucd.WBALetter:
			class[c] = asciiLetter
		case ucd.WBNumeric:
			class[c] = asciiDigit
		case ucd.WBExtendNumLet:
			class[c] = asciiUnderscore
		}
	}
	return class
}()

func appendUAX29(dst []Span, s string) []Span {
	for i := 0; i < len(s); {
		end, word, ok := asciiSegment(s, i)
		if !ok {
			end, word = segment(s, i)
		}
		if word {
			dst = append(dst, Span{i, end})
		}
		i = end
	}
	return dst
}

// asciiSegment is segment for the case that ASCII alone decides; ok says whether
// it does. What is no word may be part of a longer segment.
func asciiSegment(s string, i int) (end int, word, ok bool) {
	first := asciiClass[s[i]]
	if first == asciiOther {
		end = i + 1
		for s[i] == ' ' && end < len(s) && s[end] == ' ' {
			end++
		}
		ok = s[i] < utf8.RuneSelf && (end == len(s) || s[end] < utf8.RuneSelf)
		return end, false, ok
	}
	word = first != asciiUnderscore
	for i++; i < len(s); i++ {
		if c := asciiClass[s[i]]; c != asciiOther {
			word = word || c != asciiUnderscore
			continue
		}
		if s[i] >= utf8.RuneSelf {
			return 0, false, false
		}
		before := asciiClass[s[i-1]]
		if !joins(s[i], before) || i+1 == len(s) {
			return i, word, true
		}
		if s[i+1] >= utf8.RuneSelf {
			return 0, false, false
		}
		if asciiClass[s[i+1]] != before {
			return i, word, true
		}
	}
	return i, word, true
}

// joins reports whether c joins two letters or two digits: rules WB6, WB7, WB11
// and WB12.
func joins(c byte, class uint8) bool {
	switch c {
	case '\'', '.':
		return class == asciiLetter || class == asciiDigit
	case ':':
		return class == asciiLetter
	case ',', ';':
		return class == asciiDigit
	}
	return false
}

// segment returns the first word boundary of s after i, which is one, and
// whether there is a letter or a number in between, other than one that merely
// extends the character before it.
func segment(s string, i int) (end int, word bool) {
	r, size := utf8.DecodeRuneInString(s[i:])
	last := ucd.WordBreakOf(r)
	word = ucd.IsAlnum(r) && !extends(last)
	before := last // what the rules after WB4 see: extending characters are left out
	for i += size; i < len(s); i += size {
		r, size = utf8.DecodeRuneInString(s[i:])
		next := ucd.WordBreakOf(r)
		switch {
		case last == ucd.WBCR && next == ucd.WBLF: // WB3
		case isNewline(last) || isNewline(next): // WB3a, WB3b
			return i, word
		case last == ucd.WBZWJ && ucd.IsExtendedPictographic(r): // WB3c
			before = next
		case last == ucd.WBWSegSpace && next == last: // WB3d
		case extends(next): // WB4
		default:
			var ok bool
			if before, ok = join(before, next, s[i+size:]); !ok {
				return i, word
			}
		}
		last = next
		word = word || ucd.IsAlnum(r) && !extends(next)
	}
	return i, word
}

// join applies the rules WB5 to WB16 to two characters and the text after them.
// It reports whether there is no boundary between the two, and what the rules are
// to see in front of what follows.
func join(before, next ucd.WordBreak, rest string) (ucd.WordBreak, bool) {
	switch before {
	case ucd.WBALetter, ucd.WBHebrewLetter:
		switch next {
		case ucd.WBALetter, ucd.WBHebrewLetter, ucd.WBNumeric, ucd.WBExtendNumLet: // WB5, WB9, WB13a
			return next, true
		case ucd.WBMidLetter, ucd.WBMidNumLet, ucd.WBSingleQuote:
			if isAHLetter(following(rest)) { // WB6, WB7
				return before, true
			}
			return next, before == ucd.WBHebrewLetter && next == ucd.WBSingleQuote // WB7a
		case ucd.WBDoubleQuote: // WB7b, WB7c
			return before, before == ucd.WBHebrewLetter && following(rest) == before
		}
	case ucd.WBNumeric:
		switch next {
		case ucd.WBNumeric, ucd.WBALetter, ucd.WBHebrewLetter, ucd.WBExtendNumLet: // WB8, WB10, WB13a
			return next, true
		case ucd.WBMidNum, ucd.WBMidNumLet, ucd.WBSingleQuote: // WB11, WB12
			return before, following(rest) == before
		}
	case ucd.WBKatakana:
		return next, next == before || next == ucd.WBExtendNumLet // WB13, WB13a
	case ucd.WBExtendNumLet: // WB13a, WB13b
		return next, isAHLetter(next) || next == ucd.WBNumeric || next == ucd.WBKatakana || next == before
	case ucd.WBRegionalIndicator: // WB15, WB16: pairs, so that a third one stands alone
		return ucd.WBOther, next == before
	}
	return next, false
}

// following returns the class of the first character of s that WB4 does not
// leave out, or WBOther.
func following(s string) ucd.WordBreak {
	for _, r := range s {
		if b := ucd.WordBreakOf(r); !extends(b) {
			return b
		}
	}
	return ucd.WBOther
}

func isAHLetter(b ucd.WordBreak) bool { return b == ucd.WBALetter || b == ucd.WBHebrewLetter }

func isNewline(b ucd.WordBreak) bool { return b == ucd.WBCR || b == ucd.WBLF || b == ucd.WBNewline }

func extends(b ucd.WordBreak) bool {
	return b == ucd.WBExtend || b == ucd.WBFormat || b == ucd.WBZWJ
}
