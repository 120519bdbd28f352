package hf

import (
	"fmt"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/textmill/textmill/tokenize/internal/pretokenize"
)

// A pattern finds what a regular expression or a string matches. There is no
// engine for regular expressions here: an expression is one of those that are
// known, or an error.
type pattern struct {
	// match returns the end of what matches at s[i:], which is not empty, or i.
	match pretokenize.Splitter
	text  string // what it matches, if it is a string
	// first holds the bytes that a match may begin with, if it is not nil.
	first *[256]bool
	// run is set if nothing matches further on in white space of which nothing
	// matches at the beginning.
	run bool
	// fast finds the same, faster, if it is not nil.
	fast *pretokenize.Pattern
	// whole is set if something matches everywhere, so that the matches are all of
	// the text.
	whole bool
}

// What the expressions of vocabularies are put together of.
const (
	contractionsAnyCase = `(?i:'s|'t|'re|'ve|'m|'ll|'d)`
	contractionsASCII   = `(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])`
	contractionsLower   = `'s|'t|'re|'ve|'m|'ll|'d`
	blanks              = `\s*[\r\n]+|\s+(?!\S)|\s+`
	afterLetters        = `| ?[^\s\p{L}\p{N}]+[\r\n]*|` + blanks
	words               = `[^\r\n\p{L}\p{N}]?\p{L}+`
	upper               = `[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]`
	lower               = `[\p{Ll}\p{Lm}\p{Lo}\p{M}]`
	casedWord1          = `[^\r\n\p{L}\p{N}]?` + upper + `*` + lower + `+`
	casedWord2          = `[^\r\n\p{L}\p{N}]?` + upper + `+` + lower + `*`
	afterCased          = `| ?[^\s\p{L}\p{N}]+[\r\n/]*|` + blanks
	o200k               = casedWord1 + contractionsAnyCase + `?|` + casedWord2 + contractionsAnyCase + `?|\p{N}{1,3}` + afterCased
	asciiSigns          = "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~]"
	deepSeek3           = asciiSigns + `[A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|` + blanks
)

// expressions are the regular expressions that are known. Each is held against
// the library in the tests.
var expressions = map[string]pattern{
	// GPT-2, and what descends from it.
	contractionsLower + `| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`:         {match: pretokenize.GPT2, fast: pretokenize.GPT2Pattern, whole: true},
	`'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`:         {match: pretokenize.GPT2, fast: pretokenize.GPT2Pattern, whole: true},
	`'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s`: {match: pretokenize.GPT2, fast: pretokenize.GPT2Pattern, whole: true},

	// cl100k, Llama 3 and many others; Qwen 2; Phi 4.
	contractionsAnyCase + `|` + words + `|\p{N}{1,3}` + afterLetters: {match: pretokenize.CL100K, fast: pretokenize.CL100KPattern, whole: true},
	`'(?i:[sdmt]|ll|ve|re)|` + words + `|\p{N}{1,3}` + afterLetters:  {match: pretokenize.CL100K, fast: pretokenize.CL100KPattern, whole: true},
	contractionsASCII + `|` + words + `|\p{N}{1,3}` + afterLetters:   {match: pretokenize.CL100KASCII, whole: true},
	contractionsAnyCase + `|` + words + `|\p{N}` + afterLetters:      {match: pretokenize.Qwen2, whole: true},
	contractionsAnyCase + `|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|` + blanks: {
		match: pretokenize.MarkedWords, whole: true},

	// o200k, Llama 4; Mistral's Tekken.
	o200k: {match: pretokenize.O200K, fast: pretokenize.O200KPattern, whole: true},
	casedWord1 + `|` + casedWord2 + `|\p{N}` + afterCased: {match: pretokenize.Tekken, whole: true},

	// DeepSeek.
	deepSeek3:         {match: pretokenize.DeepSeek3},
	`[一-龥぀-ゟ゠-ヿ]+`:    {match: pretokenize.Han},
	`[一-龥ࠀ-一가-퟿]+`:    {match: pretokenize.CJK},
	`\s?\p{L}+`:       {match: pretokenize.SpacedLetters},
	`\s?\p{P}+`:       {match: pretokenize.SpacedPunctuation},
	`\s+$`:            {match: pretokenize.BlankAtEnd, run: true},
	`[\r\n]`:          {match: pretokenize.LineEnd},
	`\p{N}{1,3}`:      {match: pretokenize.Digits(3)},
	`\p{N}`:           {match: pretokenize.Digits(1)},
	`\p{N}+`:          {match: pretokenize.Digits(0)},
	`\d`:              {match: pretokenize.DecimalDigits(1)},
	`\d+`:             {match: pretokenize.DecimalDigits(0)},
	`\d{1,3}`:         {match: pretokenize.DecimalDigits(3)},
	`\p{Nd}`:          {match: pretokenize.DecimalDigits(1)},
	`[0-9]`:           {match: pretokenize.ASCIIDigits(1, 1)},
	`[0-9]+`:          {match: pretokenize.ASCIIDigits(1, 0)},
	`[0-9][0-9][0-9]`: {match: pretokenize.ASCIIDigits(3, 3)},

	// White space, mostly to be replaced.
	`\s`:      {match: oneBlank},
	`\s+`:     {match: pretokenize.Blank},
	` +`:      {match: pretokenize.Spaces(1)},
	` {2,}`:   {match: pretokenize.Spaces(2)},
	`\r?\n`:   {match: lineFeed},
	`\n`:      {match: literal("\n").match},
	`\r\n`:    {match: literal("\r\n").match},
	`[ ]{2,}`: {match: pretokenize.Spaces(2)},

	// BLOOM and CLIP.
	` ?[^(\s|[.,!?…。，、।۔،])]+`:                               {match: pretokenize.Bloom},
	contractionsLower + `|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+`: {match: pretokenize.CLIP},
	`<\|startoftext\|>|<\|endoftext\|>|` + contractionsLower + `|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+`: {
		match: clipWithSpecial},
}

