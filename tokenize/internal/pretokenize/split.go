package pretokenize

import "unicode/utf8"

// A Splitter returns the end of the word that begins at s[i:], which is not
// empty. Words are what the pattern of a vocabulary matches, one after another;
// every byte belongs to one.
//
// The patterns are those of tiktoken, written out by hand: a regular expression
// engine that knows look-ahead takes most of the time of an encoder that uses
// one. Each reads a character at most a fixed number of times.
type Splitter func(t *Classes, s string, i int) int

// GPT2 is for r50k_base and p50k_base:
//
//	'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
func GPT2(t *Classes, s string, i int) int {
	if s[i] == '\'' {
		if n := contraction(s, i, false); n > 0 {
			return i + n
		}
	}
	j := i
	if s[i] == ' ' && i+1 < len(s) {
		j++
	}
	k, n := t.At(s, j)
	switch {
	case k&Space != 0:
		return spaces(t, s, i, false)
	case k&Letter != 0:
		return t.run(s, j+n, Letter)
	case k&Number != 0:
		return t.run(s, j+n, Number)
	}
	return t.symbols(s, j+n)
}

// CL100K is for cl100k_base:
//
//	'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|
//	 ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
func CL100K(t *Classes, s string, i int) int {
	if s[i] == '\'' {
		if n := contraction(s, i, true); n > 0 {
			return i + n
		}
	}
	k, n := t.At(s, i)
	switch {
	case k&Letter != 0:
		return t.run(s, i+n, Letter)
	case k&(Number|Newline) == 0 && i+n < len(s):
		if k2, n2 := t.At(s, i+n); k2&Letter != 0 {
			return t.run(s, i+n+n2, Letter)
		}
	}
	return t.noWord(s, i, '\n')
}

// O200K is for o200k_base. With U for [\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}],
// W for [\p{Ll}\p{Lm}\p{Lo}\p{M}], P for [^\r\n\p{L}\p{N}] and C for
// (?i:'s|'t|'re|'ve|'m|'ll|'d):
//
//	P?U*W+C?|P?U+W*C?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+
func O200K(t *Classes, s string, i int) int {
	if j := t.word(s, i); j > i {
		if j < len(s) && s[j] == '\'' {
			j += contraction(s, j, true)
		}
		return j
	}
	return t.noWord(s, i, '/')
}

// noWord is what CL100K and O200K have in common, after the alternatives with
// letters:
//
//	\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
//
// with another byte that may be among the line ends after symbols.
func (t *Classes) noWord(s string, i int, other byte) int {
	if k, n := t.At(s, i); k&Number != 0 {
		return t.numbers(s, i+n)
	}
	j, ok := t.symbolsAfterSpace(s, i)
	if !ok {
		return spaces(t, s, i, true)
	}
	for j < len(s) && (s[j] == '\n' || s[j] == '\r' || s[j] == other) {
		j++
	}
	return j
}

// word returns the end of P?U*W+|P?U+W* at i, or i. Marks are in P, U and W, so
// a mark may be the prefix or be part of the word: the pattern tries them in
// this order.
func (t *Classes) word(s string, i int) int {
	k, n := t.At(s, i)
	prefix := k&(Letter|Number|Newline) == 0 && i+n < len(s)
	inWord := k&(Upper|Lower) != 0
	if prefix {
		if j := t.mixedCase(s, i+n); j > i+n {
			return j
		}
	}
	if inWord {
		if j := t.mixedCase(s, i); j > i {
			return j
		}
	}
	if prefix {
		if j := t.capitals(s, i+n); j > i+n {
			return j
		}
	}
	if inWord {
		return t.capitals(s, i)
	}
	return i
}

// mixedCase returns the end of U*W+ at i, or i. If nothing that is only in W
// follows the run of U, the pattern gives back characters of it until one in W
// is the last.
func (t *Classes) mixedCase(s string, i int) int {
	j, lastInBoth := i, i
	for j < len(s) {
		var k Class
		n := 3
		if b := s[j]; 0xe1 <= b && b < 0xed && j+2 < len(s) && s[j+1]&0xc0 == 0x80 && s[j+2]&0xc0 == 0x80 {
			k = t.three(b, s[j+1], s[j+2]) // as At does it, which is a call
		} else {
			k, n = t.At(s, j)
		}
		if k&Upper == 0 {
			break
		}
		j += n
		if k&Lower != 0 {
			lastInBoth = j
		}
	}
	if end := t.run(s, j, Lower); end > j {
		return end
	}
	return lastInBoth
}

