package tokenize

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/textmill/textmill/tokenize/internal/bpe"
	"github.com/textmill/textmill/tokenize/internal/pretokenize"

	"github.com/pkoukk/tiktoken-go-loader/assets"
)

// An encoding is one of OpenAI's: a file of tokens, special tokens, and the
// pattern that divides a text into the words that are encoded one by one.
type encoding struct {
	name    string
	special map[string]uint32
	pattern *pretokenize.Pattern
	tokens  func() (*bpe.Vocabulary, error) // loads them once
	load    func() (*BPE, error)            // once
}

const endOfText = "<|endoftext|>"

// The vocabularies, each shared by the encodings that use it.
var (
	o200k  = sync.OnceValues(func() (*bpe.Vocabulary, error) { return loadVocabulary("o200k_base") })
	cl100k = sync.OnceValues(func() (*bpe.Vocabulary, error) { return loadVocabulary("cl100k_base") })
	p50k   = sync.OnceValues(func() (*bpe.Vocabulary, error) { return loadVocabulary("p50k_base") })
	r50k   = sync.OnceValues(func() (*bpe.Vocabulary, error) { return loadVocabulary("r50k_base") })
)

// encodings are those there are, the newest first. Facts as in tiktoken 0.14.
var encodings = []*encoding{
	{
		name: "o200k_harmony", pattern: pretokenize.O200KPattern, tokens: o200k,
		special: harmony(),
	},
	{
		name: "o200k_base", pattern: pretokenize.O200KPattern, tokens: o200k,
		special: map[string]uint32{endOfText: 199999, "<|endofprompt|>": 200018},
	},
	{
		name: "cl100k_base", pattern: pretokenize.CL100KPattern, tokens: cl100k,
		special: map[string]uint32{
			endOfText: 100257, "<|fim_prefix|>": 100258, "<|fim_middle|>": 100259, "<|fim_suffix|>": 100260,
			"<|endofprompt|>": 100276,
		},
	},
	{
		name: "p50k_edit", pattern: pretokenize.GPT2Pattern, tokens: p50k,
		special: map[string]uint32{endOfText: 50256, "<|fim_prefix|>": 50281, "<|fim_middle|>": 50282, "<|fim_suffix|>": 50283},
	},
	{
		name: "p50k_base", pattern: pretokenize.GPT2Pattern, tokens: p50k,
		special: map[string]uint32{endOfText: 50256},
	},
	{
		name: "r50k_base", pattern: pretokenize.GPT2Pattern, tokens: r50k,
		special: map[string]uint32{endOfText: 50256},
	},
}

// harmony returns the special tokens of o200k_harmony. 200018 has two names.
func harmony() map[string]uint32 {
	ids := map[string]uint32{
		"<|startoftext|>": 199998, endOfText: 199999, "<|return|>": 200002, "<|constrain|>": 200003,
		"<|channel|>": 200005, "<|start|>": 200006, "<|end|>": 200007, "<|message|>": 200008,
		"<|call|>": 200012, "<|endofprompt|>": 200018,
	}
	named := slices.Collect(maps.Values(ids))
	for id := uint32(200000); id < 201088; id++ {
		if id == 200018 || !slices.Contains(named, id) {
			ids[fmt.Sprintf("<|reserved_%d|>", id)] = id
		}
	}
	return ids
}

func init() {
	for _, e := range encodings {
		e.load = sync.OnceValues(e.make)
	}
}

// Tiktoken returns the encoder of one of OpenAI's vocabularies: o200k_harmony,
// o200k_base, cl100k_base, p50k_edit, p50k_base or r50k_base, which may be called
// gpt2 as well. The vocabularies are part of the program, to which they add 7 MB;
// nothing is downloaded. Each is made ready when it is first asked for, which
// takes up to a quarter of a second, and is then shared. Tiktoken may be called
// concurrently.
func Tiktoken(name string) (*BPE, error) {
	if name == "gpt2" {
		name = "r50k_base"
	}
	for _, e := range encodings {
		if e.name == name {
			return e.load()
		}
	}
	return nil, fmt.Errorf("tokenize: no vocabulary is called %q; there are %s and gpt2", name, nameList())
}

func nameList() string {
	var names []string
	for _, e := range encodings {
		names = append(names, e.name)
	}
	return strings.Join(names, ", ")
}

func (e *encoding) make() (*BPE, error) {
	vocab, err := e.tokens()
	if err != nil {
		return nil, err
	}
	return makeBPE(e.name, e.special, endOfText, e.pattern, vocab)
}

// makeBPE makes an encoder of parts that fit together, or says why they do not.
func makeBPE(name string, special map[string]uint32, endOfText string, pattern *pretokenize.Pattern, vocab *bpe.Vocabulary) (*BPE, error) {
	size := vocab.Len()
	for text, id := range special {
		if text == "" || id >= maxIDs {
			return nil, fmt.Errorf("tokenize: vocabulary %s: special token %q cannot have id %d", name, text, id)
		}
		if int(id) < vocab.Len() && vocab.Text(id) != "" {
			return nil, fmt.Errorf("tokenize: vocabulary %s: special token %q has the id %d of token %q", name, text, id, vocab.Text(id))
		}
		size = max(size, int(id)+1)
	}
	end, ok := special[endOfText]
	if !ok {
		return nil, fmt.Errorf("tokenize: vocabulary %s: the end of text, %q, is not one of the special tokens", name, endOfText)
	}
	return newBPE(name, size, end, newSpecials(special), pattern, vocab), nil
}

func loadVocabulary(name string) (*bpe.Vocabulary, error) {
	file, err := assets.Assets.ReadFile(name + ".tiktoken")
	if err != nil {
		return nil, fmt.Errorf("tokenize: vocabulary %s: %w", name, err)
	}
	vocab, err := readVocabulary(bytes.NewReader(file))
	if err != nil {
		return nil, fmt.Errorf("tokenize: vocabulary %s: %w", name, err)
	}
	return vocab, nil
}
