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
	b.Grow(min(len(text), 2*letters))
	found := 0
	for _, window := range [...]struct{ from, to int }{
		{len(text) / 20, len(text) / 2},
		{len(text) / 2, len(text) / 4 * 3},
		{len(text) / 4 * 3, len(text)},
	} {
		from := lineStart(text, window.from, window.to)
		found += take(&b, text[from:lineStart(text, window.to, len(text))], letters/3, true)
	}
	if found < letters/10 {
		b.Reset()
		take(&b, text, letters, false)
	}
	return b.String()
}

// lineStart returns the start of the first line of text at i or after it. If
// there is none in the next maxPiece bytes or before limit, it is the start of
// the character at i.
func lineStart(text string, i, limit int) int {
	if i > 0 && i < len(text) {
		end := min(i+maxPiece, limit)
		if n := strings.IndexByte(text[i-1:end], '\n'); n >= 0 {
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
	for n < len(text) && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
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
	for _, r := range s {
		switch {
		case isLetter(r):
			letters++
		case !ucd.IsSpace(r):
			others++
		}
	}
	return letters, others
}

// isLetter reports whether r is a letter or a mark, as the vowels of Indian
// scripts are.
func isLetter(r rune) bool {
	if uint32(r) < utf8.RuneSelf {
		return 'a' <= r|0x20 && r|0x20 <= 'z'
	}
	return ucd.IsLetter(r) || ucd.IsMark(r)
}
