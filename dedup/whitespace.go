package dedup

import (
	"unicode/utf8"

	"github.com/textmill/textmill/internal/ucd"
)

// Classes of bytes, to pass over most of a text without decoding it.
const (
	plain     = iota // part of no space
	blank            // U+0020
	space            // another ASCII space
	spaceLead        // may be the first byte of a longer one
)

var spaceClass = func() (class [256]uint8) {
	for c := range rune(utf8.RuneSelf) {
		if ucd.IsPythonSpace(c) {
			class[c] = space
		}
	}
	class[' '] = blank
	for r := rune(utf8.RuneSelf); r <= 0xFFFF; r++ { // no space is beyond
		if ucd.IsPythonSpace(r) {
			class[string(r)[0]] = spaceLead
		}
	}
	return class
}()

// spaceAt returns the length of the space that s[i:] begins with, or 0.
func spaceAt(s string, i int) int {
	switch spaceClass[s[i]] {
	case plain:
		return 0
	case spaceLead:
		if r, n := utf8.DecodeRuneInString(s[i:]); ucd.IsPythonSpace(r) {
			return n
		}
		return 0
	}
	return 1
}

// whitespace puts s with single spaces only.
func (k *keyer) whitespace(s string) {
	for i := 0; i < len(s); {
		if n := spaceAt(s, i); n > 0 {
			i += n
			continue
		}
		end := evenlySpaced(s, i)
		if k.some() {
			k.putByte(' ')
		}
		k.putString(s[i:end])
		i = end
	}
}

// evenlySpaced returns the end of the longest piece of s from i on that has no
// spaces but single blanks between words. There is no space at i.
func evenlySpaced(s string, i int) int {
	for i < len(s) {
		switch spaceClass[s[i]] {
		case plain:
			i++
		case spaceLead:
			if spaceAt(s, i) > 0 {
				return i
			}
			i++
		case blank:
			if i+1 == len(s) || spaceAt(s, i+1) > 0 {
				return i
			}
			i++
		default:
			return i
		}
	}
	return i
}
