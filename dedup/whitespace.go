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
		return longSpaceAt(s[i:])
	}
	return 1
}

// longSpaceAt is spaceAt for spaces that are not ASCII, of which there are few.
func longSpaceAt(s string) int {
	switch {
	case len(s) < 2:
	case s[0] == 0xC2:
		if s[1] == 0x85 || s[1] == 0xA0 {
			return 2
		}
	case len(s) < 3:
	case s[0] == 0xE2 && s[1] == 0x80:
		if c := s[2]; c <= 0x8A || c == 0xA8 || c == 0xA9 || c == 0xAF {
			return 3
		}
	case s[:3] == "\u1680" || s[:3] == "\u205F" || s[:3] == "\u3000":
		return 3
	}
	return 0
}

// whitespace puts s with single blanks only.
func (k *keyer) whitespace(s string) {
	for i := 0; i < len(s); {
		if n := spaceAt(s, i); n > 0 {
			i += n
			continue
		}
		k.putGap()
		end := evenlySpaced(s, i)
		k.putString(s[i:end])
		i = end
	}
}

// evenlySpaced returns the end of the longest piece of s from i on that has no
// spaces but single blanks between words. There is no space at i.
func evenlySpaced(s string, i int) int {
	afterBlank := false
	for i < len(s) {
		if n := plainWords(s[i:], afterBlank); n > 0 {
			i += n
			afterBlank = s[i-1] == ' '
		}
		for end := min(i+8, len(s)); i < end; i++ { // there is something in these
			class := spaceClass[s[i]]
			if class == space || class == blank && afterBlank || class == spaceLead && longSpaceAt(s[i:]) > 0 {
				if afterBlank {
					i--
				}
				return i
			}
			afterBlank = class == blank
		}
	}
	if afterBlank {
		i--
	}
	return i
}

// Eight bytes at a time.
const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// plainWords returns the length of a piece from the start of s, a multiple of 8,
// that has no spaces but single blanks. It may stop before anything unusual.
func plainWords(s string, afterBlank bool) (n int) {
	carry := uint64(0) // 0x80 if the byte before is a blank
	if afterBlank {
		carry = 0x80
	}
	for ; n+8 <= len(s); n += 8 {
		x := load8(s[n : n+8])
		t := x ^ ' '*ones
		blanks := ^((t&^highs + ^uint64(highs)) | t) & highs // exactly the bytes that are blanks
		odd := (x - ' '*ones) & ^x & highs                   // some byte is less than a blank
		odd |= blanks & (blanks<<8 | carry)
		if high := x & highs; high != 0 {
			odd |= has(x, 0xC2) | has(x, 0xE1) | has(x, 0xE2) | has(x, 0xE3)
		}
		if odd != 0 {
			return n
		}
		carry = blanks >> 56
	}
	return n
}

// has returns something other than 0 if a byte of x is c.
func has(x uint64, c uint64) uint64 {
	t := x ^ c*ones
	return (t - ones) & ^t & highs
}

func load8(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}
