package tokenize

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/textmill/textmill/tokenize/internal/bpe"
	"github.com/textmill/textmill/tokenize/internal/pretokenize"

	"github.com/textmill/textmill/stagetest"
)

// mergeSlowly is byte-pair encoding word for word: while any two neighbours are
// a token together, join the two that make the lowest, the leftmost of equals.
func mergeSlowly(v *bpe.Vocabulary, word string) []uint32 {
	if t := v.Find(word); t != bpe.None {
		return []uint32{t}
	}
	var parts []string
	for i := range len(word) {
		parts = append(parts, word[i:i+1])
	}
	for {
		best, at := uint32(bpe.None), -1
		for i := 0; i+1 < len(parts); i++ {
			if t := v.Find(parts[i] + parts[i+1]); t < best {
				best, at = t, i
			}
		}
		if at < 0 {
			break
		}
		parts = slices.Replace(parts, at, at+2, parts[at]+parts[at+1])
	}
	var out []uint32
	for _, p := range parts {
		out = append(out, v.Find(p))
	}
	return out
}

// A ranks is a heap of the tokens that may be made by joining, above the places of
// the first parts.
type ranks []uint64

func (h *ranks) push(x uint64) {
	*h = append(*h, x)
	a := *h
	i := len(a) - 1
	for ; i > 0 && a[(i-1)/2] > x; i = (i - 1) / 2 {
		a[i] = a[(i-1)/2]
	}
	a[i] = x
}

func (h *ranks) pop() uint64 {
	a := *h
	top, x := a[0], a[len(a)-1]
	a = a[:len(a)-1]
	*h = a
	for i := 0; i < len(a); {
		child := 2*i + 1
		if child+1 < len(a) && a[child+1] < a[child] {
			child++
		}
		if child >= len(a) || a[child] >= x {
			a[i] = x
			break
		}
		a[i] = a[child]
		i = child
	}
	return top
}

// mergeByHeap is mergeSlowly with a heap, for words for which that takes too long.
func mergeByHeap(v *bpe.Vocabulary, word string) []uint32 {
	if t := v.Find(word); t != bpe.None {
		return []uint32{t}
	}
	n := len(word)
	next, prev := make([]int, n+1), make([]int, n+1) // places at which tokens begin
	current := make([]uint32, n)
	var h ranks
	consider := func(i int) {
		current[i] = bpe.None
		if i < n && next[i] < n {
			if current[i] = v.Find(word[i:next[next[i]]]); current[i] != bpe.None {
				h.push(uint64(current[i])<<32 | uint64(i))
			}
		}
	}
	for i := range n + 1 {
		next[i], prev[i] = i+1, i-1
	}
	for i := range n {
		consider(i)
	}
	for len(h) > 0 {
		r := h.pop()
		at := int(uint32(r))
		if current[at] != uint32(r>>32) {
			continue
		}
		gone := next[at]
		current[gone] = bpe.None
		next[at] = next[gone]
		prev[next[gone]] = at
		consider(at)
		if at > 0 {
			consider(prev[at])
		}
	}
	var out []uint32
	for i := 0; i < n; i = next[i] {
		out = append(out, v.Find(word[i:next[i]]))
	}
	return out
}

// appendWord encodes text as one word, whatever the pattern says.
func appendWord(dst []uint32, c *bpe.Encoder, text string) []uint32 {
	return c.Append(dst, text, 0, []int{len(text)})
}