func oneBlank(t *pretokenize.Classes, s string, i int) int {
	if k, n := t.At(s, i); k&pretokenize.Space != 0 {
		return i + n
	}
	return i
}

func lineFeed(_ *pretokenize.Classes, s string, i int) int {
	switch {
	case s[i] == '\n':
		return i + 1
	case s[i] == '\r' && i+1 < len(s) && s[i+1] == '\n':
		return i + 2
	}
	return i
}

func clipWithSpecial(t *pretokenize.Classes, s string, i int) int {
	for _, special := range []string{"<|startoftext|>", "<|endoftext|>"} {
		if strings.HasPrefix(s[i:], special) {
			return i + len(special)
		}
	}
	return pretokenize.CLIP(t, s, i)
}

// literal returns a pattern for a string.
func literal(what string) pattern {
	first := new([256]bool)
	first[what[0]] = true
	return pattern{text: what, first: first, match: func(_ *pretokenize.Classes, s string, i int) int {
		if strings.HasPrefix(s[i:], what) {
			return i + len(what)
		}
		return i
	}}
}

// single returns a pattern for one character of a class.
func single(in func(rune) bool) pattern {
	first := new([256]bool)
	var b [utf8.UTFMax]byte
	for r := range rune(utf8.MaxRune + 1) {
		if in(r) {
			utf8.EncodeRune(b[:], r)
			first[b[0]] = true
		}
	}
	return pattern{first: first, match: func(_ *pretokenize.Classes, s string, i int) int {
		if r, n := utf8.DecodeRuneInString(s[i:]); in(r) {
			return i + n
		}
		return i
	}}
}

// Patterns for one character, made when they are first needed.
var (
	blank       = sync.OnceValue(func() pattern { return single(isSpace) })
	numeric     = sync.OnceValue(func() pattern { return single(isNumeric) })
	punctuation = sync.OnceValue(func() pattern { return single(isPunctuation) })
)

// readPattern reads {"String": …} or {"Regex": …}.
func readPattern(part string, raw []byte) (pattern, error) {
	f := open(part, raw)
	if s, ok := f.optionalText("String"); ok {
		if s == "" {
			f.fail("String", fmt.Errorf("is empty"))
			return pattern{}, f.close()
		}
		return literal(s), f.close()
	}
	expression := f.text("Regex")
	if err := f.close(); err != nil {
		return pattern{}, err
	}
	p, ok := expressions[expression]
	if !ok {
		return pattern{}, fmt.Errorf("%s: the regular expression %q is not one of those that are supported", part, expression)
	}
	return p, nil
}

// find returns the first match at or after i, or len(s), len(s).
func (p *pattern) find(s string, i int) (start, end int) {
	t := pretokenize.Load()
	for i < len(s) {
		if p.first != nil {
			for i < len(s) && !p.first[s[i]] {
				i++
			}
			if i == len(s) {
				break
			}
		}
		if end := p.match(t, s, i); end > i {
			return i, end
		}
		if p.run {
			i = max(i, pretokenize.Blank(t, s, i)-1)
		}
		i++
		for i < len(s) && !utf8.RuneStart(s[i]) {
			i++
		}
	}
	return len(s), len(s)
}
