// Package pretokenize divides texts into the words that byte-pair encoders encode
// one by one, as the patterns of well-known vocabularies do.
package pretokenize

import (
	"sync"
	"unicode/utf8"

	"github.com/textmill/textmill/internal/ucd"
)

// UnicodeVersion is the version of Unicode by which characters are classified: that of tiktoken 0.14.
const UnicodeVersion = "16.0.0"

// A Class is what the patterns of the vocabularies want to know about a
// character: a set of the bits below.
type Class uint8

const (
	Letter  Class = 1 << iota // \p{L}
	Number                    // \p{N}
	Space                     // \s
	Newline                   // \r and \n
	Upper                     // [\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]
	Lower                     // [\p{Ll}\p{Lm}\p{Lo}\p{M}]
)

// A Classes holds the class of every code point, in blocks of 256.
type Classes struct {
	ascii  [256]Class   // by byte; nothing from 0x80 on
	two    [0x800]Class // by code point, for those of up to two bytes
	prefix [256]uint8   // 1 for ASCII that may be joined to letters after it; see CL100K
	index  [(utf8.MaxRune + 1) >> 8]uint8
	blocks [][256]Class
}

// Load returns the table. It is made when it is first needed.
var Load = sync.OnceValue(newClasses)

func newClasses() *Classes {
	t := new(Classes)
	seen := map[[256]Class]uint8{}
	recent := since15
	for i := range t.index {
		var block [256]Class
		for j := range block {
			r := rune(i<<8 | j)
			category := ucd.CategoryOf(r)
			for len(recent) > 0 && r > recent[0].last {
				recent = recent[1:]
			}
			if len(recent) > 0 && r >= recent[0].first {
				category = recent[0].category
			}
			block[j] = classOf(r, category)
		}
		k, ok := seen[block]
		if !ok {
			k = uint8(len(t.blocks))
			seen[block] = k
			t.blocks = append(t.blocks, block)
		}
		t.index[i] = k
	}
	copy(t.ascii[:utf8.RuneSelf], t.blocks[t.index[0]][:])
	for r := range t.two {
		t.two[r] = t.Of(rune(r))
	}
	for c := range utf8.RuneSelf {
		if t.ascii[c]&(Letter|Number|Newline) == 0 && c != '\'' {
			t.prefix[c] = 1
		}
	}
	return t
}

func classOf(r rune, c ucd.Category) (k Class) {
	switch c {
	case ucd.Lu, ucd.Lt:
		k = Letter | Upper
	case ucd.Ll:
		k = Letter | Lower
	case ucd.Lm, ucd.Lo:
		k = Letter | Upper | Lower
	case ucd.Mn, ucd.Mc, ucd.Me:
		k = Upper | Lower
	case ucd.Nd, ucd.Nl, ucd.No:
		k = Number
	}
	if ucd.IsSpace(r) {
		k |= Space
	}
	if r == '\r' || r == '\n' {
		k |= Newline
	}
	return k
}

