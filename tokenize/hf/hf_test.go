package hf

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/textmill/textmill/tokenize"

	"github.com/pkoukk/tiktoken-go-loader/assets"
)

// tiktokenFile returns a tokenizer.json for one of OpenAI's vocabularies. The
// merges are found as those that tiktoken does to make a token: of its bytes, by
// all tokens with lower ranks.
func tiktokenFile(t testing.TB, name, expression string) string {
	t.Helper()
	data, err := assets.Assets.ReadFile(name + ".tiktoken")
	if err != nil {
		t.Fatal(err)
	}
	ranks := map[string]uint32{}
	for line := range strings.Lines(string(data)) {
		var token []byte
		var rank uint32
		if err := json.Unmarshal([]byte(`"`+line[:strings.IndexByte(line, ' ')]+`"`), &token); err != nil {
			t.Fatal(err)
		}
		if _, err := fmt.Sscan(line[strings.IndexByte(line, ' '):], &rank); err != nil {
			t.Fatal(err)
		}
		ranks[string(token)] = rank
	}
	tokens := make([]string, 0, len(ranks))
	vocab := map[string]uint32{}
	for token, rank := range ranks {
		tokens = append(tokens, token)
		vocab[string(appendChars(nil, token))] = rank
	}
	slices.SortFunc(tokens, func(a, b string) int { return int(ranks[a]) - int(ranks[b]) })
	merges := [][2]string{}
	for _, token := range tokens {
		if len(token) > 1 {
			left, right := halves(token, ranks)
			merges = append(merges, [2]string{string(appendChars(nil, left)), string(appendChars(nil, right))})
		}
	}
	file, err := json.Marshal(map[string]any{
		"version": "1.0", "truncation": nil, "padding": nil, "normalizer": nil, "post_processor": nil,
		"added_tokens": []any{map[string]any{
			"id": 0, "content": "<|endoftext|>", "special": true, "normalized": false,
			"lstrip": false, "rstrip": false, "single_word": false,
		}},
		"pre_tokenizer": map[string]any{"type": "Sequence", "pretokenizers": []any{
			map[string]any{"type": "Split", "pattern": map[string]any{"Regex": expression}, "behavior": "Isolated", "invert": false},
			map[string]any{"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": false},
		}},
		"decoder": map[string]any{"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true},
		"model":   map[string]any{"type": "BPE", "vocab": vocab, "merges": merges, "ignore_merges": true},
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(file)
}

// halves returns the two tokens that are left of a token when all merges but the
// last are done.
func halves(token string, ranks map[string]uint32) (left, right string) {
	parts := strings.Split(token, "")
	parts = parts[:0]
	for i := range len(token) {
		parts = append(parts, token[i:i+1])
	}
	for len(parts) > 2 {
		lowest, at := none, -1
		for i := range len(parts) - 1 {
			if r, ok := ranks[parts[i]+parts[i+1]]; ok && r < lowest {
				lowest, at = r, i
			}
		}
		parts[at] += parts[at+1]
		parts = slices.Delete(parts, at+1, at+2)
	}
	return parts[0], parts[1]
}

const cl100k = contractionsAnyCase + `|` + words + `|\p{N}{1,3}` + afterLetters

func readFile(t testing.TB, file, end string) *Tokenizer {
	t.Helper()
	tok, err := Read(strings.NewReader(file), Config{Name: "test", EndOfText: end})
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

// A vocabulary of OpenAI's written as a tokenizer.json gives the same ids.
func TestAgainstTiktoken(t *testing.T) {
	odd := 10_000
	if testing.Short() || raceEnabled {
		odd = 200
	}
	for name, expression := range map[string]string{
		"r50k_base": contractionsLower + `| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`, "cl100k_base": cl100k,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tok := readFile(t, tiktokenFile(t, name, expression), "<|endoftext|>")
			want, err := tokenize.Tiktoken(name)
			if err != nil {
				t.Fatal(err)
			}
			texts := longRuns()
			for i, text := range sampleTexts() {
				if i%4 == 0 || !raceEnabled {
					texts = append(texts, text)
				}
			}
			r := rand.New(rand.NewPCG(7, 8))
			for range odd {
				texts = append(texts, oddText(r))
			}
			for _, text := range texts {
				a, b := tok.Encode(nil, text), want.Encode(nil, text)
				if !slices.Equal(a, b) {
					t.Errorf("%.200q\n got %.60d\nwant %.60d", text, a, b)
				}
				back, err := tok.Decode(nil, a)
				if err != nil || string(back) != text {
					t.Errorf("%.200q: decoded %.200q, %v", text, back, err)
				}
			}
		})
	}
}

// Encoding is safe for concurrent use, and allocates nothing.
func TestConcurrent(t *testing.T) {
	texts := goldenTexts()
	for _, one := range golden(t) {
		tok := readFile(t, one.File, endOf(one.File))
		var wg sync.WaitGroup
		for w := range 4 {
			wg.Go(func() {
				for i := range texts {
					k := (i + 5*w) % len(texts)
					if got := tok.Encode(nil, texts[k]); !slices.Equal(got, one.Plain[k]) {
						t.Errorf("%s: text %d differs", one.Name, k)
					}
				}
			})
		}
		wg.Wait()
	}
}

func TestAllocations(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector empties pools")
	}
	for _, name := range []string{"gpt2", "llama3"} {
		tok := readFile(t, goldenFile(t, name), "<|endoftext|>")
		text := strings.Join(goldenCorpus, "\n")
		dst := tok.Encode(nil, text)
		if n := testing.AllocsPerRun(100, func() { dst = tok.Encode(dst[:0], text) }); n >= 1 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

// A document of ten megabytes without a space is one word. It takes a second or so
// and not hours.
func TestLongWords(t *testing.T) {
	for _, name := range []string{"llama2", "llama3", "mistral", "t5", "bert"} {
		file := goldenFile(t, name)
		tok := readFile(t, file, endOf(file))
		for _, part := range []string{"a", "grain", "\x00", "川", " ", "\n", "▁"} {
			size := 1 << 18
			if part == "grain" && !testing.Short() && !raceEnabled {
				size = 10 << 20
			}
			text := strings.Repeat(part, size/len(part))
			if n := len(tok.Encode(nil, text)); n == 0 && strings.TrimSpace(text) != "" && name != "bert" {
				t.Errorf("%s: %q: nothing", name, part)
			}
		}
	}
}

// Dividing long words does not change what they are encoded as.
func TestDivisions(t *testing.T) {
	for _, name := range []string{"llama2", "llama3", "gpt2", "mistral"} {
		file := goldenFile(t, name)
		tok := readFile(t, file, endOf(file))
		b := tok.model.(*bpe)
		if b.crossing == nil {
			t.Errorf("%s: words are not divided", name)
		}
		r := rand.New(rand.NewPCG(9, 10))
		s, slow := newScratch(), new(scratch)
		for range 500 {
			var w strings.Builder
			for w.Len() < 40+r.IntN(400) {
				w.WriteString(strings.ReplaceAll(oddText(r), " ", "▁"))
			}
			word := w.String()
			got := b.append(nil, word, s)
			want := b.mergeWord(nil, word, slow)
			if id := b.vocab.find(word); id != none && b.ignoreMerges {
				want = []uint32{id}
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s: %q\n got %d\nwant %d", name, word, got, want)
			}
		}
	}
}

// mergeByHeap does what mergeByScan does.
func TestMergeByHeap(t *testing.T) {
	file := goldenFile(t, "llama2")
	b := readFile(t, file, "</s>").model.(*bpe)
	r := rand.New(rand.NewPCG(11, 12))
	s := new(scratch)
	for range 1000 {
		word := strings.ReplaceAll(oddText(r)+goldenCorpus[r.IntN(len(goldenCorpus))][:40], " ", "▁")
		word = strings.ToValidUTF8(word, "")
		symbols := b.characters(nil, word, s)
		want := b.mergeByScan(nil, slices.Clone(symbols), make([]uint32, len(symbols)))
		s.symbols, s.ranks = slices.Clone(symbols), make([]uint32, len(symbols))
		if got := b.mergeByHeap(nil, s); !slices.Equal(got, want) {
			t.Errorf("%q\n got %d\nwant %d", word, got, want)
		}
	}
}

// A byte that is no part of a character is encoded like U+FFFD.
func TestInvalidUTF8(t *testing.T) {
	for _, one := range golden(t) {
		tok := readFile(t, one.File, endOf(one.File))
		for _, text := range []string{"a\xffb", "\xe4\xb8", "\xc0\xaf ", "x\xed\xa0\x80"} {
			if a, b := tok.Encode(nil, text), tok.Encode(nil, string([]rune(text))); !slices.Equal(a, b) {
				t.Errorf("%s: %q: %d, want %d", one.Name, text, a, b)
			}
		}
	}
}

func TestNames(t *testing.T) {
	file := goldenFile(t, "added")
	tok := readFile(t, file, "<|endoftext|>")
	if b, err := json.Marshal(tokenize.Stage{Encoder: tok}); err != nil || string(b) != `{"Encoder":"test"}` {
		t.Errorf("as JSON %s, %v", b, err)
	}
	if id, ok := tok.ID("<|endoftext|>"); !ok || id != tok.EndOfText() {
		t.Errorf("%d, %v; end of text %d", id, ok, tok.EndOfText())
	}
	if _, ok := tok.ID("no such token"); ok {
		t.Error("a token that is not there")
	}
	added := tok.AddedTokens()
	if last := added[len(added)-1]; tok.VocabSize() != int(last.ID)+1 || last.Content != "Straße" || !last.Special {
		t.Errorf("%d ids, last %+v", tok.VocabSize(), last)
	}
	if _, err := tok.Decode(nil, []uint32{0, uint32(tok.VocabSize())}); err == nil || !strings.Contains(err.Error(), "at index 1 is not in use in test") {
		t.Errorf("decoding an id too high: %v", err)
	}
	if n := tok.Count("the mill"); n != len(tok.Encode(nil, "the mill")) {
		t.Errorf("counted %d", n)
	}
}

// An added token has the id of the model or the next that is free, whatever the
// file says. The ids are those that tokenizers 0.23.3 gives.
func TestAssignedIDs(t *testing.T) {
	const file = `{"version":"1.0","added_tokens":[
{"id":9,"content":"<x>","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true},
{"id":5,"content":"ab","single_word":false,"lstrip":false,"rstrip":false,"normalized":true,"special":false},
{"id":7,"content":"<x>","single_word":false,"lstrip":true,"rstrip":false,"normalized":false,"special":false},
{"id":2,"content":"<y>","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true}],
"model":{"type":"BPE","unk_token":"u","vocab":{"u":0,"a":1,"b":2,"ab":10,"<z>":12},"merges":[["a","b"]]}}`
	tok := readFile(t, file, "<y>")
	const text = "a <x> ab<y>c"
	if got := tok.EncodeSpecial(nil, text); !slices.Equal(got, []uint32{1, 5, 0, 10, 6, 0}) {
		t.Errorf("EncodeSpecial: %d", got)
	}
	if got := tok.Encode(nil, text); !slices.Equal(got, []uint32{1, 0, 0, 0, 0, 0, 10, 0, 0, 0, 0}) {
		t.Errorf("Encode: %d", got)
	}
	if tok.EndOfText() != 6 || tok.VocabSize() != 13 {
		t.Errorf("end of text %d, %d ids", tok.EndOfText(), tok.VocabSize())
	}
}

// replaced is a small file with something else in the place of something.
func replaced(t testing.TB, what, by string) string {
	t.Helper()
	const file = `{"version":"1.0","truncation":null,"padding":null,
"added_tokens":[{"id":0,"content":"</s>","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true}],
"normalizer":{"type":"Sequence","normalizers":[{"type":"NFC"},{"type":"Replace","pattern":{"String":" "},"content":"_"}]},
"pre_tokenizer":{"type":"Split","pattern":{"Regex":"\\s+"},"behavior":"Removed","invert":false},
"post_processor":{"type":"TemplateProcessing","single":[{"Sequence":{"id":"A","type_id":0}},{"SpecialToken":{"id":"</s>","type_id":0}}],
"pair":[],"special_tokens":{"</s>":{"id":"</s>","ids":[0],"tokens":["</s>"]}}},
"decoder":{"type":"Fuse"},
"model":{"type":"BPE","dropout":null,"unk_token":"<unk>","continuing_subword_prefix":null,"end_of_word_suffix":null,"fuse_unk":false,
"byte_fallback":false,"ignore_merges":false,"vocab":{"</s>":0,"<unk>":1,"a":2,"b":3,"ab":4},"merges":[["a","b"]]}}`
	if strings.Count(file, what) != 1 {
		t.Fatalf("%q is there %d times", what, strings.Count(file, what))
	}
	return strings.Replace(file, what, by, 1)
}

// What is not supported, or not understood, is an error that says what it is.
func TestErrors(t *testing.T) {
	long := strings.Repeat("x", maxTokenLength+1)
	for _, c := range []struct{ what, by, want string }{
		{`"version":"1.0"`, `"version":"2.0"`, `version is "2.0", not 1.0`},
		{`"truncation":null`, `"truncation":{"max_length":512}`, "truncation is set; set it to null in the file, or IgnoreLimits in the Config"},
		{`"padding":null`, `"padding":{}`, "padding is set"},
		{`"padding":null`, `"paddings":null`, `field "paddings" (null) is not supported`},
		{`"padding":null`, `"truncation":null`, `has two fields "truncation"`},
		{`"type":"NFC"`, `"type":"NFX"`, `normalizer: step 0: the type "NFX" is not supported`},
		{`"type":"NFC"`, `"type":"NFC","hard":true`, `normalizer: step 0: field "hard" (true) is not supported`},
		{`{"type":"NFC"}`, `null`, `normalizer: step 0 is not an object`},
		{`{"String":" "}`, `{"Regex":"[a-f]+"}`, `pattern: the regular expression "[a-f]+" is not one of those that are supported`},
		{`{"String":" "}`, `{"String":""}`, `String is empty`},
		{`"Removed"`, `"Replaced"`, `behavior is "Replaced", which is not supported`},
		{`"invert":false`, `"invert":"no"`, `invert is "no", not true or false`},
		{`"invert":false`, `"flip":false`, `invert is missing`},
		{`"type":"Split"`, `"type":"UnicodeScripts"`, `pre_tokenizer: the type "UnicodeScripts" is not supported`},
		{`"type":"Fuse"`, `"type":"CTC"`, `decoder: the type "CTC" is not supported`},
		{`"type":"TemplateProcessing"`, `"type":"Template"`, `post_processor: the type "Template" is not supported`},
		{`{"id":"A","type_id":0}`, `{"id":"B","type_id":0}`, `single: a Sequence: id is "B", but there is one text, A`},
		{`{"id":"</s>","type_id":0}`, `{"id":"<s>","type_id":0}`, `id is "<s>", which is not in special_tokens`},
		{`"type":"BPE"`, `"type":"Markov"`, `model: the type "Markov" is not supported`},
		{`"type":"BPE"`, `"type":"Unigram"`, `model: unk_id is missing`},
		{`"dropout":null`, `"dropout":0.1`, `model: dropout is 0.1; merging at random is not supported`},
		{`"unk_token":"<unk>"`, `"unk_token":"[UNK]"`, `model: unk_token "[UNK]" is not in the vocabulary`},
		{`"a":2`, `"a":2,"a":5`, `vocab has the token "a" twice`},
		{`"a":2`, `"a":3`, `vocab has two tokens with id 3, one of them "b"`},
		{`"a":2`, `"a":-2`, `has a token "a" of which the id is -2, not a whole number up to 4194303`},
		{`"a":2`, `"a":4194304`, `id is 4194304, not a whole number`},
		{`"a":2`, `"a":2,"\ud800x":7`, `has half of a surrogate pair`},
		{`"a":2`, `"a":2,"` + long + `":7`, `has a token of 16385 bytes; there may be 16384`},
		{`[["a","b"]]`, `[["a","b","c"]]`, `merges entry 0 has 3 tokens, not two`},
		{`[["a","b"]]`, `["a b", "ab"]`, `merges entry 1, "ab", is not two tokens and a space`},
		{`[["a","b"]]`, `[["a","a"]]`, `merges: entry 0, of "a" and "a" to "aa", has a token that is not in the vocabulary`},
		{`[["a","b"]]`, `[["a",""]]`, `merges: entry 0, "a" and "", adds nothing`},
		{`[["a","b"]]`, `{}`, `merges is not an array`},
		{`"id":0,"content":"</s>","single_word":false,`, `"id":0,"content":"</s>",`, `added_tokens: entry 0: single_word is missing`},
		{`"content":"</s>"`, `"content":"<s>"`, `EndOfText "</s>"`},
	} {
		want := c.want
		tok, err := Read(strings.NewReader(replaced(t, c.what, c.by)), Config{Name: "broken", EndOfText: "</s>"})
		if c.want == `EndOfText "</s>"` { // it is still in the model
			if err != nil {
				t.Error(err)
			}
			continue
		}
		if tok != nil || err == nil || !strings.HasPrefix(err.Error(), "tokenize/hf: broken: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%s:\n got %v\nwant %s", c.by[:min(len(c.by), 100)], err, want)
		}
	}
	for _, c := range []Config{{}, {Name: "x"}, {EndOfText: "</s>"}} {
		if _, err := Read(strings.NewReader("{}"), c); err == nil || !strings.Contains(err.Error(), "a Config needs a Name and an EndOfText") {
			t.Errorf("%+v: %v", c, err)
		}
	}
	if _, err := Read(strings.NewReader(replaced(t, `"padding":null`, `"padding":null`)), Config{Name: "x", EndOfText: "<eos>"}); err == nil ||
		!strings.Contains(err.Error(), `EndOfText "<eos>" is not a token of the file`) {
		t.Errorf("an end of text that is not there: %v", err)
	}
	if _, err := Read(iotestError{}, Config{Name: "x", EndOfText: "y"}); err == nil || !strings.Contains(err.Error(), "no disk") {
		t.Errorf("a reader that fails: %v", err)
	}
	limits := replaced(t, `"padding":null`, `"padding":{"strategy":"BatchLongest"}`)
	if _, err := Read(strings.NewReader(limits), Config{Name: "x", EndOfText: "</s>", IgnoreLimits: true}); err != nil {
		t.Errorf("with IgnoreLimits: %v", err)
	}
}

type iotestError struct{}

func (iotestError) Read([]byte) (int, error) { return 0, fmt.Errorf("no disk") }

// Sequences in sequences end somewhere, and so does all else that is nested.
func TestDepth(t *testing.T) {
	deep := strings.Repeat(`{"type":"Sequence","normalizers":[`, 40) + strings.Repeat("]}", 40)
	_, err := Read(strings.NewReader(replaced(t, `{"type":"NFC"}`, deep)), Config{Name: "x", EndOfText: "</s>"})
	if err == nil || !strings.Contains(err.Error(), "sequences are nested more than 16 deep") {
		t.Error(err)
	}
	deeper := strings.Repeat(`[`, 1<<20) + strings.Repeat("]", 1<<20)
	if _, err := Read(strings.NewReader(replaced(t, `{"type":"NFC"}`, deeper)), Config{Name: "x", EndOfText: "</s>"}); err == nil {
		t.Error("no error")
	}
}

// Numbers are read as the library reads them, not to the nearest.
func TestFloat(t *testing.T) {
	for text, want := range map[string]float64{
		"0": 0, "-0.0": 0, "1": 1, "-10": -10, "1.5": 1.5, "-2.25e1": -22.5, "1e2": 100, "1e-400": 0,
		// What the library has read, where it is not the nearest number.
		"-14.56508899579032892": -0x1.d215358487f75p+3, "-4.8396030620278683": -0x1.35bc0e7b41fe6p+2,
		"-6.94208093972980635": -0x1.bc4b0dda94c40p+2, "-7.54283433514171953": -0x1.e2bdcc392517fp+2,
		"-0.00000000000000000000000012345678901234567890123": -0x1.31aa094e075f2p-83,
		"-123456789012345678901234567890.5":                  -0x1.8ee90ff6c373ep+96, "-1e-310": -0x0.012688b70e62bp-1022,
	} {
		if got, err := float([]byte(text)); err != nil || got != want {
			t.Errorf("%s: %v, %v, want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", `"1"`, "null", "1e400", "1e99999999999"} {
		if got, err := float([]byte(text)); err == nil {
			t.Errorf("%s: %v", text, got)
		}
	}
}

// FuzzEncode checks that a byte-level tokenizer gives back what it was given, and
// that no tokenizer is upset by anything.
func FuzzEncode(f *testing.F) {
	for _, text := range goldenTexts() {
		f.Add(text)
	}
	r := rand.New(rand.NewPCG(13, 14))
	for range 20 {
		f.Add(oddText(r))
	}
	var all []*Tokenizer
	for _, one := range golden(f) {
		all = append(all, readFile(f, one.File, endOf(one.File)))
	}
	lossless := []*Tokenizer{readFile(f, goldenFile(f, "gpt2"), "<|endoftext|>"), readFile(f, goldenFile(f, "llama3"), "<|endoftext|>")}
	f.Fuzz(func(t *testing.T, text string) {
		for _, tok := range all {
			ids := tok.EncodeTemplate(tok.Encode(nil, text), text)
			for _, id := range ids {
				if int(id) >= tok.VocabSize() {
					t.Fatalf("id %d of %d", id, tok.VocabSize())
				}
			}
			if _, err := tok.Decode(nil, ids); err != nil {
				t.Fatal(err)
			}
		}
		if !utf8.ValidString(text) {
			return
		}
		for _, tok := range lossless {
			if back, err := tok.Decode(nil, tok.Encode(nil, text)); err != nil || string(back) != text {
				t.Fatalf("%q: decoded %q, %v", text, back, err)
			}
		}
	})
}

// FuzzRead checks that a damaged file is an error or a tokenizer.
func FuzzRead(f *testing.F) {
	f.Add([]byte(replaced(f, `"NFC"`, `"NFKD"`)))
	f.Add([]byte(`{"version":"1.0","model":{"type":"Unigram","unk_id":0,"vocab":[["<unk>",0.0],["a",-1e3]]}}`))
	f.Add([]byte(`{"version":"1.0","model":{"type":"WordLevel","unk_token":"<unk>","vocab":{"<unk>":0}}}`))
	f.Add([]byte(`{"version":"1.0","normalizer":{"type":"Precompiled","precompiled_charsmap":"` + someCharsmap()[:400] + `"},"model":{"type":"BPE","vocab":{"<unk>":0},"merges":[]}}`))
	f.Fuzz(func(t *testing.T, file []byte) {
		tok, err := Read(strings.NewReader(string(file)), Config{Name: "fuzz", EndOfText: "<unk>", IgnoreLimits: true})
		if err != nil {
			return
		}
		for _, text := range goldenTexts() {
			for _, id := range tok.EncodeSpecial(nil, text) {
				if int(id) >= tok.VocabSize() {
					t.Fatalf("id %d of %d", id, tok.VocabSize())
				}
			}
		}
	})
}

var _ io.Reader = iotestError{}
