package sketch

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"

	"github.com/textmill/textmill/internal/ucd"
)

const (
	// chunkSize is how much of a text is normalized before what is made of it is
	// used: so much that it stays in the first cache.
	chunkSize = 4 << 10

	// chunkSlack is more than one code point or eight bytes become.
	chunkSlack = 64
)

// A folder normalizes text piece by piece. Blanks are not collapsed, which is up to
// who reads them.
type folder struct {
	*table
	n   int // bytes in buf
	buf [chunkSize + chunkSlack]byte
}

// fold writes what becomes of s[i:] to buf, until that is full or the text ends, and
// returns how far it came.
func (f *folder) fold(s string, i int) int {
	switch f.normalize {
	case Datatrove:
		return f.foldDatatrove(s, i)
	default:
		return f.foldOthers(s, i)
	}
}

// Eight bytes at a time.
const (
	ones   = 0x0101010101010101
	highs  = 0x8080808080808080
	blanks = ' ' * ones
)

// foldDatatrove takes eight bytes of ASCII at once, as far as there are no digits
// among them: letters in lower case, and blanks for the rest.
func (f *folder) foldDatatrove(s string, i int) int {
	n := f.n
	for i < len(s) && n < chunkSize {
		if i+8 <= len(s) {
			x := load8(s[i : i+8])
			low := x | blanks
			letters := between(low&^highs, 'a', 'z')
			special := (x | between(x&^highs, '0', '9')) & highs
			mask := letters - letters>>7 | letters // all bits of letters
			binary.LittleEndian.PutUint64(f.buf[n:n+8], low&mask|blanks&^mask)
			if special == 0 {
				i, n = i+8, n+8
				continue
			}
			k := bits.TrailingZeros64(special) / 8
			i, n = i+k, n+k
		}
		i, n = f.foldRunes(s, i, n)
	}
	f.n = n
	return i
}

// foldOthers takes eight bytes of ASCII at once that stay as they are, but for lower
// case.
func (f *folder) foldOthers(s string, i int) int {
	n := f.n
	for i < len(s) && n < chunkSize {
		if i+8 <= len(s) {
			x := load8(s[i : i+8])
			special := x | ^between(x&^highs, ' ', 0x7F)
			if f.normalize == Duplodocus {
				special = x | ^(between((x|blanks)&^highs, 'a', 'z') | between(x&^highs, '0', '9') | between(x&^highs, ' ', ' '))
			}
			if f.normalize != None {
				x |= between(x&^highs, 'A', 'Z') >> 2
			}
			binary.LittleEndian.PutUint64(f.buf[n:n+8], x)
			if special &= highs; special == 0 {
				i, n = i+8, n+8
				continue
			}
			k := bits.TrailingZeros64(special) / 8
			i, n = i+k, n+k
		}
		i, n = f.foldRunes(s, i, n)
	}
	f.n = n
	return i
}

// between returns the high bits of the bytes of x, all below 0x80, that are from a
// to b.
func between(x uint64, a, b uint64) uint64 {
	return (x + (0x80-a)*ones) &^ (x + (0x7F-b)*ones) & highs
}

// foldRunes takes characters one by one: at least one, if there are any, and then
// on as long as no more than two in a row are ASCII.
func (f *folder) foldRunes(s string, i, n int) (int, int) {
	for ascii := 0; i < len(s) && n < chunkSize && ascii < 3; {
		if c := s[i]; c < utf8.RuneSelf {
			ascii++
			e := f.ascii[c]
			binary.LittleEndian.PutUint64(f.buf[n:n+8], uint64(e))
			n += e.size()
			if e.kind() == number {
				i += numberAt(s[i:])
				continue
			}
			i++
			continue
		}
		ascii = 0
		r, size := decode(s[i:])
		p := f.pages[r>>pageBits].Load()
		if p == nil {
			p = f.page(r)
		}
		e := p.entries[r&pageMask]
		switch e.kind() {
		case word:
			if n > 0 && f.buf[n-1] == ' ' {
				n-- // one blank is enough
			}
			fallthrough
		case plain:
			binary.LittleEndian.PutUint64(f.buf[n:n+8], uint64(e))
			n += e.size()
			i += size
		case hangul:
			binary.LittleEndian.PutUint64(f.buf[n:n+8], uint64(e))
			t := hangulT + (r-hangulFirst)%hangulTs
			f.buf[n+6], f.buf[n+7], f.buf[n+8] = 0xE0|byte(t>>12), 0x80|byte(t>>6)&0x3F, 0x80|byte(t)&0x3F
			n += 9
			i += size
		case number:
			f.buf[n] = '0'
			n++
			i += numberAt(s[i:])
		case sigma:
			r := smallSigma
			if endsWord(s, i, i+size) {
				r = finalSigma
			}
			n += utf8.EncodeRune(f.buf[n:], r)
			i += size
		default:
			n += copy(f.buf[n:], p.long[r])
			i += size
		}
	}
	return i, n
}

// decode is utf8.DecodeRuneInString, in less time for what is valid and has two or
// three bytes, as nearly all has that is not ASCII.
func decode(s string) (rune, int) {
	if len(s) >= 3 {
		c, d, e := rune(s[0]), rune(s[1]), rune(s[2])
		switch {
		case c < 0xC2:
		case c < 0xE0 && d&0xC0 == 0x80:
			return c&0x1F<<6 | d&0x3F, 2
		case c < 0xF0 && d&0xC0 == 0x80 && e&0xC0 == 0x80:
			r := c&0x0F<<12 | d&0x3F<<6 | e&0x3F
			if r >= 0x800 && r&^0x7FF != 0xD800 {
				return r, 3
			}
		}
	}
	return utf8.DecodeRuneInString(s)
}

// numberAt returns the length of the number that s begins with.
func numberAt(s string) int {
	n := digits(s)
	switch r, size := utf8.DecodeRuneInString(s[n:]); r {
	case '.', ',', '،', '٫', '⎖', '⎗', '⎘':
		if d := digits(s[n+size:]); d > 0 {
			return n + size + d
		}
	}
	return n
}

// digits returns the length of the digits that s begins with.
func digits(s string) (n int) {
	for n < len(s) {
		if c := s[n]; c < utf8.RuneSelf {
			if c < '0' || c > '9' {
				return n
			}
			n++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[n:])
		if !ucd.IsDigit(r) {
			return n
		}
		n += size
	}
	return n
}

// endsWord reports whether the sigma s[i:j] is the last letter of a word of two or
// more: condition Final_Sigma of the Unicode Standard, table 3-17.
func endsWord(s string, i, j int) bool {
	return casedBefore(s[:i]) && !casedAfter(s[j:])
}

// caseWindow bounds how many code points are looked at in one direction, so that
// a text of sigmas and full stops takes linear time. It is that of ucd.AppendLower.
const caseWindow = 1024

func casedBefore(s string) bool {
	for range caseWindow {
		r, size := utf8.DecodeLastRuneInString(s)
		if size == 0 || !ucd.IsCaseIgnorable(r) {
			return size > 0 && ucd.IsCased(r)
		}
		s = s[:len(s)-size]
	}
	return false
}

func casedAfter(s string) bool {
	for range caseWindow {
		r, size := utf8.DecodeRuneInString(s)
		if size == 0 || !ucd.IsCaseIgnorable(r) {
			return size > 0 && ucd.IsCased(r)
		}
		s = s[size:]
	}
	return false
}

func isSpace(r rune) bool { return ucd.IsPythonSpace(r) }

func load8(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}
