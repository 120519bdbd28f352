package ucd

import (
	"bufio"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/textmill/textmill/internal/shareddata"
)

// inBoth reports whether package unicode can say something about r: all code
// points if it is of our version, else those that both versions have assigned,
// since an assigned code point hardly ever changes its properties.
func inBoth(r rune) bool {
	return unicode.Version == Version || CategoryOf(r) != Cn
}

// TestCategories compares with package unicode, whose tables are made by
// different people from the same data.
func TestCategories(t *testing.T) {
	failed := 0
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if !inBoth(r) {
			continue
		}
		name := CategoryOf(r).String()
		var ok bool
		if name == "Cn" {
			ok = !unicode.In(r, unicode.L, unicode.M, unicode.N, unicode.P, unicode.S, unicode.Z, unicode.C)
			if c, has := unicode.Categories["Cn"]; has { // part of C since Go 1.25
				ok = unicode.Is(c, r)
			}
		} else {
			ok = unicode.Is(unicode.Categories[name], r)
		}
		if !ok {
			t.Errorf("%U: category %s is not package unicode's", r, name)
			if failed++; failed == 20 {
				t.FailNow()
			}
		}
	}
}

func TestCategoryPredicates(t *testing.T) {
	for _, tt := range []struct {
		name string
		is   func(rune) bool
		want func(rune) bool
	}{
		{"IsLetter", IsLetter, unicode.IsLetter},
		{"IsMark", IsMark, unicode.IsMark},
		{"IsNumber", IsNumber, unicode.IsNumber},
		{"IsDigit", IsDigit, unicode.IsDigit},
		{"IsPunct", IsPunct, unicode.IsPunct},
		{"IsSymbol", IsSymbol, unicode.IsSymbol},
		{"IsControl", IsControl, unicode.IsControl},
		{"IsSpace", IsSpace, func(r rune) bool { return unicode.Is(unicode.White_Space, r) }},
		{"IsUpper", IsUpper, unicode.IsUpper},
		{"IsLower", IsLower, func(r rune) bool { return unicode.Is(unicode.Ll, r) }},
		{"IsAlnum", IsAlnum, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }},
	} {
		for r := rune(-1); r <= unicode.MaxRune+1; r++ {
			if inBoth(r) && tt.is(r) != tt.want(r) {
				t.Errorf("%s(%U) = %v", tt.name, r, tt.is(r))
				break
			}
		}
	}
}

// TestNoCodePoint gives every function what is no code point.
func TestNoCodePoint(t *testing.T) {
	for _, r := range []rune{-1, 0x110000, -1 << 31, 1<<31 - 1} {
		if CategoryOf(r) != Cn || ScriptOf(r) != Unknown || WordBreakOf(r) != WBOther || ToLower(r) != r ||
			IsSpace(r) || IsPythonSpace(r) || IsCased(r) || IsExtendedPictographic(r) {
			t.Errorf("%#x is something", r)
		}
	}
}

// TestSpaces lists White_Space as PropList.txt has it, and what Python adds.
func TestSpaces(t *testing.T) {
	white := []rune{9, 10, 11, 12, 13, ' ', 0x85, 0xA0, 0x1680, 0x2000, 0x2001, 0x2002, 0x2003, 0x2004, 0x2005,
		0x2006, 0x2007, 0x2008, 0x2009, 0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000}
	python := slices.Concat([]rune{0x1C, 0x1D, 0x1E, 0x1F}, white)
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if got := IsSpace(r); got != slices.Contains(white, r) {
			t.Errorf("IsSpace(%U) = %v", r, got)
		}
		if got := IsPythonSpace(r); got != slices.Contains(python, r) {
			t.Errorf("IsPythonSpace(%U) = %v", r, got)
		}
	}
}

