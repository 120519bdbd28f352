package words

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// appendTreebank divides at white space first, then every piece by itself.
func appendTreebank(dst []Span, s string) []Span {
	start, seen := -1, uint16(0)
	for i := 0; i < len(s); {
		c, size := treebankByte[s[i]], 1
		if c&(isSpace|isWide) != 0 {
			if c&isWide != 0 {
				size = spaceSize(s, i)
			}
			if size > 0 {
				if start >= 0 {
					dst = appendPiece(dst, s, start, i, seen)
				}
				start, seen = -1, 0
				i += size
				continue
			}
			size = 1
		}
		if start < 0 {
			start = i
		}
		seen |= c
		i += size
	}
	if start >= 0 {
		dst = appendPiece(dst, s, start, len(s), seen)
	}
	return dst
}

// appendPiece appends the tokens of s[a:b], in which there is no white space;
// seen is the union of the classes of its bytes.
func appendPiece(dst []Span, s string, a, b int, seen uint16) []Span {
	if seen&^isLetter == 0 {
		return appendWord(dst, s, a, b)
	}
	if end := plainEnd(s, a, b); end > a {
		dst = appendWord(dst, s, a, end)
		if end < b {
			dst = append(dst, Span{end, b})
		}
		return dst
	}
	return appendMarked(dst, s, a, b)
}

// appendMarked is appendPiece for any piece. It takes off what opens the piece,
// then what closes it, and divides the rest.
func appendMarked(dst []Span, s string, a, b int) []Span {
	for a < b && !indivisible(s[a:b]) {
		n := opening(s[a:b])
		if n == 0 {
			break
		}
		dst = append(dst, Span{a, a + n})
		a += n
	}
	// What closes is found last one first: it is put in order once the rest has
	// been appended behind it.
	mark := len(dst)
	for a < b && !indivisible(s[a:b]) {
		n := closing(s[a:b])
		if n == 0 {
			break
		}
		dst = append(dst, Span{b - n, b})
		b -= n
	}
	closers := len(dst) - mark
	if a < b {
		dst = appendCore(dst, s, a, b)
	}
	if closers > 0 {
		slices.Reverse(dst[mark:])
		slices.Reverse(dst[mark : len(dst)-closers])
	}
	return dst
}

// plainEnd returns where the word ends if s[a:b] is letters, or letters and one
// mark of ASCII that is a token of its own, as nearly all pieces are. Otherwise it
// returns a. It only saves time: the general rules come to the same.
func plainEnd(s string, a, b int) int {
	i, letters, last := a, 0, uint16(0)
	for i < b {
		c, size := treebankByte[s[i]], 1
		if c&isWide != 0 {
			var r rune
			r, size = utf8.DecodeRuneInString(s[i:b])
			c = classOf(r)
		}
		if c&isLetter == 0 {
			break
		}
		last = c
		letters++
		i += size
	}
	switch {
	case i == b:
		return b
	case i < b-1 || letters < 2:
		return a
	case s[i] == '.' && last&isLower != 0 && !isAbbreviation(s[a:b]):
		return i
	case treebankByte[s[i]]&isCloser != 0:
		return i
	}
	return a
}

// appendCore appends the tokens of s[a:b], which neither begins nor ends with a
// token of punctuation, unless it is indivisible.
func appendCore(dst []Span, s string, a, b int) []Span {
	if isPlain(s[a:b]) {
		return appendWord(dst, s, a, b)
	}
	if indivisible(s[a:b]) || isAddress(s[a:b]) {
		return append(dst, Span{a, b})
	}
	before := uint16(0)
	start := a
	for i := a; i < b; {
		r, size := utf8.DecodeRuneInString(s[i:b])
		class := classOf(r)
		if class&isLetter == 0 {
			if n := dividing(s[i:b], before, class, size); n > 0 {
				if start < i {
					dst = appendWord(dst, s, start, i)
				}
				dst = append(dst, Span{i, i + n})
				i += n
				start, before = i, 0
				continue
			}
		}
		before = class
		i += size
	}
	if start < b {
		dst = appendWord(dst, s, start, b)
	}
	return dst
}

// isPlain reports whether s is nothing but letters and digits of ASCII.
func isPlain(s string) bool {
	for _, c := range []byte(s) {
		if treebankByte[c]&(isLetter|isDigit) == 0 {
			return false
		}
	}
	return true
}

// appendWord appends s[a:b], or the two words it stands for.
func appendWord(dst []Span, s string, a, b int) []Span {
	switch b - a {
	case 5:
		if w := s[a:b]; w[1:] == "onna" || w[1:] == "otta" {
			if w[0]|0x20 == 'g' { // gon-na, got-ta
				return append(dst, Span{a, b - 2}, Span{b - 2, b})
			}
		}
	case 6:
		if w := s[a:b]; w[1:] == "annot" && w[0]|0x20 == 'c' {
			return append(dst, Span{a, b - 3}, Span{b - 3, b})
		}
	}
	return append(dst, Span{a, b})
}

