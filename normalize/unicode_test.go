package normalize

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/textmill/textmill/internal/ucd"
)

func TestUnicode(t *testing.T) {
	tests := []struct {
		name, in, want string
		fields         Unicode // if zero, those of NewUnicode
	}{
		{name: "plain", in: "The mill.\n\tIt grinds.\n", want: "The mill.\n\tIt grinds.\n"},
		{name: "composed", in: "e\u0301 A\u030a \u212b o\u0302\u0323", want: "\u00e9 \u00c5 \u00c5 \u1ed9"},
		{name: "not NFC", in: "e\u0301\r", want: "e\u0301\n", fields: Unicode{LineBreaks: true}},
		{name: "compatibility forms stay", in: "ﬁ Ａ ² “x” … №", want: "ﬁ Ａ ² “x” … №"},
		{name: "CRLF", in: "a\r\nb\r\n\r\nc", want: "a\nb\n\nc"},
		{name: "CR", in: "a\rb\r\rc\r", want: "a\nb\n\nc\n"},
		{name: "CR CR LF", in: "a\r\r\nb", want: "a\n\nb"},
		{name: "LF CR", in: "a\n\rb", want: "a\n\nb"},
		{name: "other line breaks", in: "a\vb\fc\u0085d\u2028e\u2029f", want: "a\nb\nc\nd\ne\nf"},
		{name: "line breaks left", in: "a\r\nb\u2028c\vd\x00", want: "a\r\nb\u2028c\vd", fields: Unicode{Controls: true}},
		{name: "controls", in: "a\x00b\x01\x07\x08c\x1bd\x1ee\x7ff\u0080g\u009fh\ti", want: "abcdefgh\ti"},
		{name: "controls left", in: "a\x00b\u0080", want: "a\x00b\u0080", fields: Unicode{NFC: true, LineBreaks: true, ZeroWidth: true}},
		{name: "deprecated", in: "a\u206ab\u206f\ufff9c\ufffa\ufffb\ufffcd\ufffd", want: "abcd\ufffd"},
		{name: "zero width", in: "\ufeffa\u200bb\u2060c\ufeffd\u00ade", want: "abcde"},
		{name: "zero width left", in: "\ufeffa\u200bb\u200cc\U000e0041", want: "\ufeffa\u200bb\u200cc\U000e0041", fields: Unicode{NFC: true, Controls: true}},
		{name: "removal lets marks combine", in: "e\u200b\u0301 \u1100\u00ad\u1161", want: "\u00e9 \uac00"},
		{name: "nonjoiner in Latin", in: "a\u200cb \u200c1\u200c2", want: "ab 12"},
		{name: "nonjoiner in Persian", in: "می\u200cخواهم", want: "می\u200cخواهم"},
		{name: "nonjoiner twice", in: "می\u200c\u200cخواهم", want: "می\u200cخواهم"},
		{name: "nonjoiner at the end of a word", in: "می\u200c خواهم\u200c.", want: "می خواهم."},
		{name: "nonjoiner at the start of a word", in: " \u200cمی", want: " می"},
		{name: "nonjoiner between scripts", in: "SMS\u200cها ۲۰\u200cساله", want: "SMS\u200cها ۲۰\u200cساله"},
		{name: "nonjoiner behind vowel signs", in: "مَ\u200cخ", want: "مَ\u200cخ"},
		{name: "nonjoiner behind a virama", in: "क्\u200cष क्\u200c क्\u200c", want: "क्\u200cष क्\u200c क्\u200c"},
		{name: "nonjoiner in Bengali", in: "র\u200c্য", want: "র\u200c্য"},
		{name: "nonjoiner and what goes", in: "می\u200b\u200c\u00ad\u200bخواهم", want: "می\u200cخواهم"},
		{name: "joiner in Latin", in: "a\u200db\u200d", want: "ab"},
		{name: "joiner in Sinhala", in: "ක්\u200dෂ", want: "ක්\u200dෂ"},
		{name: "joiner for a form", in: "۱۳۹۰ ه\u200d.ش \u200dه", want: "۱۳۹۰ ه\u200d.ش \u200dه"},
		{name: "joiners of two kinds", in: "ل\u200d\u200c\u200dا", want: "ل\u200d\u200c\u200dا"},
		{name: "joiner in emoji", in: "👩\u200d🚀 👨🏽\u200d⚕\ufe0f 🏳\ufe0f\u200d🌈", want: "👩\u200d🚀 👨🏽\u200d⚕\ufe0f 🏳\ufe0f\u200d🌈"},
		{name: "joiner behind emoji", in: "👩\u200d 👩\u200da", want: "👩 👩a"},
		{name: "variation selectors", in: "☺\ufe0f ☺\ufe0e 葛\U000e0100", want: "☺\ufe0f ☺\ufe0e 葛\U000e0100"},
		{name: "flag", in: "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f", want: "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"},
		{name: "flag without end", in: "🏴\U000e0067\U000e0062!", want: "🏴!"},
		{name: "flag too long", in: "🏴" + strings.Repeat("\U000e0067", 7) + "\U000e007f", want: "🏴"},
		{name: "flag of nothing", in: "🏴\U000e007f", want: "🏴"},
		{name: "hidden text", in: "Hi\U000e0001\U000e0068\U000e0069\U000e007f there", want: "Hi there"},
		{name: "noncharacters", in: "a\ufdd0b\ufdefc\ufffed\uffffe\U0001fffef\U0010ffffg", want: "abcdefg"},
		{name: "noncharacters left", in: "a\ufdd0b\x00", want: "a\ufdd0b", fields: Unicode{Controls: true}},
		{name: "private use", in: "a\ue000b\uf8ffc\U000f0000d\U0010fffde", want: "a\ue000b\uf8ffc\U000f0000d\U0010fffde"},
		{name: "private use removed", in: "a\ue000b\uf8ffc\U000f0000d\U0010fffde\U0010ffff", want: "abcde\U0010ffff", fields: Unicode{PrivateUse: true}},
		{name: "nothing asked for", in: "e\u0301\r\n\x00\u200b\u202e\ufdd0\ue000", want: "e\u0301\r\n\x00\u200b\u202e\ufdd0\ue000", fields: Unicode{PrivateUse: false}},
		{name: "unassigned", in: "a\u0378b\U0003fffdc\u0897d", want: "a\u0378b\U0003fffdc\u0897d"},
		{name: "damaged", in: "a\xffb\xe4\xb8c\xf0\x9f\x98", want: "a\xffb\xe4\xb8c\xf0\x9f\x98"},
	}
	for _, tt := range tests {
		u := NewUnicode()
		if tt.fields != (Unicode{}) || tt.name == "nothing asked for" {
			u = &tt.fields
		}
		if got, _ := u.apply(tt.in); got != tt.want {
			t.Errorf("%s: %+q gives %+q, want %+q", tt.name, tt.in, got, tt.want)
		}
	}
}