// since15 lists, in order, the letters, marks and numbers that Unicode 15.1 and
// 16.0 added to those of 15.0, which package ucd has. No character that was there
// before moved from one class to another. Mn stands for all marks, Nd for all
// numbers.
var since15 = []struct {
	first, last rune
	category    ucd.Category
}{
	{0x897, 0x897, ucd.Mn},
	{0x1c89, 0x1c89, ucd.Lu},
	{0x1c8a, 0x1c8a, ucd.Ll},
	{0xa7cb, 0xa7cc, ucd.Lu},
	{0xa7cd, 0xa7cd, ucd.Ll},
	{0xa7da, 0xa7da, ucd.Lu},
	{0xa7db, 0xa7db, ucd.Ll},
	{0xa7dc, 0xa7dc, ucd.Lu},
	{0x105c0, 0x105f3, ucd.Lo},
	{0x10d40, 0x10d49, ucd.Nd},
	{0x10d4a, 0x10d4d, ucd.Lo},
	{0x10d4e, 0x10d4e, ucd.Lm},
	{0x10d4f, 0x10d4f, ucd.Lo},
	{0x10d50, 0x10d65, ucd.Lu},
	{0x10d69, 0x10d6d, ucd.Mn},
	{0x10d6f, 0x10d6f, ucd.Lm},
	{0x10d70, 0x10d85, ucd.Ll},
	{0x10ec2, 0x10ec4, ucd.Lo},
	{0x10efc, 0x10efc, ucd.Mn},
	{0x11380, 0x11389, ucd.Lo},
	{0x1138b, 0x1138b, ucd.Lo},
	{0x1138e, 0x1138e, ucd.Lo},
	{0x11390, 0x113b5, ucd.Lo},
	{0x113b7, 0x113b7, ucd.Lo},
	{0x113b8, 0x113c0, ucd.Mn},
	{0x113c2, 0x113c2, ucd.Mn},
	{0x113c5, 0x113c5, ucd.Mn},
	{0x113c7, 0x113ca, ucd.Mn},
	{0x113cc, 0x113d0, ucd.Mn},
	{0x113d1, 0x113d1, ucd.Lo},
	{0x113d2, 0x113d2, ucd.Mn},
	{0x113d3, 0x113d3, ucd.Lo},
	{0x113e1, 0x113e2, ucd.Mn},
	{0x116d0, 0x116e3, ucd.Nd},
	{0x11bc0, 0x11be0, ucd.Lo},
	{0x11bf0, 0x11bf9, ucd.Nd},
	{0x11f5a, 0x11f5a, ucd.Mn},
	{0x13460, 0x143fa, ucd.Lo},
	{0x16100, 0x1611d, ucd.Lo},
	{0x1611e, 0x1612f, ucd.Mn},
	{0x16130, 0x16139, ucd.Nd},
	{0x16d40, 0x16d42, ucd.Lm},
	{0x16d43, 0x16d6a, ucd.Lo},
	{0x16d6b, 0x16d6c, ucd.Lm},
	{0x16d70, 0x16d79, ucd.Nd},
	{0x18cff, 0x18cff, ucd.Lo},
	{0x1ccf0, 0x1ccf9, ucd.Nd},
	{0x1e5d0, 0x1e5ed, ucd.Lo},
	{0x1e5ee, 0x1e5ef, ucd.Mn},
	{0x1e5f0, 0x1e5f0, ucd.Lo},
	{0x1e5f1, 0x1e5fa, ucd.Nd},
	{0x2ebf0, 0x2ee5d, ucd.Lo},
}

// Of returns the class of r.
func (t *Classes) Of(r rune) Class { return t.blocks[t.index[uint32(r)>>8]][r&0xff] }

// three returns the class of a character of three bytes.
func (t *Classes) three(a, b, c byte) Class {
	return t.blocks[t.index[uint(a&0x0f)<<4|uint(b&0x3c)>>2]][b&3<<6|c&0x3f]
}

// At returns the class and the length in bytes of the character at s[i:], which
// is not empty. A byte that is not part of valid UTF-8 is one character, U+FFFD.
func (t *Classes) At(s string, i int) (Class, int) {
	c := s[i]
	if c < utf8.RuneSelf {
		return t.ascii[c], 1
	}
	// Two and three bytes, but for the few that need a closer look.
	if 0xc2 <= c && c < 0xe0 && i+1 < len(s) && s[i+1]&0xc0 == 0x80 {
		return t.two[uint(c&0x1f)<<6|uint(s[i+1]&0x3f)], 2
	}
	if 0xe1 <= c && c < 0xed && i+2 < len(s) && s[i+1]&0xc0 == 0x80 && s[i+2]&0xc0 == 0x80 {
		return t.three(c, s[i+1], s[i+2]), 3
	}
	r, n := utf8.DecodeRuneInString(s[i:])
	return t.Of(r), n
}

// NewerThan15 reports whether r is a letter, a mark or a number since a version of
// Unicode after 15.0.
func NewerThan15(r rune) bool {
	for _, d := range since15 {
		if d.first <= r && r <= d.last {
			return true
		}
	}
	return false
}
