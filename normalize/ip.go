package normalize

import (
	"net/netip"
	"strings"
	"unicode/utf8"
)

// ipv4 finds the IPv4 address that starts at i.
func (sc *scanner) ipv4(i int) (m match, ok bool) {
	s := sc.s
	var octets [4]byte
	at := i
	for n := range octets {
		if n > 0 {
			if byteAt(s, at) != '.' {
				return m, false
			}
			at++
		}
		end := digits(s, at)
		if octets[n], ok = octet(s[at:end]); !ok {
			return m, false
		}
		at = end
	}
	if !sc.startsAddress(i) || !sc.endsAddress(at) || sc.numbersPart(i, at, octets) {
		return m, false
	}
	return match{ipv4, i, at}, sc.AllIPs || global4(netip.AddrFrom4(octets))
}

// octet returns the value of decimal digits up to 255 without leading zeros.
func octet(s string) (byte, bool) {
	if s == "" || len(s) > 3 || s[0] == '0' && len(s) > 1 {
		return 0, false
	}
	n := 0
	for i := range len(s) {
		if !isDigit(s[i]) {
			return 0, false
		}
		n = 10*n + int(s[i]-'0')
	}
	return byte(n), n <= 255
}

// startsAddress reports whether an IPv4 address may start at i, and not a version
// or the rest of a longer number.
func (sc *scanner) startsAddress(i int) bool {
	s := sc.s
	if i < sc.done || sc.gluedBefore(i) {
		return false
	}
	if strings.HasSuffix(s[:i], "§") {
		return false
	}
	before := sc.byteBefore(i - 1)
	switch byteAt(s, i-1) {
	case '.', '\'': // 1.8.8.8.8
		return !isAlnum(before)
	case '-', '+': // foo-1.2.3.4, but not the second of a range
		return !isLetter(before)
	case '=': // foo==1.2.3.4, >=1.2.3.4
		return strings.IndexByte("=<>!~", before) < 0 || before == 0
	case '/': // Firefox/2.0.0.11
		return !isLetter(before)
	case '^', '~', '$', '#':
		return false
	}
	return true
}

// endsAddress reports whether an IPv4 address may end at i.
func (sc *scanner) endsAddress(i int) bool {
	s := sc.s
	if sc.gluedAfter(i) {
		return false
	}
	after := byteAt(s, i+1)
	switch byteAt(s, i) {
	case '.', '+', '~', '\'': // 8.8.8.8.1, 1.2.3.4.tar.gz, 1.2.3.4+dfsg
		return !isAlnum(after)
	case '-': // 1.2.3.4-1ubuntu2, but not the first of a range
		if isDigit(after) {
			return byteAt(s, digits(s, i+1)) == '.'
		}
		return !isLetter(after)
	case '@', '%':
		return false
	}
	return true
}

// numbersPart reports whether four numbers from start to end are the version of a
// program or the number of a section.
func (sc *scanner) numbersPart(start, end int, octets [4]byte) bool {
	var buf [maxWord]byte
	word, _ := lastWord(buf[:0], sc.s, start)
	return partWords[string(word)] || sc.headsTitle(start, end, octets)
}

// partWords are followed by the number of a version or of a part of a text.
var partWords = wordSet(`version versions ver v release rev revision build firmware patch section sections sec
	chapter clause paragraph table figure fig rule article versión versione versão versie версия версии
	wersja verze sürüm kapitel abschnitt sección seccion seção sezione capítulo capitolo chapitre secțiunea secțiune
	раздел раздела разделе разделу глава главе розділ sekce sekcja rozdział avsnitt afsnit seksjon hoofdstuk paragraaf
	bölüm kısım fejezet szakasz secció τμήμα ενότητα 節 节 phần mục قسمت بخش القسم قسم`)

// headsTitle reports whether a line starts with four small numbers, such as a
// section would have, and goes on as a title does: with a dot, a capital letter or
// a letter beyond ASCII.
func (sc *scanner) headsTitle(start, end int, octets [4]byte) bool {
	const manySections = 40
	for _, o := range octets {
		if o == 0 || o > manySections {
			return false
		}
	}
	if octets == [4]byte{octets[0], octets[0], octets[0], octets[0]} { // 8.8.8.8
		return false
	}
	i := end
	for i < len(sc.s) && i-end < 4 && strings.IndexByte(" \t.", sc.s[i]) >= 0 {
		i++
	}
	c := byteAt(sc.s, i)
	dot := byteAt(sc.s, end) == '.' && i > end+1 && byteAt(sc.s, end+1) != '.' && c != '\n'
	return i > end && i < len(sc.s) && (dot || 'A' <= c && c <= 'Z' || c >= utf8.RuneSelf) && atLineStart(sc.s, start)
}

// atLineStart reports whether nothing but spaces and the marks of a heading stands
// between the start of a line and i.
func atLineStart(s string, i int) bool {
	for far := max(0, i-16); i > far; i-- {
		switch s[i-1] {
		case '\n':
			return true
		case ' ', '\t', '#', '*':
		default:
			return false
		}
	}
	return i == 0
}

// notGlobal4 are the blocks that Python's ipaddress takes for not global (those of
// IANA's registry of special-purpose addresses), and global4s exceptions in them.
var (
	notGlobal4 = prefixes("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
		"172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15",
		"198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4")
	global4s = prefixes("192.0.0.9/32", "192.0.0.10/32")
)

