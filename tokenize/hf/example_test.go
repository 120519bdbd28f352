package hf_test

import (
	"fmt"
	"strings"

	"github.com/textmill/textmill/tokenize"
	"github.com/textmill/textmill/tokenize/hf"
)

var _ tokenize.Encoder = (*hf.Tokenizer)(nil)

// A tokenizer.json is mostly a vocabulary; this one has seven tokens. The file of a
// model is read with os.Open.
const file = `{
	"version": "1.0",
	"added_tokens": [{"id": 0, "content": "</s>", "single_word": false, "lstrip": false, "rstrip": false,
		"normalized": false, "special": true}],
	"normalizer": {"type": "Lowercase"},
	"pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true},
	"decoder": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true},
	"model": {
		"type": "BPE", "unk_token": "<unk>",
		"vocab": {"</s>": 0, "<unk>": 1, "▁": 2, "a": 3, "b": 4, "ab": 5, "▁ab": 6},
		"merges": ["a b", "▁ ab"]
	}
}`

func ExampleRead() {
	t, err := hf.Read(strings.NewReader(file), hf.Config{Name: "tiny", EndOfText: "</s>"})
	if err != nil {
		fmt.Println(err)
		return
	}
	ids := t.Encode(nil, "ab AB ba")
	text, err := t.Decode(nil, ids)
	fmt.Println(ids, string(text), err)
	fmt.Println(t.VocabSize(), t.EndOfText())
	// Output:
	// [6 6 2 4 3] ab ab ba <nil>
	// 7 0
}

// What a file asks for that is not supported is an error.
func ExampleRead_error() {
	other := strings.Replace(file, `"Lowercase"`, `"Uppercase"`, 1)
	_, err := hf.Read(strings.NewReader(other), hf.Config{Name: "tiny", EndOfText: "</s>"})
	fmt.Println(err)
	// Output:
	// tokenize/hf: tiny: normalizer: the type "Uppercase" is not supported
}

// Special tokens in a text are text, unless they are asked for.
func ExampleTokenizer_EncodeSpecial() {
	t, err := hf.Read(strings.NewReader(file), hf.Config{Name: "tiny", EndOfText: "</s>"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(t.Encode(nil, "ab</s>"))
	fmt.Println(t.EncodeSpecial(nil, "ab</s>"))
	fmt.Println(t.CountFallback(t.Encode(nil, "ab</s>")))
	// Output:
	// [6 1 1 1 1]
	// [6 0]
	// 4 0
}
