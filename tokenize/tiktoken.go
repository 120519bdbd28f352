package tokenize

import (
	"fmt"
	"maps"
	"sync"

	"github.com/textmill/textmill/tokenize/internal/pretokenize"

	"github.com/pkoukk/tiktoken-go-loader/assets"
)

// An encoding is one of OpenAI's: a file of tokens, special tokens, and the
// pattern that divides a text into the words that are encoded one by one.
type encoding struct {
	name      string
	endOfText uint32
	special   map[uint32]string // in addition to the end of text
	size      int               // of the vocabulary: the highest id and one
	split     pretokenize.Splitter

	once sync.Once
	bpe  *BPE
	err  error
}

const endOfText = "<|endoftext|>"

// encodings are those there are, the newest first. Facts as in tiktoken 0.14.
var encodings = []*encoding{
	{
		name: "o200k_base", endOfText: 199999, size: 200019, split: pretokenize.O200K,
		special: map[uint32]string{200018: "<|endofprompt|>"},
	},
	{
		name: "cl100k_base", endOfText: 100257, size: 100277, split: pretokenize.CL100K,
		special: map[uint32]string{
			100258: "<|fim_prefix|>", 100259: "<|fim_middle|>", 100260: "<|fim_suffix|>",
			100276: "<|endofprompt|>",
		},
	},
	{name: "p50k_base", endOfText: 50256, size: 50281, split: pretokenize.GPT2},
	{name: "r50k_base", endOfText: 50256, size: 50257, split: pretokenize.GPT2},
}

// Tiktoken returns the encoder of one of OpenAI's vocabularies: o200k_base,
// cl100k_base, p50k_base or r50k_base (which is GPT-2's). The vocabularies are
// part of the program, to which they add 7 MB; nothing is downloaded. Each is
// made ready when it is first asked for, which takes up to a quarter of a second
// and 8 to 30 MB, and is then shared. Tiktoken may be called concurrently.
func Tiktoken(name string) (*BPE, error) {
	for _, e := range encodings {
		if e.name == name {
			e.once.Do(func() { e.bpe, e.err = e.read() })
			return e.bpe, e.err
		}
	}
	return nil, fmt.Errorf("tokenize: no vocabulary is called %q; there are %s", name, nameList())
}

func nameList() string {
	s := ""
	for i, e := range encodings {
		switch {
		case i == 0:
		case i == len(encodings)-1:
			s += " and "
		default:
			s += ", "
		}
		s += e.name
	}
	return s
}

// read makes the encoder.
func (e *encoding) read() (*BPE, error) {
	file, err := assets.Assets.ReadFile(e.name + ".tiktoken")
	if err != nil {
		return nil, fmt.Errorf("tokenize: vocabulary %s: %w", e.name, err)
	}
	tokens, err := parseTiktoken(string(file), e.size)
	if err != nil {
		return nil, fmt.Errorf("tokenize: vocabulary %s: %w", e.name, err)
	}
	v, err := newVocabulary(tokens)
	if err != nil {
		return nil, fmt.Errorf("tokenize: vocabulary %s: %w", e.name, err)
	}
	special := map[uint32]string{e.endOfText: endOfText}
	maps.Copy(special, e.special)
	return newBPE(e, v, special), nil
}
