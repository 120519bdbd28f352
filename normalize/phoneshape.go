package normalize

// What follows decides from its shape whether a numeral is a telephone number. The
// rules err on the side of leaving numbers alone: a text with one number masked
// too few still reads; one with its years, prices and results masked does not.

// text returns the digits of group k.
func (n *numeral) text(k int) string { return n.s[n.groups[k].start:n.groups[k].end] }

// sized reports whether the first b groups have as many digits as a telephone
// number; 00 at the start does not count.
func (n *numeral) sized(b int) bool {
	total := 0
	for k := range b {
		total += n.groups[k].len()
	}
	return total >= minPhoneDigits && (total <= maxPhoneDigits || total <= maxPhoneDigits+2 && n.text(0)[0] == '0')
}

// selfEvident reports whether the first b groups are a telephone number by their
// shape, unless a word says otherwise. If not alone, they are the rest of a longer
// numeral, behind a space.
func (n *numeral) selfEvident(b int, alone bool) bool {
	switch {
	case n.plus:
		return n.international(b, 0)
	case n.otherwise(b):
		return false
	case n.exitCode(b), n.nanp(b), n.areaCode(b, alone), n.trunk(b):
		return n.bearingBefore() != notPhone
	}
	return false
}

// announced reports whether the first b groups are a telephone number because a
// word says so.
func (n *numeral) announced(b int, alone bool) bool {
	return alone && !n.plus && !n.otherwise(b) && n.plausible(b) && n.bearing(b) == isPhone
}

// international reports whether the first b groups, without the given number of
// digits at the start, begin with a country code and are as long as they should.
func (n *numeral) international(b, skip int) bool {
	var buf [maxPhoneDigits + 8]byte
	ds := buf[:0]
	for k := range b {
		if k > 0 && n.groups[k].paren && n.text(k) == "0" { // +44 (0)20
			continue
		}
		if len(ds)+n.groups[k].len() > len(buf) {
			return false
		}
		ds = append(ds, n.text(k)...)
	}
	ds = ds[skip:]
	code := countryCode(ds)
	switch {
	case code == 0 || len(ds) > maxPhoneDigits || b <= 3 && n.thousands(b) && string(ds[len(ds)-3:]) == "000": // +50 000 000
		return false
	case ds[0] == '1' || ds[0] == '7':
		return len(ds) == 11 && ds[1] >= '2' && !n.decimal(b)
	case b == 1: // no separators: could be a count
		return len(ds) >= 9
	case n.decimal(b): // +49.30123456, as registries of domains have it
		return n.groups[0].len() == code && n.groups[1].len() >= 8
	}
	return len(ds) >= 8 || len(ds) == 7 && code == 3
}

// decimal reports whether the first b groups may be a decimal fraction.
func (n *numeral) decimal(b int) bool {
	if b != 2 || n.groups[1].mark != '.' || n.groups[1].space {
		return false
	}
	return n.groups[1].len() != 10 || n.text(0) != "1" || !n.plus // +1.2125550123 is what registries write
}

// thousands reports whether the first b groups look like one number with its
// thousands separated.
func (n *numeral) thousands(b int) bool {
	if b < 2 || n.groups[0].len() > 3 || n.text(0)[0] == '0' || n.groups[0].paren {
		return false
	}
	for k := 1; k < b; k++ {
		if g := n.groups[k]; g.len() != 3 || g.paren || g.mark != n.groups[1].mark || g.mark != 0 && g.mark != '.' {
			return false
		}
	}
	return true
}

// exitCode reports whether the first b groups are 00, a country code and so on.
func (n *numeral) exitCode(b int) bool {
	first := n.text(0)
	return b > 1 && len(first) > 1 && first[:2] == "00" && n.international(b, 2)
}

