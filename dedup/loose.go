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

// looseASCII is what becomes of an ASCII character: a lower-case letter or ' ';
// 0 for digits and for bytes of other characters.
var looseASCII = func() (out [256]byte) {
	for c := range utf8.RuneSelf {
		switch {
		case 'a' <= c && c <= 'z':
			out[c] = byte(c)
		case 'A' <= c && c <= 'Z':
			out[c] = byte(c) + 'a' - 'A'
		case c < '0' || c > '9':
			out[c] = ' '
		}
	}
	return out
}()

// loose puts s as Loose compares it.
func (k *keyer) loose(s string) {
	for i := 0; i < len(s); {
		k.reserve(maxLoose)
		switch c := s[i]; {
		case looseASCII[c] != 0:
			i += k.asciiRun(s[i:])
		case c < utf8.RuneSelf:
			i += k.number(s[i:])
		default:
			i += k.looseRune(s[i:])
		}
	}
}

// asciiRun puts ASCII characters that are no digits from the start of s, as
// many as fit into the buffer, and returns how many. Each is written, but a blank
// after a blank is written over.
func (k *keyer) asciiRun(s string) (i int) {
	to := k.buf[k.n:]
	gap := byte(0)
	if k.atGap() {
		gap = 1
	}
	n := 0
	for i < len(s) && n < len(to) {
		l := looseASCII[s[i]]
		if l == 0 {
			break
		}
		to[n] = l
		blank := (l>>6 ^ 1) & 1 // letters have bit 6, a blank has not
		n += int(1 - gap&blank)
		gap = blank
		i++
	}
	k.n += n
	return i
}

// number puts the number that s begins with and returns its length.
func (k *keyer) number(s string) int {
	k.buf[k.n] = '0'
	k.n++
	return numberAt(s)
}

// looseRune puts the characters that s begins with, which are not ASCII: all
// that stay as they are, or one that does not. It returns their length.
func (k *keyer) looseRune(s string) int {
	if n := unchanged(s); n > 0 {
		k.putString(s[:n])
		return n
	}
	r, n := decode(s)
	p := pageOf(r)
	switch p.kinds[r&pageMask] {
	case gap:
		k.putGap()
	case other:
		o := &p.others[r&pageMask]
		*(*[maxLoose]byte)(k.buf[k.n:]) = o.bytes // with what is behind it
		k.n += int(o.n)
	case digit:
		return k.number(s)
	}
	return n
}

// unchanged returns the length of the characters at the start of s that are not
// ASCII and stay as they are.
func unchanged(s string) (i int) {
	for i < len(s) && s[i] >= utf8.RuneSelf {
		r, n := decode(s[i:])
		if kindOf(r) != same {
			break
		}
		i += n
	}
	return i
}

// decode is utf8.DecodeRuneInString for the start of a character that is not
// ASCII, in less time where it is valid UTF-8 of two or three bytes, as nearly
// always.
func decode(s string) (rune, int) {
	switch c := s[0]; {
	case len(s) > 1 && 0xc0 <= c && c < 0xe0 && s[1]&0xc0 == 0x80:
		return rune(c&0x1f)<<6 | rune(s[1]&0x3f), 2
	case len(s) > 2 && 0xe0 <= c && c < 0xf0 && s[1]&0xc0 == 0x80 && s[2]&0xc0 == 0x80:
		return rune(c&0x0f)<<12 | rune(s[1]&0x3f)<<6 | rune(s[2]&0x3f), 3
	}
	return utf8.DecodeRuneInString(s)
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
		r, size := decode(s[n:])
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
	kinds  [1 << pageBits]uint8
	others *[1 << pageBits]loosened // nil if there are none
}

// A loosened is what a code point becomes that becomes other.
type loosened struct {
	n     uint8
	bytes [maxLoose]byte
}

// maxLoose is the greatest length of what one code point becomes: the three
// parts of a Hangul syllable take 9 bytes.
const maxLoose = 15

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
			if p.others == nil {
				p.others = new([1 << pageBits]loosened)
			}
			o := &p.others[i]
			o.n = uint8(copy(o.bytes[:], s))
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
