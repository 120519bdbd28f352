package dedup_test

import (
	"context"
	"fmt"
	"slices"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/dedup"
	"github.com/textmill/textmill/storage"
)

// The whole plan in one: it reads the source twice.
func ExampleExact() {
	src := textmill.Documents(
		&textmill.Document{ID: "a", Text: "The mill grinds\nslowly."},
		&textmill.Document{ID: "b", Text: "Flour is what is left."},
		&textmill.Document{ID: "c", Text: "The mill  grinds slowly.\n"},
	)
	var out, rejects textmill.Memory
	e := &dedup.Exact{Store: &storage.Memory{}, Dir: "exact"}
	plan := e.Plan(src, nil, &out)
	plan[3].Job.(*textmill.Pipeline).Rejects = &rejects

	reports, err := plan.Run(context.Background(), 2)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("read", reports[3].Read, "and wrote", reports[3].Written)
	for _, d := range rejects.Documents() {
		fmt.Println(d.ID, "is a duplicate of", d.Meta["reject.duplicate_of"])
	}
	// Output:
	// read 3 and wrote 2
	// c is a duplicate of a
}

// The first pipeline stores what it leaves together with the signatures; the
// second reads that and need not clean it again.
func ExampleExact_Steps() {
	pages := textmill.Documents(
		&textmill.Document{ID: "a", Text: "Grain in."},
		&textmill.Document{ID: "b", Text: "short"},
		&textmill.Document{ID: "c", Text: "Grain in."},
		&textmill.Document{ID: "d", Text: "Flour out."},
	)
	long := textmill.Filter("too_short", func(d *textmill.Document) bool { return len(d.Text) > 5 })
	e := &dedup.Exact{Store: &storage.Memory{}, Dir: "exact"}

	var cleaned, out textmill.Memory
	first := &textmill.Pipeline{
		Source: pages,
		Stages: []textmill.Stage{long},
		Sink:   textmill.Tee(&cleaned, e.Signatures()),
	}
	plan := slices.Concat(textmill.Plan{{Name: "clean", Job: first}}, e.Steps(pages))
	if _, err := plan.Run(context.Background(), 2); err != nil {
		fmt.Println(err)
		return
	}
	second := &textmill.Pipeline{
		Source: textmill.Documents(cleaned.Documents()...), // from a store, in real life
		Stages: []textmill.Stage{e.Filter()},
		Sink:   &out,
	}
	if _, err := second.Run(context.Background()); err != nil {
		fmt.Println(err)
		return
	}
	for _, d := range out.Documents() {
		fmt.Println(d.ID)
	}
	// Output:
	// a
	// d
}

func ExampleExactInShard() {
	src := textmill.Documents(
		&textmill.Document{ID: "a", Text: "Same, same!"},
		&textmill.Document{ID: "b", Text: "same SAME"},
		&textmill.Document{ID: "c", Text: "but different"},
	)
	ctx := context.Background()
	for doc, err := range textmill.Apply(ctx, src.Read(ctx, textmill.Shard{}), dedup.ExactInShard(dedup.Loose)) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(doc.ID, doc.Text)
	}
	// Output:
	// a Same, same!
	// c but different
}