// nanp reports whether the first b groups are a number of the North American
// Numbering Plan: 212-555-0123, with a 1 before it or not.
func (n *numeral) nanp(b int) bool {
	k := 0
	if b == 4 && n.text(0) == "1" {
		k = 1
	}
	if b-k != 3 || n.groups[k].len() != 3 || n.groups[k+1].len() != 3 || n.groups[k+2].len() != 4 {
		return false
	}
	area, exchange := n.groups[k], n.groups[k+1]
	last := n.groups[k+2]
	if n.s[area.start] < '2' || n.s[exchange.start] < '2' || exchange.paren || last.paren || last.mark == '/' {
		return false
	}
	if area.paren {
		return true
	}
	if exchange.mark != last.mark && (last.mark != '-' || exchange.mark != '/' && exchange.mark != 0) {
		return false
	}
	// Three round numbers in a row are rather measures: 640 480 1200.
	round := exchange.mark == 0 && n.s[area.end-1] == '0' && n.s[exchange.end-1] == '0' && n.s[last.end-1] == '0'
	return !round
}

// areaCode reports whether the first b groups start with an area code in
// parentheses: (030) 123456, (11) 91234-5678.
func (n *numeral) areaCode(b int, alone bool) bool {
	g := n.groups[0]
	if !g.paren || b < 2 || b > 5 || g.len() < 2 || g.len() > 5 || isYear(n.text(0)) {
		return false
	}
	zero := n.text(0)[0] == '0'
	rest, round := 0, true
	for k := 1; k < b; k++ {
		h := n.groups[k]
		if h.paren || h.mark == 'n' || h.mark == '.' && b == 2 || h.len() < 2 {
			return false
		}
		rest += h.len()
		round = round && h.len() == 3 && h.mark == 0
	}
	if rest < 5 || rest > 9 || rest+g.len() < 8 && !zero {
		return false
	}
	return zero || alone && !round
}

// trunk reports whether the first b groups are a number with the prefix 0 that
// most countries dial before an area code: 020 7946 0018, 01.23.45.67.89.
func (n *numeral) trunk(b int) bool {
	first := n.text(0)
	if b < 2 || b > 6 || first[0] != '0' || len(first) < 2 || len(first) > 5 || first[1] == '0' || n.groups[0].paren {
		return false
	}
	total, pairs := len(first), len(first) == 2
	for k := 1; k < b; k++ {
		g := n.groups[k]
		if g.paren || g.mark == 'n' || g.len() < 2 || g.len() > 8 {
			return false
		}
		if k > 1 && (g.mark != n.groups[2].mark || g.mark == '/') {
			return false // the first separator may be another
		}
		if k > 1 && g.mark == '.' && n.groups[1].mark != '.' {
			return false
		}
		total += g.len()
		pairs = pairs && g.len() == 2
	}
	switch {
	case b == 2 && len(first) == 5 && n.groups[1].len() == 4 && n.groups[1].mark == '-':
		return false // rather 02111-1307, a ZIP code
	case n.groups[1].mark == '.' && b < 3, total < 9, total > 12, total == 12 && b > 3:
		return false
	case pairs:
		return b == 5 && (n.groups[1].mark != 0 || !n.ascending(b))
	}
	return true
}

// ascending reports whether the first b groups, of the same length, are in
// ascending order, as the numbers of a calendar or a lottery.
func (n *numeral) ascending(b int) bool {
	for k := 1; k < b; k++ {
		if n.text(k-1) >= n.text(k) {
			return false
		}
	}
	return true
}

// plausible reports whether the first b groups can be a telephone number if a word
// says so.
func (n *numeral) plausible(b int) bool {
	for k := range b {
		g := n.groups[k]
		if k > 0 && g.len() < 2 && !g.paren && n.groups[k-1].len() < 2 || k > 1 && g.mark == '/' {
			return false
		}
	}
	return !n.decimal(b)
}

// otherwise reports whether the first b groups are something else for sure: a
// date, two years, a social security number, four octets and so on.
func (n *numeral) otherwise(b int) bool {
	switch {
	case b == 2 && isYear(n.text(0)) && isYear(n.text(1)):
		return true
	case b == 3 && n.groups[0].len() == 3 && n.groups[1].len() == 2 && n.groups[2].len() == 4 && !n.groups[0].paren:
		return n.text(0)[0] != '0'
	case b == 4 && n.groups[1].mark == '.' && n.groups[2].mark == '.':
		if n.groups[3].mark == '-' && n.groups[3].len() == 2 {
			return true // 012.345.678-90: a tax number of Brazil
		}
		if n.groups[3].mark == '.' && n.octets() {
			return true
		}
	}
	return b >= 3 && (n.date(0) || n.date(b-3))
}

