package normalize

import (
	"math/bits"
	"unicode/utf8"
)

// Eight bytes of a text are examined at once in a uint64.
const (
	each = 0x0101010101010101 // times b: b in each byte
	high = 0x80 * each
)

// load8 returns the eight bytes of s from i on, the first in the lowest bits.
func load8(s string, i int) uint64 {
	s = s[i : i+8]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// firstByte returns the index of the first byte whose high bit is set in mask,
// which has no other bits.
func firstByte(mask uint64) int { return bits.TrailingZeros64(mask) >> 3 }

// skipPlain returns the index of the first rune of s at or after i that a part of
// the stage Unicode has to look at, or len(s). It is most of the cost of that
// stage.
func skipPlain(s string, i int) int {
	for i < len(s) {
		if len(s)-i >= 8 && s[i] < utf8.RuneSelf {
			x := load8(s, i)
			bad := x&high | notPlain(x)
			if bad == 0 {
				i += 8
				continue
			}
			i += firstByte(bad)
		}
		c := s[i]
		switch {
		case c < utf8.RuneSelf:
			if c < ' ' && c != '\n' && c != '\t' || c == 0x7F {
				return i
			}
			i++
		case c < 0xC2:
			return i
		case c < 0xE0:
			if len(s)-i < 2 || plain[c&0x1F]>>(s[i+1]&0x3F)&1 == 0 {
				return i
			}
			i += 2
		case c < 0xF0:
			if len(s)-i < 3 || plain[int(c&0xF)<<6|int(s[i+1]&0x3F)]>>(s[i+2]&0x3F)&1 == 0 {
				return i
			}
			i += 3
		default:
			r, w := utf8.DecodeRuneInString(s[i:])
			if !plainAstral(r) {
				return i
			}
			i += w
		}
	}
	return i
}

// notPlain marks the high bit of each ASCII character of x that is a control
// character other than tab and newline. The bits of other bytes are undefined.
func notPlain(x uint64) uint64 {
	control := ^(x | high - ' '*each) // below U+0020
	del := x + each                   // U+007F
	keep := isByte(x, '\n') | isByte(x, '\t')
	return (control&^keep | del) & high
}

// isByte marks the high bit of each ASCII character of x that is c.
func isByte(x uint64, c byte) uint64 { return ^(x ^ uint64(c)*each + 0x7F*each) }

// plainAstral is plain for the code points from U+10000 on. It knows the ranges
// that occur in numbers; for the others a table is consulted.
func plainAstral(r rune) bool {
	switch {
	case 0x1F300 <= r && r <= 0x1F64F, 0x1F900 <= r && r <= 0x1F9FF: // emoji
		return true
	case 0x20000 <= r && r <= 0x2A6DF, 0x2A700 <= r && r <= 0x2B739: // ideographs
		return true
	case 0x1D400 <= r && r <= 0x1D454: // mathematical bold and italic
		return true
	}
	return false
}
