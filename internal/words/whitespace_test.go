package words

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/textmill/textmill/internal/ucd"
)

// at returns the words that spans mark in text.
func at(text string, spans []Span) []string {
	words := []string{}
	for _, s := range spans {
		words = append(words, text[s.Start:s.End])
	}
	return words
}

func TestWhitespace(t *testing.T) {
	long := strings.Repeat("x", 200)
	for _, tt := range []struct {
		text string
		want []string
	}{
		{"", []string{}},
		{" \t\n", []string{}},
		{"a", []string{"a"}},
		{" two  words ", []string{"two", "words"}},
		{"a\x1cb\x1dc\x1ed\x1fe", []string{"a", "b", "c", "d", "e"}},
		{"a\x1bb\x00c\x7fd", []string{"a\x1bb\x00c\x7fd"}},
		{"a\u0085b\u00a0c\u1680d\u2000e\u200af\u2028g\u2029h\u202fi\u205fj\u3000k",
			strings.Split("abcdefghijk", "")},
		{"a\u200bb\ufeffc\u180ed", []string{"a\u200bb\ufeffc\u180ed"}}, // no White_Space any more, or never
		{"日本\u3000語", []string{"日本", "語"}},
		{long + " " + long, []string{long, long}},
		{"\xc2\xa0\xff\xe2\x80", []string{"\xff\xe2\x80"}}, // ends in half a character
	} {
		if got := at(tt.text, Whitespace.Append(nil, tt.text)); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%q: %q, want %q", tt.text, got, tt.want)
		}
	}
}

// naiveWhitespace is the definition, in the standard library's words.
func naiveWhitespace(text string) []string { return strings.FieldsFunc(text, ucd.IsPythonSpace) }

// TestWhitespaceBlocks puts spaces of every size at every place around the ends
// of the blocks of 64 bytes.
func TestWhitespaceBlocks(t *testing.T) {
	for _, sep := range []string{" ", "\u00a0", "\u3000", "\u2003\u2003", " \u2028 "} {
		for n := range 200 {
			text := strings.Repeat("w", n) + sep + strings.Repeat("v", 200-n)
			if got := at(text, Whitespace.Append(nil, text)); !slices.Equal(got, naiveWhitespace(text)) {
				t.Errorf("%q after %d bytes: %q", sep, n, got)
			}
		}
	}
}

// randomText draws from characters that matter to some rule.
func randomText(rng *rand.Rand) string {
	alphabet := []rune("ab.c 'AZ0,;19:_-\"\n\r\t\u0085\u00a0\u00adé\u0301\u05d0\u05d1\u200dアイ漢ひกำ가\U0001F1E6\U0001F1E7👍\U0001F3FD\u2028\u3000ﾞ’“”…½$€/@")
	text := make([]rune, rng.IntN(300))
	for i := range text {
		text[i] = alphabet[min(rng.IntN(len(alphabet)), rng.IntN(len(alphabet)))]
	}
	return string(text)
}

func TestWhitespaceIsFieldsFunc(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 5000 {
		text := randomText(rng)
		if got, want := at(text, Whitespace.Append(nil, text)), naiveWhitespace(text); !slices.Equal(got, want) {
			t.Fatalf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestTrim(t *testing.T) {
	for text, want := range map[string]string{
		"": "", " \n": "", "a": "a", "\x1c a b\u3000\u0085": "a b", "\u200ba\u200b": "\u200ba\u200b",
	} {
		if got := Trim(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func FuzzKinds(f *testing.F) {
	for _, s := range []string{"", "a b", "don't (stop) 3.14!", "日本 語\u3000x", "a\xff b\xc2", "http://a.b/c?d, e@f.gh"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, kind := range []Kind{Whitespace, UAX29, Treebank} {
			end := 0
			for _, s := range kind.Append(nil, text) {
				if s.Start < end || s.End <= s.Start || s.End > len(text) {
					t.Fatalf("%v: span %v after one that ends at %d, in %d bytes", kind, s, end, len(text))
				}
				end = s.End
			}
		}
		if utf8.ValidString(text) {
			if got, want := at(text, Whitespace.Append(nil, text)), naiveWhitespace(text); !slices.Equal(got, want) {
				t.Errorf("%q: %q, want %q", text, got, want)
			}
		}
	})
}
