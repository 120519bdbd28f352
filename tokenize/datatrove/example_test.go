package datatrove_test

import (
	"context"
	"fmt"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/storage"
	"github.com/textmill/textmill/tokenize"
	"github.com/textmill/textmill/tokenize/datatrove"
)

func Example() {
	enc, err := tokenize.Tiktoken("r50k_base")
	if err != nil {
		fmt.Println(err)
		return
	}
	store := &storage.Memory{}
	ctx := context.Background()
	p := &textmill.Pipeline{
		Source: textmill.Documents(
			&textmill.Document{ID: "a", Text: "hello"},
			&textmill.Document{ID: "b", Text: "hello world"},
		),
		Stages: []textmill.Stage{tokenize.Stage{Encoder: enc}},
		Sink:   tokenize.Shards{Store: store, Encoder: enc, Format: datatrove.Format{}},
	}
	report, err := p.Run(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, o := range report.Outputs {
		fmt.Println(o.Name, o.Bytes)
	}

	data, err := datatrove.Open(ctx, store, "documents")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(data.Tokenizer, "in", data.TokenSize, "bytes, ends", data.Ends)
	for ids, err := range data.Documents(ctx) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(ids)
	}
	// Output:
	// documents.ds 10
	// documents.ds.index 16
	// documents.ds.metadata 20
	// r50k_base in 2 bytes, ends [2 5]
	// [31373 50256]
	// [31373 995 50256]
}