func TestMerge(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	alphabets := []string{"ab", "aeinrst", "abcdefghijklmnopqrstuvwxyzABC", " \n", " ", "-=", "中文字的一是", "\x00\xff\xfe\xe4\xb8\xad", "0123456789"}
	for _, name := range names {
		v := load(t, name).vocab
		c := v.NewEncoder()
		for range 150 {
			alphabet := alphabets[r.IntN(len(alphabets))]
			word := make([]byte, 2+r.IntN(90))
			for i := range word {
				word[i] = alphabet[r.IntN(len(alphabet))]
			}
			text := string(word)
			want := mergeSlowly(v, text)
			if got := appendWord(nil, c, text); !slices.Equal(got, want) {
				t.Fatalf("%s: %q\n got %d\nwant %d", name, text, got, want)
			}
			if got := c.Append(nil, text+strings.Repeat("x", 16), 0, []int{len(text)}); !slices.Equal(got, want) {
				t.Fatalf("%s: %q in a text\n got %d\nwant %d", name, text, got, want)
			}
			if got := c.Append(nil, text+strings.Repeat("x", 16), 0, []int{len(text)}); !slices.Equal(got, want) {
				t.Fatalf("%s: %q remembered\n got %d\nwant %d", name, text, got, want)
			}
			if got := mergeByHeap(v, text); !slices.Equal(got, want) {
				t.Fatalf("%s: %q by heap\n got %d\nwant %d", name, text, got, want)
			}
		}
	}
}

// Every token is encoded as itself when it is a word, and tokens decode to what
// they are.
func TestEveryToken(t *testing.T) {
	for _, name := range names {
		e := load(t, name)
		c := e.vocab.NewEncoder()
		used := 0
		for id := range uint32(e.vocab.Len()) {
			text := e.vocab.Text(id)
			if text == "" {
				continue
			}
			used++
			if got := appendWord(nil, c, text); len(got) != 1 || got[0] != id {
				t.Fatalf("%s: token %d, %q, is encoded as %d", name, id, text, got)
			}
		}
		for _, id := range e.SpecialTokens() {
			if int(id) < e.vocab.Len() && e.vocab.Text(id) != "" {
				t.Errorf("%s: special token %d is a token as well", name, id)
			}
			if int(id) >= e.size {
				t.Errorf("%s: special token %d is not below %d", name, id, e.size)
			}
		}
		if want := map[string]int{
			"o200k_harmony": 199998, "o200k_base": 199998, "cl100k_base": 100256, "p50k_edit": 50280, "p50k_base": 50280, "r50k_base": 50256,
		}[name]; used != want {
			t.Errorf("%s: %d tokens, want %d", name, used, want)
		}
	}
}

func TestDecode(t *testing.T) {
	e := load(t, "cl100k_base")
	b, err := e.Decode([]byte("> "), []uint32{15339, 1917, 100276, 100257})
	if string(b) != "> hello world<|endofprompt|><|endoftext|>" || err != nil {
		t.Errorf("%q, %v", b, err)
	}
	for _, id := range []uint32{100256, 100261, 100275, 100277, 1 << 31, 1<<32 - 1} {
		b, err := e.Decode(nil, []uint32{15339, id, 15339})
		if string(b) != "hello" || err == nil || err.Error() != fmt.Sprintf("tokenize: id %d at index 1 is not in use in cl100k_base", id) {
			t.Errorf("%d: %q, %v", id, b, err)
		}
	}
	p := load(t, "p50k_base") // 50256 is the end of text, in the middle of the others
	if b, err := p.Decode(nil, []uint32{50255, 50256, 50257, 50280}); err != nil || string(b) != " gazed<|endoftext|>  "+strings.Repeat(" ", 25) {
		t.Errorf("%q, %v", b, err)
	}
}

// Encode appends, whatever dst is.
func TestEncodeAppends(t *testing.T) {
	e := load(t, "cl100k_base")
	got := e.Encode([]uint32{7, 8}, "hello world")
	if !slices.Equal(got, []uint32{7, 8, 15339, 1917}) {
		t.Errorf("%d", got)
	}
	if got := e.Encode(nil, ""); got != nil {
		t.Errorf("no text: %d", got)
	}
}

