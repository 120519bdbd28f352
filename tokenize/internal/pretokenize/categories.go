package pretokenize

import (
	"sync"
	"unicode/utf8"

	"github.com/textmill/textmill/internal/ucd"
)

// A Categories holds the general category of every code point in Unicode 16, but
// for some that were assigned since 15.0: of these, marks are Mn, numbers Nd,
// punctuation Po and symbols So whatever they are, and control characters and
// separators are not there (none was added).
type Categories struct {
	index  [(utf8.MaxRune + 1) >> 8]uint8
	blocks [][256]ucd.Category
}

// LoadCategories returns the table. It is made when it is first needed.
var LoadCategories = sync.OnceValue(func() *Categories {
	t := new(Categories)
	all := make([]ucd.Category, utf8.MaxRune+1)
	for r := range all {
		all[r] = ucd.CategoryOf(rune(r))
	}
	for _, d := range since15 {
		for r := d.first; r <= d.last; r++ {
			all[r] = d.category
		}
	}
	for _, d := range signsSince15 {
		for r := d.first; r <= d.last; r++ {
			all[r] = d.category
		}
	}
	seen := map[[256]ucd.Category]uint8{}
	for i := range t.index {
		block := [256]ucd.Category(all[i<<8:])
		k, ok := seen[block]
		if !ok {
			k = uint8(len(t.blocks))
			seen[block] = k
			t.blocks = append(t.blocks, block)
		}
		t.index[i] = k
	}
	return t
})

// Of returns the category of r.
func (t *Categories) Of(r rune) ucd.Category { return t.blocks[t.index[uint32(r)>>8]][r&0xff] }

// IsSign reports whether r is punctuation or a symbol: \p{P} or \p{S}.
func (t *Categories) IsSign(r rune) bool {
	switch t.Of(r) {
	case ucd.Pc, ucd.Pd, ucd.Ps, ucd.Pe, ucd.Pi, ucd.Pf, ucd.Po, ucd.Sm, ucd.Sc, ucd.Sk, ucd.So:
		return true
	}
	return false
}

// IsPunct reports whether r is punctuation: \p{P}.
func (t *Categories) IsPunct(r rune) bool {
	switch t.Of(r) {
	case ucd.Pc, ucd.Pd, ucd.Ps, ucd.Pe, ucd.Pi, ucd.Pf, ucd.Po:
		return true
	}
	return false
}

// IsMark reports whether r is a mark: \p{M}.
func (t *Categories) IsMark(r rune) bool {
	switch t.Of(r) {
	case ucd.Mn, ucd.Mc, ucd.Me:
		return true
	}
	return false
}

// signsSince15 lists, in order, the punctuation and symbols that Unicode 15.1 and
// 16.0 added.
var signsSince15 = []struct {
	first, last rune
	category    ucd.Category
}{
	{0x1b4e, 0x1b4f, ucd.Po},
	{0x1b7f, 0x1b7f, ucd.Po},
	{0x2427, 0x2429, ucd.So},
	{0x2ffc, 0x2fff, ucd.So},
	{0x31e4, 0x31e5, ucd.So},
	{0x31ef, 0x31ef, ucd.So},
	{0x10d6e, 0x10d6e, ucd.Po},
	{0x10d8e, 0x10d8f, ucd.So},
	{0x113d4, 0x113d5, ucd.Po},
	{0x113d7, 0x113d8, ucd.Po},
	{0x11be1, 0x11be1, ucd.Po},
	{0x16d6d, 0x16d6f, ucd.Po},
	{0x1cc00, 0x1ccef, ucd.So},
	{0x1cd00, 0x1ceb3, ucd.So},
	{0x1e5ff, 0x1e5ff, ucd.Po},
	{0x1f8b2, 0x1f8bb, ucd.So},
	{0x1f8c0, 0x1f8c1, ucd.So},
	{0x1fa89, 0x1fa89, ucd.So},
	{0x1fa8f, 0x1fa8f, ucd.So},
	{0x1fabe, 0x1fabe, ucd.So},
	{0x1fac6, 0x1fac6, ucd.So},
	{0x1fadc, 0x1fadc, ucd.So},
	{0x1fadf, 0x1fadf, ucd.So},
	{0x1fae9, 0x1fae9, ucd.So},
	{0x1fbcb, 0x1fbef, ucd.So},
}
