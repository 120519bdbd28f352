package normalize

import (
	"slices"
	"unicode/utf8"

	"github.com/textmill/textmill/internal/ucd"
	"golang.org/x/text/unicode/norm"
)

//go:generate go run ./gen

// complexClass marks a character whose NFC_Quick_Check is not Yes.
const complexClass = 255

// classOf returns what the composition of r, the first rune of s, takes: 0 if r
// begins a new sequence whatever stands before it, its Canonical_Combining_Class
// if that is all there is to say, and else complexClass.
//
// Characters that Unicode 15.0 has not assigned are taken as they are, whichever
// version golang.org/x/text has.
func classOf(r rune, s string) uint8 {
	if uint32(r) < 0x10000 {
		return combiningBlocks[combiningIndex[r>>6]][r&63]
	}
	if ucd.CategoryOf(r) == ucd.Cn {
		return 0
	}
	if p := norm.NFD.PropertiesString(s); !p.BoundaryBefore() || p.Decomposition() != nil {
		return complexClass
	}
	return 0
}

// nfc returns s in Normalization Form C of Unicode 15.0; s itself if it is.
//
// It differs from golang.org/x/text in that it has no Stream-Safe Text Format:
// it inserts no U+034F into a run of more than 30 marks. The other libraries in
// the field do not either.
func nfc(s string) string {
	e := editor{src: s}
	for i := skipPlain(s, 0); i < len(s); i = skipPlain(s, i) {
		r, w := utf8.DecodeRuneInString(s[i:])
		if classOf(r, s[i:]) == 0 {
			i += w
			continue
		}
		_, before := utf8.DecodeLastRuneInString(s[:i])
		start := i - before
		end, ordered := sequence(s, i)
		if !ordered {
			e.compose(start, end)
		}
		i = end
	}
	return e.result()
}

// sequence returns where the characters that may combine with the one before i
// end, and whether they are in NFC by their looks (UAX #15, section 9).
func sequence(s string, i int) (end int, ordered bool) {
	last := uint8(0)
	ordered = true
	for i < len(s) {
		r, w := utf8.DecodeRuneInString(s[i:])
		c := classOf(r, s[i:])
		if c == 0 {
			break
		}
		if c == complexClass || c < last {
			ordered = false
		}
		last = c
		i += w
	}
	return i, ordered
}

// compose puts src[start:end], a sequence that starts anew and has nothing to do
// with what follows, into NFC.
func (e *editor) compose(start, end int) {
	var chars [48]char // on the stack; enough but for pranks
	var text [192]byte
	out := text[:0]
	for _, c := range recompose(decompose(chars[:0], e.src[start:end])) {
		out = utf8.AppendRune(out, c.r)
	}
	if string(out) != e.src[start:end] {
		e.replace(start, end, string(out))
	}
}

// A char is a character and its Canonical_Combining_Class.
type char struct {
	r   rune
	ccc uint8
}

// decompose appends the canonical decomposition of s in canonical order to dst.
func decompose(dst []char, s string) []char {
	for len(s) > 0 {
		r, w := utf8.DecodeRuneInString(s)
		switch p := norm.NFD.PropertiesString(s); {
		case hangulBase <= r && r < hangulBase+hangulCount:
			dst = appendJamo(dst, r-hangulBase)
		case ucd.CategoryOf(r) == ucd.Cn:
			dst = append(dst, char{r, 0})
		case p.Decomposition() == nil:
			dst = append(dst, char{r, p.CCC()})
		default:
			for d := p.Decomposition(); len(d) > 0; {
				r, w := utf8.DecodeRune(d)
				dst = append(dst, char{r, norm.NFD.Properties(d).CCC()})
				d = d[w:]
			}
		}
		s = s[w:]
	}
	for i := 0; i < len(dst); i++ {
		j := i
		for j < len(dst) && dst[j].ccc != 0 {
			j++
		}
		if j > i+1 {
			slices.SortStableFunc(dst[i:j], func(a, b char) int { return int(a.ccc) - int(b.ccc) })
		}
		i = j
	}
	return dst
}

// recompose applies the Canonical Composition Algorithm (Unicode Standard, section
// 3.11) to decomposed characters, in place.
func recompose(chars []char) []char {
	starter := -1 // index in out of the last one
	last := uint8(0)
	out := chars[:0]
	for _, c := range chars {
		adjacent := starter == len(out)-1
		if starter >= 0 && (adjacent || last != 0 && last < c.ccc) {
			if r := composed(out[starter].r, c.r); r != 0 {
				out[starter].r = r
				continue
			}
		}
		if c.ccc == 0 {
			starter = len(out)
		}
		last = c.ccc
		out = append(out, c)
	}
	return out
}

// Hangul syllables are composed by arithmetic (Unicode Standard, section 3.12).
const (
	hangulBase  = 0xAC00
	hangulCount = leadCount * vowelCount * trailCount
	leadBase    = 0x1100
	leadCount   = 19
	vowelBase   = 0x1161
	vowelCount  = 21
	trailBase   = 0x11A7 // one before the first, so that 0 is no trailing consonant
	trailCount  = 28
)

func appendJamo(dst []char, n rune) []char {
	dst = append(dst, char{leadBase + n/trailCount/vowelCount, 0}, char{vowelBase + n/trailCount%vowelCount, 0})
	if t := n % trailCount; t != 0 {
		dst = append(dst, char{trailBase + t, 0})
	}
	return dst
}

// composed returns the primary composite of two characters, or 0.
func composed(a, b rune) rune {
	switch {
	case within(a, leadBase, leadCount) && within(b, vowelBase, vowelCount):
		return hangulBase + ((a-leadBase)*vowelCount+(b-vowelBase))*trailCount
	case within(a, hangulBase, hangulCount) && (a-hangulBase)%trailCount == 0 && within(b, trailBase+1, trailCount-1):
		return a + b - trailBase
	}
	key := uint64(a)<<21 | uint64(b)
	i, ok := slices.BinarySearchFunc(compositions[:], key, func(c, key uint64) int {
		switch c >>= 21; {
		case c < key:
			return -1
		case c > key:
			return 1
		}
		return 0
	})
	if !ok {
		return 0
	}
	return rune(compositions[i] & (1<<21 - 1))
}

func within(r, base, count rune) bool { return base <= r && r < base+count }
