package hf

import (
	"sync"
	"unicode/utf8"

	"github.com/textmill/textmill/internal/ucd"
)

// clusterLength returns the length in bytes of the extended grapheme cluster (UAX
// #29) that s, which is not empty, begins with.
func clusterLength(s string) int {
	last, n := utf8.DecodeRuneInString(s)
	if n == len(s) {
		return n
	}
	if r, _ := utf8.DecodeRuneInString(s[n:]); last != '\r' && !isPrepend(last) && !mayJoin().has(r) {
		return n
	}
	c := cluster{last: last}
	c.note(last)
	for n < len(s) {
		r, k := utf8.DecodeRuneInString(s[n:])
		if !c.joins(r) {
			break
		}
		c.note(r)
		c.last = r
		n += k
	}
	return n
}

// A cluster is what was seen of a grapheme cluster.
type cluster struct {
	last       rune
	flags      int  // regional indicators at its end
	pictograph bool // a pictograph and marks are at its end
	joined     bool // and a joiner after them
	consonant  bool // an Indic consonant and marks are at its end
	linked     bool // with a virama among them
}

func (c *cluster) note(r rune) {
	mark := extends(r)
	if isFlag(r) {
		c.flags++
	} else {
		c.flags = 0
	}
	c.joined = c.pictograph && r == zwj
	c.pictograph = ucd.IsExtendedPictographic(r) || c.pictograph && mark && r != zwj
	c.linked = c.consonant && mark && (c.linked || isVirama(r))
	c.consonant = isIndicConsonant(r) || c.consonant && mark
}

// joins reports whether there is no boundary between what was seen and r.
func (c *cluster) joins(r rune) bool {
	switch {
	case c.last == '\r':
		return r == '\n'
	case breaksCluster(c.last) || breaksCluster(r):
		return false
	case extends(r) || isSpacingMark(r) || isPrepend(c.last):
		return true
	case hangulJoins(c.last, r):
		return true
	case c.linked && isIndicConsonant(r):
		return true
	case c.joined && ucd.IsExtendedPictographic(r):
		return true
	}
	return c.flags%2 == 1 && isFlag(r)
}

const zwj = 0x200d

func isFlag(r rune) bool { return 0x1f1e6 <= r && r <= 0x1f1ff }

// breaksCluster reports whether r stands alone: Grapheme_Cluster_Break is CR, LF
// or Control.
func breaksCluster(r rune) bool {
	if r < 0x300 {
		return r < 0x20 || 0x7f <= r && r < 0xa0 || r == 0xad
	}
	switch ucd.CategoryOf(r) {
	case ucd.Cc, ucd.Zl, ucd.Zp:
		return true
	case ucd.Cf:
		return r != zwj && r != 0x200c && !isPrepend(r) && !(0xe0020 <= r && r <= 0xe007f)
	case ucd.Cn:
		return r == 0x2065 || 0xfff0 <= r && r <= 0xfff8 || 0xe0000 <= r && r <= 0xe0fff
	}
	return false
}

// extends reports whether Grapheme_Cluster_Break of r is Extend or ZWJ; and, which
// makes no difference but for the sequences of emoji and of consonants, some of
// SpacingMark.
func extends(r rune) bool {
	if r < 0x300 {
		return false
	}
	if r == zwj {
		return true
	}
	return ucd.WordBreakOf(r) == ucd.WBExtend && !notSpacing.has(r) && (ucd.CategoryOf(r) != ucd.Mc || extendingMc.has(r))
}

func isSpacingMark(r rune) bool {
	return r >= 0x900 && (r == 0xe33 || r == 0xeb3 || ucd.CategoryOf(r) == ucd.Mc && !notSpacing.has(r))
}

// notSpacing lists marks of category Mc that do not belong to the character before.
var notSpacing = ranges{
	0x102b, 0x102c, 0x1038, 0x1038, 0x1062, 0x1064, 0x1067, 0x106d, 0x1083, 0x1083, 0x1087, 0x108c, 0x108f, 0x108f,
	0x109a, 0x109c, 0x1a61, 0x1a61, 0x1a63, 0x1a64, 0xaa7b, 0xaa7b, 0xaa7d, 0xaa7d, 0x11720, 0x11721,
}

