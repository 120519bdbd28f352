package jsonl_test

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/jsonl"
	"github.com/textmill/textmill/storage"
)

func Example() {
	ctx := context.Background()
	store := &storage.Memory{} // or storage.Dir("data")
	first := &textmill.Pipeline{
		Source: textmill.Documents(&textmill.Document{ID: "a", Text: "A mill grinds."}, &textmill.Document{ID: "b", Text: "short"}),
		Sink:   jsonl.Sink{Store: store, Dir: "raw"},
	}
	second := &textmill.Pipeline{
		Source: jsonl.Source{Store: store, Dir: "raw"},
		Stages: []textmill.Stage{textmill.Filter("too_short", func(d *textmill.Document) bool { return len(d.Text) > 10 })},
		Sink:   jsonl.Sink{Store: store, Dir: "clean", Suffix: ".jsonl"},
	}
	for _, p := range []*textmill.Pipeline{first, second} {
		if _, err := p.Run(ctx); err != nil {
			fmt.Println(err)
			return
		}
	}
	r, err := store.Open(ctx, "clean/documents.jsonl")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer r.Close()
	io.Copy(os.Stdout, r)
	// Output: {"id":"a","text":"A mill grinds.","url":"","date":null,"language":"","shard":"documents","index":0}
}

func ExampleDecoder() {
	var d jsonl.Decoder
	doc, err := d.Decode([]byte(`{"text":"A mill.","timestamp":"2019-04-25","metadata":{"score":0.75}}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(doc.Text, doc.Meta)
	// Output: A mill. map[score:0.75 timestamp:2019-04-25]
}
