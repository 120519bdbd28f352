package dedup

import (
	"encoding/hex"
	"encoding/json"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/zeebo/xxh3"
	"golang.org/x/text/unicode/norm"

	"github.com/textmill/textmill/internal/ucd"
)

// The obvious implementations, which make the whole normalized text.

func slowWhitespace(s string) string {
	return strings.Join(strings.FieldsFunc(s, ucd.IsPythonSpace), " ")
}

var slowNumber = regexp.MustCompile(`\p{Nd}+([.,،٫⎖⎗⎘]\p{Nd}+)?`)

func slowLoose(s string) string {
	// Canonical decomposition as such, without the reordering of marks: the only
	// marks that stay are not nonspacing, and two that trade places are not
	// found in any text.
	var sb strings.Builder
	for _, r := range s {
		d := string(r)
		if ucd.CategoryOf(r) != ucd.Cn {
			d = norm.NFD.String(d)
		}
		for _, r := range d {
			if ucd.CategoryOf(r) != ucd.Mn && ucd.CategoryOf(r) != ucd.Cf {
				sb.WriteRune(ucd.ToLower(r))
			}
		}
	}
	s = strings.ReplaceAll(sb.String(), "ς", "σ")
	s = slowNumber.ReplaceAllString(s, "0")
	s = strings.Map(func(r rune) rune {
		if ucd.IsPunct(r) || r < 0x80 && ucd.IsSymbol(r) || ucd.IsControl(r) {
			return ' '
		}
		return r
	}, s)
	return slowWhitespace(s)
}

func slowKey(n Normalization, s string) (key, bool) {
	switch n {
	case Whitespace:
		s = slowWhitespace(s)
	case Loose:
		s = slowLoose(s)
	}
	return keyOf(xxh3.HashString128(s)), s != ""
}

func checkKey(t *testing.T, k *keyer, s string) {
	t.Helper()
	got, ok := k.key(s)
	want, wantOK := slowKey(k.normals, s)
	if ok != wantOK || ok && got != want {
		t.Errorf("%v of %.200q: %x, %t; want %x, %t", k.normals, s, got, ok, want, wantOK)
	}
}

// Texts in a row are the same, those in different rows are not.
func TestSame(t *testing.T) {
	tests := map[Normalization][][]string{
		Verbatim: {
			{"a"}, {"a "}, {"A"}, {" "},
		},
		Whitespace: {
			{"two words", " two\twords\n", "two\r\n\r\nwords", "two\u00a0words", "\u3000two\u2003 words\u0085", "two\x1cwords\v\f"},
			{"twowords"}, {"two words."}, {"Two words"}, {"two\u200bwords"}, {"two\ufeffwords"},
			{"é"}, {"e\u0301"}, // case and form count
			{"1"}, {"2"},
		},
		Loose: {
			{"two words", "Two  Words!", "\"two\" — words…", "(TWO) [words]", "two\u200b words\ufeff", "two\x00words", "two+words", "two`words"},
			{"cafe au lait", "Café au lait", "CAFE\u0301 AU LAIT", "café–au–lait"},
			{"page 0 of 0", "Page 1 of 12", "page 3.14 of 2,718", "page ٣٫١٤ of ४२", "page 1.5 of 7.", "page 10 of 10,"},
			{"page 0 0 of 0", "page 1.2.3 of 4", "page 1,000,000 of 9", "page 1 000 of 9"},
			{"οδοσ", "ΟΔΟΣ", "οδος", "Οδός"},
			{"istanbul", "İstanbul", "ISTANBUL"},
			{"\u1100\u1161\u11a8", "각"}, // Hangul by its parts
			{"k", "\u212a"},             // the Kelvin sign
			{"ω", "\u2126", "Ω"},
			{"\uac00 你好", "가、你好。"},
			{"👍"}, {"👎"}, {"😀 ok"}, {"ok"},
			{"²"}, {"ⅷ", "Ⅷ"}, // numbers, but no digits
			{"a0b", "a17b"}, {"ab"}, {"a b"},
		},
	}
	for n, rows := range tests {
		k := newKeyer(n)
		seen := map[key]string{}
		for _, row := range rows {
			first, ok := k.key(row[0])
			if !ok {
				t.Errorf("%v: %q has no key", n, row[0])
			}
			if other, dup := seen[first]; dup {
				t.Errorf("%v: %q is the same as %q", n, row[0], other)
			}
			seen[first] = row[0]
			for _, s := range row[1:] {
				if got, _ := k.key(s); got != first {
					t.Errorf("%v: %q is not the same as %q", n, s, row[0])
				}
			}
			for _, s := range row {
				checkKey(t, k, s)
			}
		}
	}
}

