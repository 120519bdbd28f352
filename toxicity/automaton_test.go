package toxicity

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/textmill/textmill/internal/ucd"
)

// A find is a word found: its place in the text, and its number.
type find struct{ start, end, word int }

func anywhere(int) bool { return false }

// findAll is what an automaton finds, through scan.
func findAll(a *automaton, words []string, text string) []find {
	var out []find
	s := scan{a: a, text: text}
	for s.next() {
		for t := s.state(); t != 0; t = a.link[t] {
			if w := a.word[t]; w != 0 {
				out = append(out, find{unfold(text, s.pos, len(words[w-1]), a.squeeze), s.pos, int(w - 1)})
			}
		}
	}
	return out
}

// findNaively compares every word with the fold of the text at every place.
func findNaively(words []string, text string, squeeze bool) []find {
	var folded []byte
	var starts, ends []int // in text, of each byte of folded
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		f := []byte(text[i : i+size])
		switch {
		case r == utf8.RuneError && size == 1:
		case squeeze && ucd.IsPythonSpace(r):
			for {
				next, n := utf8.DecodeRuneInString(text[i+size:])
				if n == 0 || !ucd.IsPythonSpace(next) {
					break
				}
				size += n
			}
			f = []byte(" ")
		case r == 'ς':
			f = []byte("σ")
		default:
			f = []byte(string(ucd.ToLower(r)))
		}
		for range f {
			starts, ends = append(starts, i), append(ends, i+size)
		}
		folded = append(folded, f...)
		i += size
	}
	longest := 0
	for _, w := range words {
		longest = max(longest, len(w))
	}
	var out []find
	for end := 1; end <= len(folded); end++ {
		for n := min(end, longest); n > 0; n-- { // longest first
			if w, ok := slices.BinarySearch(words, string(folded[end-n:end])); ok {
				out = append(out, find{starts[end-n], ends[end-1], w})
			}
		}
	}
	return out
}

// awkward are the pieces of random words and texts: few, so that words meet, with
// all kinds of folds.
var awkward = []string{
	"a", "b", "a", "b", "A", "B", " ", " ", "\n", "\u00a0", "\u3000", "'", "_", "0", "ä", "Ä", "k", "\u212a", // Kelvin
	"i", "İ", "ı", "σ", "ς", "Σ", "Ⱥ", "ⱥ", "ß", "ẞ", "ж", "Ж", "字", "マ", "ー", "ไ", "\u0301", "\u200d", "😀", "𐐀", "𐐨", "\U0001e900",
}

var damaged = []string{"\xff", "\xe5", "\xe5\xad", "\x97", "\xc3", "\xf0\x9f", "\xe2\x84"}

func randomText(r *rand.Rand, n int, pieces []string) string {
	var sb strings.Builder
	for range n {
		sb.WriteString(pieces[r.IntN(len(pieces))])
	}
	return sb.String()
}

func randomWords(r *rand.Rand, squeeze bool) []string {
	pieces := awkward
	if r.IntN(2) == 0 {
		pieces = awkward[:6+r.IntN(len(awkward)-6)]
	}
	var words []string
	for range 1 + r.IntN(30) {
		if w := strings.TrimFunc(randomText(r, 1+r.IntN(5), pieces), ucd.IsPythonSpace); w != "" {
			words = append(words, string(appendFold(nil, w, squeeze)))
		}
	}
	slices.Sort(words)
	return slices.Compact(words)
}

func TestAutomatonFindsWhatComparingFinds(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	pieces := append(slices.Clone(awkward), damaged...)
	found, sparse := 0, 0
	for i := range 3000 {
		squeeze := i%2 == 0
		words := randomWords(r, squeeze)
		a, err := newAutomaton(words, anywhere, squeeze, []int{1, 100, 1000, maxDense}[i/2%4])
		if err != nil {
			t.Fatal(err)
		}
		if int(a.dense) < len(a.label) {
			sparse++
		}
		for range 3 {
			text := randomText(r, r.IntN(60), pieces)
			got, want := findAll(a, words, text), findNaively(words, text, squeeze)
			if !slices.Equal(got, want) {
				t.Fatalf("words %q, text %q, squeeze %v, %d dense states of %d:\ngot  %v\nwant %v", words, text, squeeze, a.dense, len(a.label), got, want)
			}
			found += len(got)
		}
	}
	if found < 10_000 || sparse < 500 {
		t.Errorf("found only %d words, with rows for some states only in %d automata: the test tests little", found, sparse)
	}
}

func FuzzAutomaton(f *testing.F) {
	f.Add("he\nshe\nhers\nhis", "ushers, HIS", 1, true)
	f.Add("a b\nb  c\nab", "A\n\u00a0B \u3000c", 100, true)
	f.Add("σας\nİx\n\u212a", "ΣΑΣ ix k", 1<<20, false)
	f.Add("字幕\n幕", "字\xe5\xad字幕", 1, false)
	f.Fuzz(func(t *testing.T, list, text string, maxDense int, squeeze bool) {
		var words []string
		for w := range strings.Lines(list) {
			if w = strings.TrimFunc(w, ucd.IsPythonSpace); w != "" && len(w) < MaxEntry && utf8.ValidString(w) && len(words) < 100 {
				words = append(words, string(appendFold(nil, w, squeeze)))
			}
		}
		slices.Sort(words)
		words = slices.Compact(words)
		text = text[:min(len(text), 2000)]
		a, err := newAutomaton(words, anywhere, squeeze, min(max(maxDense, 1), 1<<16))
		if err != nil {
			t.Fatal(err)
		}
		if got, want := findAll(a, words, text), findNaively(words, text, squeeze); !slices.Equal(got, want) {
			t.Errorf("words %q, text %q:\ngot  %v\nwant %v", words, text, got, want)
		}
	})
}

func TestAutomatonMemory(t *testing.T) {
	var words []string
	for i := range 200_000 {
		words = append(words, fmt.Sprintf("%06d-word", i*7%1_000_000))
	}
	slices.Sort(words)
	a, err := newAutomaton(words, anywhere, false, maxDense)
	if err != nil {
		t.Fatal(err)
	}
	if states := len(a.label); a.size() > 4*maxDense+18*states+100*MaxEntry {
		t.Errorf("%d states take %d bytes, more than the documentation says", states, a.size())
	}
	for _, w := range []string{words[0], words[77_777], words[199_999]} {
		if got := findAll(a, words, "<"+w+">"); len(got) != 1 || words[got[0].word] != w {
			t.Errorf("%q in a list of %d: %v", w, len(words), got)
		}
	}
	// The root and eleven more.
	for limit, want := range map[int]error{11: errTooManyWords, 12: nil} {
		if err := new(automaton).grow([]string{"abcde", "abcfg", "xyzz"}, limit); err != want {
			t.Errorf("12 states, %d allowed: %v", limit, err)
		}
	}
}

func TestUnfoldIsInverse(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	pieces := append(slices.Clone(awkward), damaged...)
	for range 2000 {
		for _, squeeze := range []bool{false, true} {
			a, b := randomText(r, r.IntN(9), pieces), "b"+randomText(r, r.IntN(9), pieces)
			n := len(appendFold(nil, b, squeeze))
			if got := unfold(a+b, len(a+b), n, squeeze); got != len(a) {
				t.Fatalf("unfold(%q, %d, squeeze %v) = %d, want %d", a+b, n, squeeze, got, len(a))
			}
		}
	}
}