func TestCount(t *testing.T) {
	for _, name := range names {
		e := load(t, name)
		for _, text := range append(sampleTexts()[:40], "", "a", strings.Repeat("中文", 5000), strings.Repeat("x ", 1000)) {
			if got, want := e.Count(text), len(e.Encode(nil, text)); got != want {
				t.Errorf("%s: %.20q: %d, want %d", name, text, got, want)
			}
		}
	}
}

// Bytes from 0x80 on that are tokens count, whatever they are a part of.
func TestCountFallback(t *testing.T) {
	e := load(t, "cl100k_base")
	for text, want := range map[string]int{"": 0, "hello\x00\x7f": 0, "\xff": 1, "\x80\xfe": 2, "é": 0, "中": 0, "\U0001f9ff": 2, "ᚠ": 3} {
		ids := e.Encode(nil, text)
		single := 0
		for _, id := range ids {
			if s := e.vocab.Text(id); len(s) == 1 && s[0] >= 0x80 {
				single++
			}
		}
		if unknown, got := e.CountFallback(ids); unknown != 0 || got != want || got != single {
			t.Errorf("%q, %d: %d and %d, want %d", text, ids, unknown, got, want)
		}
	}
	if unknown, got := e.CountFallback([]uint32{e.EndOfText(), 1 << 31, 1<<32 - 1}); unknown != 0 || got != 0 {
		t.Errorf("%d and %d", unknown, got)
	}
}

// checkPieces encodes a text in pieces of about size bytes.
func checkPieces(t *testing.T, e *BPE, text string, size int) {
	t.Helper()
	var ids []uint32
	for rest := text; rest != ""; {
		cut := e.Cut(rest, size)
		for n := 2 * size; cut == 0; n *= 2 { // no place there: further on
			cut = e.Cut(rest, n)
		}
		ids = e.Encode(ids, rest[:cut])
		rest = rest[cut:]
	}
	if want := e.Encode(nil, text); !slices.Equal(ids, want) {
		t.Fatalf("%s: %.100q in pieces of %d\n got %.100d\nwant %.100d", e.Name(), text, size, ids, want)
	}
}

func TestCut(t *testing.T) {
	for _, name := range distinct {
		for i, text := range sampleTexts() {
			if len(text) < 20_000 {
				checkPieces(t, load(t, name), text, 1+i%200)
			}
		}
	}
}

func FuzzCut(f *testing.F) {
	f.Add("It's a  test, isn't it?\n\n 12345 中文,字", uint8(3))
	f.Add("x \n\n  y\xff\xfe z'S", uint8(1))
	f.Fuzz(func(t *testing.T, text string, size uint8) {
		for _, name := range distinct {
			checkPieces(t, load(t, name), text, 1+int(size))
		}
	})
}

// An encoder with what one goroutine needs takes less than 64 MB; its comment says
// how much.
func TestMemory(t *testing.T) {
	for _, name := range distinct {
		var before, loaded, after runtime.MemStats
		for range 3 { // what is pooled goes at the second
			runtime.GC()
		}
		runtime.ReadMemStats(&before)
		v, err := loadVocabulary(name)
		if err != nil {
			t.Fatal(err)
		}
		runtime.GC()
		runtime.ReadMemStats(&loaded)
		e := v.NewEncoder()
		runtime.ReadMemStats(&after)
		tables, words := int(loaded.HeapAlloc-before.HeapAlloc), int(after.HeapAlloc-loaded.HeapAlloc)
		t.Logf("%s: %.1f MB, and %.1f MB to encode", name, float64(tables)/1e6, float64(words)/1e6)
		if tables > 15_000_000 || words > 12_000_000 {
			t.Errorf("%s: %d bytes, and %d to encode", name, tables, words)
		}
		runtime.KeepAlive(v)
		runtime.KeepAlive(e)
	}
}

