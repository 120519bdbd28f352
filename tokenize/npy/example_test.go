package npy_test

import (
	"context"
	"fmt"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/storage"
	"github.com/textmill/textmill/tokenize"
	"github.com/textmill/textmill/tokenize/npy"
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
		Sink:   tokenize.Shards{Store: store, Encoder: enc, Format: npy.Format{}},
	}
	report, err := p.Run(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, o := range report.Outputs {
		fmt.Println(o.Name, o.Bytes)
	}

	data, err := npy.Open(ctx, store, "documents")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(data.DType, data.Shape, "ends", data.Ends)
	for ids, err := range data.Documents(ctx) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(ids)
	}
	// Output:
	// documents.ends.npy 144
	// documents.npy 138
	// <u2 [5] ends [2 5]
	// [31373 50256]
	// [31373 995 50256]
}
