package bpe

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// mergeSlowly is byte-pair encoding word for word: while any two neighbours are a
// token together, join the two that make the lowest, the leftmost of equals.
func mergeSlowly(ids map[string]uint32, word string) []uint32 {
	if id, ok := ids[word]; ok {
		return []uint32{id}
	}
	var parts []string
	for i := range len(word) {
		parts = append(parts, word[i:i+1])
	}
	for {
		lowest, at := uint32(None), -1
		for i := 0; i+1 < len(parts); i++ {
			if id, ok := ids[parts[i]+parts[i+1]]; ok && id < lowest {
				lowest, at = id, i
			}
		}
		if at < 0 {
			break
		}
		parts = slices.Replace(parts, at, at+2, parts[at]+parts[at+1])
	}
	var out []uint32
	for _, p := range parts {
		out = append(out, ids[p])
	}
	return out
}

// randomVocabulary makes tokens of what is in alphabet, at random: most of them
// joining leads to, others it does not. The bytes are shuffled, and not always
// the first.
func randomVocabulary(r *rand.Rand, alphabet string, n int) []string {
	var tokens []string
	for _, b := range r.Perm(256) {
		tokens = append(tokens, string([]byte{byte(b)}))
	}
	seen := map[string]bool{}
	parts := strings.Split(alphabet, "")
	for len(tokens) < 256+n {
		s := parts[r.IntN(len(parts))] + parts[r.IntN(len(parts))]
		if r.IntN(100) == 0 { // most likely nothing that joining leads to
			for range 1 + r.IntN(3) {
				s += parts[r.IntN(len(parts))]
			}
		}
		if !seen[s] && len(s) < 100 {
			seen[s] = true
			tokens = append(tokens, s)
			parts = append(parts, s)
			if r.IntN(20) == 0 {
				tokens = append(tokens, "") // an id that is not in use
			}
		}
	}
	return tokens
}

func randomWord(r *rand.Rand, alphabet string, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[r.IntN(len(alphabet))]
	}
	return string(b)
}

// Hundreds of vocabularies that nobody trained, against the slow way.
func TestRandomVocabularies(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	made, stuck := 0, 0
	for range 150 {
		alphabet := []string{"a", "ab", "abc", "abcdefgh", "\x00\xff"}[r.IntN(5)]
		tokens := randomVocabulary(r, alphabet, 1+r.IntN(60*len(alphabet)))
		v, err := New(tokens)
		if err != nil {
			if !strings.Contains(err.Error(), "higher ids") {
				t.Fatal(err)
			}
			continue
		}
		made++
		stuck += len(v.whole)
		ids := map[string]uint32{}
		for id, s := range tokens {
			if s != "" {
				ids[s] = uint32(id)
			}
			if v.Text(uint32(id)) != s {
				t.Fatalf("token %d is %q, want %q", id, v.Text(uint32(id)), s)
			}
			if s != "" && v.Find(s) != uint32(id) {
				t.Fatalf("found %d as %q, want %d", v.Find(s), s, id)
			}
		}
		e := v.NewEncoder()
		for k := range 60 {
			word := randomWord(r, alphabet+"z", 1+r.IntN(20+3*k))
			want := mergeSlowly(ids, word)
			if got := e.Append(nil, word, 0, []int{len(word)}); !slices.Equal(got, want) {
				t.Fatalf("%q: %q\n got %d\nwant %d", tokens[256:], word, got, want)
			}
			if got := e.append(nil, word); !slices.Equal(got, want) {
				t.Fatalf("%q: %q, new\n got %d\nwant %d", tokens[256:], word, got, want)
			}
			if s, ok := v.whole[word]; ok {
				if want[0] != s {
					t.Fatalf("%q: %q is %d as a whole", tokens[256:], word, s)
				}
			} else if got := e.search(nil, word); !slices.Equal(got, want) {
				t.Fatalf("%q: %q by search\n got %d\nwant %d", tokens[256:], word, got, want)
			}
		}
	}
	if made < 75 || stuck < 50 {
		t.Errorf("%d vocabularies of 150, %d tokens that joining does not lead to", made, stuck)
	}
}

// Of equals the leftmost is joined first.
func TestTies(t *testing.T) {
	v, err := New(append(allBytes(), "aa", "aaa", "ab", "ba"))
	if err != nil {
		t.Fatal(err)
	}
	e := v.NewEncoder()
	for word, want := range map[string]string{
		"aaa": "aaa", "aaaa": "aa aa", "aaaaa": "aa aaa", "aaab": "aaa b", "aab": "aa b", "aba": "ab a", "ababa": "ab ab a", "baba": "b ab a",
	} {
		var got []string
		for _, id := range e.search(nil, word) {
			got = append(got, v.Text(id))
		}
		if s := strings.Join(got, " "); s != want {
			t.Errorf("%s: %s, want %s", word, s, want)
		}
	}
}

