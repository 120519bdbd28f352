package normalize

import (
	"regexp"
	"strings"
	"testing"
)

func TestWhitespace(t *testing.T) {
	type W = Whitespace
	all := *NewWhitespace()
	tests := []struct {
		name     string
		w        Whitespace
		in, want string
	}{
		{"empty", all, "", ""},
		{"blank", all, " \n\t\u3000\n", ""},
		{"fine", all, "a b\n\nc\td\n  e", "a b\n\nc\td\n  e"},
		{"runs", all, "a  b   c", "a b c"},
		{"columns", all, "a \tb\t\tc \t d\te", "a\tb\tc\td\te"},
		{"other spaces", all, "a\u00a0b\u2003c\u3000d\u202fe\u205ff\u1680g", "a b c d e f g"},
		{"mixed", all, "a \u00a0b\u00a0 c\u3000\u3000d", "a b c d"},
		{"zero width is no space", all, "a\u200bb\u180ec\u2060d", "a\u200bb\u180ec\u2060d"},
		{"Mongolian", all, "ᠨᠢ\u202fᠶᠢᠨ x\u202fᠶ", "ᠨᠢ\u202fᠶᠢᠨ x ᠶ"},
		{"line ends", all, "a \nb\t\nc\u3000\nd", "a\nb\nc\nd"},
		{"indentation", all, "x\n  a  b\n\t\tc\n\u3000d", "x\n  a b\n\t\tc\n d"},
		{"newlines", all, "a\n\nb\n\n\nc\n\n\n\nd", "a\n\nb\n\nc\n\nd"},
		{"blank lines", all, "a\n \nb\n \n\t\nc\n \n  d", "a\n\nb\n\nc\n\n  d"},
		{"ends", all, "\n\n  a\n\n", "a"},
		{"ends with odd breaks", all, "\r\n\va\u0085\u2028", "a"},
		{"nothing", W{}, "  a\u00a0 \n\n\n\n b  ", "  a\u00a0 \n\n\n\n b  "},
		{"spaces only", W{Spaces: true}, " \u00a0a \u3000b\u2003\n", "  a  b \n"},
		{"collapse only", W{Collapse: true}, "  a  b  \n  c\u00a0\u00a0d  ", "  a b \n  c\u00a0\u00a0d "},
		{"line ends only", W{LineEnds: true}, "  a  b  \n  \n  c  ", "  a  b\n\n  c"},
		{"indents only", W{Indents: true}, "  a  b  \n  \n  c  ", "a  b  \n\nc  "},
		{"newlines only", W{MaxNewlines: 1}, "\n\na \n\n b\n \nc\n\n", "\na \n b\nc\n"},
		{"newlines only, few", W{MaxNewlines: 3}, "a\n \n \nb\n\n\n\nc", "a\n \n \nb\n\n\nc"},
		{"ends only", W{Ends: true}, " \n a  b \n ", "a  b"},
		{"ends only, no other spaces", W{Ends: true}, "\u00a0a\u00a0", "\u00a0a\u00a0"},
		{"one indent", W{Indents: true}, " long enough to be passed over", "long enough to be passed over"},
		{"one space", W{Collapse: true, LineEnds: true}, " ", ""},
		{"eight", all, "1234567  1234567 \n12345678 \u00a0", "1234567 1234567\n12345678"},
	}
	for _, tt := range tests {
		if got := tt.w.apply(tt.in); got != tt.want {
			t.Errorf("%s: %+q gives %+q, want %+q", tt.name, tt.in, got, tt.want)
		}
	}
}

var (
	otherSpaces = regexp.MustCompile(`[\p{Zs}]`)
	indentation = regexp.MustCompile(`^[ \t]*`)
	spaceRuns   = regexp.MustCompile(`[ \t]{2,}`)
	manyBreaks  = regexp.MustCompile(`\n{3,}`)
)

// whitespaceSlowly is NewWhitespace by regular expressions, for text without
// Mongolian.
func whitespaceSlowly(s string) string {
	trimmed := func(r rune) bool { return strings.ContainsRune("\t\n\v\f\r \u0085\u2028\u2029", r) }
	s = strings.TrimFunc(otherSpaces.ReplaceAllString(s, " "), trimmed)
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		l = strings.TrimRight(l, " \t")
		indent := indentation.FindString(l)
		lines[i] = indent + spaceRuns.ReplaceAllStringFunc(l[len(indent):], func(run string) string {
			if strings.Contains(run, "\t") {
				return "\t"
			}
			return " "
		})
	}
	return manyBreaks.ReplaceAllString(strings.Join(lines, "\n"), "\n\n")
}

func FuzzWhitespace(f *testing.F) {
	for _, s := range fuzzSeeds {
		for fields := range uint8(3) {
			f.Add(s, 31*fields, fields)
		}
	}
	f.Fuzz(func(t *testing.T, s string, fields, newlines uint8) {
		s = strings.ToValidUTF8(s, "\ufffd")
		w := &Whitespace{
			Spaces: fields&1 != 0, Collapse: fields&2 != 0, LineEnds: fields&4 != 0, Indents: fields&8 != 0,
			Ends: fields&16 != 0, MaxNewlines: int(newlines % 4),
		}
		once := w.apply(s)
		checkEdit(t, s, once)
		if again := w.apply(once); again != once {
			t.Errorf("%+v applied to %+q gives %+q, then %+q", *w, s, once, again)
		}
		once = NewWhitespace().apply(s)
		if again := NewWhitespace().apply(once); again != once {
			t.Errorf("applied to %+q it gives %+q, then %+q", s, once, again)
		}
		if !strings.Contains(s, "\u202f") {
			if want := whitespaceSlowly(s); once != want {
				t.Errorf("%+q gives %+q, want %+q", s, once, want)
			}
		}
	})
}
