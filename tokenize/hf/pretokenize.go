package hf

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/textmill/textmill/internal/ucd"
	"github.com/textmill/textmill/tokenize/internal/pretokenize"
)

// A span is a part of a text.
type span struct{ start, end int }

// A cutting is a text while it is divided into words.
type cutting struct {
	text  string
	spans []span // in order; not empty ones
	other []span // to be used again
	// origin is the length of the beginning of text that stands for the first
	// character of what was given to the library. A Metaspace may ask whether a word
	// begins there.
	origin int
}

// A step is one of the pre-tokenizers of a file.
type step interface {
	apply(c *cutting)
}

// divide replaces every span by those that f appends for it.
func (c *cutting) divide(f func(dst []span, s string, i int) []span) {
	out := c.other[:0]
	for _, p := range c.spans {
		out = f(out, c.text[:p.end], p.start)
	}
	c.spans, c.other = out, c.spans
}

// rewrite replaces the text of every span by what f writes for it.
func (c *cutting) rewrite(f func(w *strings.Builder, s string, first bool)) {
	var w strings.Builder
	w.Grow(len(c.text) + len(c.text)/4 + 16)
	origin := 0
	for i, p := range c.spans {
		start := w.Len()
		f(&w, c.text[p.start:p.end], p.start < c.origin)
		if p.start < c.origin {
			// It is only asked whether a word begins there.
			origin = start + 1
		}
		c.spans[i] = span{start, w.Len()}
	}
	c.text, c.origin = w.String(), origin
	c.spans = slices.DeleteFunc(c.spans, func(p span) bool { return p.start == p.end })
}

// A behavior is what becomes of what a Split finds.
type behavior uint8

const (
	isolated behavior = iota
	removed
	mergedWithPrevious
	mergedWithNext
	contiguous
)

var behaviors = map[string]behavior{
	"Isolated": isolated, "Removed": removed, "MergedWithPrevious": mergedWithPrevious,
	"MergedWithNext": mergedWithNext, "Contiguous": contiguous,
}

// A split divides at what a pattern matches.
type split struct {
	pattern  pattern
	behavior behavior
	invert   bool // the matches are what is between the matches
}

func (p *split) apply(c *cutting) { c.divide(p.appendSpans) }

// whole reports whether the words are the matches, and the matches all of the text.
func (p *split) whole() bool {
	return p.pattern.whole && (p.behavior == isolated || p.behavior == removed && p.invert)
}

func (p *split) appendSpans(dst []span, s string, i int) []span {
	if p.whole() {
		t := pretokenize.Load()
		for i < len(s) {
			end := p.pattern.match(t, s, i)
			dst = append(dst, span{i, end})
			i = end
		}
		return dst
	}
	j := joiner{behavior: p.behavior, first: true}
	for i < len(s) {
		start, end := p.pattern.find(s, i)
		if i < start {
			dst = j.add(dst, span{i, start}, p.invert)
		}
		if start < end {
			dst = j.add(dst, span{start, end}, !p.invert)
		}
		i = end
	}
	return dst
}

// A joiner joins matches, and what is between them, to words.
type joiner struct {
	behavior behavior
	first    bool // nothing was added yet
	match    bool // the last that was added is a match
}

// add adds the next part of a text.
func (j *joiner) add(dst []span, p span, match bool) []span {
	join := false
	switch j.behavior {
	case removed:
		if match {
			return dst
		}
	case mergedWithPrevious:
		join = match && !j.match && !j.first
	case mergedWithNext:
		join = !match && j.match && !j.first
	case contiguous:
		join = match == j.match && !j.first
	}
	j.match, j.first = match, false
	if join {
		dst[len(dst)-1].end = p.end
		return dst
	}
	return append(dst, p)
}

// A byteLevel writes the bytes of a text as characters. Where the model takes
// bytes, it leaves them as they are.
type byteLevel struct {
	prefixSpace bool
	split       *split // or nil
	keepBytes   bool
}

