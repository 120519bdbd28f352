package normalize

import (
	"strings"
	"testing"

	"github.com/textmill/textmill/internal/ucd"
)

func TestSymbolLines(t *testing.T) {
	tests := []struct {
		in, want, replaced string // want without replacement, replaced with […]
		removed            int64
	}{
		{"", "", "", 0},
		{"\n", "\n", "\n", 0},
		{"abc", "abc", "abc", 0},
		{"a\n\nb\n", "a\n\nb\n", "a\n\nb\n", 0},
		{"a\n---\nb", "a\nb", "a\n[…]\nb", 1},
		{"a\n---\n***\nb\n", "a\nb\n", "a\n[…]\nb\n", 2},
		{"a\n---\n\n***\nb", "a\n\nb", "a\n[…]\n\n[…]\nb", 2},
		{"---\na", "a", "[…]\na", 1},
		{"a\n---", "a", "a\n[…]", 1},
		{"a\n---\n", "a\n", "a\n[…]\n", 1},
		{"---", "", "[…]", 1},
		{"---\n", "", "[…]\n", 1},
		{"---\n\na", "\na", "[…]\n\na", 1},
		{"---\n***\n===", "", "[…]", 3},
		{" - - \t-\na", "a", "[…]\na", 1},
		{"   \na", "   \na", "   \na", 0},
		{"- a\n* b", "- a\n* b", "- a\n* b", 0},
		{"$€+=<>|~^`\na", "a", "[…]\na", 1},
		{"。、「」…—\na", "a", "[…]\na", 1},
		{"1\n2.\n***\n3)", "1\n2.\n3)", "1\n2.\n[…]\n3)", 1},
		{"★★☆\n❤️ 👩‍🚀\n#️⃣x", "#️⃣x", "[…]\n#️⃣x", 2},
		{"\u00a0—\u3000\na", "a", "[…]\na", 1},
		{"---\r\na\r\n", "a\r\n", "[…]\na\r\n", 1},
		{"\u0301!\na", "\u0301!\na", "\u0301!\na", 0},
		{"²\n!", "²", "²\n[…]", 1},
	}
	for _, tt := range tests {
		if got, n := (&SymbolLines{}).apply(tt.in); got != tt.want || n != tt.removed {
			t.Errorf("%q gives %q and %d, want %q and %d", tt.in, got, n, tt.want, tt.removed)
		}
		if got, n := (&SymbolLines{Replacement: "[…]"}).apply(tt.in); got != tt.replaced || n != tt.removed {
			t.Errorf("%q gives %q and %d, want %q and %d", tt.in, got, n, tt.replaced, tt.removed)
		}
	}
	// A replacement that is such a line itself.
	for in, want := range map[string]string{"a\n***\n---\nb": "a\n---\nb", "a\n---\nb": "a\n---\nb", "---\n---": "---"} {
		if got, _ := (&SymbolLines{Replacement: "---"}).apply(in); got != want {
			t.Errorf("%q gives %q, want %q", in, got, want)
		}
	}
}

// symbolLinesSlowly is SymbolLines the obvious way.
func symbolLinesSlowly(s, replacement string) string {
	var out []string
	in := false
	for _, line := range strings.Split(s, "\n") {
		symbols, others := false, false
		for _, r := range line {
			symbols = symbols || ucd.IsPunct(r) || ucd.IsSymbol(r)
			others = others || !(ucd.IsPunct(r) || ucd.IsSymbol(r) || ucd.IsSpace(r) || strings.ContainsRune("\u200d\ufe0e\ufe0f\u20e3", r))
		}
		switch {
		case !symbols || others:
			out = append(out, line)
		case !in && replacement != "":
			out = append(out, replacement)
		}
		in = symbols && !others
	}
	return strings.Join(out, "\n")
}

func FuzzSymbolLines(f *testing.F) {
	for _, s := range fuzzSeeds {
		f.Add(s, "")
		f.Add(s, "***")
	}
	f.Fuzz(func(t *testing.T, s, replacement string) {
		s, replacement = strings.ToValidUTF8(s, "\ufffd"), strings.ToValidUTF8(replacement, "\ufffd")
		if strings.Contains(replacement, "\n") {
			return
		}
		l := &SymbolLines{Replacement: replacement}
		once, _ := l.apply(s)
		checkEdit(t, s, once)
		if again, n := l.apply(once); again != once || n != 0 {
			t.Errorf("with %q, applied to %q it gives %q, then %q", replacement, s, once, again)
		}
		// A text all of whose lines go ends without the newline that was its last line.
		if want := symbolLinesSlowly(s, replacement); once != want {
			t.Errorf("with %q, %q gives %q, want %q", replacement, s, once, want)
		}
	})
}
