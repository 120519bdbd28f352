package pretokenize

import (
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// A reference divides texts with the regular expressions of tiktoken, each
// alternative by itself: package regexp has no look-ahead.
type reference []func(s string) int

const space = `\t-\r \x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}`

// alternatives takes expressions; "" stands for \s+(?!\S).
func alternatives(expressions ...string) (r reference) {
	white := regexp.MustCompile(`^[` + space + `]+`)
	for _, e := range expressions {
		if e == "" {
			r = append(r, func(s string) int {
				m := white.FindString(s)
				if len(m) == len(s) {
					return len(m)
				}
				_, n := utf8.DecodeLastRuneInString(m)
				return len(m) - n
			})
			continue
		}
		re := regexp.MustCompile(`^(?:` + strings.ReplaceAll(e, `\s`, space) + `)`)
		r = append(r, func(s string) int { return len(re.FindString(s)) })
	}
	return r
}

var references = map[*Pattern]reference{
	GPT2Pattern: alternatives(`'(?:[sdmt]|ll|ve|re)`, ` ?\p{L}+`, ` ?\p{N}+`, ` ?[^\s\p{L}\p{N}]+`, ``, `[\s]+`),
	CL100KPattern: alternatives(`'(?i:[sdmt]|ll|ve|re)`, `[^\r\n\p{L}\p{N}]?\p{L}+`, `\p{N}{1,3}`, ` ?[^\s\p{L}\p{N}]+[\r\n]*`,
		`[\s]*[\r\n]+`, ``, `[\s]+`),
	O200KPattern: alternatives(
		`[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?`,
		`[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?`,
		`\p{N}{1,3}`, ` ?[^\s\p{L}\p{N}]+[\r\n/]*`, `[\s]*[\r\n]+`, ``, `[\s]+`),
}

var patternNames = map[*Pattern]string{GPT2Pattern: "gpt2", CL100KPattern: "cl100k", O200KPattern: "o200k"}

// words returns the ends of the words of s.
func (r reference) words(s string) (ends []int) {
	for i := 0; i < len(s); {
		n := 0
		for _, match := range r {
			if n = match(s[i:]); n > 0 {
				break
			}
		}
		if n == 0 {
			panic("no alternative")
		}
		i += n
		ends = append(ends, i)
	}
	return ends
}

// wordsBy returns the ends of the words of s, at most room at a time.
func wordsBy(p *Pattern, s string, room int) (ends []int) {
	buf := make([]int, room)
	for i := 0; i < len(s); {
		n := p.Ends(s, i, buf)
		ends = append(ends, buf[:n]...)
		i = buf[n-1]
	}
	return ends
}

func wordsOneByOne(p *Pattern, s string) (ends []int) {
	for i := 0; i < len(s); {
		i = p.Split(Load(), s, i)
		ends = append(ends, i)
	}
	return ends
}

// checkWords compares all ways to divide s.
func checkWords(t *testing.T, s string) {
	t.Helper()
	for p, r := range references {
		one := wordsOneByOne(p, s)
		if got := wordsBy(p, s, 1+len(s)%7); !slices.Equal(got, one) {
			t.Fatalf("%s: %q\nmany at a time %d\n    one by one %d", patternNames[p], s, got, one)
		}
		if strings.ContainsFunc(s, NewerThan15) {
			continue // package regexp does not know them
		}
		if want := r.words(s); !slices.Equal(one, want) {
			t.Fatalf("%s: %q\n got %d\nwant %d", patternNames[p], s, one, want)
		}
	}
}

// pools are characters that patterns treat differently.
var pools = []string{
	"abcdefghijklmnopqrstuvwxyz", "ABCXYZ", "aAzZ", " ", " \t\n\r\v\u0085\u00a0\u2003\u3000", "'sStTmMdDlLvVeErRſ’",
	"0123456789²½٣Ⅷ", "!?.,;:-_/\\()[]{}<>@#$%^&*+=~`|\"", "éÉßœŒıİǅʰªºﬁ", "中文字かなカナ한국어", "абвАБВґЇ", "אבגابتपाฟก",
	"\u0301\u0308\u0903\u20dd\u0e34", "😀👍🏽🇩🇪\u200d\ufe0f", "\ufeff\u200b\u00ad\x00\x07\x1c\u2028", "𝐀𝑏𐐀𐐨𠀀𞤀", "\x80\xff\xc3\xe4\xb8\xed\xf5",
	"\u1c89\u1c8a\ua7cb\U00010d40\U00010d69\U0002ebf0",
}

func randomText(r *rand.Rand) string {
	var b []byte
	for range 1 + r.IntN(12) {
		pool := pools[r.IntN(len(pools))]
		for range 1 + r.IntN(9) {
			i := r.IntN(len(pool))
			_, n := utf8.DecodeRuneInString(pool[i:])
			b = append(b, pool[i:i+n]...)
		}
	}
	return string(b)
}

func TestWords(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		checkWords(t, randomText(r))
	}
}

