package pack_test

import (
	"context"
	"fmt"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/storage"
	"github.com/textmill/textmill/tokenize"
	"github.com/textmill/textmill/tokenize/megatron"
	"github.com/textmill/textmill/tokenize/pack"
)

// Windows of eight tokens, stored as Megatron-LM reads them.
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
			&textmill.Document{ID: "a", Text: "The mill turns again."},
			&textmill.Document{ID: "b", Text: "hello"},
			&textmill.Document{ID: "c", Text: "one two three four"},
		),
		Stages: []textmill.Stage{tokenize.Stage{Encoder: enc}},
		Sink: tokenize.Shards{
			Store: store, Encoder: enc, Format: megatron.Format{},
			Packing: pack.BestFit{Window: 8, Padding: new(enc.EndOfText())},
		},
	}
	if _, err := p.Run(ctx); err != nil {
		fmt.Println(err)
		return
	}
	shard, err := megatron.Open(ctx, store, "documents")
	if err != nil {
		fmt.Println(err)
		return
	}
	for ids, err := range shard.Sequences(ctx) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(ids)
	}
	// Output:
	// [464 3939 4962 757 13 50256 31373 50256]
	// [505 734 1115 1440 50256 50256 50256 50256]
}

// example packs documents of 3, 10, 4 and 1 tokens, with 0 for padding, and prints what
// is in each window.
func example(p tokenize.Packing) {
	packer := p.NewPacker(func(seq tokenize.Sequence) error {
		for i, s := range seq.Segments {
			if i > 0 {
				fmt.Print(", ")
			}
			fmt.Printf("%s[%d:%d]", s.ID, s.Start, s.Start+s.Len)
		}
		fmt.Println("", seq.Tokens)
		return nil
	})
	for _, d := range []struct {
		id     string
		tokens []uint32
	}{
		{"a", []uint32{1, 1, 1}},
		{"b", []uint32{2, 2, 2, 2, 2, 2, 2, 2, 2, 2}},
		{"c", []uint32{3, 3, 3, 3}},
		{"d", []uint32{4}},
	} {
		if err := packer.Add(d.id, d.tokens); err != nil {
			fmt.Println(err)
			return
		}
	}
	if err := packer.Flush(); err != nil {
		fmt.Println(err)
	}
}

func ExampleConcat() {
	example(pack.Concat{Window: 8, Padding: new(uint32(0))})
	// Output:
	// a[0:3], b[0:5] [1 1 1 2 2 2 2 2]
	// b[5:10], c[0:3] [2 2 2 2 2 3 3 3]
	// c[3:4], d[0:1] [3 4 0 0 0 0 0 0]
}

func ExampleBestFit() {
	example(pack.BestFit{Window: 8, Padding: new(uint32(0))})
	// Output:
	// b[0:8] [2 2 2 2 2 2 2 2]
	// b[8:10] [2 2 0 0 0 0 0 0]
	// a[0:3], c[0:4], d[0:1] [1 1 1 3 3 3 3 4]
}

func ExamplePad() {
	example(pack.Pad{Window: 8, Padding: new(uint32(0))})
	// Output:
	// a[0:3] [1 1 1 0 0 0 0 0]
	// b[0:8] [2 2 2 2 2 2 2 2]
	// b[8:10] [2 2 0 0 0 0 0 0]
	// c[0:4] [3 3 3 3 0 0 0 0]
	// d[0:1] [4 0 0 0 0 0 0 0]
}

func ExamplePositions() {
	window := tokenize.Sequence{
		Tokens:   []uint32{11, 12, 13, 21, 22, 0, 0, 0},
		Segments: []tokenize.Segment{{ID: "a", Len: 3}, {ID: "b", Len: 2}},
	}
	fmt.Println(pack.Positions(nil, window))
	fmt.Println(pack.Boundaries(nil, window))
	// Output:
	// [0 1 2 0 1 0 1 2]
	// [0 3 5 8]
}