func TestEmpty(t *testing.T) {
	for n, texts := range map[Normalization][]string{
		Verbatim:   {""},
		Whitespace: {"", " ", "\n\t\u3000\u0085"},
		Loose:      {"", " ", "-- !?", "\u0301", "\u200b\ufeff", "\x00", "$+<=>^`|~"},
	} {
		for _, s := range texts {
			if _, ok := newKeyer(n).key(s); ok {
				t.Errorf("%v: %q has a key", n, s)
			}
		}
	}
}

// Signatures may be compared with those of older versions.
func TestKeysAreFrozen(t *testing.T) {
	tests := []struct {
		n          Normalization
		text, want string
	}{
		// The hash of the empty string is that of the xxHash specification.
		{Verbatim, "", "99aa06d3014798d86001c324468d497f"},
		{Verbatim, "Ground  fine: 3.5 Ångström!\n", "bd703679ffa5405f0ba5dc5465d290a1"},
		{Whitespace, "Ground  fine: 3.5 Ångström!\n", "9800ee9ea163003f738667c4080fbcbd"},
		{Loose, "Ground  fine: 3.5 Ångström!\n", "6d1972eed35a346280257e7138329d30"},
	}
	for _, tt := range tests {
		got, _ := newKeyer(tt.n).key(tt.text)
		if s := hex.EncodeToString(got[:]); s != tt.want {
			t.Errorf("%v of %q: %s, want %s", tt.n, tt.text, s, tt.want)
		}
	}
}

// Pieces of text that normalizations have something to say about.
var pieces = []string{
	"a", "word", "Word", " ", "  ", "\n", "\t", ".", ",", "-", "1", "23", "1.5", "٣", "٫", "é", "e\u0301", "\u0301", "Σ", "ς", "σας",
	"İ", "ı", "ß", "ẞ", "你", "。", "각", "\u1100", "\u00a0", "\u3000", "\u2028", "\u0085", "\x1c", "\x00", "\u200b", "👍🏽", "\ufffd",
	"≠", "\u037e", "\u1fef", "\U0001d15e", "\u302e", "ा", "\u094d", "ﬁ", "Ǆ", strings.Repeat("long", 3000), strings.Repeat("é", 3000),
	strings.Repeat(" ", 3000), strings.Repeat("7", 9000), strings.Repeat("a b ", 2500),
}

func TestLikeTheSlowOne(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	for _, n := range []Normalization{Verbatim, Whitespace, Loose} {
		k := newKeyer(n)
		for range 400 {
			var sb strings.Builder
			for range rng.IntN(12) {
				sb.WriteString(pieces[rng.IntN(len(pieces))])
			}
			checkKey(t, k, sb.String())
		}
		// Every length around that of the buffer.
		for l := len(k.buf) - 3; l <= len(k.buf)+3; l++ {
			checkKey(t, k, strings.Repeat("x", l))
			checkKey(t, k, strings.Repeat("x", l)+" ")
			checkKey(t, k, strings.Repeat("x", l)+" y")
			checkKey(t, k, strings.Repeat("x", l)+"é")
			checkKey(t, k, strings.Repeat("x", l)+" 1")
			checkKey(t, k, strings.Repeat("x", 2*l))
		}
	}
}

// assigned yields all assigned code points, a page at a time.
func assigned(yield func(page []rune) bool) {
	for first := rune(0); first <= utf8.MaxRune; first += 256 {
		var page []rune
		for r := first; r < first+256; r++ {
			if utf8.ValidRune(r) && ucd.CategoryOf(r) != ucd.Cn {
				page = append(page, r)
			}
		}
		if len(page) > 0 && !yield(page) {
			return
		}
	}
}

