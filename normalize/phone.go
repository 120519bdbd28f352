package normalize

import (
	"strings"
	"unicode/utf8"
)

const (
	minPhoneDigits = 7
	maxPhoneDigits = 15
	maxGroups      = 8
)

// separates has the bytes with which a separator between two groups of digits may
// begin: space, parentheses, hyphen, dot, slash, and the first bytes of U+00A0 and
// U+2010 to U+2013.
var separates = func() (t [256]bool) {
	for _, c := range []byte(" ()-./\xC2\xE2") {
		t[c] = true
	}
	return t
}()

// A group is digits in a row, and what stands between them and the group before.
type group struct {
	start, end int
	mark       byte // '-', '.', '/', 'n' for an en dash, 0
	space      bool // beside the mark, or alone
	paren      bool // the group is in parentheses
}

func (g *group) len() int { return g.end - g.start }

// loose reports whether what stands before the group may as well separate two
// numbers.
func (g *group) loose() bool { return g.space }

// A numeral is groups of digits that may be one telephone number.
type numeral struct {
	s        string
	start    int // of the first group, or of the + or parenthesis before it
	plus     bool
	groups   [maxGroups + 1]group
	count    int      // of groups
	examples []string // what is put in place of telephone numbers
}

// end returns where the first b groups end, with the parenthesis that closes there.
func (n *numeral) end(b int) int {
	i := n.groups[b-1].end
	if n.groups[b-1].paren && byteAt(n.s, i) == ')' {
		i++
	}
	return i
}

// phone finds the telephone number whose first digit is at i, where digits up to
// end stand. It is called for each group of digits in turn, so that it looks at
// those that may start a number only.
func (sc *scanner) phone(i, end int) (m match, ok bool) {
	s := sc.s
	n := numeral{s: s, start: i, examples: sc.choices(phone)}
	if c := byteAt(s, i-1); c == '(' && byteAt(s, end) == ')' {
		n.start--
	}
	if byteAt(s, n.start-1) == '+' {
		n.start--
		n.plus = true
	}
	if n.start > 1 && n.plus && s[n.start-1] == '(' && byteAt(s, end) == ')' { // (+49) 30
		n.start--
	}
	if n.start < sc.done || !sc.startsPhone(&n) {
		return m, false
	}
	alone := n.plus || !sc.followsDigits(n.start)
	if !alone && n.start == i && !tight(s, end) {
		return m, false
	}
	n.parse(i, end)
	sc.trim(&n)
	most := min(n.count, maxGroups)
	for b := most; b > 0; b-- {
		if n.sized(b) && sc.ends(&n, b) && n.selfEvident(b, alone) {
			return match{phone, n.start, extension(s, n.end(b))}, true
		}
	}
	for b := most; b > 0; b-- {
		if n.sized(b) && sc.ends(&n, b) && n.announced(b, alone) {
			return match{phone, n.start, extension(s, n.end(b))}, true
		}
	}
	return m, false
}

// followsDigits reports whether the group at i is behind another, separated from
// it by a space.
func (sc *scanner) followsDigits(i int) bool {
	s := sc.s
	return byteAt(s, i-1) == ' ' && (isDigit(byteAt(s, i-2)) || byteAt(s, i-2) == ')' && isDigit(byteAt(s, i-3))) && i-2 >= sc.done
}

// tight reports whether a mark without spaces separates the digits up to i from
// others.
func tight(s string, i int) bool {
	c := byteAt(s, i)
	return (c == '-' || c == '.') && isDigit(byteAt(s, i+1))
}

// startsPhone reports whether what stands before a numeral allows it to be one.
func (sc *scanner) startsPhone(n *numeral) bool {
	s, i := sc.s, n.start
	if i == 0 {
		return true
	}
	if sc.gluedBefore(i) {
		return false
	}
	before := sc.byteBefore(i - 1)
	switch c := s[i-1]; c {
	case '+', '@', '#', '$', '%', '\\', '&', '^', '~', '*':
		return c == '*' && before != '*' || c == '*' && n.plus // a bullet
	case '.':
		return !isDigit(before) && (before < 0x80 || n.plus)
	case ',', ':', '\'':
		return !isDigit(before) && before != ':' || n.plus && c != '\''
	case '/':
		return n.plus
	case '-', ')':
		return !isAlnum(before)
	}
	switch r, _ := utf8.DecodeLastRuneInString(s[:i]); r {
	case '€', '£', '¥', '₹', '№', '–', '−':
		return false
	}
	return true
}

// parse reads up to maxGroups+1 groups, the first of which is s[i:end].
func (n *numeral) parse(i, end int) {
	first := group{start: i, end: end, paren: n.start < i && n.s[i-1] == '('}
	at := end
	if byteAt(n.s, end) == ')' && n.s[n.start] == '(' {
		first.paren = true
		at++
	}
	n.groups[0], n.count = first, 1
	for n.count < len(n.groups) {
		g, next, ok := nextGroup(n.s, at)
		if !ok {
			break
		}
		n.groups[n.count] = g
		n.count++
		at = next
	}
}

