package tokenize

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/textmill/textmill/tokenize/internal/pretokenize"

	"github.com/textmill/textmill/stagetest"
)

// mergeSlowly is byte-pair encoding word for word: while any two neighbours are
// a token together, join the two that make the lowest, the leftmost of equals.
func mergeSlowly(v *vocabulary, word string) []uint32 {
	if t := v.find(word); t != none {
		return []uint32{t}
	}
	var parts []string
	for i := range len(word) {
		parts = append(parts, word[i:i+1])
	}
	for {
		best, at := none, -1
		for i := 0; i+1 < len(parts); i++ {
			if t := v.find(parts[i] + parts[i+1]); t < best {
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
		out = append(out, v.find(p))
	}
	return out
}

func TestMerge(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	alphabets := []string{"ab", "aeinrst", "abcdefghijklmnopqrstuvwxyzABC", " \n", "-=", "中文字的一是", "\x00\xff\xfe\xe4\xb8\xad", "0123456789"}
	for _, name := range names {
		v := load(t, name).vocab
		var s scratch
		for range 150 {
			alphabet := alphabets[r.IntN(len(alphabets))]
			word := make([]byte, 2+r.IntN(90))
			for i := range word {
				word[i] = alphabet[r.IntN(len(alphabet))]
			}
			text := string(word)
			want := mergeSlowly(v, text)
			if got := v.appendWord(nil, text, &s); !slices.Equal(got, want) {
				t.Fatalf("%s: %q\n got %d\nwant %d", name, text, got, want)
			}
			if got := v.appendWord(nil, text, &s); !slices.Equal(got, want) {
				t.Fatalf("%s: %q remembered\n got %d\nwant %d", name, text, got, want)
			}
			if len(want) == 1 {
				continue
			}
			if got := v.mergeByHeap(nil, text, &s); !slices.Equal(got, want) {
				t.Fatalf("%s: %q by heap\n got %d\nwant %d", name, text, got, want)
			}
			if len(text) <= scanLimit {
				if got := v.mergeByScan(nil, text, &s); !slices.Equal(got, want) {
					t.Fatalf("%s: %q by scan\n got %d\nwant %d", name, text, got, want)
				}
			}
		}
	}
}

// Every token is encoded as itself when it is a word, and tokens decode to what
// they are.
func TestEveryToken(t *testing.T) {
	for _, name := range names {
		e := load(t, name)
		var s scratch
		used := 0
		for id := range uint32(len(e.vocab.starts) - 1) {
			text := e.vocab.text(id)
			if text == "" {
				continue
			}
			used++
			if got := e.vocab.appendWord(nil, text, &s); len(got) != 1 || got[0] != id {
				t.Fatalf("%s: token %d, %q, is encoded as %d", name, id, text, got)
			}
		}
		for id := range e.special {
			if int(id) < len(e.vocab.starts)-1 && e.vocab.text(id) != "" {
				t.Errorf("%s: special token %d is a token as well", name, id)
			}
			if int(id) >= e.size {
				t.Errorf("%s: special token %d is not below %d", name, id, e.size)
			}
		}
		if want := map[string]int{"o200k_base": 199998, "cl100k_base": 100256, "p50k_base": 50280, "r50k_base": 50256}[name]; used != want {
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
	for _, id := range []uint32{100256, 100261, 100275, 100277, 1 << 31, none} {
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

// Words up to maxWord are encoded whole, longer ones in parts that end with a
// character.
func TestLongWords(t *testing.T) {
	e := load(t, "cl100k_base")
	r := rand.New(rand.NewPCG(5, 6))
	letters := func(n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte('a' + r.IntN(26))
		}
		return string(b)
	}
	var s scratch
	whole := letters(maxWord)
	if got, want := e.Encode(nil, whole), e.vocab.mergeByHeap(nil, whole, &s); !slices.Equal(got, want) {
		t.Error("a word of maxWord bytes is not encoded whole")
	}
	longer := whole + letters(100)
	want := e.vocab.mergeByHeap(nil, whole, &s)
	want = e.vocab.appendWord(want, longer[maxWord:], &s)
	if got := e.Encode(nil, longer+" end"); !slices.Equal(got, append(want, 842)) {
		t.Error("a word of more than maxWord bytes is not encoded in two parts")
	}
	for _, text := range []string{
		strings.Repeat("é", maxWord), "x" + strings.Repeat("é", maxWord), strings.Repeat("中", maxWord), "xy" + strings.Repeat("中", maxWord),
		strings.Repeat("𠀀", maxWord), strings.Repeat("\x80", 2*maxWord+1), strings.Repeat(" ", 2*maxWord+1), strings.Repeat("\n", maxWord+1), strings.Repeat("=", maxWord+1),
	} {
		ids := e.Encode(nil, text)
		back, err := e.Decode(nil, ids)
		if err != nil || string(back) != text {
			t.Fatalf("%.10q…: does not come back: %v", text, err)
		}
		at := 0 // no character is divided between two parts
		for _, id := range ids {
			at += len(e.vocab.text(id))
			if at == maxWord && utf8.ValidString(text) && !utf8.RuneStart(text[at]) {
				t.Errorf("%.10q…: cut inside a character", text)
			}
		}
	}
}

// The texts that stages stumble over: they come back, and none takes the time of
// a square. (The longest, of 10 MB, would take tiktoken-go hours.)
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
				end := e.split(pretokenize.Load(), text, i)
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
					end := e.split(pretokenize.Load(), tt.text, i)
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
	var s scratch
	dst := make([]uint32, 0, 1<<10)
	words := []string{"hello", " world", strings.Repeat("xyz", 15), strings.Repeat("qwz", 50), "antidisestablishmentarianism"}
	encode := func() {
		dst = dst[:0]
		for _, w := range words {
			dst = e.vocab.appendWord(dst, w, &s)
		}
	}
	encode()
	if n := testing.AllocsPerRun(100, encode); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestParseTiktoken(t *testing.T) {
	good, err := parseTiktoken("YQ== 0\r\nYg== 2\n\n", 3)
	if err != nil || !slices.Equal(good, []string{"a", "", "b"}) {
		t.Errorf("%q, %v", good, err)
	}
	for file, want := range map[string]string{
		"YQ==":             "line 1 is not a token and an id",
		"YQ== 0\n? 1":      "line 2: illegal base64 data at input byte 0",
		"YQ== x":           `line 1: id "x" is not a number below 3`,
		"YQ== -1":          `line 1: id "-1" is not a number below 3`,
		"YQ== 3":           `line 1: id "3" is not a number below 3`,
		"YQ== 0\nYg== 0":   "line 2: a second token with id 0",
		" 0":               "line 1: empty token",
		"YQ== 99999999999": `line 1: id "99999999999" is not a number below 3`,
	} {
		if _, err := parseTiktoken(file, 3); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", file, err, want)
		}
	}
	if _, err := newVocabulary([]string{"a", "a"}); err == nil || err.Error() != "a token has two ids" {
		t.Error(err)
	}
	if _, err := newVocabulary([]string{"a"}); err == nil || err.Error() != "byte 0x0 is no token" {
		t.Error(err)
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
				if int(id) >= e.VocabSize() || e.special[id] != "" {
					t.Fatalf("%s: id %d", name, id)
				}
			}
			if len(text) > 2000 {
				continue
			}
			var want []uint32
			for i := 0; i < len(text); {
				end := e.split(e.classes, text, i)
				want = append(want, mergeSlowly(e.vocab, text[i:end])...)
				i = end
			}
			if !slices.Equal(ids, want) {
				t.Fatalf("%s: %q\n got %d\nwant %d", name, text, ids, want)
			}
		}
	})
}

func FuzzParseTiktoken(f *testing.F) {
	f.Add("YQ== 0\nYg== 1\n", 10)
	f.Add("", 0)
	f.Fuzz(func(t *testing.T, file string, limit int) {
		tokens, err := parseTiktoken(file, min(limit, 1<<20))
		if err != nil {
			return
		}
		var b bytes.Buffer
		for id, s := range tokens {
			if s != "" {
				fmt.Fprintf(&b, "%s %d\n", base64.StdEncoding.EncodeToString([]byte(s)), id)
			}
		}
		again, err := parseTiktoken(b.String(), len(tokens))
		if err != nil || !slices.Equal(again, tokens) {
			t.Fatalf("%q: %v", file, err)
		}
	})
}