// What is assumed about Unicode.
func TestLooseOfEveryCodePoint(t *testing.T) {
	k := newKeyer(Loose)
	for page := range assigned {
		var sb strings.Builder
		for _, r := range page {
			classes := map[uint8]bool{}
			for _, d := range norm.NFD.String(string(r)) {
				c, l := classOf(d), lower(d)
				if c != nothing {
					classes[c] = true
				}
				if l == d {
					continue // decomposed already
				}
				if norm.NFD.String(string(l)) != string(l) {
					t.Errorf("%U: the lower case of %U can be decomposed", r, d)
				}
				if classOf(l) != c {
					t.Errorf("%U: lower case changes the class of %U", r, d)
				}
			}
			if len(classes) > 1 {
				t.Errorf("%U decomposes into what is kept and what is not", r)
			}
			sb.WriteString("x" + string(r) + "y1" + string(r) + "2 ")
		}
		checkKey(t, k, sb.String())
	}
	checkKey(t, k, "unassigned: \u0378 \U000e0fff \U0010fffe")
}

// Canonically equivalent texts are the same to Loose.
func TestLooseOfEquivalentTexts(t *testing.T) {
	k := newKeyer(Loose)
	for page := range assigned {
		var sb strings.Builder
		for _, r := range page {
			sb.WriteString("x" + string(r) + "y")
		}
		want, _ := k.key(sb.String())
		for _, form := range []norm.Form{norm.NFC, norm.NFD} {
			if got, _ := k.key(form.String(sb.String())); got != want {
				t.Errorf("%U: form %d is another text", page[0], form)
			}
		}
	}
}

func TestSpaces(t *testing.T) {
	for r := range rune(utf8.MaxRune + 1) {
		want := 0
		if ucd.IsPythonSpace(r) {
			want = utf8.RuneLen(r)
		}
		if s := string(r); spaceAt(s, 0) != want || spaceAt(s+"x", 0) != want {
			t.Errorf("%U: %d, want %d", r, spaceAt(s, 0), want)
		}
	}
	for _, s := range []string{"\xc2", "\xe2", "\xe2\x80", "\xe3\x80", "\xe3", "\x80"} {
		if spaceAt(s, 0) != 0 {
			t.Errorf("%q is a space", s)
		}
	}
}

func TestNormalizationAsText(t *testing.T) {
	for _, n := range []Normalization{Whitespace, Verbatim, Loose} {
		b, err := json.Marshal(map[string]any{"n": n})
		if err != nil || string(b) != `{"n":"`+n.String()+`"}` {
			t.Errorf("%s, %v", b, err)
		}
		var got Normalization
		if err := got.UnmarshalText([]byte(n.String())); err != nil || got != n {
			t.Errorf("%v, %v", got, err)
		}
	}
	var n Normalization
	if err := n.UnmarshalText([]byte("none")); err == nil {
		t.Error("an unknown name was taken")
	}
	if _, err := json.Marshal(Normalization(9)); err == nil {
		t.Error("an unknown normalization was marshalled")
	}
}

func TestKeyAllocatesNothing(t *testing.T) {
	text := strings.Repeat("Some Words, 12.5 of them: naïve Ωμέγα 你好。\n", 1000)
	for _, n := range []Normalization{Verbatim, Whitespace, Loose} {
		k := newKeyer(n)
		k.key(text) // makes pages of code points
		if allocs := testing.AllocsPerRun(10, func() { k.key(text) }); allocs > 0 {
			t.Errorf("%v: %v allocations", n, allocs)
		}
	}
}

func FuzzKey(f *testing.F) {
	for _, s := range pieces {
		f.Add(s, "x"+s+s, uint16(1))
	}
	f.Add("1.", "2", uint16(5000))
	f.Fuzz(func(t *testing.T, a, b string, times uint16) {
		s := strings.ToValidUTF8(a+strings.Repeat(b, int(times)%(20_000/(len(b)+1)+1)), "\ufffd")
		for _, n := range []Normalization{Verbatim, Whitespace, Loose} {
			checkKey(t, newKeyer(n), s)
		}
	})
}