// opening returns the number of bytes of the token that s begins with if it is
// punctuation, else 0.
func opening(s string) int {
	if s[0] == '.' {
		return dots(s)
	}
	r, size := utf8.DecodeRuneInString(s)
	c := classOf(r)
	switch {
	case c&isOpener != 0:
		return size
	case r == '+' && (len(s) == 1 || classOf(rune(s[1]))&isDigit == 0):
		return size
	}
	return 0
}

// closing returns the number of bytes of the token that s ends with if it is
// punctuation or the end of a contraction, else 0.
func closing(s string) int {
	r, size := utf8.DecodeLastRuneInString(s)
	c := classOf(r)
	if c&isLetter != 0 {
		return max(contraction(s), unit(s))
	}
	rest := s[:len(s)-size]
	switch {
	case r == '.':
		return fullStop(s)
	case c&isCloser != 0:
		if strings.HasSuffix(s, "''") {
			return 2
		}
		return size
	case c&isCurrency != 0 || r == '%' || r == '+':
		if last, _ := lastClass(rest); last&isDigit != 0 {
			return size
		}
	}
	return 0
}

// fullStop returns the number of bytes of the full stop or the ellipsis that s
// ends with, or 0 if it belongs to the word, as it does after an initial.
func fullStop(s string) int {
	if n := len(s) - len(strings.TrimRight(s, ".")); n > 1 {
		return n
	}
	rest := s[:len(s)-1]
	last, size := lastClass(rest)
	if last&isUpper == 0 {
		return 1
	}
	if before, _ := lastClass(rest[:len(rest)-size]); before&isUpper != 0 {
		return 1
	}
	return 0
}

// contraction returns the number of bytes of the shortened word that s ends
// with, such as 's and n't, or 0.
func contraction(s string) int {
	i, size := len(s)-1, 1
	for n := max(0, len(s)-3); s[i] != '\''; i-- { // what follows is one letter or two
		if i <= n {
			if i = strings.LastIndex(s[max(0, len(s)-5):], "’"); i < 0 {
				return 0
			}
			i += max(0, len(s)-5)
			size = len("’")
			break
		}
	}
	if i == 0 {
		return 0
	}
	switch tail := s[i+size:]; tail {
	case "s", "S", "m", "M", "d", "D", "re", "RE", "ve", "VE", "ll", "LL":
		return len(s) - i
	case "t", "T":
		if i > 1 && s[i-1]|0x20 == 'n' && classOf(rune(s[i-2]))&isLetter != 0 {
			return len(s) - i + 1
		}
	}
	return 0
}

// unit returns the number of bytes of the unit of measure that s ends with if
// nothing but a number comes before it, or 0.
func unit(s string) int {
	if c := s[0]; c < '0' || c > '9' {
		return 0
	}
	i := strings.LastIndexAny(s[max(0, len(s)-4):], "0123456789")
	if i < 0 {
		return 0
	}
	i += max(0, len(s)-4) + 1
	switch s[i:] {
	case "km", "m", "cm", "mm", "nm", "ft", "in", "kg", "g", "mg", "lb", "lbs", "oz", "t",
		"s", "ms", "h", "Hz", "kHz", "MHz", "GHz", "B", "KB", "kB", "MB", "GB", "TB", "am", "pm", "mph", "hrs":
		return len(s) - i
	}
	return 0
}

// dividing returns the number of bytes of the token between two words that s
// begins with, or 0. Its first character is of size bytes and of the given class,
// the one in front of it of class before, 0 if there is none.
func dividing(s string, before, class uint16, size int) int {
	c, rest := s[0], s[size:]
	switch {
	case class&isIcon != 0 || strings.HasPrefix(s, "…"):
		return size
	case before == 0 || rest == "":
		return 0
	case c == '.':
		if n := dots(s); n > 0 {
			return n
		}
		return one(before&(isLower|isQuote) != 0 && firstClass(rest)&(isUpper|isQuote) != 0)
	case c == ',':
		return one(before&isLetter != 0 && firstClass(rest)&isLetter != 0)
	case before&isDigit != 0 && isOperator(c) && (firstClass(rest)&isDigit != 0 || rest[0] == '-'):
		return 1
	case class&isHyphen != 0 && before&(isLetter|isDigit) != 0:
		for n := size; n < len(s) && n <= 3*size; {
			r, size := utf8.DecodeRuneInString(s[n:])
			switch c := classOf(r); {
			case c&isLetter != 0:
				return n
			case c&isHyphen == 0:
				return 0
			}
			n += size
		}
		return 0
	case c == ':' || c == '<' || c == '>' || c == '=' || c == '/':
		return one(before&(isLetter|isDigit) != 0 && firstClass(rest)&isLetter != 0)
	}
	return 0
}

