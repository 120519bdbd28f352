package hf

import (
	"slices"
	"sync"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// A form is one of the normal forms of Unicode, as the library knows it: with the
// tables of Unicode 9.0, and without a limit to the number of marks. Characters
// that are newer are left as they are, and nothing moves across them.
//
// The properties of characters are from golang.org/x/text, of which the forms
// themselves may not be used: after thirty marks they put in a joiner.
type form struct {
	form    norm.Form
	compose bool
}

var (
	nfc  = form{norm.NFC, true}
	nfd  = form{norm.NFD, false}
	nfkc = form{norm.NFKC, true}
	nfkd = form{norm.NFKD, false}
)

// since9 lists what has a decomposition or a combining class, or composes with
// what is before it, in Unicode 15.0, but not for the library.
var since9 = ranges{
	0x7fd, 0x7fd, 0x898, 0x89f, 0x8ca, 0x8d3, 0x9fe, 0x9fe, 0xc3c, 0xc3c, 0xd3b, 0xd3c, 0xeba, 0xeba, 0x1715, 0x1715,
	0x1abf, 0x1ace, 0x1df6, 0x1dfa, 0x32ff, 0x32ff, 0xa7f2, 0xa7f4, 0xa82c, 0xa82c, 0xab69, 0xab69, 0x10781, 0x10785,
	0x10787, 0x107b0, 0x107b2, 0x107ba, 0x10d24, 0x10d27, 0x10eab, 0x10eac, 0x10efd, 0x10eff, 0x10f46, 0x10f50,
	0x10f82, 0x10f85, 0x11070, 0x11070, 0x1133b, 0x1133b, 0x1145e, 0x1145e, 0x11839, 0x1183a, 0x11930, 0x11930,
	0x11938, 0x11938, 0x1193d, 0x1193e, 0x11943, 0x11943, 0x119e0, 0x119e0, 0x11a34, 0x11a34, 0x11a47, 0x11a47,
	0x11a99, 0x11a99, 0x11d42, 0x11d42, 0x11d44, 0x11d45, 0x11d97, 0x11d97, 0x11f41, 0x11f42, 0x16ff0, 0x16ff1,
	0x1e030, 0x1e06d, 0x1e08f, 0x1e08f, 0x1e130, 0x1e136, 0x1e2ae, 0x1e2ae, 0x1e2ec, 0x1e2ef, 0x1e4ec, 0x1e4ef,
	0x1f16c, 0x1f16c, 0x1fbf0, 0x1fbf9,
}

// string returns s in the form; s itself if it is so already.
func (f form) string(s string) string {
	n := f.form.QuickSpanString(s)
	if n == len(s) {
		return s
	}
	// What follows may belong to the last character before.
	for n > 0 {
		_, k := utf8.DecodeLastRuneInString(s[:n])
		n -= k
		if f.form.PropertiesString(s[n:]).BoundaryBefore() {
			break
		}
	}
	return string(f.append(append(make([]byte, 0, len(s)+len(s)/8+16), s[:n]...), s[n:]))
}

// A mark is a character and its combining class.
type mark struct {
	r     rune
	class uint8
}

// append appends s in the form. Characters are collected from one of class 0 up
// to the next that it does not compose with.
func (f form) append(dst []byte, s string) []byte {
	var buf [64]mark
	chars := buf[:0]
	for i := 0; i < len(s); {
		if s[i] < utf8.RuneSelf {
			if f.compose && i+1 < len(s) && s[i+1] >= utf8.RuneSelf {
				chars = append(chars, mark{rune(s[i]), 0})
				i++
				continue
			}
			dst, chars = f.flush(dst, chars), chars[:0]
			dst = append(dst, s[i])
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if since9.has(r) {
			dst, chars = f.flush(dst, chars), chars[:0]
			dst = append(dst, s[i:i+n]...)
			i += n
			continue
		}
		p := f.form.PropertiesString(s[i:])
		if p.BoundaryBefore() {
			dst, chars = f.flush(dst, chars), chars[:0]
		}
		chars = f.decompose(chars, r, p)
		i += n
	}
	return f.flush(dst, chars)
}

// decompose adds what r is composed of.
func (f form) decompose(chars []mark, r rune, p norm.Properties) []mark {
	if isHangul(r) {
		k := r - hangulBase
		chars = append(chars, mark{leadBase + k/(vowels*trails), 0}, mark{vowelBase + k%(vowels*trails)/trails, 0})
		if t := k % trails; t != 0 {
			chars = append(chars, mark{trailBase + t, 0})
		}
		return chars
	}
	d := p.Decomposition()
	if d == nil {
		return append(chars, mark{r, p.CCC()})
	}
	for len(d) > 0 {
		r, n := utf8.DecodeRune(d)
		chars = append(chars, mark{r, f.form.Properties(d).CCC()})
		d = d[n:]
	}
	return chars
}

// flush writes what was collected: marks in a row sorted by class, and composed if
// the form asks for it.
func (f form) flush(dst []byte, chars []mark) []byte {
	for i := 0; i < len(chars); i++ {
		start := i
		for i < len(chars) && chars[i].class > 0 {
			i++
		}
		if i > start+1 {
			slices.SortStableFunc(chars[start:i], func(a, b mark) int { return int(a.class) - int(b.class) })
		}
	}
	if f.compose && len(chars) > 1 {
		chars = composed(chars)
	}
	for _, c := range chars {
		dst = utf8.AppendRune(dst, c.r)
	}
	return dst
}

// composed composes every character with the last one of class 0, unless one in
// between has its class or a higher one.
func composed(chars []mark) []mark {
	out := chars[:0]
	starter, last := -1, uint8(0) // where the last of class 0 is, and the last class after it
	for _, c := range chars {
		if starter >= 0 {
			adjacent := starter == len(out)-1
			if r := compose(out[starter].r, c.r); r != 0 && (adjacent || last < c.class) {
				out[starter].r = r
				continue
			}
		}
		if c.class == 0 {
			starter = len(out)
		}
		last = c.class
		out = append(out, c)
	}
	return out
}

const (
	hangulBase = 0xac00
	leadBase   = 0x1100
	vowelBase  = 0x1161
	trailBase  = 0x11a7 // one before the first
	leads      = 19
	vowels     = 21
	trails     = 28
)

func isHangul(r rune) bool { return hangulBase <= r && r < hangulBase+leads*vowels*trails }

// compose returns the character that two compose to, or 0.
func compose(a, b rune) rune {
	switch {
	case leadBase <= a && a < leadBase+leads && vowelBase <= b && b < vowelBase+vowels:
		return hangulBase + ((a-leadBase)*vowels+b-vowelBase)*trails
	case isHangul(a) && (a-hangulBase)%trails == 0 && trailBase < b && b < trailBase+trails:
		return a + b - trailBase
	}
	return compositions()[[2]rune{a, b}]
}

// compositions holds what two characters compose to. It is made when it is first
// needed.
var compositions = sync.OnceValue(func() map[[2]rune]rune {
	m := map[[2]rune]rune{}
	var b [utf8.UTFMax]byte
	for r := rune(0xc0); r <= utf8.MaxRune; r++ {
		if isHangul(r) || since9.has(r) {
			continue
		}
		s := b[:utf8.EncodeRune(b[:], r)]
		d := norm.NFC.Properties(s).Decomposition()
		if d == nil || !norm.NFC.IsNormal(s) {
			continue // without a decomposition, or excluded from composition
		}
		last, n := utf8.DecodeLastRune(d)
		first, k := utf8.DecodeRune(norm.NFC.Bytes(d[:len(d)-n]))
		if k > 0 && k == len(norm.NFC.Bytes(d[:len(d)-n])) {
			m[[2]rune{first, last}] = r
		}
	}
	return m
})
