package normalize

import (
	"net/netip"
	"unicode/utf8"

	"github.com/textmill/textmill/internal/ucd"
)

// A piiKind is what a match is.
type piiKind uint8

const (
	email piiKind = iota
	ipv4
	ipv6
	phone
	piiKinds // how many there are
)

// A match is an address in a text.
type match struct {
	kind       piiKind
	start, end int
}

// A scanner finds addresses from left to right. They do not overlap. It looks
// closer at three kinds of byte only: @, colon and digits.
type scanner struct {
	*PII
	s      string
	i      int // where to go on
	done   int // end of the last match: nothing before it may be part of another
	colons int // until here, colons were looked at
}

// next returns the next address, or false at the end of the text.
func (sc *scanner) next() (match, bool) {
	for {
		sc.i = trigger(sc.s, sc.i)
		if sc.i == len(sc.s) {
			return match{}, false
		}
		if end := sc.masked(sc.i); end > 0 {
			sc.i, sc.done = end, end
			continue
		}
		var m match
		var ok bool
		switch c := sc.s[sc.i]; {
		case c == '@':
			m, ok = sc.email(sc.i)
			sc.i++
		case c == ':':
			m, ok = sc.ipv6(sc.i)
			sc.i++
		default:
			m, ok = sc.number(sc.i)
		}
		if ok {
			sc.i, sc.done = m.end, m.end
			return m, true
		}
	}
}

// masked returns where the replacement whose first @, colon or digit is at i ends, and
// 0 if there is none. It was put there before, and is no part of anything else.
func (sc *scanner) masked(i int) int {
	for k := range piiKinds {
		for _, c := range sc.choices(k) {
			first := trigger(c, 0)
			if first == len(c) || c[first] != sc.s[i] {
				continue
			}
			start, end := i-first, i-first+len(c)
			if start < sc.done || end > len(sc.s) || sc.s[start:end] != c {
				continue
			}
			if !isAlnum(sc.byteBefore(start)) && !isAlnum(byteAt(sc.s, end)) {
				return end
			}
		}
	}
	return 0
}

// number looks at the number that starts at i and moves on behind its digits.
func (sc *scanner) number(i int) (m match, ok bool) {
	s := sc.s
	end := digits(s, i)
	sc.i = end
	if end == len(s) && end-i < minPhoneDigits {
		return m, false
	}
	if sc.IPs && end < len(s) && s[end] == '.' && end-i <= 3 {
		if m, ok = sc.ipv4(i); ok {
			return m, true
		}
	}
	if sc.Phones && (end-i >= minPhoneDigits || goesOn(s, end)) {
		return sc.phone(i, end)
	}
	return m, false
}

// goesOn reports whether there may be a separator and digits at i. It is there to
// pass quickly over the numbers of prose.
func goesOn(s string, i int) bool {
	return i < len(s) && separates[s[i]] && (i+1 == len(s) || !isLetter(s[i+1]) && s[i+1] != '\n')
}

// digits returns where the digits at i end.
func digits(s string, i int) int {
	for i < len(s) && '0' <= s[i] && s[i] <= '9' {
		i++
	}
	return i
}

// trigger returns the index of the first @, colon or digit of s at or after i, or
// len(s).
func trigger(s string, i int) int {
	for ; len(s)-i >= 8; i += 8 {
		x := load8(s, i)
		y := x &^ high
		found := (y + (0x80-'0')*each) &^ (y + (0x80-'0'-11)*each) // '0' to ':'
		found |= isByte(y, '@')
		if found &= high &^ x; found != 0 {
			return i + firstByte(found)
		}
	}
	for ; i < len(s); i++ {
		if c := s[i]; '0' <= c && c <= ':' || c == '@' {
			return i
		}
	}
	return i
}

// canonical appends an address to dst in a form that is the same for every way to
// write it.
func canonical(dst []byte, k piiKind, address string) []byte {
	switch k {
	case email:
		return ucd.AppendLower(dst, address)
	case ipv6:
		if a, err := netip.ParseAddr(address); err == nil {
			return a.AppendTo(dst)
		}
	case phone:
		for i := range len(address) {
			if c := address[i]; '0' <= c && c <= '9' {
				dst = append(dst, c)
			}
		}
		return dst
	}
	return append(dst, address...)
}

// glued reports whether r, next to a word or number of ASCII, belongs to it. Not so
// the letters of scripts that put no spaces between words, or particles right
// behind them: addresses follow on them directly.
func glued(r rune) bool {
	if r < utf8.RuneSelf {
		return isAlnum(byte(r)) || r == '_'
	}
	if ucd.IsDigit(r) {
		return true
	}
	if !ucd.IsLetter(r) && !ucd.IsMark(r) {
		return false
	}
	switch ucd.ScriptOf(r) {
	case ucd.Latin, ucd.Greek, ucd.Cyrillic, ucd.Armenian, ucd.Georgian, ucd.Inherited:
		return true
	}
	return false
}

func isAlnum(c byte) bool { return isDigit(c) || isLetter(c) }
func isDigit(c byte) bool { return '0' <= c && c <= '9' }
func isLetter(c byte) bool {
	c |= 0x20
	return 'a' <= c && c <= 'z'
}

// byteAt returns s[i], or 0 outside of s.
func byteAt(s string, i int) byte {
	if i < 0 || i >= len(s) {
		return 0
	}
	return s[i]
}

// byteBefore returns the byte before i; 0 if it is part of the last match, so that
// masking that again makes no difference, or if there is none.
func (sc *scanner) byteBefore(i int) byte {
	if i <= sc.done {
		return 0
	}
	return sc.s[i-1]
}

// gluedBefore reports whether the rune before i belongs to the word at i.
func (sc *scanner) gluedBefore(i int) bool {
	r, _ := utf8.DecodeLastRuneInString(sc.s[sc.done:i])
	return i > sc.done && glued(r)
}

// gluedAfter reports whether the rune at i belongs to the word before i.
func (sc *scanner) gluedAfter(i int) bool {
	r, _ := utf8.DecodeRuneInString(sc.s[i:])
	return i < len(sc.s) && glued(r)
}