// capitals returns the end of U+W* at i, or i.
func (t *Classes) capitals(s string, i int) int {
	j := t.run(s, i, Upper)
	if j == i {
		return i
	}
	return t.run(s, j, Lower)
}

// run returns the end of the characters from i on that are in the class.
func (t *Classes) run(s string, i int, c Class) int {
	for i < len(s) {
		// At does all of this, but is a call.
		b := s[i]
		if b < utf8.RuneSelf {
			if t.ascii[b]&c == 0 {
				break
			}
			i++
			continue
		}
		if 0xc2 <= b && b < 0xe0 && i+1 < len(s) && s[i+1]&0xc0 == 0x80 {
			if t.two[uint(b&0x1f)<<6|uint(s[i+1]&0x3f)]&c == 0 {
				break
			}
			i += 2
			continue
		}
		if 0xe1 <= b && b < 0xed && i+2 < len(s) && s[i+1]&0xc0 == 0x80 && s[i+2]&0xc0 == 0x80 {
			if t.three(b, s[i+1], s[i+2])&c == 0 {
				break
			}
			i += 3
			continue
		}
		k, n := t.At(s, i)
		if k&c == 0 {
			break
		}
		i += n
	}
	return i
}

// numbers returns the end of up to two more digits at i.
func (t *Classes) numbers(s string, i int) int {
	for range 2 {
		if i == len(s) {
			break
		}
		k, n := t.At(s, i)
		if k&Number == 0 {
			break
		}
		i += n
	}
	return i
}

// symbols returns the end of [^\s\p{L}\p{N}]* at i.
func (t *Classes) symbols(s string, i int) int {
	for i < len(s) {
		if b := s[i]; b < utf8.RuneSelf {
			if t.ascii[b]&(Space|Letter|Number) != 0 {
				break
			}
			i++
			continue
		}
		k, n := t.At(s, i)
		if k&(Space|Letter|Number) != 0 {
			break
		}
		i += n
	}
	return i
}

// symbolsAfterSpace returns the end of  ?[^\s\p{L}\p{N}]+ at i and whether there
// is one.
func (t *Classes) symbolsAfterSpace(s string, i int) (end int, ok bool) {
	if s[i] == ' ' {
		i++
	}
	end = t.symbols(s, i)
	return end, end > i
}

// spaces returns the end of white space at i, which there is:
//
//	\s*[\r\n]+|\s+(?!\S)|\s+
//
// that is, up to the last line end if there is one and lineEnds says so; or all of
// it at the end of the text; or all but the last, which goes with the word that
// follows, unless it is the only one.
func spaces(t *Classes, s string, i int, lineEnds bool) int {
	j, lastNewline, last := i, 0, 0
	for j < len(s) {
		k, n := t.At(s, j)
		if k&Space == 0 {
			break
		}
		j += n
		last = n
		if k&Newline != 0 {
			lastNewline = j
		}
	}
	switch {
	case lineEnds && lastNewline > 0:
		return lastNewline
	case j == len(s) || j-last == i:
		return j
	}
	return j - last
}

// contraction returns the length of what English contractions end in, such as
// 's or 'll, at the apostrophe s[i], or 0.
func contraction(s string, i int, anyCase bool) int {
	var c, d byte
	if i+1 < len(s) {
		c = s[i+1]
	}
	if i+2 < len(s) {
		d = s[i+2]
	}
	if anyCase {
		if c == 0xc5 && d == 0xbf { // ſ, which is an s regardless of case
			return 3
		}
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if 'A' <= d && d <= 'Z' {
			d += 'a' - 'A'
		}
	}
	switch {
	case c == 's' || c == 'd' || c == 'm' || c == 't':
		return 2
	case c == 'l' && d == 'l', c == 'v' && d == 'e', c == 'r' && d == 'e':
		return 3
	}
	return 0
}
