package hf

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/textmill/textmill/internal/ucd"
	"github.com/textmill/textmill/tokenize/internal/pretokenize"
)

// A normal is a text while it is normalized.
type normal struct {
	text string
	// origin is the length of the beginning of text that stands for the first
	// character of what was given to the library, or 0 if that has been taken away
	// or was never part of the text. See cutting.
	origin int
}

// A normalizer is one of those of a file.
type normalizer interface {
	apply(n *normal)
}

func (f form) apply(n *normal) {
	s := f.string(n.text)
	if s != n.text && n.origin > 0 {
		n.origin = len(f.string(n.text[:n.origin]))
	}
	n.text = s
}

// A mapping writes for every character what f appends.
type mapping struct {
	f func(dst []byte, r rune) []byte
	// plain is set for characters of ASCII that are left as they are.
	plain [utf8.RuneSelf]bool
}

func newMapping(f func(dst []byte, r rune) []byte) *mapping {
	m := &mapping{f: f}
	for r := range rune(utf8.RuneSelf) {
		m.plain[r] = string(f(nil, r)) == string(r)
	}
	return m
}

func (m *mapping) apply(n *normal) {
	s := n.text
	i := 0
	for i < len(s) && s[i] < utf8.RuneSelf && m.plain[s[i]] {
		i++
	}
	if i == len(s) {
		return
	}
	out := append(make([]byte, 0, len(s)+len(s)/8+16), s[:i]...)
	origin := min(n.origin, i)
	for i < len(s) {
		k := 1
		if c := s[i]; c < utf8.RuneSelf && m.plain[c] {
			out = append(out, c)
		} else {
			var r rune
			r, k = utf8.DecodeRuneInString(s[i:])
			out = m.f(out, r)
		}
		if i < n.origin {
			origin = len(out)
		}
		i += k
	}
	n.text, n.origin = string(out), origin
}

// appendLower appends the lower case of r in Unicode 17. Unlike in Python, it does
// not depend on the characters around it.
func appendLower(dst []byte, r rune) []byte {
	switch {
	case r == 0x130:
		return append(dst, "i\u0307"...)
	case 0x10d50 <= r && r <= 0x10d65:
		r += 0x20
	case 0x16ea0 <= r && r <= 0x16eb8:
		r += 0x1b
	default:
		if lower, ok := lowerSince15[r]; ok {
			r = lower
		} else {
			r = ucd.ToLower(r)
		}
	}
	return utf8.AppendRune(dst, r)
}

var lowerSince15 = map[rune]rune{
	0x1c89: 0x1c8a, 0xa7cb: 0x264, 0xa7cc: 0xa7cd, 0xa7ce: 0xa7cf, 0xa7d2: 0xa7d3, 0xa7d4: 0xa7d5, 0xa7da: 0xa7db, 0xa7dc: 0x19b,
}

// appendNMT appends what is left of r after the cleaning that machine translation
// has used: no control characters, and spaces for what is nearly one.
func appendNMT(dst []byte, r rune) []byte {
	switch {
	case 1 <= r && r <= 8 || r == 0xb || 0xe <= r && r <= 0x1f || r == 0x7f || r == 0x8f || r == 0x9f:
		return dst
	case r == '\t' || r == '\n' || r == '\f' || r == '\r' || r == 0x1680 || 0x200b <= r && r <= 0x200f ||
		r == 0x2028 || r == 0x2029 || r == 0x2581 || r == 0xfeff || r == 0xfffd:
		r = ' '
	}
	return utf8.AppendRune(dst, r)
}

func appendWithoutMarks(dst []byte, r rune) []byte {
	if isCombining(r) {
		return dst
	}
	return utf8.AppendRune(dst, r)
}

// A strip takes white space away at the ends.
type strip struct{ left, right bool }

func (p strip) apply(n *normal) {
	if p.right {
		n.text = trimRightSpace(n.text)
	}
	if p.left {
		before := len(n.text)
		n.text = trimLeftSpace(n.text)
		n.origin -= before - len(n.text)
	}
	n.origin = max(0, min(n.origin, len(n.text)))
}

// A replace puts content in the place of what a pattern matches.
type replace struct {
	pattern pattern
	content string
}

func (p *replace) apply(n *normal) {
	s := n.text
	start, end := p.pattern.find(s, 0)
	if start == len(s) {
		return
	}
	var w strings.Builder
	w.Grow(len(s) + len(s)/4 + 16)
	last, origin := 0, 0
	for start < len(s) {
		w.WriteString(s[last:start])
		if last < n.origin {
			origin = w.Len() - max(0, start-n.origin)
		}
		w.WriteString(p.content)
		if end <= n.origin {
			origin = w.Len()
		}
		last = end
		start, end = p.pattern.find(s, end)
	}
	if last < n.origin {
		origin = w.Len() + n.origin - last
	}
	w.WriteString(s[last:])
	n.text, n.origin = w.String(), origin
}

// A replaceByte is a replace of one ASCII character, such as a space by ▁: nearly
// every vocabulary from SentencePiece has one.
type replaceByte struct {
	what    byte
	content string
}

func (p *replaceByte) apply(n *normal) {
	s := n.text
	k := strings.Count(s, string(rune(p.what)))
	if k == 0 {
		return
	}
	if at := strings.IndexByte(s[:n.origin], p.what); at >= 0 {
		n.origin += strings.Count(s[:n.origin], string(rune(p.what))) * (len(p.content) - 1)
	}
	var w strings.Builder
	w.Grow(len(s) + k*(len(p.content)-1))
	for {
		i := strings.IndexByte(s, p.what)
		if i < 0 {
			break
		}
		w.WriteString(s[:i])
		w.WriteString(p.content)
		s = s[i+1:]
	}
	w.WriteString(s)
	n.text = w.String()
}

