package pretokenize

import "unicode/utf8"

// Cut returns the last place up to at where words always end, and what is before
// has no effect on what is after it: in every pattern here, a text may be divided
// there. It is 0 if there is none.
//
// The place is before white space that is no line end and after anything else; a
// pattern takes white space to the words before it only if these are white space,
// or signs and the line ends after them. Or it is before a sign that is not an
// apostrophe, and after a letter; letters take nothing to them but letters, marks
// and, in O200K, contractions. What a pattern does at the end of a text concerns
// white space alone.
func Cut(s string, at int) int {
	t := Load()
	for at = min(at, len(s)); at > 0; at-- {
		if at == len(s) {
			return at
		}
		if !utf8.RuneStart(s[at]) {
			continue
		}
		r, n := utf8.DecodeLastRuneInString(s[:at])
		before, after := t.Of(r), Class(0)
		after, _ = t.At(s, at)
		if r == utf8.RuneError && n == 1 {
			before = 0 // a byte that is not UTF-8 may belong to what follows
			if s[at] >= utf8.RuneSelf {
				continue
			}
		}
		switch {
		case after&Newline != 0:
		case after&Space != 0 && before&Space == 0:
			return at
		case after == 0 && s[at] != '\'' && before&Letter != 0:
			return at
		}
	}
	return 0
}
