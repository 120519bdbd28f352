package words

import (
	"cmp"
	"iter"
	"slices"
	"unicode/utf8"

	"github.com/textmill/textmill/internal/ucd"
)

// Sentences divides a text into sentences: pieces that together are the text, each
// with the white space that follows it. A sentence ends
//
//   - with its line: at \n;
//   - after . ! ? or one of their kin in other scripts, and whatever
//     quotes, brackets and further ends follow, if white space comes next;
//   - after the terminals of scripts that write no spaces, 。 ！ ？ and ｡, in any case.
//
// These are rules without exceptions, as those of spaCy's sentencizer: "Dr. Who" is two
// sentences. For what is compared with its like, that does not matter.
func Sentences(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for start := 0; start < len(text); {
			end := sentenceEnd(text, start)
			if !yield(text[start:end]) {
				return
			}
			start = end
		}
	}
}

// sentenceEnd returns where the sentence that begins at i and the white space after it
// end.
func sentenceEnd(text string, i int) int {
	for i < len(text) {
		c := text[i]
		if c == '\n' {
			return skipBlanks(text, i)
		}
		if c < utf8.RuneSelf && c != '.' && c != '!' && c != '?' {
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(text[i:])
		i += n
		if !EndsSentence(r) {
			continue
		}
		spaceless := isSpacelessTerminal(r)
		for i < len(text) {
			r, n := utf8.DecodeRuneInString(text[i:])
			if !EndsSentence(r) && !closesSentence(r) {
				break
			}
			spaceless = spaceless || isSpacelessTerminal(r)
			i += n
		}
		if next := skipBlanks(text, i); next > i || spaceless || i == len(text) {
			return next
		}
	}
	return i
}

// skipBlanks returns the end of white space at i.
func skipBlanks(text string, i int) int {
	for i < len(text) {
		r, n := utf8.DecodeRuneInString(text[i:])
		if !ucd.IsSpace(r) {
			break
		}
		i += n
	}
	return i
}

// EndsSentence reports whether r is one of the ends of sentences of all scripts that
// spaCy's rule-based sentencizer knows.
func EndsSentence(r rune) bool {
	if r < utf8.RuneSelf {
		return r == '.' || r == '?' || r == '!'
	}
	i, found := slices.BinarySearchFunc(sentenceEnds, r, func(e [2]rune, r rune) int { return cmp.Compare(e[1], r) })
	return found || i < len(sentenceEnds) && sentenceEnds[i][0] <= r
}

func isSpacelessTerminal(r rune) bool {
	return r == '。' || r == '！' || r == '？' || r == '｡' || r == '．'
}

// closesSentence reports whether r is a quote or a bracket that can end a sentence.
func closesSentence(r rune) bool {
	switch ucd.CategoryOf(r) {
	case ucd.Pe, ucd.Pf, ucd.Pi:
		return true
	}
	return r == '"' || r == '\''
}

var sentenceEnds = [][2]rune{ // ranges, beyond ASCII
	{0x0589, 0x0589}, {0x061F, 0x061F}, {0x06D4, 0x06D4}, {0x0700, 0x0702}, {0x07F9, 0x07F9},
	{0x0964, 0x0965}, {0x104A, 0x104B}, {0x1362, 0x1362}, {0x1367, 0x1368}, {0x166E, 0x166E},
	{0x1735, 0x1736}, {0x1803, 0x1803}, {0x1809, 0x1809}, {0x1944, 0x1945}, {0x1AA8, 0x1AAB},
	{0x1B5A, 0x1B5B}, {0x1B5E, 0x1B5F}, {0x1C3B, 0x1C3C}, {0x1C7E, 0x1C7F}, {0x203C, 0x203D},
	{0x2047, 0x2049}, {0x2E2E, 0x2E2E}, {0x2E3C, 0x2E3C}, {0x3002, 0x3002}, {0xA4FF, 0xA4FF},
	{0xA60E, 0xA60F}, {0xA6F3, 0xA6F3}, {0xA6F7, 0xA6F7}, {0xA876, 0xA877}, {0xA8CE, 0xA8CF},
	{0xA92F, 0xA92F}, {0xA9C8, 0xA9C9}, {0xAA5D, 0xAA5F}, {0xAAF0, 0xAAF1}, {0xABEB, 0xABEB},
	{0xFE52, 0xFE52}, {0xFE56, 0xFE57}, {0xFF01, 0xFF01}, {0xFF0E, 0xFF0E}, {0xFF1F, 0xFF1F},
	{0xFF61, 0xFF61}, {0x10A56, 0x10A57}, {0x11047, 0x11048}, {0x110BE, 0x110C1}, {0x11141, 0x11143},
	{0x111C5, 0x111C6}, {0x111CD, 0x111CD}, {0x111DE, 0x111DF}, {0x11238, 0x11239}, {0x1123B, 0x1123C},
	{0x112A9, 0x112A9}, {0x1144B, 0x1144C}, {0x115C2, 0x115C3}, {0x115C9, 0x115D7}, {0x11641, 0x11642},
	{0x1173C, 0x1173E}, {0x11A42, 0x11A43}, {0x11A9B, 0x11A9C}, {0x11C41, 0x11C42}, {0x16A6E, 0x16A6F},
	{0x16AF5, 0x16AF5}, {0x16B37, 0x16B38}, {0x16B44, 0x16B44}, {0x1BC9F, 0x1BC9F}, {0x1DA88, 0x1DA88},
}
