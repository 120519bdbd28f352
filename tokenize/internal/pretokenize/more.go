package pretokenize

import (
	"unicode/utf8"

	"github.com/textmill/textmill/internal/ucd"
)

// The functions here are for patterns that are found in tokenizer.json files. They
// have the form of a Splitter; those that are called matchers return i where their
// pattern does not match. A matcher is for a text that is valid UTF-8.

// Qwen2 is CL100K with digits one by one:
//
//	(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}|
//	 ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
func Qwen2(t *Classes, s string, i int) int {
	if k, n := t.At(s, i); k&Number != 0 {
		return i + n
	}
	return CL100K(t, s, i)
}

// CL100KASCII is CL100K where the contractions are written out in both cases, so
// that ſ is no s:
//
//	(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])|…
func CL100KASCII(t *Classes, s string, i int) int {
	j := CL100K(t, s, i)
	if s[i] == '\'' && j == i+3 && s[i+1] == 0xc5 {
		return t.run(s, i+1, Letter) // the apostrophe goes with the letters
	}
	return j
}

// Tekken is O200K without contractions, and with digits one by one.
func Tekken(t *Classes, s string, i int) int {
	if j := t.word(s, i); j > i {
		return j
	}
	if k, n := t.At(s, i); k&Number != 0 {
		return i + n
	}
	return O200K(t, s, i)
}

// MarkedWords is CL100K with marks in words, and digits one by one:
//
//	(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}|
//	 ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
func MarkedWords(t *Classes, s string, i int) int {
	if s[i] == '\'' {
		if n := contraction(s, i, true); n > 0 {
			return i + n
		}
	}
	k, n := t.At(s, i)
	switch {
	case k&Number != 0:
		return i + n
	case k&Letter != 0:
		return t.run(s, i+n, Upper|Lower)
	case k&Newline == 0 && i+n < len(s):
		if k2, n2 := t.At(s, i+n); k2&(Upper|Lower) != 0 {
			return t.run(s, i+n+n2, Upper|Lower)
		}
	}
	if k&(Upper|Lower) != 0 {
		return i + n
	}
	j := i
	if s[i] == ' ' {
		j++
	}
	end := t.runNot(s, j, Space|Upper|Lower|Number)
	if end > j {
		return lineEnds(s, end)
	}
	return spaces(t, s, i, true)
}

// runNot returns the end of the characters from i on that are not in the classes.
func (t *Classes) runNot(s string, i int, c Class) int {
	for i < len(s) {
		k, n := t.At(s, i)
		if k&c != 0 {
			break
		}
		i += n
	}
	return i
}

// lineEnds returns the end of [\r\n]* at i.
func lineEnds(s string, i int) int {
	for i < len(s) && (s[i] == '\r' || s[i] == '\n') {
		i++
	}
	return i
}

// DeepSeek3 is a matcher for the last of the three patterns of DeepSeek V3:
//
//	[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+|
//	 ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
func DeepSeek3(t *Classes, s string, i int) int {
	categories := LoadCategories()
	if isASCIISign(s[i]) && i+1 < len(s) && isASCIILetter(s[i+1]) {
		for i += 2; i < len(s) && isASCIILetter(s[i]); i++ {
		}
		return i
	}
	r, n := utf8.DecodeRuneInString(s[i:])
	k := t.Of(r)
	sign := k&^Newline == 0 && categories.IsSign(r)
	if k&(Newline|Letter) == 0 && !sign && i+n < len(s) {
		if k2, n2 := t.At(s, i+n); k2&(Upper|Lower) != 0 {
			return t.run(s, i+n+n2, Upper|Lower)
		}
	}
	if k&(Upper|Lower) != 0 {
		return t.run(s, i+n, Upper|Lower)
	}
	j := i
	if s[i] == ' ' {
		j++
	}
	if end := signs(categories, s, j); end > j {
		return lineEnds(s, end)
	}
	if k&Space != 0 {
		return spaces(t, s, i, true)
	}
	return i
}

func isASCIILetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

func isASCIISign(c byte) bool {
	return c > ' ' && c < 0x7f && !isASCIILetter(c) && (c < '0' || c > '9')
}

// signs returns the end of [\p{P}\p{S}]* at i.
func signs(t *Categories, s string, i int) int {
	for i < len(s) {
		r, n := utf8.DecodeRuneInString(s[i:])
		if !t.IsSign(r) {
			break
		}
		i += n
	}
	return i
}

// Han is a matcher for [一-龥぀-ゟ゠-ヿ]+: ideographs, Hiragana and Katakana.
func Han(_ *Classes, s string, i int) int {
	return runOf(s, i, func(r rune) bool {
		return 0x4e00 <= r && r <= 0x9fa5 || 0x3040 <= r && r <= 0x30ff
	})
}