// Every character, alone and among others.
func TestEveryCharacter(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	for c := range rune(0x3400) {
		if utf8.ValidRune(c) {
			s := string(c)
			checkWords(t, "a"+s+"b "+s+s+"A"+s+"\n"+s+"1'"+s+"s "+s)
		}
	}
}

func FuzzWords(f *testing.F) {
	for _, s := range []string{"", "It's  a TEST'S\n\n x", "HTTPServer\u0301's //\n/ 12345", "中文ABc\u3000\u3000x", "\xe4\xb8 \xff's", "'ſ 'LLx  \t\r\n \v"} {
		f.Add(s)
	}
	f.Fuzz(checkWords)
}

// checkCut divides s wherever Cut says so.
func checkCut(t *testing.T, s string) {
	t.Helper()
	last := 0
	for at := range len(s) + 1 {
		cut := Cut(s, at)
		if cut < last || cut > at {
			t.Fatalf("%q: at %d: %d after %d", s, at, cut, last)
		}
		if cut == last {
			continue
		}
		last = cut
		for p, name := range patternNames {
			both := wordsOneByOne(p, s[:cut])
			for _, end := range wordsOneByOne(p, s[cut:]) {
				both = append(both, cut+end)
			}
			if whole := wordsOneByOne(p, s); !slices.Equal(both, whole) {
				t.Fatalf("%s: %q at %d\n  cut %d\nwhole %d", name, s, cut, both, whole)
			}
		}
	}
	if last != len(s) {
		t.Fatalf("%q: the end is not a place", s)
	}
}

func TestCut(t *testing.T) {
	for s, want := range map[string]int{ // the last place but the end
		"": 0, "word": 0, "two words": 3, "a, b": 2, "a,b": 1, "it's": 0, "a\n b": 0, "a\tb": 1, "a  b": 1, "中文。中": 6, "a\u3000b": 1, "\xff\u3000b": 0,
		"\xff b": 1, "a!\n": 1, "1 2": 1, "x\u0301y": 0, "a \nb": 1, "a\n\tb": 0,
	} {
		if got := Cut(s, len(s)-1); got != want {
			t.Errorf("%q: %d, want %d", s, got, want)
		}
	}
	if Cut("a b", -1) != 0 || Cut("a b", 100) != 3 {
		t.Error("beyond the ends")
	}
	r := rand.New(rand.NewPCG(3, 4))
	for range 5000 {
		checkCut(t, randomText(r))
	}
}

func FuzzCut(f *testing.F) {
	for _, s := range []string{"", "It's  a TEST'S\n\n x", "HTTPServer\u0301's //\n/ 12345", "中文ABc\u3000\u3000x", "\xe4\xb8 \xff's", "'ſ 'LLx  \t\r\n \v"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) <= 300 {
			checkCut(t, s)
		}
	})
}