// trim takes groups away that belong to something else behind the numeral: an IPv4
// address and all behind it, or what is neither followed by a space nor by the end
// of a sentence, as in 020 7946 0018 24h.
func (sc *scanner) trim(n *numeral) {
	for k := 1; k+3 < n.count; k++ {
		if n.groups[k].loose() && n.quad(k) {
			n.count = k
			return
		}
	}
	if n.count > maxGroups || sc.endsNumber(n.end(n.count)) {
		return
	}
	for k := n.count - 1; k > 0; k-- {
		if n.groups[k].loose() {
			n.count = k
			return
		}
	}
}

// quad reports whether the groups from k on are four with dots between.
func (n *numeral) quad(k int) bool {
	for _, g := range n.groups[k+1 : k+4] {
		if g.mark != '.' || g.space || g.len() > 3 {
			return false
		}
	}
	return n.groups[k].len() <= 3
}

// nextGroup reads a separator and a group at i, and returns where it ends, its
// parenthesis included.
func nextGroup(s string, i int) (g group, next int, ok bool) {
	j := i
	if n := spaceAt(s, j); n > 0 {
		g.space = true
		j += n
	}
	if g.mark = byteAt(s, j); g.mark == '-' || g.mark == '.' || g.mark == '/' {
		j++
	} else if d := dashAt(s, j); d != 0 {
		g.mark = d
		j += 3
	} else {
		g.mark = 0
	}
	if g.mark != 0 {
		if n := spaceAt(s, j); n > 0 {
			g.space = true
			j += n
		}
	}
	if byteAt(s, j) == '(' {
		g.paren = true
		j++
	}
	if j == i && byteAt(s, i-1) != ')' {
		return g, i, false
	}
	g.start = j
	g.end = digits(s, j)
	if g.end == j {
		return g, i, false
	}
	next = g.end
	if g.paren {
		if byteAt(s, next) != ')' {
			return g, i, false
		}
		next++
	}
	return g, next, true
}

func spaceAt(s string, i int) int {
	switch {
	case byteAt(s, i) == ' ':
		return 1
	case byteAt(s, i) == 0xC2 && byteAt(s, i+1) == 0xA0:
		return 2
	}
	return 0
}

// dashAt returns what the hyphen or dash beyond ASCII at i stands for, or 0.
func dashAt(s string, i int) byte {
	if byteAt(s, i) == 0xE2 && byteAt(s, i+1) == 0x80 {
		switch byteAt(s, i+2) {
		case 0x90, 0x91:
			return '-'
		case 0x92, 0x93:
			return 'n'
		}
	}
	return 0
}

// ends reports whether what stands behind the first b groups of a numeral allows
// them to be all of it.
func (sc *scanner) ends(n *numeral, b int) bool {
	i := n.end(b)
	if b < n.count { // more groups follow, so a space must come between
		return n.groups[b].loose() && (n.plus || n.s[n.start] == '(' || n.solid(b))
	}
	return sc.endsNumber(i)
}

// endsNumber reports whether a telephone number may end at i.
func (sc *scanner) endsNumber(i int) bool {
	s := sc.s
	next, after := byteAt(s, i), byteAt(s, i+1)
	apart := after == 0 || after <= ' '
	switch next {
	case 'x', 'X':
		return isDigit(after)
	case '@', '%', '_', '$', '+', '=', '\\':
		return false
	case '.', '&', '\'':
		return !isAlnum(after)
	case ',': // not the cents of a price
		cents := digits(s, i+1) - i - 1
		c := byteAt(s, i+1+cents)
		return cents == 0 || cents > 2 || c == '.' || c == '@' || isAlnum(c)
	case ':':
		return apart
	case '-', '/':
		var buf [maxWord]byte
		return apart || phoneWordsAfter[string(firstWord(buf[:0], s, i+1))]
	}
	if next >= utf8.RuneSelf {
		r, w := utf8.DecodeRuneInString(s[i:])
		switch r {
		case '€', '£', '°', '½':
			return false
		case '‐', '‑', '‒', '–':
			return byteAt(s, i+w) <= ' '
		}
	}
	return !sc.gluedAfter(i)
}

// solid reports whether no space is among the first b groups, two at least.
func (n *numeral) solid(b int) bool {
	for _, g := range n.groups[1:b] {
		if g.space {
			return false
		}
	}
	return b > 1
}

// extension returns where the extension of a number that ends at i ends: x123,
// ext. 123. Without one, that is i.
func extension(s string, i int) int {
	j := i
	if byteAt(s, j) == ' ' {
		j++
	}
	rest := s[j:min(len(s), j+16)]
	for _, word := range [...]string{"extension", "ext.", "ext", "Ext.", "Ext", "x", "X"} {
		if !strings.HasPrefix(rest, word) {
			continue
		}
		k := j + len(word)
		if byteAt(s, k) == ' ' && word != "x" && word != "X" {
			k++
		}
		if end := digits(s, k); end > k && end-k <= 6 && !isLetter(byteAt(s, end)) {
			return end
		}
		break
	}
	return i
}