// extendingMc lists marks of category Mc that are Extend.
var extendingMc = ranges{
	0x9be, 0x9be, 0x9d7, 0x9d7, 0xb3e, 0xb3e, 0xb57, 0xb57, 0xbbe, 0xbbe, 0xbd7, 0xbd7, 0xcc2, 0xcc2, 0xcd5, 0xcd6,
	0xd3e, 0xd3e, 0xd57, 0xd57, 0xdcf, 0xdcf, 0xddf, 0xddf, 0x1b35, 0x1b35, 0x302e, 0x302f, 0x1133e, 0x1133e,
	0x11357, 0x11357, 0x114b0, 0x114b0, 0x114bd, 0x114bd, 0x115af, 0x115af, 0x11930, 0x11930, 0x1d165, 0x1d165,
	0x1d16e, 0x1d172,
}

// isPrepend reports whether r belongs to the character after it.
func isPrepend(r rune) bool { return r >= 0x600 && prepends.has(r) }

var prepends = ranges{
	0x600, 0x605, 0x6dd, 0x6dd, 0x70f, 0x70f, 0x890, 0x891, 0x8e2, 0x8e2, 0xd4e, 0xd4e, 0x110bd, 0x110bd,
	0x110cd, 0x110cd, 0x111c2, 0x111c3, 0x1193f, 0x1193f, 0x11941, 0x11941, 0x11a3a, 0x11a3a, 0x11a84, 0x11a89,
	0x11d46, 0x11d46, 0x11f02, 0x11f02,
}

// isVirama and isIndicConsonant are Indic_Conjunct_Break=Linker and =Consonant.
func isVirama(r rune) bool { return viramas.has(r) }

var viramas = ranges{0x94d, 0x94d, 0x9cd, 0x9cd, 0xacd, 0xacd, 0xb4d, 0xb4d, 0xc4d, 0xc4d, 0xd4d, 0xd4d}

func isIndicConsonant(r rune) bool { return 0x915 <= r && r <= 0xd3a && consonants.has(r) }

var consonants = ranges{
	0x915, 0x939, 0x958, 0x95f, 0x978, 0x97f, 0x995, 0x9a8, 0x9aa, 0x9b0, 0x9b2, 0x9b2, 0x9b6, 0x9b9, 0x9dc, 0x9dd,
	0x9df, 0x9df, 0x9f0, 0x9f1, 0xa95, 0xaa8, 0xaaa, 0xab0, 0xab2, 0xab3, 0xab5, 0xab9, 0xaf9, 0xaf9, 0xb15, 0xb28,
	0xb2a, 0xb30, 0xb32, 0xb33, 0xb35, 0xb39, 0xb5c, 0xb5d, 0xb5f, 0xb5f, 0xb71, 0xb71, 0xc15, 0xc28, 0xc2a, 0xc39,
	0xc58, 0xc5a, 0xd15, 0xd3a,
}

// hangulJoins reports whether two parts of a syllable belong together.
func hangulJoins(a, b rune) bool {
	lead := 0x1100 <= a && a <= 0x115f || 0xa960 <= a && a <= 0xa97c
	vowel := 0x1160 <= a && a <= 0x11a7 || 0xd7b0 <= a && a <= 0xd7c6
	trail := 0x11a8 <= a && a <= 0x11ff || 0xd7cb <= a && a <= 0xd7fb
	open := isHangul(a) && (a-hangulBase)%trails == 0
	nextLead := 0x1100 <= b && b <= 0x115f || 0xa960 <= b && b <= 0xa97c
	nextVowel := 0x1160 <= b && b <= 0x11a7 || 0xd7b0 <= b && b <= 0xd7c6
	nextTrail := 0x11a8 <= b && b <= 0x11ff || 0xd7cb <= b && b <= 0xd7fb
	switch {
	case lead:
		return nextLead || nextVowel || isHangul(b)
	case vowel || open:
		return nextVowel || nextTrail
	case trail || isHangul(a):
		return nextTrail
	}
	return false
}

// A runeSet is a set of characters.
type runeSet [0x110000 / 64]uint64

func (s *runeSet) has(r rune) bool { return s[r>>6]>>(r&63)&1 != 0 }

// mayJoin returns the characters that may belong to a cluster with the one before,
// if that is not one of the few to which any other belongs. It is made when it is
// first needed.
var mayJoin = sync.OnceValue(func() *runeSet {
	s := new(runeSet)
	for r := range rune(utf8.MaxRune + 1) {
		hangul := 0x1100 <= r && r < 0x1200 || 0xa960 <= r && r < 0xa980 || 0xac00 <= r && r < 0xd800
		if extends(r) || isSpacingMark(r) || hangul || isFlag(r) || isIndicConsonant(r) || ucd.IsExtendedPictographic(r) {
			s[r>>6] |= 1 << (r & 63)
		}
	}
	return s
})
