package filter

import (
	"context"
	"unicode/utf8"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/internal/ucd"
)

// Length is a stage that drops documents which are too short or too long. A limit
// of 0 is none, so the zero Length keeps everything. The first of these reasons
// counts:
//
//	too_few_words, too_many_words   words: what white space separates, as
//	                                Python's str.split does
//	too_short, too_long             characters: code points, as Python's len does
//
// A document of exactly the limit is kept. Set the limits of characters for
// languages written without spaces.
type Length struct {
	MinWords, MaxWords int
	MinChars, MaxChars int
}

// Process implements [textmill.Stage].
func (l *Length) Process(_ context.Context, doc *textmill.Document) (textmill.Verdict, error) {
	if l.MinWords > 0 || l.MaxWords > 0 {
		n := lengthWords(doc.Text)
		if v := lengthJudge(n, l.MinWords, l.MaxWords, "too_few_words", "too_many_words"); v.Dropped() {
			return v, nil
		}
	}
	if l.MinChars > 0 || l.MaxChars > 0 {
		n := utf8.RuneCountInString(doc.Text)
		return lengthJudge(n, l.MinChars, l.MaxChars, "too_short", "too_long"), nil
	}
	return textmill.Keep, nil
}

func lengthJudge(n, least, most int, tooFew, tooMany string) textmill.Verdict {
	switch {
	case n < least:
		return textmill.Drop(tooFew).Measured(float64(n), float64(least))
	case most > 0 && n > most:
		return textmill.Drop(tooMany).Measured(float64(n), float64(most))
	}
	return textmill.Keep
}

// lengthWords counts what white space separates.
func lengthWords(text string) (n int) {
	space := true
	for i := 0; i < len(text); {
		b := text[i]
		s, size := lengthSpace[b], 1
		if b >= utf8.RuneSelf {
			var r rune
			r, size = utf8.DecodeRuneInString(text[i:])
			s = ucd.IsPythonSpace(r)
		}
		if space && !s {
			n++
		}
		space = s
		i += size
	}
	return n
}

// lengthSpace says which ASCII characters are white space.
var lengthSpace = func() (t [256]bool) {
	for r := range rune(utf8.RuneSelf) {
		t[r] = ucd.IsPythonSpace(r)
	}
	return t
}()