// The same for IPv6, within 2000::/3.
var (
	notGlobal6 = prefixes("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
	global6s   = prefixes("2001:1::1/128", "2001:1::2/128", "2001:3::/32", "2001:4:112::/48", "2001:20::/28", "2001:30::/28")
	unicast6   = netip.MustParsePrefix("2000::/3")
	translated = netip.MustParsePrefix("64:ff9b::/96") // RFC 6052
)

func prefixes(list ...string) (out []netip.Prefix) {
	for _, p := range list {
		out = append(out, netip.MustParsePrefix(p))
	}
	return out
}

func within4or6(a netip.Addr, blocks []netip.Prefix) bool {
	for _, p := range blocks {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

func global4(a netip.Addr) bool { return !within4or6(a, notGlobal4) || within4or6(a, global4s) }

func global6(a netip.Addr) bool {
	switch {
	case a.Is4In6():
		return global4(a.Unmap())
	case translated.Contains(a):
		b := a.As16()
		return global4(netip.AddrFrom4([4]byte(b[12:])))
	case !unicast6.Contains(a):
		return false
	}
	return !within4or6(a, notGlobal6) || within4or6(a, global6s)
}

// maxIPv6 is the length of the longest address, with an IPv4 address at its end.
const maxIPv6 = len("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255")

// ipv6 finds the IPv6 address whose first colon is at i.
func (sc *scanner) ipv6(i int) (m match, ok bool) {
	s := sc.s
	if !sc.IPs || i < sc.colons || !inIPv6(byteAt(s, i+1)) {
		return m, false
	}
	start := i
	for start > sc.done && i-start < 5 && isHex(s[start-1]) {
		start--
	}
	end, colons := i, 0
	for end < len(s) && inIPv6(s[end]) {
		if s[end] == ':' {
			colons++
		}
		end++
	}
	sc.colons = end
	if colons < 2 || i-start > 4 || end-start > maxIPv6+2 || sc.gluedBefore(start) {
		return m, false
	}
	switch byteAt(s, start-1) {
	case '.', '%', '@', ':':
		return m, false
	}
	a, end, ok := parseIPv6(s, start, end)
	if !ok || sc.gluedAfter(end) && byteAt(s, end) != '%' || byteAt(s, end) == '@' {
		return m, false
	}
	if sc.AllIPs {
		return match{ipv6, start, zone(s, end)}, looksLikeIPv6(a, s[start:end])
	}
	return match{ipv6, start, end}, global6(a)
}

// parseIPv6 parses the address from start to end, but for punctuation at its end.
func parseIPv6(s string, start, end int) (a netip.Addr, realEnd int, ok bool) {
	for range 3 {
		if end-start < 3 {
			break
		}
		if wellFormed(s[start:end]) {
			a, err := netip.ParseAddr(s[start:end])
			return a, end, err == nil
		}
		if c := s[end-1]; c != ':' && c != '.' {
			break
		}
		end--
	}
	return a, end, false
}

// wellFormed reports whether s, of hexadecimal digits, colons and dots, is an IPv6
// address. Unlike netip.ParseAddr, it allocates nothing to say no.
func wellFormed(s string) bool {
	groups, short := 0, false
	if s[0] == ':' {
		if s = s[1:]; s == "" || s[0] != ':' {
			return false
		}
	}
	for s != "" {
		if s[0] == ':' { // the second of ::
			if short {
				return false
			}
			short = true
			if s = s[1:]; s == "" {
				break
			}
			if s[0] == ':' {
				return false
			}
		}
		group, rest, more := strings.Cut(s, ":")
		switch {
		case strings.IndexByte(group, '.') >= 0:
			if more || !isQuad(group) {
				return false
			}
			groups += 2
		case group == "" || len(group) > 4:
			return false
		default:
			groups++
		}
		if s = rest; more && s == "" {
			return false // a colon at the end
		}
	}
	return groups == 8 && !short || groups < 8 && short
}

// isQuad reports whether s is an IPv4 address.
func isQuad(s string) bool {
	for n := range 4 {
		part, rest, more := strings.Cut(s, ".")
		if _, ok := octet(part); !ok || more != (n < 3) {
			return false
		}
		s = rest
	}
	return true
}

// looksLikeIPv6 tells addresses that are not global from names with two colons, as
// programs have them: a::b, std::dec.
func looksLikeIPv6(a netip.Addr, s string) bool {
	return global6(a) || strings.Count(s, ":") > 2 || a.IsLoopback() || a.IsLinkLocalUnicast() || a.IsPrivate()
}

// zone returns where the zone of a scoped address at i ends; i if it has none.
func zone(s string, i int) int {
	const longest = 16 // IFNAMSIZ
	if byteAt(s, i) != '%' {
		return i
	}
	end := i + 1
	for end < len(s) && end-i <= longest && (isAlnum(s[end]) || s[end] == '.' || s[end] == '-') {
		end++
	}
	for end > i && !isAlnum(s[end-1]) {
		end--
	}
	return end
}

func isHex(c byte) bool  { return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'f' }
func inIPv6(c byte) bool { return isHex(c) || c == ':' || c == '.' }
