package parquet_test

import (
	"context"
	"fmt"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/storage"
	"github.com/textmill/textmill/tokenize"
	"github.com/textmill/textmill/tokenize/parquet"
)

func Example() {
	enc, err := tokenize.Tiktoken("r50k_base")
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	store := &storage.Memory{}
	p := &textmill.Pipeline{
		Source: textmill.Documents(
			&textmill.Document{ID: "a", Text: "hello"},
			&textmill.Document{ID: "b", Text: "hello world"},
		),
		Stages: []textmill.Stage{tokenize.Stage{Encoder: enc}},
		Sink:   tokenize.Shards{Store: store, Encoder: enc, Format: parquet.Format{}},
	}
	if _, err := p.Run(ctx); err != nil {
		fmt.Println(err)
		return
	}

	file, err := parquet.Open(ctx, store, "documents")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer file.Close()
	vocabulary, _ := file.Metadata("textmill.vocabulary")
	fmt.Println(file.Rows(), "rows of", vocabulary)
	for seq, err := range file.Sequences(ctx) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(seq.Segments[0].ID, seq.Tokens)
	}
	// Output:
	// 2 rows of r50k_base
	// a [31373 50256]
	// b [31373 995 50256]
}
