package ucd

import "unicode/utf8"

// ToLower returns the simple lower-case mapping of r, one code point, or r if it
// has none.
func ToLower(r rune) rune {
	if uint32(r) > maxRune {
		return r
	}
	return r + lowerDeltas[lowerValues[int(lowerIndex[r>>blockBits])<<blockBits|int(r&blockMask)]]
}

const (
	capitalIWithDot = 'İ' // the only code point whose lower case is longer
	capitalSigma    = 'Σ'
	smallSigma      = 'σ'
	finalSigma      = 'ς'
)

// AppendLower appends s in lower case to dst: Unicode's full mappings without
// those of single languages, and a sigma at the end of a word as ς, as Python's
// str.lower does. Bytes that are not UTF-8 are copied.
func AppendLower(dst []byte, s string) []byte {
	for i := 0; i < len(s); {
		if n := asciiPrefix(s[i:]); n > 0 {
			dst = appendLowerASCII(dst, s[i:i+n])
			i += n
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			dst = append(dst, s[i])
		case r == capitalIWithDot:
			dst = append(dst, "i\u0307"...)
		case r == capitalSigma && endsWord(s, i, i+size):
			dst = utf8.AppendRune(dst, finalSigma)
		default:
			dst = utf8.AppendRune(dst, ToLower(r))
		}
		i += size
	}
	return dst
}

// asciiPrefix returns the number of bytes in front of the first that is not ASCII.
func asciiPrefix(s string) int {
	for i, c := range []byte(s) {
		if c >= utf8.RuneSelf {
			return i
		}
	}
	return len(s)
}

func appendLowerASCII(dst []byte, s string) []byte {
	n := len(dst)
	dst = append(dst, s...)
	for i, c := range dst[n:] {
		if c-'A' < 26 {
			dst[n+i] = c | 0x20
		}
	}
	return dst
}

// endsWord reports whether the letter s[i:j] is the last of a word of two or
// more: condition Final_Sigma of the Unicode Standard, table 3-17.
func endsWord(s string, i, j int) bool {
	return casedBefore(s[:i]) && !casedAfter(s[j:])
}

// caseWindow bounds how many code points are looked at in one direction, so that
// a text of sigmas and full stops takes linear time. No word comes near it.
const caseWindow = 1024

// casedBefore reports whether s ends in a cased letter, code points to be
// ignored aside.
func casedBefore(s string) bool {
	for range caseWindow {
		r, size := utf8.DecodeLastRuneInString(s)
		if size == 0 || !IsCaseIgnorable(r) {
			return size > 0 && IsCased(r)
		}
		s = s[:len(s)-size]
	}
	return false
}

// casedAfter reports whether s begins with a cased letter, code points to be
// ignored aside.
func casedAfter(s string) bool {
	for range caseWindow {
		r, size := utf8.DecodeRuneInString(s)
		if size == 0 || !IsCaseIgnorable(r) {
			return size > 0 && IsCased(r)
		}
		s = s[size:]
	}
	return false
}
