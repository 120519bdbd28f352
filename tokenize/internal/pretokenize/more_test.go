package pretokenize

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// pieces divides a text at what a matcher matches, with the gaps between, as
// tokenizer.json's Split does when the matches are isolated.
func pieces(match Splitter, s string) string {
	var out []string
	gap := 0
	for i := 0; i < len(s); {
		end := match(Load(), s, i)
		if end == i {
			_, n := utf8.DecodeRuneInString(s[i:])
			i += n
			continue
		}
		if gap < i {
			out = append(out, s[gap:i])
		}
		out = append(out, s[i:end])
		i, gap = end, end
	}
	if gap < len(s) {
		out = append(out, s[gap:])
	}
	return strings.Join(out, "|")
}

// The expected pieces follow from the patterns. Package tokenize/hf holds all of
// these functions against the regular expressions themselves.
func TestMore(t *testing.T) {
	for _, c := range []struct {
		name  string
		match Splitter
		text  string
		want  string
	}{
		{"Qwen2", Qwen2, "It's 1234 a.b\n\n  x", "It|'s| |1|2|3|4| a|.b|\n\n| | x"},
		{"Qwen2", Qwen2, "'S'ſ!? \r\n", "'S|'ſ|!?| \r\n"},
		{"CL100KASCII", CL100KASCII, "'S'ſt'st12345", "'S|'ſt|'s|t|123|45"},
		{"Tekken", Tekken, "HTTPServer's 12 don't//\n", "HTTPServer|'s| |1|2| don|'t|//\n"},
		{"MarkedWords", MarkedWords, "क्षि 12e\u0301a \u0301", "क्षि| |1|2|e\u0301a| \u0301"},
		{"MarkedWords", MarkedWords, "a!\u0301b !!\n\n'll", "a|!\u0301b| !!\n\n|'ll"},
		{"DeepSeek3", DeepSeek3, "a.bc $x9 y!!\n z", "a|.bc| $|x|9| y|!!\n| z"},
		{"DeepSeek3", DeepSeek3, "12\u200bab\u200b", "12|\u200bab|\u200b"},
		{"Han", Han, "ab中文字かカナ。x", "ab|中文字かカナ|。x"},
		{"CJK", CJK, "ab中か한。x", "ab|中か한。|x"},
		{"Digits", Digits(3), "a12345٣4", "a|123|45٣|4"},
		{"Digits", Digits(0), "a1²Ⅷ b", "a|1²Ⅷ| b"},
		{"DecimalDigits", DecimalDigits(1), "a1²2٣", "a|1|²|2|٣"},
		{"ASCIIDigits", ASCIIDigits(3, 3), "12 12345678", "12 |123|456|78"},
		{"ASCIIDigits", ASCIIDigits(1, 0), "a12٣4", "a|12|٣|4"},
		{"Spaces", Spaces(2), "a b  c   \t", "a b|  |c|   |\t"},
		{"LineEnd", LineEnd, "a\r\n\nb", "a|\r|\n|\n|b"},
		{"Blank", Blank, "a \t\u00a0b\n", "a| \t\u00a0|b|\n"},
		{"BlankAtEnd", BlankAtEnd, "a  \n b \n\n c \t", "a|  |\n b| \n|\n c| \t"},
		{"SpacedLetters", SpacedLetters, "a  bc1 2\nd", "a| | bc|1 2|\nd"},
		{"SpacedPunctuation", SpacedPunctuation, "a !!b  .$", "a| !!|b | .|$"},
		{"Bloom", Bloom, "Hi there, (you) a.b", "Hi| there|, (|you|)| a|.|b"},
		{"CLIP", CLIP, "it's 12!? ok", "it|'s| |1|2|!?| |ok"},
	} {
		if got := pieces(c.match, c.text); got != c.want {
			t.Errorf("%s: %q\n got %q\nwant %q", c.name, c.text, got, c.want)
		}
	}
}

// Splitters for patterns that match everywhere never stand still.
func TestMoreMatchEverywhere(t *testing.T) {
	for _, split := range []Splitter{Qwen2, CL100KASCII, Tekken, MarkedWords} {
		for r := range rune(utf8.MaxRune + 1) {
			if r >= 0xd800 && r < 0xe000 {
				continue
			}
			for _, s := range []string{string(r) + "a", " " + string(r)} {
				if end := split(Load(), s, 0); end <= 0 || end > len(s) {
					t.Fatalf("%q: %d", s, end)
				}
			}
		}
	}
}
