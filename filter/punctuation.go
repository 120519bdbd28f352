package filter

import (
	"github.com/textmill/textmill/internal/ucd"
	"github.com/textmill/textmill/internal/words"
)

// Sets of characters that rules are defined by. They are closed lists of the
// sources, not Unicode properties, and so do not change with Unicode.

// isPunctuation reports whether r is punctuation to Gopher's rules in datatrove:
// all of ASCII's, the controls but tab and line feed, the ends of sentences of
// all scripts, and some marks of typography, among them no right double angle
// bracket but a full-width digit one.
func isPunctuation(r rune) bool {
	if r < 0x80 {
		return r != ' ' && r != '\t' && r != '\n' && !isAlnumASCII(r)
	}
	return !ucd.IsLetter(r) && (inRanges(otherPunctuation, r) || isTerminal(r))
}

// isTerminal reports whether r ends a line of prose to FineWeb's rules: the ends
// of sentences of all scripts, without quotation marks.
func isTerminal(r rune) bool {
	return words.EndsSentence(r) || r >= 0x80 && inRanges(otherTerminals, r)
}

func isAlnumASCII(r rune) bool { return '0' <= r && r <= '9' || isLetterASCII(byte(r)) }

func isLetterASCII(b byte) bool { return 'a' <= b|0x20 && b|0x20 <= 'z' }

// A runeRange is a range of characters, both ends included.
type runeRange struct{ first, last rune }

// inRanges reports whether r is in one of set, which is in order.
func inRanges(set []runeRange, r rune) bool {
	lo, hi := 0, len(set)
	for lo < hi {
		mid := (lo + hi) / 2
		switch {
		case r < set[mid].first:
			hi = mid
		case r > set[mid].last:
			lo = mid + 1
		default:
			return true
		}
	}
	return false
}

var otherTerminals = []runeRange{
	{0x061D, 0x061E}, {0x0837, 0x0837}, {0x0839, 0x0839}, {0x083D, 0x083E}, {0x17D4, 0x17D6},
	{0x17D9, 0x17DA}, {0x1B7D, 0x1B7E}, {0x2E53, 0x2E54}, {0x10F55, 0x10F59}, {0x10F86, 0x10F89},
	{0x11944, 0x11944}, {0x11946, 0x11946}, {0x11EF7, 0x11EF8}, {0x11F43, 0x11F44}, {0x16E98, 0x16E98},
}

var otherPunctuation = []runeRange{
	{0x0080, 0x009F}, {0x00AB, 0x00AB}, {0x00B4, 0x00B4}, {0x00BB, 0x00BB}, {0x2013, 0x2014},
	{0x2019, 0x2019}, {0x201C, 0x201E}, {0x2026, 0x2026}, {0x2236, 0x2236}, {0x2501, 0x2501},
	{0x25BA, 0x25BA}, {0x3001, 0x3001}, {0x3008, 0x300D}, {0x3010, 0x3011}, {0xFF05, 0xFF05},
	{0xFF08, 0xFF09}, {0xFF0C, 0xFF0C}, {0xFF11, 0xFF11}, {0xFF1A, 0xFF1B}, {0xFF5E, 0xFF5E},
}