func TestInvalidUTF8(t *testing.T) {
	for _, name := range names {
		e := load(t, name)
		for _, text := range []string{"\xff", "a\xffb", "caf\xe9 au lait", "\xe4\xb8", "\xed\xa0\x80", "\xc0\xaf", "\xf5\x80\x80\x80", strings.Repeat("\x80", 300), "\xe4\xb8\xad\xe4"} {
			back, err := e.Decode(nil, e.Encode(nil, text))
			if err != nil || string(back) != text {
				t.Errorf("%s: %q comes back as %q, %v", name, text, back, err)
			}
		}
	}
}

// Long words are encoded exactly, as a heap does it.
func TestLongWords(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	random := func(alphabet string, n int) string {
		b, runes := []byte(nil), []rune(alphabet)
		for len(b) < n {
			b = utf8.AppendRune(b, runes[r.IntN(len(runes))])
		}
		return string(b)
	}
	for _, name := range distinct {
		v := load(t, name).vocab
		c := v.NewEncoder()
		for _, word := range []string{
			random("abcdefghijklmnopqrstuvwxyz", 100_000), random("ab", 100_000), random("abcdefghijklmnopqrstuvwxyzABCDEF", 50_000), random("中文字的一是", 100_000), random(" \n", 50_000),
			strings.Repeat(" ", 100_001), strings.Repeat("\n", 100_000), strings.Repeat("0", 30_000), strings.Repeat("中", 50_000), strings.Repeat("😀", 20_000),
			strings.Repeat("a", 100_003), strings.Repeat("abcdefgh", 10_000), strings.Repeat("\x80", 10_001), strings.Repeat("=", 100_000),
		} {
			if got, want := appendWord(nil, c, word), mergeByHeap(v, word); !slices.Equal(got, want) {
				t.Errorf("%s: %.10q…: wrong ids", name, word)
			}
		}
	}
}

// A word of 10 MB. Of the encoding of a word, every two neighbours are the
// encoding of what they stand for, and no other division is like that.
func TestVeryLongWord(t *testing.T) {
	e := load(t, "cl100k_base")
	r := rand.New(rand.NewPCG(7, 8))
	b := make([]byte, 10_000_000)
	for i := range b {
		b[i] = "etaoin"[min(r.IntN(6), r.IntN(6))]
	}
	word := string(b)
	ids := e.Encode(nil, word)
	if back, err := e.Decode(nil, ids); err != nil || string(back) != word {
		t.Fatal("does not come back")
	}
	seen := map[[2]uint32]bool{}
	for i := range ids[1:] {
		pair := [2]uint32(ids[i : i+2])
		if seen[pair] {
			continue
		}
		seen[pair] = true
		if got := mergeSlowly(e.vocab, e.vocab.Text(pair[0])+e.vocab.Text(pair[1])); !slices.Equal(got, pair[:]) {
			t.Fatalf("at %d: %d are not neighbours: joining makes %d of them", i, pair, got)
		}
	}
	if t.Logf("%d pairs", len(seen)); len(seen) < 1000 {
		t.Error("too few")
	}
	word = word[:500_000]
	if !slices.Equal(e.Encode(nil, word), mergeByHeap(e.vocab, word)) {
		t.Error("half a megabyte: wrong ids")
	}
}

// The texts that stages stumble over: they come back, and none takes the time of
// a square. (The longest, of 4 MB, would take tiktoken-go hours.)
func TestAwkwardTexts(t *testing.T) {
	for name, text := range stagetest.Texts() {
		for _, vocabulary := range []string{"o200k_base", "r50k_base"} {
			if testing.Short() && len(text) > 1<<20 {
				continue
			}
			e := load(t, vocabulary)
			back, err := e.Decode(nil, e.Encode(nil, text))
			if err != nil || string(back) != text {
				t.Errorf("%s: %s: does not come back: %v", vocabulary, name, err)
			}
		}
	}
}

