package megatron_test

import (
	"context"
	"fmt"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/storage"
	"github.com/textmill/textmill/tokenize"
	"github.com/textmill/textmill/tokenize/megatron"
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
		Sink:   tokenize.Shards{Store: store, Encoder: enc, Format: megatron.Format{}},
	}
	report, err := p.Run(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, o := range report.Outputs {
		fmt.Println(o.Name, o.Bytes)
	}

	shard, err := megatron.Open(ctx, store, "documents")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len(shard.Lengths), "documents,", shard.Tokens(), "tokens of", shard.DType)
	for ids, err := range shard.Sequences(ctx) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(ids)
	}
	// Output:
	// documents.bin 10
	// documents.idx 82
	// 2 documents, 5 tokens of uint16
	// [31373 50256]
	// [31373 995 50256]
}
