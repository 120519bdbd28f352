package words

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func TestSplitLines(t *testing.T) {
	for text, want := range map[string][]string{
		"":                   nil,
		"\n":                 {""},
		"a":                  {"a"},
		"a\n":                {"a"},
		"a\n\nb":             {"a", "", "b"},
		"a\r\nb\rc\n\rd":     {"a", "b", "c", "", "d"},
		"a\vb\fc":            {"a", "b", "c"},
		"a\x1cb\x1dc\x1ed":   {"a", "b", "c", "d"},
		"a\x1fb\x85c":        {"a\x1fb\x85c"}, // a unit separator ends no line, a stray byte neither
		"a\u0085b\u0086c":    {"a", "b\u0086c"},
		"a\u2028b\u2029c":    {"a", "b", "c"},
		"a\u2027b\u202ac":    {"a\u2027b\u202ac"},
		"0123456789abcdef\n": {"0123456789abcdef"},
		"ends in \r":         {"ends in "},
		"\xe2\x80":           {"\xe2\x80"},
	} {
		if got := slices.Collect(SplitLines(text)); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// naiveLines is the definition, in the standard library's words.
func naiveLines(text string) []string {
	ends := "\n\v\f\r\x1c\x1d\x1e\u0085\u2028\u2029"
	text = strings.ReplaceAll(text, "\r\n", "\n")
	var lines []string
	for text != "" {
		i := strings.IndexAny(text, ends)
		if i < 0 {
			return append(lines, text)
		}
		lines = append(lines, text[:i])
		for j, r := range text[i:] {
			if j > 0 || r == 0 {
				text = text[i+j:]
				break
			}
			if i+len(string(r)) == len(text) {
				return lines
			}
		}
	}
	return lines
}

func TestSplitLinesRandom(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	alphabet := []rune("abcdefgh  \n\r\v\x1c\x1f\u0085\u2028\u2029é漢ÂÃ‰")
	for range 5000 {
		text := make([]rune, rng.IntN(60))
		for i := range text {
			text[i] = alphabet[rng.IntN(len(alphabet))]
		}
		if got, want := slices.Collect(SplitLines(string(text))), naiveLines(string(text)); !slices.Equal(got, want) {
			t.Fatalf("%q: %q, want %q", string(text), got, want)
		}
	}
}

func TestSplitLinesStops(t *testing.T) {
	for range SplitLines("a\nb\nc") {
		break
	}
}
