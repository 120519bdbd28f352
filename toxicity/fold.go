package toxicity

import (
	"unicode/utf8"

	"github.com/textmill/textmill/internal/ucd"
)

// What is compared is not the text but its fold: lower case, one code point for
// one code point, the two small sigmas as one and, if the automaton says so, each
// run of white space as one space. Bytes that are not UTF-8 stay as they are.

// fold returns r in lower case, and both forms of the small sigma as σ.
func fold(r rune) rune {
	if r < utf8.RuneSelf {
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}
	if r == 'ς' {
		return 'σ'
	}
	return ucd.ToLower(r)
}

// appendFold appends the fold of s to dst.
func appendFold(dst []byte, s string, squeeze bool) []byte {
	blank := false // the last code point was a space
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			dst, blank = append(dst, s[i]), false
		case squeeze && ucd.IsPythonSpace(r):
			if !blank {
				dst = append(dst, ' ')
			}
			blank = true
		default:
			dst, blank = utf8.AppendRune(dst, fold(r)), false
		}
		i += size
	}
	return dst
}

// unfold returns where the last n bytes of the fold of s[:end] begin in s. They
// begin with a whole code point.
func unfold(s string, end, n int, squeeze bool) int {
	for n > 0 && end > 0 {
		c := s[end-1]
		if c > ' ' && c < utf8.RuneSelf {
			end--
			n--
			continue
		}
		r, size := utf8.DecodeLastRuneInString(s[:end])
		switch {
		case r == utf8.RuneError && size == 1:
			n--
		case squeeze && ucd.IsPythonSpace(r):
			n--
			size = spaceBefore(s[:end])
		default:
			n -= utf8.RuneLen(fold(r))
		}
		end -= size
	}
	return end
}

// spaceBefore returns the length of the run of white space that ends s.
func spaceBefore(s string) int {
	end := len(s)
	for {
		r, size := utf8.DecodeLastRuneInString(s[:end])
		if size == 0 || !ucd.IsPythonSpace(r) {
			return len(s) - end
		}
		end -= size
	}
}
