package tokenize

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/textmill/textmill/internal/shareddata"
	"github.com/textmill/textmill/tokenize/internal/pretokenize"

	"github.com/pkoukk/tiktoken-go"
	loader "github.com/pkoukk/tiktoken-go-loader"
	"github.com/pkoukk/tiktoken-go-loader/assets"
)

// The vocabularies that the program carries are those that tiktoken downloads:
// these are the digests it expects.
func TestVocabularyFiles(t *testing.T) {
	for name, want := range map[string]string{
		"o200k_base":  "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
		"cl100k_base": "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
		"p50k_base":   "94b5ca7dff4d00767bc256fdd1b27e5b17361d7b8a5f968547f9f23eb70d2069",
		"r50k_base":   "306cd27f03c1a714eca7108e03d66b7dc042abe8c258b44c199a7ed9838dd930",
	} {
		b, err := assets.Assets.ReadFile(name + ".tiktoken")
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprintf("%x", sha256.Sum256(b)); got != want {
			t.Errorf("%s: SHA-256 %s, want %s", name, got, want)
		}
	}
}

// testdata/golden.json was made by tiktoken 0.14.0, the reference, from these
// files and texts of our own.
func TestGolden(t *testing.T) {
	b, err := os.ReadFile("testdata/golden.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden struct{ Texts []string }
	ids := map[string]json.RawMessage{}
	if err := json.Unmarshal(b, &golden); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &ids); err != nil {
		t.Fatal(err)
	}
	for _, name := range distinct {
		e := load(t, name)
		var want [][]uint32
		if err := json.Unmarshal(ids[name], &want); err != nil {
			t.Fatal(err)
		}
		for i, text := range golden.Texts {
			if got := e.Encode(nil, text); !slices.Equal(got, want[i]) {
				t.Errorf("%s: %q\n got %d\nwant %d", name, text, got, want[i])
			}
		}
	}
}

// TestPlans.txt is from another implementation's tests.
func TestPlans(t *testing.T) {
	b := shareddata.Read(t, "tok/niieani+gpt-tokenizer/data/TestPlans.txt")
	n := 0
	for plan := range strings.SplitSeq(string(b), "EncodingName: ") {
		name, rest, ok := strings.Cut(plan, "\nSample: ")
		if !ok {
			continue
		}
		text, list, ok := strings.Cut(rest, "\nEncoded: [")
		if !ok || !slices.Contains(distinct, name) {
			continue
		}
		list, _, _ = strings.Cut(list, "]")
		want := []uint32{}
		for s := range strings.SplitSeq(list, ", ") {
			if s != "" {
				id, err := strconv.ParseUint(s, 10, 32)
				if err != nil {
					t.Fatal(err)
				}
				want = append(want, uint32(id))
			}
		}
		if got := load(t, name).Encode([]uint32{}, text); !slices.Equal(got, want) {
			t.Errorf("%s: %q\n got %d\nwant %d", name, text, got, want)
		}
		n++
	}
	if n < 80 {
		t.Errorf("only %d plans", n)
	}
}

// oracle returns the encoder that this package replaces. It differs from
// tiktoken, and from us, where a text has characters newer than Unicode 15.0, or
// an ſ after an apostrophe; see comparable.
func oracle(t testing.TB, name string) *tiktoken.Tiktoken {
	t.Helper()
	useOfflineLoader()
	o, err := tiktoken.GetEncoding(name)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

var useOfflineLoader = sync.OnceFunc(func() { tiktoken.SetBpeLoader(loader.NewOfflineLoader()) })

func comparable(text string) bool {
	if !utf8.ValidString(text) || strings.ContainsRune(text, 'ſ') {
		return false
	}
	return !strings.ContainsFunc(text, pretokenize.NewerThan15)
}

func compare(t *testing.T, e *BPE, o *tiktoken.Tiktoken, text string) {
	t.Helper()
	got, want := e.Encode(nil, text), o.EncodeOrdinary(text)
	if !slices.EqualFunc(got, want, func(a uint32, b int) bool { return int(a) == b }) {
		t.Errorf("%s: %.200q\n got %.100d\nwant %.100d", e.Name(), text, got, want)
	}
}

func TestAgainstTiktokenGo(t *testing.T) {
	for _, name := range distinct {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, o := load(t, name), oracle(t, name)
			for i, text := range sampleTexts() {
				if i%4 == 0 && comparable(text) && len(text) < 10_000 {
					compare(t, e, o, text)
				}
			}
			r := rand.New(rand.NewPCG(1, 2))
			for range 1000 {
				if text := oddText(r); comparable(text) {
					compare(t, e, o, text)
				}
			}
		})
	}
}

