package normalize

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// maxDepth is max_depth of UAX #9: how deep embeddings and isolates may nest.
const maxDepth = 125

// balance removes the controls of bidirectional text that are not balanced in
// their line, and returns how many. See Unicode.Directions.
func balance(s string) (string, int64) {
	var drop []int
	for i := skipPlain(s, 0); i < len(s); i = skipPlain(s, i) {
		r, w := utf8.DecodeRuneInString(s[i:])
		if kindOf(r) != direction {
			i += w
			continue
		}
		start, end := lastLineBreak(s[:i]), i+lineLength(s[i:])
		drop = unbalanced(drop, s, i, end, rightToLeft(s[start:end]))
		i = end
	}
	e := editor{src: s}
	slices.Sort(drop)
	for _, i := range drop {
		_, w := utf8.DecodeRuneInString(s[i:])
		e.remove(i, i+w)
	}
	return e.result(), int64(len(drop))
}

// unbalanced appends where the controls to be dropped are in s[i:end], the rest of
// a line, to drop. It follows rules X1 to X8 of UAX #9.
func unbalanced(drop []int, s string, i, end int, rtl bool) []int {
	var open [maxDepth]struct {
		at      int
		isolate bool
	}
	var depth, isolates, lostIsolates, lostEmbeddings int
	for i < end {
		r, w := utf8.DecodeRuneInString(s[i:end])
		matched := true
		switch r {
		case 0x200E, 0x200F, 0x61C: // marks
			matched = rtl
		case 0x202A, 0x202B, 0x202D, 0x202E: // embeddings and overrides
			if matched = depth < maxDepth && lostIsolates == 0 && lostEmbeddings == 0; matched {
				open[depth].at, open[depth].isolate = i, false
				depth++
			} else if lostIsolates == 0 {
				lostEmbeddings++
			}
		case 0x2066, 0x2067, 0x2068: // isolates
			if matched = depth < maxDepth && lostIsolates == 0 && lostEmbeddings == 0; matched {
				open[depth].at, open[depth].isolate = i, true
				depth++
				isolates++
			} else {
				lostIsolates++
			}
		case 0x2069: // end of an isolate, and of what was opened in it
			switch {
			case lostIsolates > 0:
				lostIsolates--
				matched = false
			case isolates == 0:
				matched = false
			default:
				lostEmbeddings = 0
				for depth--; !open[depth].isolate; depth-- {
					drop = append(drop, open[depth].at)
				}
				isolates--
			}
		case 0x202C: // end of an embedding or override
			switch {
			case lostIsolates > 0:
				matched = false
			case lostEmbeddings > 0:
				lostEmbeddings--
				matched = false
			case depth > 0 && !open[depth-1].isolate:
				depth--
			default:
				matched = false
			}
		}
		if !matched {
			drop = append(drop, i)
		}
		i += w
	}
	for _, o := range open[:depth] {
		drop = append(drop, o.at)
	}
	return drop
}

// lineBreaks are the characters that end a line for Unicode.LineBreaks.
const lineBreaks = "\n\v\f\r\u0085\u2028\u2029"

func lastLineBreak(s string) int { return strings.LastIndexAny(s, lineBreaks) + 1 }

func lineLength(s string) int {
	if n := strings.IndexAny(s, lineBreaks); n >= 0 {
		return n
	}
	return len(s)
}

// rightToLeft reports whether s has a letter that is written from right to left.
func rightToLeft(s string) bool {
	for _, r := range s {
		switch {
		case r < 0x590:
		case r <= 0x8FF && r != 0x61C, 0xFB1D <= r && r <= 0xFDCF, 0xFDF0 <= r && r <= 0xFDFF,
			0xFE70 <= r && r <= 0xFEFC, 0x10800 <= r && r <= 0x10FFF, 0x1E800 <= r && r <= 0x1EFFF:
			return true
		}
	}
	return false
}