func TestDirections(t *testing.T) {
	const (
		lre, rle, pdf, lro, rlo = "\u202a", "\u202b", "\u202c", "\u202d", "\u202e"
		lri, rli, fsi, pdi      = "\u2066", "\u2067", "\u2068", "\u2069"
		lrm, rlm, alm           = "\u200e", "\u200f", "\u061c"
	)
	keep := []string{
		"a" + lre + "b" + pdf, rle + pdf, lro + "x" + pdf + rlo + "y" + pdf, lri + "x" + pdi, rli + fsi + pdi + pdi,
		lre + lri + pdi + pdf, lri + lre + pdf + pdi,
		"שלום" + lrm + "!", rlm + "שלום", "سلام" + alm, "\u0639" + lrm,
		strings.Repeat(lri, 125) + strings.Repeat(pdi, 125),
	}
	for _, s := range keep {
		if got, n := balance(s); got != s || n != 0 {
			t.Errorf("%+q gives %+q", s, got)
		}
	}
	drop := []struct{ in, want string }{
		{lre + "x", "x"}, {"x" + pdf, "x"}, {lri + "x", "x"}, {"x" + pdi, "x"}, {pdf + lre, ""}, {pdi + lri, ""},
		{lre + "a\nb" + pdf, "a\nb"}, {lre + "a\r\nb" + pdf, "a\r\nb"}, {lre + "a\u2029b" + pdf, "a\u2029b"},
		{lri + lre + pdi + pdf, lri + pdi}, {lre + lri + pdf + pdi + pdf, lre + lri + pdi + pdf},
		{lrm + "x" + rlm + alm, "x"}, {"x" + lrm + "\nשלום" + lrm + "\ny" + rlm, "x\nשלום" + lrm + "\ny"},
		{alm + "1", "1"},
		{strings.Repeat(lri, 126) + strings.Repeat(pdi, 126), strings.Repeat(lri, 125) + strings.Repeat(pdi, 125)},
		{strings.Repeat(lre, 126) + strings.Repeat(pdf, 126), strings.Repeat(lre, 125) + strings.Repeat(pdf, 125)},
		{strings.Repeat(lre, 125) + lri + "x" + pdf + pdi + strings.Repeat(pdf, 125), strings.Repeat(lre, 125) + "x" + strings.Repeat(pdf, 125)},
	}
	for _, tt := range drop {
		got, n := balance(tt.in)
		if got != tt.want || int(n) != utf8.RuneCountInString(tt.in)-utf8.RuneCountInString(tt.want) {
			t.Errorf("%+q gives %+q and %d, want %+q", tt.in, got, n, tt.want)
		}
	}
}