func (b *byteLevel) apply(c *cutting) {
	if b.prefixSpace {
		addSpace(c)
	}
	if b.split != nil {
		b.split.apply(c)
	}
	if !b.keepBytes {
		var buf []byte
		c.rewrite(func(w *strings.Builder, s string, _ bool) {
			buf = appendChars(buf[:0], s)
			w.Write(buf)
		})
	}
}

// addSpace puts a space before every span that does not begin with one.
func addSpace(c *cutting) {
	for _, p := range c.spans {
		if c.text[p.start] != ' ' {
			c.rewrite(func(w *strings.Builder, s string, _ bool) {
				if s[0] != ' ' {
					w.WriteByte(' ')
				}
				w.WriteString(s)
			})
			return
		}
	}
}

// A metaspace writes spaces as another character, and one more before the text.
type metaspace struct {
	replacement string
	prepend     prepend
	split       bool // before every replacement
}

type prepend uint8

const (
	always prepend = iota
	first          // only at the beginning of the whole text
	never
)

func (m *metaspace) apply(c *cutting) {
	c.rewrite(func(w *strings.Builder, s string, atOrigin bool) {
		if (m.prepend == always || m.prepend == first && atOrigin) && s[0] != ' ' && !strings.HasPrefix(s, m.replacement) {
			w.WriteString(m.replacement)
		}
		writeReplaced(w, s, m.replacement)
	})
	if m.split {
		c.divide(m.appendSpans)
	}
}

// writeReplaced writes s with something else for spaces.
func writeReplaced(w *strings.Builder, s, replacement string) {
	for {
		i := strings.IndexByte(s, ' ')
		if i < 0 {
			w.WriteString(s)
			return
		}
		w.WriteString(s[:i])
		w.WriteString(replacement)
		s = s[i+1:]
	}
}

func (m *metaspace) appendSpans(dst []span, s string, i int) []span {
	for i < len(s) {
		n := 0
		if strings.HasPrefix(s[i:], m.replacement) {
			n = len(m.replacement)
		}
		end := strings.Index(s[i+n:], m.replacement)
		if end < 0 {
			return append(dst, span{i, len(s)})
		}
		dst = append(dst, span{i, i + n + end})
		i += n + end
	}
	return dst
}

// A fixedLength divides into pieces of a number of characters.
type fixedLength struct{ length int }

func (f fixedLength) apply(c *cutting) {
	c.divide(func(dst []span, s string, i int) []span {
		for i < len(s) {
			end := i
			for k := 0; k < f.length && end < len(s); k++ {
				_, n := utf8.DecodeRuneInString(s[end:])
				end += n
			}
			dst = append(dst, span{i, end})
			i = end
		}
		return dst
	})
}

// maxDepth is how deep sequences may be within sequences.
const maxDepth = 16

