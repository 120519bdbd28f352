package words

import (
	"strings"

	"github.com/textmill/textmill/internal/ucd"
)

// What a byte says about the character it begins, for division at white space.
const (
	inWord     = iota
	space      // of one byte
	maybeSpace // the first byte of a space of several bytes, or of something else
)

var spaceClass = func() (class [256]uint8) {
	for r := range rune(128) {
		if ucd.IsPythonSpace(r) {
			class[r] = space
		}
	}
	for r := rune(128); r <= 0xFFFF; r++ {
		if ucd.IsPythonSpace(r) {
			class[string(r)[0]] = maybeSpace
		}
	}
	return class
}()

// spaceSize returns the number of bytes of the space that s[i:] begins with, or
// 0. The first byte is of class maybeSpace.
func spaceSize(s string, i int) int {
	if s[i] == 0xC2 {
		if i+1 < len(s) && (s[i+1] == 0x85 || s[i+1] == 0xA0) {
			return 2
		}
		return 0
	}
	if i+2 >= len(s) {
		return 0
	}
	r := rune(s[i]&0x0F)<<12 | rune(s[i+1]&0x3F)<<6 | rune(s[i+2]&0x3F)
	if ucd.IsPythonSpace(r) {
		return 3
	}
	return 0
}

func appendWhitespace(dst []Span, s string) []Span {
	for i := 0; ; {
		i = skipSpace(s, i)
		if i == len(s) {
			return dst
		}
		end := endOfWord(s, i)
		dst = append(dst, Span{i, end})
		i = end
	}
}

// skipSpace returns the place of the first character that is no space, from i on.
func skipSpace(s string, i int) int {
	for i < len(s) {
		switch spaceClass[s[i]] {
		case inWord:
			return i
		case space:
			i++
		default:
			n := spaceSize(s, i)
			if n == 0 {
				return i
			}
			i += n
		}
	}
	return i
}

// endOfWord returns the place of the first space from i on, or len(s).
func endOfWord(s string, i int) int {
	for ; i < len(s); i++ {
		c := spaceClass[s[i]]
		if c == inWord {
			continue
		}
		if c == space || spaceSize(s, i) > 0 {
			break
		}
	}
	return i
}

// Trim returns s without white space at its ends: Python's str.strip.
func Trim(s string) string {
	return strings.TrimRightFunc(s[skipSpace(s, 0):], ucd.IsPythonSpace)
}
