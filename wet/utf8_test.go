package wet

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestAppendValid(t *testing.T) {
	// As bytes(...).decode("utf-8", errors="replace") gives in Python; the long
	// ones are those of the Unicode Standard, tables 3-8 to 3-11.
	for in, want := range map[string]string{
		"":                                     "",
		"mill":                                 "mill",
		"Mühle 粉 🌾":                            "Mühle 粉 🌾",
		"\x80":                                 "\uFFFD",
		"a\xff\xfeb":                           "a\uFFFD\uFFFDb",
		"\xe2\x82":                             "\uFFFD",
		"\xe2\x82a":                            "\uFFFDa",
		"\xe2a":                                "\uFFFDa",
		"\xf0\x9f\x8c":                         "\uFFFD",
		"\xf0\x9f\x8c\xf0\x9f\x8c\xbe":         "\uFFFD🌾",
		"\xc3\xc3\xa9":                         "\uFFFDé",
		"\uFFFD":                               "\uFFFD",
		"\xc0\xaf\xe0\x80\xbf\xf0\x81\x82\x41": strings.Repeat("\uFFFD", 8) + "A",
		"\xed\xa0\x80\xed\xbf\xbf\xed\xaf\x41": strings.Repeat("\uFFFD", 8) + "A",
		"\xf4\x91\x92\x93\xff\x41\x80\xbf\x42": strings.Repeat("\uFFFD", 5) + "A\uFFFD\uFFFDB",
		"\xe1\x80\xe2\xf0\x91\x92\xf1\xbf\x41": strings.Repeat("\uFFFD", 4) + "A",
	} {
		if got := string(appendValid(nil, []byte(in))); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// beginnings are the proper beginnings of all characters, found by going through
// all of them.
var beginnings = func() map[string]bool {
	m := map[string]bool{}
	for r := rune(0x80); r <= utf8.MaxRune; r++ {
		if utf8.ValidRune(r) {
			for s := string(r); len(s) > 1; {
				s = s[:len(s)-1]
				m[s] = true
			}
		}
	}
	return m
}()

// replaceSlowly is appendValid by its definition.
func replaceSlowly(b string) string {
	var sb strings.Builder
	for len(b) > 0 {
		if _, n := utf8.DecodeRuneInString(b); n > 1 || b[0] < 0x80 {
			sb.WriteString(b[:n])
			b = b[n:]
			continue
		}
		n := 1
		for n < len(b) && beginnings[b[:n+1]] {
			n++
		}
		sb.WriteString("\uFFFD")
		b = b[n:]
	}
	return sb.String()
}

func TestAppendValidByDefinition(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 1))
	bytes := []byte{'a', 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff}
	b := make([]byte, 40)
	for range 50000 {
		n := rnd.IntN(len(b))
		for i := range b[:n] {
			b[i] = bytes[rnd.IntN(len(bytes))]
		}
		if got, want := string(appendValid(nil, b[:n])), replaceSlowly(string(b[:n])); got != want {
			t.Fatalf("%q: %q, want %q", b[:n], got, want)
		}
	}
}

func FuzzAppendValid(f *testing.F) {
	f.Add([]byte("Mühle\xff\xe2\x82"))
	f.Fuzz(func(t *testing.T, b []byte) {
		got := string(appendValid(nil, b))
		if want := replaceSlowly(string(b)); got != want || !utf8.ValidString(got) {
			t.Fatalf("%q: %q, want %q", b, got, want)
		}
	})
}
