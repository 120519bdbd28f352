package words

import (
	"math/bits"
	"strings"
	"unicode/utf8"

	"github.com/textmill/textmill/internal/ucd"
)

// appendWhitespace makes a bitmap of the white space of every 64 bytes and reads
// the words off it: a word then costs two bit operations instead of a branch, hard
// to predict, at every byte.
func appendWhitespace(dst []Span, s string) []Span {
	start, inside := 0, false // of the word at hand
	skip := 0                 // bytes of the next block that belong to a space of the last
	for base := 0; base < len(s); base += 64 {
		var spaces uint64
		if base+64 <= len(s) {
			spaces, skip = blockSpaces(s, base, skip)
		} else {
			spaces = tailSpaces(s, base, skip)
		}
		// A bit of changes says that a word begins or, if one is at hand, ends.
		before := ^spaces << 1
		if inside {
			before |= 1
		}
		changes := ^spaces ^ before
		if inside && changes != 0 {
			dst = append(dst, Span{start, base + bits.TrailingZeros64(changes)})
			changes &= changes - 1
			inside = false
		}
		for changes != 0 {
			start = base + bits.TrailingZeros64(changes)
			changes &= changes - 1
			if changes == 0 {
				inside = true
				break
			}
			dst = append(dst, Span{start, base + bits.TrailingZeros64(changes)})
			changes &= changes - 1
		}
	}
	if inside {
		dst = append(dst, Span{start, len(s)})
	}
	return dst
}

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// load returns the first eight bytes of s, the first one lowest.
func load(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// among returns a word whose byte n has its high bit set if the low seven bits of
// byte n of x are at least from and less than to; its other bits are arbitrary.
func among(x, from, to uint64) uint64 {
	// With the high bit set no byte borrows from the next one, and the bit stays
	// where the byte is at least as large as what is subtracted.
	x |= highs
	return (x - from*ones) &^ (x - to*ones)
}

// gather returns the high bits of the eight bytes of x as a number of eight bits.
func gather(x uint64) uint64 { return x & highs >> 7 * 0x0102040810204080 >> 56 }

// blockSpaces returns the bitmap of the spaces among the 64 bytes from s[base]
// on, of which the first skip are known to be. It also returns how many bytes of
// the next block are part of a space of this one.
func blockSpaces(s string, base, skip int) (spaces uint64, rest int) {
	block := s[base : base+64]
	spaces = 1<<skip - 1
	var maybe uint64
	for i := 0; i < 64; i += 8 {
		x := load(block[i : i+8])
		spaces |= gather((among(x, 0x09, 0x0E)|among(x, 0x1C, 0x21))&^x) << i
		if x&highs != 0 {
			maybe |= gather((among(x, 0x42, 0x43)|among(x, 0x61, 0x64))&x) << i // C2, E1, E2, E3
		}
	}
	for ; maybe != 0; maybe &= maybe - 1 {
		i := bits.TrailingZeros64(maybe)
		if size := spaceSize(s, base+i); size > 0 {
			spaces |= (1<<size - 1) << i
			rest = max(0, i+size-64)
		}
	}
	return spaces, rest
}

// tailSpaces is blockSpaces for less than 64 bytes. Where the text ends, so does
// every word.
func tailSpaces(s string, base, skip int) (spaces uint64) {
	n := len(s) - base
	spaces = 1<<skip - 1 | ^uint64(0)<<n
	for i := range n {
		if isSpaceByte[s[base+i]] {
			spaces |= 1 << i
		} else if size := spaceSize(s, base+i); size > 0 {
			spaces |= (1<<size - 1) << i
		}
	}
	return spaces
}

// isSpaceByte has the spaces of one byte.
var isSpaceByte = func() (is [256]bool) {
	for c := range rune(utf8.RuneSelf) {
		is[c] = ucd.IsPythonSpace(c)
	}
	return is
}()

// spaceSize returns the number of bytes of the space of several bytes that s[i:]
// begins with, or 0.
func spaceSize(s string, i int) int {
	switch s[i] {
	case 0xC2:
		if i+1 < len(s) && (s[i+1] == 0x85 || s[i+1] == 0xA0) {
			return 2
		}
	case 0xE1, 0xE2, 0xE3:
		if i+2 < len(s) && isContinuation(s[i+1]) && isContinuation(s[i+2]) &&
			ucd.IsSpace(rune(s[i]&0x0F)<<12|rune(s[i+1]&0x3F)<<6|rune(s[i+2]&0x3F)) {
			return 3
		}
	}
	return 0
}

func isContinuation(c byte) bool { return c&0xC0 == 0x80 }

// Trim returns s without white space at its ends: Python's str.strip.
func Trim(s string) string { return strings.TrimFunc(s, ucd.IsPythonSpace) }