func TestCorpusAgainstTiktokenGo(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	texts := corpusTexts(t, "", 200_000)
	for _, name := range distinct {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, o := load(t, name), oracle(t, name)
			for _, text := range texts {
				if comparable(text) && len(text) < 20_000 {
					compare(t, e, o, text)
				}
			}
		})
	}
}

// oddText returns a text of the kind that splitters get wrong.
func oddText(r *rand.Rand) string {
	pools := []string{
		"abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", " \t\n\r\v\u0085\u00a0\u2003\u3000", "'sStTmMdDlLvVeErR’",
		"0123456789²½٣Ⅷ", "!?.,;:-_/\\()[]{}<>@#$%^&*+=~`|\"", "éÉßœŒıİǅʰªºﬁ", "中文字かなカナ한국어", "абвАБВґЇ", "אבגابتपाฟก",
		"\u0301\u0308\u0903\u20dd\u0e34", "😀👍🏽🇩🇪\u200d\ufe0f", "\ufeff\u200b\u00ad\x00\x07\x1c\u2028", "𝐀𝑏𐐀𐐨𠀀𞤀",
	}
	words := []string{
		"hello", "World", "don't", "I'LL", "we've", "HTTPServer", "iPhone's", "foo_bar", "3.14159", "http://example.org/a//b\n",
		"\r\n\r\n", "   ", "    x", "Straße", "ΑΒΓαβγ", "'s", "'S", "AbCdEf", "ÀÉîõ", "<|endoftext|>",
	}
	var sb strings.Builder
	for range 1 + r.IntN(14) {
		if r.IntN(3) == 0 {
			sb.WriteString(words[r.IntN(len(words))])
			continue
		}
		pool := []rune(pools[r.IntN(len(pools))])
		for range 1 + r.IntN(5) {
			sb.WriteRune(pool[r.IntN(len(pool))])
		}
	}
	return sb.String()
}

func TestTiktokenNames(t *testing.T) {
	for _, name := range []string{"", "cl100k", "GPT2", "CL100K_BASE", "../cl100k_base"} {
		e, err := Tiktoken(name)
		want := fmt.Sprintf("tokenize: no vocabulary is called %q; there are o200k_harmony, o200k_base, cl100k_base, p50k_edit, p50k_base, r50k_base and gpt2", name)
		if e != nil || err == nil || err.Error() != want {
			t.Errorf("%q: %v, %v", name, e, err)
		}
	}
	for name, want := range map[string][2]int{
		"o200k_harmony": {201088, 199999}, "o200k_base": {200019, 199999}, "cl100k_base": {100277, 100257},
		"p50k_edit": {50284, 50256}, "p50k_base": {50281, 50256}, "r50k_base": {50257, 50256},
	} {
		e := load(t, name)
		if e.Name() != name || e.VocabSize() != want[0] || int(e.EndOfText()) != want[1] {
			t.Errorf("%s: %s, %d, %d", name, e.Name(), e.VocabSize(), e.EndOfText())
		}
		if b, err := json.Marshal(Stage{Encoder: e}); err != nil || string(b) != `{"Encoder":"`+name+`"}` {
			t.Errorf("%s: as JSON %s, %v", name, b, err)
		}
		if text, err := e.Decode(nil, []uint32{e.EndOfText()}); err != nil || string(text) != endOfText {
			t.Errorf("%s: end of text is %q, %v", name, text, err)
		}
	}
}

// Concurrent callers get one and the same encoder, and it encodes for all of them.
func TestConcurrent(t *testing.T) {
	texts := sampleTexts()
	want := make([][]uint32, len(texts))
	first := load(t, "cl100k_base")
	for i, text := range texts {
		want[i] = first.Encode(nil, text)
	}
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			e, err := Tiktoken("cl100k_base")
			if err != nil || e != first {
				t.Errorf("%p, %v", e, err)
				return
			}
			for i := range texts {
				k := (i + w*37) % len(texts)
				if got := e.Encode(nil, texts[k]); !slices.Equal(got, want[k]) {
					t.Errorf("text %d: differs", k)
				}
			}
		})
	}
	wg.Wait()
}
