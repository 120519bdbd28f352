package dedup

import (
	"strings"
	"sync/atomic"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/textmill/textmill/internal/ucd"
)

// What becomes of a code point under Loose.
const (
	same    uint8 = iota // it stays
	other                // it becomes a string
	gap                  // it becomes a space
	nothing              // it goes
	digit                // it is part of a number
)

// looseASCII is what becomes of an ASCII character: a lower-case letter, '0' for
// a digit, ' ' for anything else. For other bytes it is 0.
var looseASCII = func() (out [256]byte) {
	for c := range utf8.RuneSelf {
		switch {
		case 'a' <= c && c <= 'z':
			out[c] = byte(c)
		case 'A' <= c && c <= 'Z':
			out[c] = byte(c) + 'a' - 'A'
		case '0' <= c && c <= '9':
			out[c] = '0'
		default:
			out[c] = ' '
		}
	}
	return out
}()

// loose puts s as Loose compares it.
func (k *keyer) loose(s string) {
	pending := false // a space, if anything follows
	for i := 0; i < len(s); {
		c := s[i]
		switch l := looseASCII[c]; {
		case l == ' ':
			pending = true
			i++
			continue
		case l == 0:
			r, n := utf8.DecodeRuneInString(s[i:])
			p := pageOf(r)
			switch p.kinds[r&pageMask] {
			case gap:
				pending = true
			case same:
				k.gap(&pending)
				k.putString(s[i : i+n])
			case other:
				k.gap(&pending)
				k.putString(p.strings[r&pageMask])
			case digit:
				k.gap(&pending)
				k.putByte('0')
				n = numberAt(s[i:])
			}
			i += n
			continue
		case l == '0':
			k.gap(&pending)
			k.putByte('0')
			i += numberAt(s[i:])
			continue
		}
		k.gap(&pending)
		i += k.letters(s[i:])
	}
}

func (k *keyer) gap(pending *bool) {
	if *pending && k.some() {
		k.putByte(' ')
	}
	*pending = false
}

// letters puts ASCII letters from the start of s, as many as fit into the
// buffer, and returns how many.
func (k *keyer) letters(s string) int {
	if k.n == len(k.buf) {
		k.flush()
	}
	to := k.buf[k.n:]
	to = to[:min(len(to), len(s))]
	i := 0
	for ; i < len(to); i++ {
		l := looseASCII[s[i]]
		if l < 'a' {
			break
		}
		to[i] = l
	}
	k.n += i
	return i
}

// numberAt returns the length of the number that s begins with.
func numberAt(s string) int {
	n := digitsAt(s)
	if sep := separatorAt(s[n:]); sep > 0 {
		if d := digitsAt(s[n+sep:]); d > 0 {
			return n + sep + d
		}
	}
	return n
}

// digitsAt returns the length of the digits that s begins with, together with
// what goes between and around them, or 0.
func digitsAt(s string) (n int) {
	some := false
	for n < len(s) {
		if c := s[n]; c < utf8.RuneSelf {
			if c < '0' || c > '9' {
				break
			}
			some = true
			n++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[n:])
		kind := kindOf(r)
		if kind != digit && kind != nothing {
			break
		}
		some = some || kind == digit
		n += size
	}
	if !some {
		return 0
	}
	return n
}

// separatorAt returns the length of the decimal separator that s begins with, or 0.
func separatorAt(s string) int {
	switch r, n := utf8.DecodeRuneInString(s); r {
	case '.', ',', '،', '٫', '⎖', '⎗', '⎘':
		return n
	}
	return 0
}

// The code points are in pages, each of which is made when it is first needed.
const (
	pageBits = 8
	pageMask = 1<<pageBits - 1
)

type page struct {
	kinds   [1 << pageBits]uint8
	strings *[1 << pageBits]string // of those that become other; nil if none does
}

var pages [(utf8.MaxRune + 1) >> pageBits]atomic.Pointer[page]

func pageOf(r rune) *page {
	at := &pages[r>>pageBits]
	p := at.Load()
	if p == nil {
		p = newPage(r &^ pageMask) // perhaps twice, with the same result
		at.Store(p)
	}
	return p
}

func kindOf(r rune) uint8 { return pageOf(r).kinds[r&pageMask] }

func newPage(first rune) *page {
	p := &page{}
	for i := range rune(1 << pageBits) {
		kind, s := looseOf(first + i)
		p.kinds[i] = kind
		if kind == other {
			if p.strings == nil {
				p.strings = new([1 << pageBits]string)
			}
			p.strings[i] = s
		}
	}
	return p
}

// looseOf says what becomes of r.
func looseOf(r rune) (kind uint8, s string) {
	if ucd.CategoryOf(r) == ucd.Cn { // else it would change with x/text's Unicode
		return same, ""
	}
	var sb strings.Builder
	for _, d := range norm.NFD.String(string(r)) {
		switch kind := classOf(d); kind {
		case gap, digit: // in no decomposition together with letters
			return kind, ""
		case same:
			sb.WriteRune(lower(d))
		}
	}
	switch sb.String() {
	case "":
		return nothing, ""
	case string(r):
		return same, ""
	}
	return other, sb.String()
}

func classOf(r rune) uint8 {
	switch c := ucd.CategoryOf(r); {
	case c == ucd.Nd:
		return digit
	case c == ucd.Mn || c == ucd.Cf:
		return nothing
	case ucd.IsPunct(r) || ucd.IsSpace(r) || c == ucd.Cc || r < utf8.RuneSelf && ucd.IsSymbol(r):
		return gap
	}
	return same
}

func lower(r rune) rune {
	if r = ucd.ToLower(r); r == 'ς' {
		return 'σ'
	}
	return r
}
