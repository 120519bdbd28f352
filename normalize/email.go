package normalize

import (
	"net/netip"
	"strings"
	"unicode/utf8"

	"github.com/textmill/textmill/internal/ucd"
	"golang.org/x/net/publicsuffix"
)

// Limits of RFC 5321, section 4.5.3.1, and RFC 1035, section 2.3.4, in bytes.
const (
	maxLocal  = 64
	maxDomain = 255
	maxLabel  = 63
)

// email finds the e-mail address around the @ at i. It looks at no more than
// maxLocal bytes before and maxDomain behind it.
func (sc *scanner) email(i int) (m match, ok bool) {
	if !sc.Emails {
		return m, false
	}
	start := sc.localPart(i)
	if start == i {
		return m, false
	}
	end := sc.domain(i + 1)
	return match{email, start, end}, end > 0
}

// localPart returns where the local part that ends before i starts; i if there is
// none.
func (sc *scanner) localPart(i int) int {
	s, floor := sc.s, max(sc.done, i-maxLocal-utf8.UTFMax)
	start, j := i, i
	last, _ := utf8.DecodeLastRuneInString(s[floor:i])
	spaced := last < utf8.RuneSelf || glued(last) // written in a script with spaces
	if last == '.' {
		return i
	}
	for j > floor {
		r, w := utf8.DecodeLastRuneInString(s[floor:j])
		switch {
		case r < utf8.RuneSelf && isAlnum(byte(r)) || r == '_':
			start = j - w
		case r < utf8.RuneSelf:
			if !localMark(byte(r)) || r == '.' && byteAt(s, j) == '.' {
				return sc.localStart(start, i, j)
			}
		case r == utf8.RuneError, !ucd.IsLetter(r) && !ucd.IsMark(r) && !ucd.IsDigit(r), spaced && !glued(r):
			return sc.localStart(start, i, j)
		default:
			start = j - w
		}
		j -= w
	}
	return sc.localStart(start, i, j)
}

// localMark reports whether c, which is neither letter nor digit, may be in a local
// part. Others may by RFC 5322, but in texts they stand between addresses.
func localMark(c byte) bool { return strings.IndexByte(".+-%'&", c) >= 0 }

// localStart returns start if s[start:i] is a local part, and else i. What s[j:i]
// has before start is punctuation.
func (sc *scanner) localStart(start, i, j int) int {
	if i-start > maxLocal || start < i && j == start && byteAt(sc.s, j-1) == '@' {
		return i // too long, or a handle
	}
	return start
}

// domain returns where the domain that starts at i ends, and 0 if there is none.
func (sc *scanner) domain(i int) int {
	s := sc.s
	if byteAt(s, i) == '[' {
		return addressLiteral(s, i)
	}
	end, labels := 0, 0
	for at := i; ; {
		next := label(s, at)
		if next == at || next-at > maxLabel || next-i > maxDomain {
			break
		}
		if labels++; labels > 1 && topLevel(s[at:next]) {
			end = next
		}
		if byteAt(s, next) != '.' {
			if k := strings.IndexByte(s[at:next], '-'); k > 0 && labels > 1 && end < at && topLevel(s[at:at+k]) {
				end = at + k // bob@example.com-Phone
			}
			break
		}
		at = next + 1
	}
	return end
}

// label returns where the label of a domain that starts at i ends; i if there is
// none. Its letters are Latin, or none is: "com" ends where Chinese begins.
func label(s string, i int) int {
	latin, other := false, false
	end := i
	limit := min(len(s), i+maxLabel+utf8.UTFMax)
	for j := i; j < limit; {
		r, w := utf8.DecodeRuneInString(s[j:])
		switch {
		case r == '-':
			if j == i {
				return i
			}
			j++
			continue // may not be the last
		case r < utf8.RuneSelf:
			if !isAlnum(byte(r)) || other && isLetter(byte(r)) {
				return end
			}
			latin = latin || isLetter(byte(r))
		case r == utf8.RuneError || !ucd.IsLetter(r) && !ucd.IsMark(r) && !ucd.IsDigit(r):
			return end
		case ucd.ScriptOf(r) == ucd.Latin:
			if other {
				return end
			}
			latin = true
		case ucd.ScriptOf(r) != ucd.Inherited:
			if latin {
				return end
			}
			other = true
		}
		j += w
		end = j
	}
	return end
}

// topLevel reports whether a label is a top-level domain.
func topLevel(label string) bool {
	for i := range len(label) {
		if label[i] >= utf8.RuneSelf { // in another script; short if it is one
			return utf8.RuneCountInString(label) <= 12 && utf8.RuneCountInString(label) > 1 && !isDigit(label[0])
		}
	}
	if len(label) < 2 || len(label) > 24 || isDigit(label[0]) {
		return false
	}
	_, managed := publicsuffix.PublicSuffix(strings.ToLower(label)) // as it is, if it is in lower case
	return managed
}

// addressLiteral returns where the IPv4 address in brackets at i ends, or 0.
func addressLiteral(s string, i int) int {
	n := strings.IndexByte(s[i:min(len(s), i+len("[255.255.255.255]"))], ']')
	if n < 0 {
		return 0
	}
	if a, err := netip.ParseAddr(s[i+1 : i+n]); err != nil || !a.Is4() {
		return 0
	}
	return i + n + 1
}