// TestScripts compares with Scripts.txt itself and with package unicode.
func TestScripts(t *testing.T) {
	f, err := os.Open(shareddata.Path(t, "unicode/debian-unicode-data-15.0/Scripts.txt"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	want := make([]string, unicode.MaxRune+1)
	for lines := bufio.NewScanner(f); lines.Scan(); {
		line, _, _ := strings.Cut(lines.Text(), "#")
		points, script, ok := strings.Cut(line, ";")
		if !ok {
			continue
		}
		var first, last rune
		if n, _ := fmt.Sscanf(points, "%x..%x", &first, &last); n == 1 {
			last = first
		}
		for r := first; r <= last; r++ {
			want[r] = strings.TrimSpace(script)
		}
	}
	for r, name := range want {
		if name == "" {
			name = "Unknown"
		}
		if got := ScriptOf(rune(r)).String(); got != name {
			t.Fatalf("%U: script %s, want %s", r, got, name)
		}
	}
}

func TestScriptsAreUnicodes(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if s := ScriptOf(r); s != Unknown && !unicode.Is(unicode.Scripts[s.String()], r) {
			t.Fatalf("%U: script %v is not package unicode's", r, s)
		}
	}
	if len(scriptNames) != 164 { // the 161 of Unicode 15.0, Common, Inherited and Unknown
		t.Errorf("%d scripts", len(scriptNames))
	}
	if got := Script(200).String(); got != "Unknown" {
		t.Error(got)
	}
}

func TestWordBreakOf(t *testing.T) {
	for r, want := range map[rune]WordBreak{
		'\r': WBCR, '\n': WBLF, 0x85: WBNewline, 0x0301: WBExtend, 0x200D: WBZWJ, 0x1F1E6: WBRegionalIndicator,
		0xAD: WBFormat, 'ア': WBKatakana, 'א': WBHebrewLetter, 'a': WBALetter, '\'': WBSingleQuote, '"': WBDoubleQuote,
		'.': WBMidNumLet, ':': WBMidLetter, ',': WBMidNum, '7': WBNumeric, '_': WBExtendNumLet, ' ': WBWSegSpace,
		'漢': WBOther, 'ก': WBOther, 0xA0: WBOther,
	} {
		if got := WordBreakOf(r); got != want {
			t.Errorf("%U: %d, want %d", r, got, want)
		}
	}
}

func TestExtendedPictographic(t *testing.T) {
	for r, want := range map[rune]bool{'©': true, '☺': true, '👍': true, 0x1FAFF: true, 'a': false, '#': false, 0x1F3FD: false, 0x1F1E6: false} {
		if IsExtendedPictographic(r) != want {
			t.Errorf("%U: %v", r, !want)
		}
	}
}

func TestToLower(t *testing.T) {
	for r := rune(-1); r <= unicode.MaxRune+1; r++ {
		// Package unicode does not change characters whose mapping is full.
		if got, want := ToLower(r), unicode.ToLower(r); inBoth(r) && got != want && r != 'İ' {
			t.Errorf("%U: %U, want %U", r, got, want)
		}
	}
}

// TestAppendLower has the results of Python's str.lower.
func TestAppendLower(t *testing.T) {
	for s, want := range map[string]string{
		"":           "",
		"ASCII az09": "ascii az09",
		"İstanbul":   "i\u0307stanbul",
		"Iı":         "iı",
		"STRASSE ẞß": "strasse ßß",
		"ǅ Ǆ ǆ":      "ǆ ǆ ǆ",
		"ὈΔΥΣΣΕΎΣ":   "ὀδυσσεύς",
		"Σ":          "σ",
		"ΣΑΣ ΑΣ":     "σας ας",
		"ΑΣ.":        "ας.",
		"ΑΣ.Α":       "ασ.α", // a full stop is ignored
		"ΑΣ Α":       "ας α",
		"Α\u0301Σ":   "α\u0301ς",
		"1Σ":         "1σ",
		"ΑΣΣ":        "ασς",
		"aΣb AΣ":     "aσb aς",
		"ΑΣ\u00adΑ":  "ασ\u00adα",
		"Ⅷ Ⓐ":        "ⅷ ⓐ",
		"Ა ᲐᏠ":       "ა აꮰ",
		"𐐀":          "𐐨",
		"日本":         "日本",
		"\xff A\xce": "\xff a\xce",
	} {
		if got := string(AppendLower([]byte("<"), s)); got != "<"+want {
			t.Errorf("%q: %q, want %q", s, got, "<"+want)
		}
	}
}

// TestAppendLowerLinear would take minutes if a run of sigmas and full stops took
// quadratic time.
func TestAppendLowerLinear(t *testing.T) {
	for _, s := range []string{"Σ.", "ΑΣ", "Σ\u0301"} {
		n := len(AppendLower(nil, strings.Repeat(s, 200_000)))
		if n != 200_000*len(s) {
			t.Errorf("%q: %d bytes", s, n)
		}
	}
	if got := string(AppendLower(nil, "Σ"+strings.Repeat(".", 100_000)+"Σ")); !strings.HasPrefix(got, "σ.") {
		t.Error(got[:10])
	}
}

func TestCategoryString(t *testing.T) {
	if got := Category(200).String(); got != "Cn" {
		t.Error(got)
	}
}

func BenchmarkCategoryOf(b *testing.B) {
	text := strings.Repeat("The mill, мельница, 水車 ", 100)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		for _, r := range text {
			if IsAlnum(r) {
				n++
			}
		}
	}
}

func BenchmarkAppendLower(b *testing.B) {
	for name, text := range map[string]string{
		"ascii": strings.Repeat("The Miller's daughter. ", 100), "greek": strings.Repeat("Η κόρη του ΜΥΛΩΝΆΣ ", 100),
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			var dst []byte
			for b.Loop() {
				dst = AppendLower(dst[:0], text)
			}
		})
	}
}
