package words

import "iter"

// What a byte says about the character it begins, for division into lines.
const (
	inLine    = iota
	lineEnd   // of one byte, or of two if \r\n
	maybeLine // the first byte of a line end of several bytes, or of something else
)

var lineClass = [256]uint8{
	'\n': lineEnd, '\v': lineEnd, '\f': lineEnd, '\r': lineEnd, 0x1C: lineEnd, 0x1D: lineEnd, 0x1E: lineEnd,
	0xC2: maybeLine, 0xE2: maybeLine,
}

// SplitLines returns the lines of s without their ends: Python's str.splitlines.
// A line ends at \n, \r, \r\n, \v, \f, U+001C to U+001E, U+0085, U+2028 or
// U+2029. Nothing after the last end is no line, so the empty text has none.
func SplitLines(s string) iter.Seq[string] {
	return func(yield func(string) bool) {
		start := 0
		for i := 0; i < len(s); {
			if i = skipInLine(s, i); i == len(s) {
				break
			}
			n := lineEndSize(s, i)
			if n == 0 {
				i++
				continue
			}
			if !yield(s[start:i]) {
				return
			}
			i += n
			start = i
		}
		if start < len(s) {
			yield(s[start:])
		}
	}
}

// skipInLine returns the place of the first byte from i on that may begin a line
// end, or len(s).
func skipInLine(s string, i int) int {
	for ; i+8 <= len(s); i += 8 {
		x := load(s[i : i+8])
		if (x|^((x|highs)-0x20*ones))&highs != 0 { // not ASCII, or a control character
			break
		}
	}
	for i < len(s) && lineClass[s[i]] == inLine {
		i++
	}
	return i
}

// lineEndSize returns the number of bytes of the line end that s[i:] begins
// with, or 0. The first byte is not of class inLine.
func lineEndSize(s string, i int) int {
	if lineClass[s[i]] == lineEnd {
		if s[i] == '\r' && i+1 < len(s) && s[i+1] == '\n' {
			return 2
		}
		return 1
	}
	switch {
	case s[i] == 0xC2 && i+1 < len(s) && s[i+1] == 0x85:
		return 2
	case s[i] == 0xE2 && i+2 < len(s) && s[i+1] == 0x80 && (s[i+2] == 0xA8 || s[i+2] == 0xA9):
		return 3
	}
	return 0
}