// readSteps reads a pre-tokenizer.
func readSteps(part string, raw []byte, depth int) ([]step, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("%s: sequences are nested more than %d deep", part, maxDepth)
	}
	f := open(part, raw)
	kind := f.text("type")
	if f.err != nil {
		return nil, f.err
	}
	var steps []step
	switch kind {
	case "Sequence":
		list := f.required("pretokenizers")
		if f.err != nil {
			return nil, f.err
		}
		i := 0
		err := elements(list, func(value []byte) error {
			more, err := readSteps(fmt.Sprintf("%s: step %d", part, i), value, depth+1)
			steps = append(steps, more...)
			i++
			return err
		})
		if err != nil {
			return nil, err
		}
	case "ByteLevel":
		b := &byteLevel{prefixSpace: f.requiredFlag("add_prefix_space")}
		f.flag("trim_offsets", true) // of no effect on ids
		if f.flag("use_regex", true) {
			b.split = &split{pattern: pattern{match: pretokenize.GPT2, fast: pretokenize.GPT2Pattern, whole: true}}
		}
		steps = append(steps, b)
	case "Split":
		s := &split{behavior: readBehavior(f, "")}
		s.invert = f.requiredFlag("invert")
		if raw := f.required("pattern"); raw != nil {
			p, err := readPattern(part+": pattern", raw)
			if err != nil {
				return nil, err
			}
			s.pattern = p
		}
		steps = append(steps, s)
	case "Metaspace":
		steps = append(steps, readMetaspace(f))
	case "Digits":
		b := contiguous
		if f.requiredFlag("individual_digits") {
			b = isolated
		}
		steps = append(steps, &split{pattern: numeric(), behavior: b})
	case "Punctuation":
		steps = append(steps, &split{pattern: punctuation(), behavior: readBehavior(f, "Isolated")})
	case "WhitespaceSplit":
		steps = append(steps, &split{pattern: blank(), behavior: removed})
	case "Whitespace":
		steps = append(steps, &split{pattern: pattern{match: wordOrSigns}, behavior: removed, invert: true})
	case "BertPreTokenizer":
		steps = append(steps,
			&split{pattern: blank(), behavior: removed},
			&split{pattern: punctuation(), behavior: isolated})
	case "CharDelimiterSplit", "Delimiter":
		d := f.text("delimiter")
		if f.err == nil && utf8.RuneCountInString(d) != 1 {
			f.fail("delimiter", fmt.Errorf("is %q, not one character", d))
		}
		steps = append(steps, &split{pattern: literal(d), behavior: removed})
	case "FixedLength":
		n := f.id("length", 1<<30)
		if f.err == nil && n == 0 {
			f.fail("length", fmt.Errorf("is 0"))
		}
		steps = append(steps, fixedLength{int(n)})
	default:
		return nil, fmt.Errorf("%s: the type %q is not supported", part, kind)
	}
	return steps, f.close()
}

// readBehavior reads what a Split does; missing is what it does if nothing is
// said, or "".
func readBehavior(f *fields, missing string) behavior {
	name, ok := f.optionalText("behavior")
	if !ok {
		name = missing
	}
	b, ok := behaviors[name]
	if !ok {
		f.fail("behavior", fmt.Errorf("is %q, which is not supported", name))
	}
	return b
}

// readMetaspace reads a Metaspace, as a pre-tokenizer or a decoder.
func readMetaspace(f *fields) *metaspace {
	m := &metaspace{replacement: f.text("replacement")}
	if f.err == nil && utf8.RuneCountInString(m.replacement) != 1 {
		f.fail("replacement", fmt.Errorf("is %q, not one character", m.replacement))
	}
	f.optional("str_rep")
	scheme, ok := f.optionalText("prepend_scheme")
	if !ok {
		scheme = "always"
	}
	switch scheme {
	case "always":
		m.prepend = always
	case "first":
		m.prepend = first
	case "never":
		m.prepend = never
	default:
		f.fail("prepend_scheme", fmt.Errorf("is %q, which is not supported", scheme))
	}
	if !f.flag("add_prefix_space", true) {
		if ok && m.prepend != never {
			f.fail("add_prefix_space", fmt.Errorf("is false, but prepend_scheme is %q", scheme))
		}
		m.prepend = never
	}
	m.split = f.flag("split", true)
	return m
}

// wordOrSigns is a matcher for \w+|[^\w\s]+.
func wordOrSigns(_ *pretokenize.Classes, s string, i int) int {
	r, n := utf8.DecodeRuneInString(s[i:])
	if isSpace(r) {
		return i
	}
	word := isWord(r)
	for i += n; i < len(s); i += n {
		r, n = utf8.DecodeRuneInString(s[i:])
		if isWord(r) != word || !word && isSpace(r) {
			break
		}
	}
	return i
}

func isSpace(r rune) bool { return ucd.IsSpace(r) }