func isOperator(c byte) bool { return c == '+' || c == '-' || c == '*' || c == '^' }

func one(is bool) int {
	if is {
		return 1
	}
	return 0
}

// dots returns the number of full stops that s begins with if there are more
// than one, else 0.
func dots(s string) int {
	n := len(s) - len(strings.TrimLeft(s, "."))
	if n < 2 {
		return 0
	}
	return n
}

// maxIndivisible is the length of the longest text that indivisible knows.
const maxIndivisible = 12

// indivisible reports whether s is one token in spite of the marks in it: an
// abbreviation, initials such as "U.S.", or an emoticon.
func indivisible(s string) bool {
	if len(s) > maxIndivisible || len(s) < 2 {
		return false
	}
	if s[len(s)-1] == '.' {
		return isInitials(s) || isAbbreviation(s)
	}
	switch s[0] {
	case ':', ';', '=':
		return isEmoticon(s)
	case '\'':
		return s == "'em" || s == "'cause" || s == "'til"
	}
	return s == "and/or" || s == "<3"
}

// isInitials reports whether s is single letters, each followed by a full stop.
func isInitials(s string) bool {
	for s != "" {
		r, size := utf8.DecodeRuneInString(s)
		if classOf(r)&isLetter == 0 || size == len(s) || s[size] != '.' {
			return false
		}
		s = s[size+1:]
	}
	return true
}

// isAbbreviation knows the common English abbreviations that end in a full stop:
// titles, months, American states and what stands in the names of firms.
func isAbbreviation(s string) bool {
	switch s {
	case "Mr.", "Mrs.", "Ms.", "Dr.", "Prof.", "St.", "Jr.", "Sr.", "Rev.", "Hon.", "Messrs.",
		"Gen.", "Gov.", "Sen.", "Rep.", "Adm.", "Col.", "Capt.", "Lt.", "Sgt.",
		"Jan.", "Feb.", "Mar.", "Apr.", "Jun.", "Jul.", "Aug.", "Sep.", "Sept.", "Oct.", "Nov.", "Dec.",
		"Ala.", "Ariz.", "Ark.", "Calif.", "Colo.", "Conn.", "Fla.", "Ga.", "Ill.", "Ind.", "Kan.", "Ky.",
		"Mass.", "Mich.", "Minn.", "Miss.", "Mo.", "Mont.", "Neb.", "Nev.", "Okla.", "Ore.", "Pa.", "Penn.",
		"Tenn.", "Va.", "Wash.", "Wis.",
		"Inc.", "Co.", "co.", "Corp.", "Ltd.", "Bros.", "Ph.D.", "vs.", "v.s.", "E.g.", "I.e.":
		return true
	}
	return false
}

// isEmoticon reports whether s is a face such as :-) with eyes, perhaps a nose,
// and a mouth.
func isEmoticon(s string) bool {
	return len(s) == 2 && strings.IndexByte(")(DPpOo/\\|3*]", s[1]) >= 0 ||
		len(s) == 3 && strings.IndexByte("-'^o", s[1]) >= 0 && strings.IndexByte(")(DPpOo/\\|3*]", s[2]) >= 0
}

// isAddress reports whether s is the address of a page, a host or a mailbox.
func isAddress(s string) bool {
	if strings.IndexByte(s, '.') < 0 && strings.IndexByte(s, ':') < 0 {
		return false // as most words with an apostrophe or a hyphen in them
	}
	if i := strings.Index(s, "://"); i >= 0 {
		return i > 0 && classOf(rune(s[0]))&isLetter != 0 && len(s) > i+3
	}
	if local, host, ok := strings.Cut(s, "@"); ok {
		return local != "" && isHost(host)
	}
	if i := strings.IndexAny(s, "/?#:"); i >= 0 {
		s = s[:i]
	}
	return isHost(s)
}

// isHost reports whether s is labels with dots between them, of which the last
// consists of two small letters or more.
func isHost(s string) bool {
	i := strings.LastIndexByte(s, '.')
	if i <= 0 || len(s)-i < 3 {
		return false
	}
	for _, c := range []byte(s[i+1:]) {
		if c < 'a' || c > 'z' {
			return false
		}
	}
	dot := true
	for _, c := range []byte(s[:i]) {
		if c == '.' && dot || c != '.' && c != '-' && c < utf8.RuneSelf && treebankByte[c]&(isLetter|isDigit) == 0 {
			return false
		}
		dot = c == '.'
	}
	return !dot
}