func allBytes() []string {
	var tokens []string
	for b := range 256 {
		tokens = append(tokens, string([]byte{byte(b)}))
	}
	return tokens
}

// What joining does not lead to is a token where it is a whole word, and nowhere
// else.
func TestWholeWords(t *testing.T) {
	_, err := New(append(allBytes(), "xyz", "abc", "ab", "bc"))
	if err == nil {
		t.Fatal("abc is made of ab, which has a higher id")
	}
	if err.Error() != `id 257: token "abc" is made of tokens with higher ids` {
		t.Error(err)
	}
	v, err := New(append(allBytes(), "xyz", strings.Repeat("q", 100)))
	if err != nil {
		t.Fatal(err)
	}
	e := v.NewEncoder()
	for word, want := range map[string][]uint32{
		"xyz": {256}, "xyza": {'x', 'y', 'z', 'a'}, "xy": {'x', 'y'}, strings.Repeat("q", 100): {257},
	} {
		if got := e.append(nil, word); !slices.Equal(got, want) {
			t.Errorf("%s: %d", word, got)
		}
	}
	if got := e.append(nil, strings.Repeat("q", 101)); len(got) != 101 {
		t.Errorf("101 times q are %d", got)
	}
}

func TestErrors(t *testing.T) {
	for want, tokens := range map[string][]string{
		"byte 0x00 is no token":                                                {"a"},
		"byte 0xff is no token":                                                allBytes()[:255],
		`id 257: token "a" has another id, 97`:                                 append(allBytes(), "", "a"),
		`id 258: token "ab" has another id, 256`:                               append(allBytes(), "ab", "bc", "ab"),
		"id 256: token of 1025 bytes, more than the 1024 there may be":         append(allBytes(), strings.Repeat("a", 1025)),
		`id 0: token "bc" is made of 99 and 100, of which one has a higher id`: append([]string{"bc"}, allBytes()...),
	} {
		if _, err := New(tokens); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if _, err := New(make([]string, None)); err == nil || !strings.Contains(err.Error(), "are more than") {
		t.Error(err)
	}
	if v, err := New(append(allBytes(), strings.Repeat("a", 1024))); err != nil || v.Len() != 257 {
		t.Error(err)
	}
}

// Find finds no parts of tokens, and nothing longer.
func TestFind(t *testing.T) {
	v, err := New(append(allBytes(), "ab", "abc", "abcd"))
	if err != nil {
		t.Fatal(err)
	}
	for s, want := range map[string]uint32{"": None, "a": 'a', "ab": 256, "abc": 257, "abcd": 258, "abcde": None, "bc": None, "\xff": 255} {
		if got := v.Find(s); got != want {
			t.Errorf("%q: %d, want %d", s, got, want)
		}
	}
}

// Words that share a place in memory do not take each other's tokens.
func TestManyWords(t *testing.T) {
	v, err := New(append(allBytes(), "0 ", "1 ", "00", "11", "01", "10", "000"))
	if err != nil {
		t.Fatal(err)
	}
	e := v.NewEncoder()
	var want []uint32
	for range 2 {
		for i := range 100_000 {
			word := fmt.Sprintf("%0*b", 1+i%40, i*7)
			if len(word) > 40 {
				word = word[:40]
			}
			got := e.Append(nil, word+"0123456789abcdef", 0, []int{len(word)})
			if want = e.append(want[:0], word); !slices.Equal(got, want) {
				t.Fatalf("%s: %d, want %d", word, got, want)
			}
		}
	}
}

// FuzzEncode encodes words by a vocabulary made from data.
func FuzzEncode(f *testing.F) {
	f.Add(uint64(1), "abcabc")
	f.Add(uint64(2), strings.Repeat("ab", 100))
	f.Add(uint64(3), "\x00\x00\xff")
	f.Fuzz(func(t *testing.T, seed uint64, word string) {
		if word == "" || len(word) > 500 {
			return
		}
		r := rand.New(rand.NewPCG(seed, 0))
		tokens := randomVocabulary(r, word[:min(len(word), 6)], r.IntN(100))
		v, err := New(tokens)
		if err != nil {
			return
		}
		ids := map[string]uint32{}
		for id, s := range tokens {
			if s != "" {
				ids[s] = uint32(id)
			}
		}
		e := v.NewEncoder()
		want := mergeSlowly(ids, word)
		if got := e.append(nil, word); !slices.Equal(got, want) {
			t.Fatalf("%q: %q\n got %d\nwant %d", tokens[256:], word, got, want)
		}
		if _, ok := v.whole[word]; !ok {
			if got := e.search(nil, word); !slices.Equal(got, want) {
				t.Fatalf("%q: %q by search\n got %d\nwant %d", tokens[256:], word, got, want)
			}
		}
	})
}