// A run of more than 30 marks is put into NFC like any other.
func TestNFCManyMarks(t *testing.T) {
	tests := []struct{ in, want string }{
		{"a" + strings.Repeat("\u0300", 100), "\u00e0" + strings.Repeat("\u0300", 99)},
		{"a" + strings.Repeat("\u0316", 50) + "\u0300", "\u00e0" + strings.Repeat("\u0316", 50)},
		{"a" + strings.Repeat("\u0300\u0316", 40), "\u00e0" + strings.Repeat("\u0316", 40) + strings.Repeat("\u0300", 39)},
		{"q" + strings.Repeat("\u0300", 1000), "q" + strings.Repeat("\u0300", 1000)},
		{strings.Repeat("\u0300\u0316", 40), strings.Repeat("\u0316", 40) + strings.Repeat("\u0300", 40)},
	}
	for _, tt := range tests {
		if got := nfc(tt.in); got != tt.want {
			t.Errorf("%+q gives %+q, want %+q", tt.in, got, tt.want)
		}
	}
}

// unicodeSlowly is Unicode the obvious way, but for joiners, tags and directions,
// which it assumes not to occur.
func unicodeSlowly(s string) string {
	var sb strings.Builder
	for i, r := range s {
		switch {
		case r == '\n' && i > 0 && s[i-1] == '\r':
		case strings.ContainsRune("\r\v\f\u0085\u2028\u2029", r):
			sb.WriteByte('\n')
		case r == '\n' || r == '\t':
			sb.WriteRune(r)
		case ucd.IsControl(r), r >= 0x206A && r <= 0x206F, r >= 0xFFF9 && r <= 0xFFFC,
			strings.ContainsRune("\u200b\u2060\ufeff\u00ad", r), r >= 0xFDD0 && r <= 0xFDEF, r&0xFFFE == 0xFFFE:
		default:
			sb.WriteRune(r)
		}
	}
	return nfc(sb.String())
}

func FuzzUnicode(f *testing.F) {
	for _, s := range fuzzSeeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		s = strings.ToValidUTF8(s, "\ufffd")
		u := NewUnicode()
		once, counts := u.apply(s)
		checkEdit(t, s, once)
		if again, c := u.apply(once); again != once || c != (unicodeCounts{}) {
			t.Errorf("applied to %+q it gives %+q, then %+q", s, once, again)
		}
		if (once == s) != (counts == unicodeCounts{}) {
			t.Errorf("%+q gives %+q, and counts %v", s, once, counts)
		}
		if !strings.ContainsFunc(s, func(r rune) bool { k := kindOf(r); return k == joiner || k == tag || k == direction }) {
			if want := unicodeSlowly(s); once != want {
				t.Errorf("%+q gives %+q, want %+q", s, once, want)
			}
		}
		bare := &Unicode{LineBreaks: true, Controls: true, ZeroWidth: true, Directions: true, Noncharacters: true, PrivateUse: true}
		a, _ := bare.apply(s)
		if b, _ := bare.apply(a); b != a {
			t.Errorf("without NFC, applied to %+q it gives %+q, then %+q", s, a, b)
		}
	})
}

func FuzzNFC(f *testing.F) {
	for _, s := range fuzzSeeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		s = strings.ToValidUTF8(s, "\ufffd")
		once := nfc(s)
		checkEdit(t, s, once)
		if again := nfc(once); again != once {
			t.Errorf("nfc(%+q) = %+q, whose NFC is %+q", s, once, again)
		}
		checkNFC(t, s)
	})
}

// checkEdit checks what holds for every edit.
func checkEdit(t *testing.T, before, after string) {
	t.Helper()
	if !utf8.ValidString(after) {
		t.Errorf("%+q gives %+q, which is not valid UTF-8", before, after)
	}
}

var fuzzSeeds = []string{
	"", "plain text\n", "e\u0301\u0323o\u0302", "a\r\nb\u2028c\x00d", "می\u200cخواهم \u200dه", "👩\u200d🚀🏴\U000e0067\U000e007f",
	"\u202aa\u2067b\u202c\u2069\u200e", "가\u11a8\u1100\u1161", "क\u093c्\u200d", "\ufdd0\ue000\uffff\ufeff\u00ad",
	"  a \t b \n\n\n\n  c\u00a0\u3000d\u202f\n", "---\n***\nabc\n\n!!!", "a\u2003\n \n\t\n b", "ᠠ\u202fᠠ \u1680",
	"bob@example.org, +1 (202) 555-0123 x4, 8.8.8.8 and 2600::1", "call 2025550123 or 020 7946 0018", "a@b.com@c.org 1.2.3.4.5 ::1%x",
}
