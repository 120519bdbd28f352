package shuffle_test

import (
	"context"
	"fmt"
	"log"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/shuffle"
	"github.com/textmill/textmill/storage"
)

// Documents of any source, in random order, in two shards.
func Example() {
	src := textmill.Documents(
		&textmill.Document{ID: "a", Text: "alder"},
		&textmill.Document{ID: "b", Text: "birch"},
		&textmill.Document{ID: "c", Text: "cedar"},
		&textmill.Document{ID: "d", Text: "dogwood"},
		&textmill.Document{ID: "e", Text: "elm"},
		&textmill.Document{ID: "f", Text: "fir"},
	)
	s := &shuffle.Shuffle{Store: &storage.Memory{}, Seed: 1, Buckets: 2}
	var out textmill.Memory
	plan := textmill.Plan{
		{Name: "scatter", Job: &textmill.Pipeline{Source: src, Sink: s.Scatter()}},
		{Name: "gather", Job: &textmill.Pipeline{Source: s.Gather(src), Sink: &out}},
	}
	if _, err := plan.Run(context.Background(), 1); err != nil {
		log.Fatal(err)
	}
	for _, d := range out.Documents() {
		fmt.Println(d.Text)
	}
	// Output:
	// dogwood
	// birch
	// fir
	// elm
	// alder
	// cedar
}
