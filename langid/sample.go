package langid

import (
	"strings"
	"unicode/utf8"

	"github.com/textmill/textmill/internal/ucd"
)

// maxPiece is the length in bytes of the pieces a long line is judged by.
const maxPiece = 256

// sample returns part of text to judge the whole by: about as many letters as
// asked for. A text of so many bytes or less is returned as it is. Of a longer
// one, a third of the letters each is taken from 5 %, 50 % and 75 % of its length
// on, where navigation is behind and the footer is not yet near, leaving out the
// lines of which less than half of the characters, white space aside, are
// letters. If that yields hardly anything, the sample is taken from the beginning
// and no line is left out.
func sample(text string, letters int) string {
	if len(text) <= letters {
		return text
	}
	var b strings.Builder
	b.Grow(min(len(text), 3*letters+3))
	found := 0
	starts := [...]int{lineStart(text, len(text)/20), lineStart(text, len(text)/2), lineStart(text, len(text)*3/4), len(text)}
	for i, start := range starts[:3] {
		found += take(&b, text[start:starts[i+1]], letters/3, true)
	}
	if found < letters/10 {
		b.Reset()
		take(&b, text, letters, false)
	}
	return b.String()
}

// lineStart returns the start of the first line of text at i or after it. If
// there is none in the next maxPiece bytes, it is the start of the character at i.
func lineStart(text string, i int) int {
	if i > 0 {
		if n := strings.IndexByte(text[i-1:min(i+maxPiece, len(text))], '\n'); n >= 0 {
			return i + n
		}
	}
	for i < len(text) && !utf8.RuneStart(text[i]) {
		i++
	}
	return i
}

// take appends lines of text, or pieces of a long line, to b until there are
// enough letters, and returns their number. If rich, it leaves out those of which
// less than half of the characters are letters.
func take(b *strings.Builder, text string, enough int, rich bool) (letters int) {
	for text != "" && letters < enough {
		piece := firstPiece(text)
		text = text[len(piece):]
		n, others := count(piece)
		if rich && n < others {
			continue
		}
		if letters+n > enough {
			piece = cut(piece, enough-letters)
			n = enough - letters
		}
		b.WriteString(piece)
		letters += n
	}
	if letters > 0 {
		b.WriteByte('\n') // so that no word runs on into the next window
	}
	return letters
}

// firstPiece returns the first line of text with its end, or maxPiece bytes of
// it.
func firstPiece(text string) string {
	n := min(maxPiece, len(text))
	if i := strings.IndexByte(text[:n], '\n'); i >= 0 {
		return text[:i+1]
	}
	if n == len(text) {
		return text
	}
	for m := n; m > n-utf8.UTFMax; m-- {
		if utf8.RuneStart(text[m]) {
			return text[:m]
		}
	}
	return text[:n] // no UTF-8 that could be cut in two
}

// cut returns the part of piece with its first letters.
func cut(piece string, letters int) string {
	for i, r := range piece {
		if isLetter(r) {
			if letters == 0 {
				return piece[:i]
			}
			letters--
		}
	}
	return piece
}

// count returns the numbers of letters and of other characters in s, white space
// aside.
func count(s string) (letters, others int) {
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if 'a' <= c|0x20 && c|0x20 <= 'z' {
				letters++
			} else if !ucd.IsSpace(rune(c)) {
				others++
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if isLetter(r) {
			letters++
		} else if !ucd.IsSpace(r) {
			others++
		}
		i += size
	}
	return letters, others
}

// isLetter reports whether r is a letter or a mark, as the vowels of Indian
// scripts are.
func isLetter(r rune) bool {
	c := ucd.CategoryOf(r)
	return ucd.Lu <= c && c <= ucd.Me
}