// A prependText puts something before a text that is not empty.
type prependText string

func (p prependText) apply(n *normal) {
	if n.text == "" {
		return
	}
	n.text = string(p) + n.text
	if n.origin > 0 {
		n.origin += len(p)
	}
}

// A bytesAsChars writes the bytes of a text as characters, as the pre-tokenizer
// ByteLevel does.
type bytesAsChars struct{}

func (bytesAsChars) apply(n *normal) {
	before := n.origin
	n.origin = len(appendChars(nil, n.text[:before]))
	n.text = string(appendChars(make([]byte, 0, len(n.text)+len(n.text)/4), n.text))
}

// readNormalizers reads a normalizer.
func readNormalizers(part string, raw []byte, depth int) ([]normalizer, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("%s: sequences are nested more than %d deep", part, maxDepth)
	}
	f := open(part, raw)
	kind := f.text("type")
	if f.err != nil {
		return nil, f.err
	}
	var list []normalizer
	switch kind {
	case "Sequence":
		inner := f.required("normalizers")
		if f.err != nil {
			return nil, f.err
		}
		i := 0
		err := elements(inner, func(value []byte) error {
			more, err := readNormalizers(fmt.Sprintf("%s: step %d", part, i), value, depth+1)
			list = append(list, more...)
			i++
			return err
		})
		if err != nil {
			return nil, err
		}
	case "NFC":
		list = append(list, nfc)
	case "NFD":
		list = append(list, nfd)
	case "NFKC":
		list = append(list, nfkc)
	case "NFKD":
		list = append(list, nfkd)
	case "Lowercase":
		list = append(list, newMapping(appendLower))
	case "Nmt":
		list = append(list, newMapping(appendNMT))
	case "StripAccents":
		list = append(list, newMapping(appendWithoutMarks))
	case "Strip":
		list = append(list, strip{f.requiredFlag("strip_left"), f.requiredFlag("strip_right")})
	case "Prepend":
		list = append(list, prependText(f.text("prepend")))
	case "Replace":
		p, err := readReplace(part, f)
		if err != nil {
			return nil, err
		}
		list = append(list, p)
	case "ByteLevel":
		list = append(list, bytesAsChars{})
	case "BertNormalizer":
		list = append(list, readBertNormalizer(f)...)
	case "Precompiled":
		p, err := readPrecompiled(f)
		if err != nil {
			return nil, fmt.Errorf("%s: precompiled_charsmap %w", part, err)
		}
		list = append(list, p)
	default:
		return nil, fmt.Errorf("%s: the type %q is not supported", part, kind)
	}
	return list, f.close()
}

func readReplace(part string, f *fields) (normalizer, error) {
	p := &replace{content: f.text("content")}
	raw := f.required("pattern")
	if f.err != nil {
		return nil, f.err
	}
	var err error
	if p.pattern, err = readPattern(part+": pattern", raw); err != nil {
		return nil, err
	}
	if what := p.pattern.text; len(what) == 1 && what[0] < utf8.RuneSelf {
		return &replaceByte{what[0], p.content}, nil
	}
	return p, nil
}

// readBertNormalizer reads what BERT does, which is a row of simple steps.
func readBertNormalizer(f *fields) []normalizer {
	var list []normalizer
	if f.requiredFlag("clean_text") {
		list = append(list, newMapping(appendCleaned))
	}
	if f.requiredFlag("handle_chinese_chars") {
		list = append(list, newMapping(appendChineseApart))
	}
	lowercase := f.requiredFlag("lowercase")
	if f.flag("strip_accents", lowercase) {
		list = append(list, nfd, newMapping(appendWithoutAccents))
	}
	if lowercase {
		list = append(list, newMapping(appendLower))
	}
	return list
}

// appendCleaned appends what BERT leaves of r: no control characters, and spaces
// for all white space.
func appendCleaned(dst []byte, r rune) []byte {
	switch {
	case isSpace(r) && (r < 0x20 && r != '\t' && r != '\n' && r != '\r' || r == 0x85):
		return dst // \v, \f and the next line are controls first
	case isSpace(r):
		return append(dst, ' ')
	case r == 0 || r == 0xfffd || isOther(r):
		return dst
	}
	return utf8.AppendRune(dst, r)
}

// appendChineseApart puts spaces around ideographs.
func appendChineseApart(dst []byte, r rune) []byte {
	switch {
	case 0x4e00 <= r && r <= 0x9fff, 0x3400 <= r && r <= 0x4dbf, 0x20000 <= r && r <= 0x2a6df, 0x2a700 <= r && r <= 0x2b81f,
		0x2b920 <= r && r <= 0x2ceaf, 0xf900 <= r && r <= 0xfaff, 0x2f800 <= r && r <= 0x2fa1f:
		dst = append(dst, ' ')
		dst = utf8.AppendRune(dst, r)
		return append(dst, ' ')
	}
	return utf8.AppendRune(dst, r)
}

func appendWithoutAccents(dst []byte, r rune) []byte {
	if isAccent(r) {
		return dst
	}
	return utf8.AppendRune(dst, r)
}

// isOther reports whether r is a control character, a format character or for
// private use.
func isOther(r rune) bool {
	switch pretokenize.LoadCategories().Of(r) {
	case ucd.Cc, ucd.Co, ucd.Cs:
		return true
	case ucd.Cf:
		return !laterFormats.has(r)
	}
	return false
}

var laterFormats = ranges{0x890, 0x891, 0x8e2, 0x8e2, 0x110cd, 0x110cd, 0x13430, 0x1343f}
