package mds_test

import (
	"context"
	"fmt"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/storage"
	"github.com/textmill/textmill/tokenize"
	"github.com/textmill/textmill/tokenize/mds"
)

// A run stores its shards side by side, and then makes one dataset of them.
func Example() {
	enc, err := tokenize.Tiktoken("r50k_base")
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	store := &storage.Memory{}
	plan := textmill.Plan{
		{Name: "tokenize", Job: &textmill.Pipeline{
			Source: textmill.Documents(
				&textmill.Document{ID: "a", Text: "hello"},
				&textmill.Document{ID: "b", Text: "hello world"},
			),
			Stages: []textmill.Stage{tokenize.Stage{Encoder: enc}},
			Sink:   tokenize.Shards{Store: store, Dir: "train", Encoder: enc, Format: mds.Format{}},
		}},
		{Name: "index", Job: mds.Merge{Store: store, Dir: "train"}},
	}
	reports, err := plan.Run(ctx, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range reports {
		for _, o := range r.Outputs {
			fmt.Println(o.Name)
		}
	}

	dataset, err := mds.Open(ctx, store, "train")
	if err != nil {
		fmt.Println(err)
		return
	}
	for seq, err := range dataset.Sequences(ctx) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(seq.Segments[0].ID, seq.Tokens)
	}
	// Output:
	// train/documents/index.json
	// train/documents/shard.00000.mds
	// train/index.json
	// a [31373 50256]
	// b [31373 995 50256]
}
