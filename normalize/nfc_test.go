package normalize

import (
	"bufio"
	"compress/bzip2"
	"os"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/textmill/textmill/internal/shareddata"
	"github.com/textmill/textmill/internal/ucd"
)

func TestTablesVersion(t *testing.T) {
	if norm.Version != ucd.Version {
		t.Logf("golang.org/x/text has Unicode %s; characters assigned since %s are left out of the comparisons", norm.Version, ucd.Version)
	}
}

// comparable reports whether x/text, which may have a newer Unicode, must agree
// with us about s.
func comparable(s string) bool {
	marks := 0
	for _, r := range s {
		if norm.Version != ucd.Version && ucd.CategoryOf(r) == ucd.Cn {
			return false
		}
		if marks++; norm.NFD.PropertiesString(string(r)).CCC() == 0 {
			marks = 0
		}
		if marks > 20 { // x/text inserts U+034F after 30, counting those in decompositions
			return false
		}
	}
	return true
}

// checkNFC compares with x/text.
func checkNFC(t *testing.T, s string) {
	t.Helper()
	if !comparable(s) {
		return
	}
	if got, want := nfc(s), norm.NFC.String(s); got != want {
		t.Errorf("nfc(%+q) = %+q, want %+q", s, got, want)
	}
}

func TestNFCEveryRune(t *testing.T) {
	for r := range rune(utf8.MaxRune + 1) {
		if !utf8.ValidRune(r) {
			continue
		}
		s := string(r)
		if norm.Version == ucd.Version || ucd.CategoryOf(r) != ucd.Cn {
			if got, want := nfc("a"+s), norm.NFC.String("a"+s); got != want {
				t.Errorf("nfc(%+q) = %+q, want %+q", "a"+s, got, want)
			}
			if got, want := nfc(s), norm.NFC.String(s); got != want {
				t.Errorf("nfc(%+q) = %+q, want %+q", s, got, want)
			}
		}
		if plainRune := skipPlain(s, 0) == len(s); plainRune && (kindOf(r) != ordinary || classOf(r, s) != 0) {
			t.Errorf("%U is skipped, but it is of kind %d and class %d", r, kindOf(r), classOf(r, s))
		} else if !plainRune && r < 0x10000 && kindOf(r) == ordinary && classOf(r, s) == 0 && ucd.CategoryOf(r) != ucd.Cn {
			t.Errorf("%U is not skipped, and for no reason", r)
		}
		if kindOf(r) != ordinary && classOf(r, s) != 0 {
			t.Errorf("%U is special and composes", r)
		}
	}
}

// Every character that may compose, after every character that has something to
// compose with and in the middle of others.
func TestNFCEveryPair(t *testing.T) {
	var firsts, seconds []string
	seen := map[rune]bool{}
	add := func(list *[]string, r rune) {
		if !seen[r] {
			seen[r] = true
			*list = append(*list, string(r))
		}
	}
	for r := range rune(utf8.MaxRune + 1) {
		if utf8.ValidRune(r) && classOf(r, string(r)) != 0 {
			add(&seconds, r)
		}
	}
	clear(seen)
	for _, c := range compositions {
		add(&firsts, rune(c>>42))
		add(&firsts, rune(c&(1<<21-1)))
	}
	for _, r := range "가각ᄀa क" {
		add(&firsts, r)
	}
	for i, a := range firsts {
		for k, b := range seconds {
			// All pairs of characters that compose, and a sample of the others.
			if composed(first(a), first(b)) != 0 || (i+k)%10 == 0 {
				checkNFC(t, a+b)
			}
		}
	}
	for _, a := range firsts {
		for _, b := range []string{"\u0301", "\u0327", "\u0323", "\u0338", "\u3099", "\u093c", "\u1161", "\u11a8"} {
			for _, c := range []string{"\u0301", "\u0327", "\u0302", "\u0345", "\u094d", "\u11a8", "x"} {
				checkNFC(t, a+b+c)
			}
		}
	}
}

func first(s string) rune {
	r, _ := utf8.DecodeRuneInString(s)
	return r
}

func TestNormalizationTest(t *testing.T) {
	f, err := os.Open(shareddata.Path(t, "unicode/debian-unicode-data-15.0/NormalizationTest.txt.bz2"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := 0
	for sc := bufio.NewScanner(bzip2.NewReader(f)); sc.Scan(); {
		text, _, _ := strings.Cut(sc.Text(), "#")
		col := strings.Split(text, ";")
		if len(col) < 5 {
			continue
		}
		lines++
		var c [5]string
		for i := range c {
			c[i] = parseHex(t, col[i])
		}
		for i, want := range []string{c[1], c[1], c[1], c[3], c[3]} {
			if got := nfc(c[i]); got != want {
				t.Errorf("%s: nfc(column %d) = %+q, want %+q", text, i+1, got, want)
			}
			if got := nfc("x" + c[i] + "y"); got != nfc("x"+want+"y") {
				t.Errorf("%s: between letters: column %d: %+q", text, i+1, got)
			}
		}
	}
	if lines < 19000 {
		t.Errorf("%d lines", lines)
	}
}

func parseHex(t *testing.T, field string) string {
	var sb strings.Builder
	for _, h := range strings.Fields(field) {
		n, err := strconv.ParseUint(h, 16, 32)
		if err != nil {
			t.Fatal(err)
		}
		sb.WriteRune(rune(n))
	}
	return sb.String()
}