// CJK is a matcher for [一-龥ࠀ-一가-퟿]+, which in spite of its looks is nearly all
// between U+0800 and U+D7FF.
func CJK(_ *Classes, s string, i int) int {
	return runOf(s, i, func(r rune) bool {
		return 0x0800 <= r && r <= 0x9fa5 || 0xac00 <= r && r <= 0xd7ff
	})
}

func runOf(s string, i int, in func(rune) bool) int {
	for i < len(s) {
		r, n := utf8.DecodeRuneInString(s[i:])
		if !in(r) {
			break
		}
		i += n
	}
	return i
}

// Digits returns a matcher for \p{N}{1,most}, or for \p{N}+ if most is 0.
func Digits(most int) Splitter {
	return func(t *Classes, s string, i int) int {
		for k := 0; i < len(s) && (most == 0 || k < most); k++ {
			class, n := t.At(s, i)
			if class&Number == 0 {
				break
			}
			i += n
		}
		return i
	}
}

// ASCIIDigits returns a matcher for [0-9]{least,most}, or for [0-9]{least,} if
// most is 0.
func ASCIIDigits(least, most int) Splitter {
	return func(_ *Classes, s string, i int) int {
		j := i
		for j < len(s) && '0' <= s[j] && s[j] <= '9' && (most == 0 || j-i < most) {
			j++
		}
		if j-i < least {
			return i
		}
		return j
	}
}

// DecimalDigits returns a matcher for \d{1,most}, or for \d+ if most is 0: numbers
// of category Nd.
func DecimalDigits(most int) Splitter {
	return func(_ *Classes, s string, i int) int {
		categories := LoadCategories()
		for k := 0; i < len(s) && (most == 0 || k < most); k++ {
			r, n := utf8.DecodeRuneInString(s[i:])
			if categories.Of(r) != ucd.Nd {
				break
			}
			i += n
		}
		return i
	}
}

// Spaces returns a matcher for least spaces or more: U+0020 only.
func Spaces(least int) Splitter {
	return func(_ *Classes, s string, i int) int {
		j := i
		for j < len(s) && s[j] == ' ' {
			j++
		}
		if j-i < least {
			return i
		}
		return j
	}
}

// LineEnd is a matcher for [\r\n].
func LineEnd(_ *Classes, s string, i int) int {
	if s[i] == '\r' || s[i] == '\n' {
		return i + 1
	}
	return i
}

// Blank is a matcher for \s+.
func Blank(t *Classes, s string, i int) int { return t.run(s, i, Space) }

// BlankAtEnd is a matcher for \s+$, where $ is the end of a line.
func BlankAtEnd(t *Classes, s string, i int) int {
	end := t.run(s, i, Space)
	if end == len(s) {
		return end
	}
	// Back to the last place before a line feed; one white space at least is needed.
	for end--; end > i; end-- {
		if s[end] == '\n' {
			return end
		}
	}
	return i
}

// SpacedLetters is a matcher for \s?\p{L}+.
func SpacedLetters(t *Classes, s string, i int) int {
	k, n := t.At(s, i)
	if k&Letter != 0 {
		return t.run(s, i+n, Letter)
	}
	if k&Space != 0 && i+n < len(s) {
		if end := t.run(s, i+n, Letter); end > i+n {
			return end
		}
	}
	return i
}

// SpacedPunctuation is a matcher for \s?\p{P}+.
func SpacedPunctuation(t *Classes, s string, i int) int {
	categories := LoadCategories()
	j := i
	if k, n := t.At(s, i); k&Space != 0 {
		j += n
	}
	if end := runOf(s, j, categories.IsPunct); end > j {
		return end
	}
	return i
}

// Bloom is a matcher for  ?[^(\s|[.,!?…。，、।۔،])]+, which is BLOOM's.
func Bloom(t *Classes, s string, i int) int {
	j := i
	if s[i] == ' ' {
		j++
	}
	end := runOf(s, j, func(r rune) bool {
		if t.Of(r)&Space != 0 {
			return false
		}
		switch r {
		case '(', '|', ')', '.', ',', '!', '?', '…', '。', '，', '、', '।', '۔', '،':
			return false
		}
		return true
	})
	if end > j {
		return end
	}
	return i
}

// CLIP is a matcher for
//
//	'(?:[sdmt]|ll|ve|re)|\p{L}+|\p{N}|[^\s\p{L}\p{N}]+
func CLIP(t *Classes, s string, i int) int {
	if s[i] == '\'' {
		if n := contraction(s, i, false); n > 0 {
			return i + n
		}
	}
	k, n := t.At(s, i)
	switch {
	case k&Letter != 0:
		return t.run(s, i+n, Letter)
	case k&Number != 0:
		return i + n
	}
	return t.symbols(s, i)
}
