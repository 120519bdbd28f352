package sketch

import (
	"strings"
	"sync"
	"sync/atomic"
	"unicode/utf8"
)

// A table says what becomes of every code point under a normalization. Where
// shingles are of words, white space becomes a blank, which is nothing else then,
// and there are blanks around the characters that are words of their own.
type table struct {
	normalize Normalization
	unit      Unit
	ascii     [utf8.RuneSelf]entry
	pages     [(utf8.MaxRune + 1) >> pageBits]atomic.Pointer[page]
}

// The code points are in pages, each of which is made when it is first needed.
const (
	pageBits = 8
	pageMask = 1<<pageBits - 1
)

type page struct {
	entries [1 << pageBits]entry
	long    map[rune]string // what does not fit into an entry
}

// An entry holds what one code point becomes: up to 7 bytes, the first lowest, and
// in the top byte their number and a kind.
type entry uint64

// Kinds. Those but plain need a closer look.
const (
	plain  = iota
	word   // a word of its own, with a blank in front
	number // a digit
	sigma  // a capital sigma
	hangul // a syllable of three parts, the last of which is not in the entry
	long   // see page.long
)

const (
	maxEntry    = 7
	entrySize   = 56 // bits above which the number of bytes is
	entryKind   = 60 // bits above which the kind is
	entryLength = 15
)

func newEntry(kind int, s string) entry {
	e := entry(kind)<<entryKind | entry(len(s))<<entrySize
	for i := range len(s) {
		e |= entry(s[i]) << (8 * i)
	}
	return e
}

func (e entry) kind() int { return int(e >> entryKind) }
func (e entry) size() int { return int(e>>entrySize) & entryLength }

// tables has those that are in use.
var tables [len(normalizationNames)][len(unitNames)]struct {
	sync.Once
	*table
}

func tableOf(n Normalization, u Unit) *table {
	t := &tables[n][u]
	t.Do(func() {
		t.table = &table{normalize: n, unit: u}
		for r := range rune(utf8.RuneSelf) {
			t.ascii[r], _ = t.entryOf(r)
		}
	})
	return t.table
}

func (t *table) page(r rune) *page {
	at := &t.pages[r>>pageBits]
	p := at.Load()
	if p == nil {
		p = t.newPage(r &^ pageMask) // perhaps twice, with the same result
		at.Store(p)
	}
	return p
}

func (t *table) newPage(first rune) *page {
	p := &page{}
	for i := range rune(1 << pageBits) {
		e, s := t.entryOf(first + i)
		p.entries[i] = e
		if e.kind() == long {
			if p.long == nil {
				p.long = map[rune]string{}
			}
			p.long[first+i] = s
		}
	}
	return p
}

// The Hangul syllables, and how many of them differ in the last part only: Unicode
// Standard, 3.12.
const (
	hangulFirst = 0xAC00
	hangulLast  = 0xD7A3
	hangulT     = 0x11A7
	hangulTs    = 28
)

// entryOf returns the entry of r and all that becomes of it.
func (t *table) entryOf(r rune) (entry, string) {
	s, isNumber := t.normalize.foldRune(r)
	if t.unit == Words {
		s = asWords(s)
	}
	switch {
	case isNumber:
		return newEntry(number, "0"), ""
	case r == bigSigma && t.normalize != None:
		return newEntry(sigma, ""), ""
	case hangulFirst <= r && r <= hangulLast && len(s) == 9:
		return newEntry(hangul, s[:6]), ""
	case len(s) > maxEntry:
		return newEntry(long, ""), s
	case len(s) > 1 && s[0] == ' ':
		return newEntry(word, s), s
	}
	return newEntry(plain, s), s
}

// asWords returns s with blanks for white space, and around characters that are
// words.
func asWords(s string) string {
	var sb strings.Builder
	blank := false
	for _, r := range s {
		isBlank := isSpace(r)
		alone := isWord(r)
		if (isBlank || alone) && !blank {
			sb.WriteByte(' ')
		}
		if blank = isBlank || alone; !isBlank {
			sb.WriteRune(r)
		}
		if alone {
			sb.WriteByte(' ')
		}
	}
	return sb.String()
}