// The splitters cover a text without gaps and always go on.
func TestSplittersProgress(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for _, e := range encodings {
		for range 5000 {
			b := []byte(oddText(r))
			if r.IntN(3) == 0 {
				b[r.IntN(len(b))] = byte(r.IntN(256))
			}
			text := string(b)
			for i := 0; i < len(text); {
				end := e.pattern.Split(pretokenize.Load(), text, i)
				if end <= i || end > len(text) {
					t.Fatalf("%s: %q: from %d to %d", e.name, text, i, end)
				}
				i = end
			}
		}
	}
}

func TestSplit(t *testing.T) {
	tests := []struct {
		name string
		text string
		want string // words, divided by |
	}{
		{"r50k_base", "It's  not IT'S\n\nnow ", "It|'s| | not| IT|'|S|\n|\n|now| "},
		{"r50k_base", " 12345 x1!?…", " 12345| x|1|!?…"},
		{"r50k_base", "a\t b\t\tc", "a|\t| b|\t|\t|c"},
		{"cl100k_base", "It's  not IT'S\n\nnow ", "It|'s| | not| IT|'S|\n\n|now| "},
		{"cl100k_base", " 12345 x1!?…\n\n.", " |123|45| x|1|!?…\n\n|."},
		{"cl100k_base", "a\t b\t\tc $x\rx", "a|\t| b|\t|\tc| $|x|\r|x"},
		{"cl100k_base", "x \n  \n  y", "x| \n  \n| | y"},
		{"o200k_base", "It's IT'S camelCase HTTPServer", "It's| IT'S| camel|Case| HTTPServer"},
		{"o200k_base", "ABc中Def中 \u0301a A\u0301BC", "ABc中|Def中| \u0301a| A\u0301|BC"},
		{"o200k_base", "//a/\n/b", "//|a|/\n/|b"},
	}
	// Where a prefix, as in "$x", belongs to the word or to the symbols before it
	// follows from the order of the alternatives.
	for _, tt := range tests {
		var got []string
		for _, e := range encodings {
			if e.name == tt.name {
				for i := 0; i < len(tt.text); {
					end := e.pattern.Split(pretokenize.Load(), tt.text, i)
					got = append(got, tt.text[i:end])
					i = end
				}
			}
		}
		if s := strings.Join(got, "|"); s != tt.want {
			t.Errorf("%s: %q\n got %q\nwant %q", tt.name, tt.text, s, tt.want)
		}
	}
}

func TestEncodeDoesNotAllocate(t *testing.T) {
	e := load(t, "cl100k_base")
	c := e.vocab.NewEncoder()
	dst := make([]uint32, 0, 1<<10)
	words := []string{"hello", " world", strings.Repeat("xyz", 15), strings.Repeat("qwz", 50), "antidisestablishmentarianism"}
	encode := func() {
		dst = dst[:0]
		for _, w := range words {
			dst = appendWord(dst, c, w)
		}
	}
	encode()
	if n := testing.AllocsPerRun(100, encode); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzEncode(f *testing.F) {
	for _, text := range []string{"", "It's a test.", "hello\n \n next", "ſ'ſ 'LL", "\xff\xe4\xb8", "中文字", "A\u0301BCd", strings.Repeat("ab", 100), "//\r\n/ x"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, name := range names {
			e := load(t, name)
			ids := e.Encode(nil, text)
			back, err := e.Decode(nil, ids)
			if err != nil || string(back) != text {
				t.Fatalf("%s: %q comes back as %q, %v", name, text, back, err)
			}
			for _, id := range ids {
				if int(id) >= e.VocabSize() || e.special.texts[id] != "" {
					t.Fatalf("%s: id %d", name, id)
				}
			}
			if len(text) > 2000 {
				continue
			}
			var want []uint32
			for i := 0; i < len(text); {
				end := e.pattern.Split(pretokenize.Load(), text, i)
				want = append(want, mergeSlowly(e.vocab, text[i:end])...)
				i = end
			}
			if !slices.Equal(ids, want) {
				t.Fatalf("%s: %q\n got %d\nwant %d", name, text, ids, want)
			}
		}
	})
}