// octets reports whether the first four groups are up to 255.
func (n *numeral) octets() bool {
	for k := range 4 {
		if v, ok := small(n.text(k)); !ok || v > 255 {
			return false
		}
	}
	return true
}

// date reports whether the three groups from k on are a day, a month and a year in
// some order, with the same separator.
func (n *numeral) date(k int) bool {
	a, b, c := n.groups[k], n.groups[k+1], n.groups[k+2]
	if b.mark != c.mark || b.space != c.space || a.paren || b.paren || c.paren || a.len()+b.len()+c.len() > 8 {
		return false
	}
	x, y, z := n.text(k), n.text(k+1), n.text(k+2)
	return isYear(x) && dayAndMonth(y, z) || isYear(z) && dayAndMonth(x, y)
}

func dayAndMonth(a, b string) bool {
	x, ok1 := small(a)
	y, ok2 := small(b)
	return ok1 && ok2 && len(a) <= 2 && len(b) <= 2 && x > 0 && y > 0 && (x <= 12 && y <= 31 || x <= 31 && y <= 12)
}

// small returns the value of up to three digits.
func small(s string) (v int, ok bool) {
	if len(s) > 3 {
		return 0, false
	}
	for i := range len(s) {
		v = 10*v + int(s[i]-'0')
	}
	return v, true
}

// isYear reports whether digits are a year from 1400 to 2199.
func isYear(s string) bool {
	return len(s) == 4 && (s[0] == '1' && s[1] >= '4' || s[0] == '2' && s[1] <= '1')
}

// countryCode returns the length of the country code (ITU-T E.164) at the start of
// digits, or 0.
func countryCode(ds []byte) int {
	if len(ds) < 3 || ds[0] == '0' {
		return 0
	}
	if ds[0] == '1' || ds[0] == '7' {
		return 1
	}
	switch two := int(ds[0]-'0')*10 + int(ds[1]-'0'); two {
	case 20, 27, 30, 31, 32, 33, 34, 36, 39, 40, 41, 43, 44, 45, 46, 47, 48, 49, 51, 52, 53, 54, 55, 56, 57, 58,
		60, 61, 62, 63, 64, 65, 66, 81, 82, 84, 86, 90, 91, 92, 93, 94, 95, 98:
		return 2
	case 28, 83, 89: // not given out
		return 0
	default:
		if last := ds[2]; unassignedCode[two]>>(last-'0')&1 != 0 {
			return 0
		}
	}
	return 3
}

// unassignedCode has a bit for every last digit of a code of three digits that is
// not given out, by the first two.
var unassignedCode = [100]uint16{
	21: 1<<0 | 1<<4 | 1<<5 | 1<<7 | 1<<9,
	25: 1 << 9,
	29: 1<<2 | 1<<3 | 1<<4 | 1<<5 | 1<<6,
	38: 1<<4 | 1<<8,
	42: 1<<2 | 1<<4 | 1<<5 | 1<<6 | 1<<7 | 1<<8 | 1<<9,
	67: 1 << 1,
	68: 1 << 4,
	69: 1<<3 | 1<<4 | 1<<5 | 1<<6 | 1<<7 | 1<<8 | 1<<9,
	80: 1<<1 | 1<<2 | 1<<3 | 1<<4 | 1<<5 | 1<<6 | 1<<7 | 1<<9,
	85: 1<<1 | 1<<4 | 1<<7 | 1<<8 | 1<<9,
	87: 1<<1 | 1<<2 | 1<<3 | 1<<4 | 1<<5 | 1<<6 | 1<<7 | 1<<9,
	88: 1<<4 | 1<<5 | 1<<7 | 1<<9,
	96: 1 << 9,
	97: 1 << 8,
	99: 1<<0 | 1<<1 | 1<<7 | 1<<9,
}
