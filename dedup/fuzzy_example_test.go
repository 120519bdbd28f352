package dedup_test

import (
	"context"
	"fmt"
	"slices"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/dedup"
	"github.com/textmill/textmill/dedup/sketch"
	"github.com/textmill/textmill/storage"
)

const weir = "The weir above the town was built by the monks, who wanted fish on Fridays and flour on all other days. " +
	"It has been washed away four times. Each time the town has paid for a new one, and each time it has grumbled. "

// Of documents that say nearly the same one stays, here the longest. The steps could be
// done on different machines, over files of different hosts.
func ExampleFuzzy() {
	src := textmill.Documents(
		&textmill.Document{ID: "a", Text: weir},
		&textmill.Document{ID: "b", Text: "In the evening, when the wheel stands still, one can hear the owls in the loft."},
		&textmill.Document{ID: "c", Text: weir + "The fifth is due in spring."},
		&textmill.Document{ID: "d", Text: "Home > History > " + weir},
	)
	f := &dedup.Fuzzy{
		Store: &storage.Memory{}, Dir: "fuzzy", Sketch: sketch.FineWeb(),
		Priority: func(doc *textmill.Document) int64 { return int64(len(doc.Text)) },
	}
	var out, rejects textmill.Memory
	plan := f.Plan(src, nil, &out)
	plan[len(plan)-1].Job.(*textmill.Pipeline).Rejects = &rejects
	if _, err := plan.Run(context.Background(), 2); err != nil {
		panic(err)
	}
	for _, doc := range out.Documents() {
		fmt.Println(doc.ID, "stays")
	}
	for _, doc := range rejects.Documents() {
		m := doc.Meta
		fmt.Printf("%s: %v of %v, one of %v\n", doc.ID, m["reject.reason"], m["reject.duplicate_of"], m[dedup.ClusterSizeKey])
	}
	// Output:
	// b stays
	// c stays
	// a: near_duplicate of c, one of 3
	// d: near_duplicate of c, one of 3
}

// A new crawl is compared with an older one by the files that this has left. What stayed
// then stays, and nothing of it is read again.
func ExampleEarlier() {
	ctx, store := context.Background(), &storage.Memory{}
	spring := textmill.Documents(&textmill.Document{ID: "spring-1", Text: weir})
	first := &dedup.Fuzzy{Store: store, Dir: "spring", Sketch: sketch.FineWeb()}
	if _, err := first.Plan(spring, nil, textmill.Discard).Run(ctx, 1); err != nil {
		panic(err)
	}

	autumn := textmill.Documents(
		&textmill.Document{ID: "autumn-1", Text: "The owls have left the loft, and nobody knows for where."},
		&textmill.Document{ID: "autumn-2", Text: weir + "So it did this year."},
	)
	second := &dedup.Fuzzy{
		Store: store, Dir: "autumn", Sketch: sketch.FineWeb(),
		Earlier: []dedup.Earlier{{Fuzzy: first, Source: spring}},
	}
	var out textmill.Memory
	if _, err := second.Plan(autumn, nil, &out).Run(ctx, 1); err != nil {
		panic(err)
	}
	for _, doc := range out.Documents() {
		fmt.Println(doc.ID)
	}
	// Output:
	// autumn-1
}

// Of the lines that documents have in common, the first copy stays. What is left with
// fewer words than it should have is dropped.
func ExampleSpans() {
	src := textmill.Documents(
		&textmill.Document{ID: "a", Text: "Mills of the valley\nThe upper mill has two wheels.\nAll rights reserved.\n"},
		&textmill.Document{ID: "b", Text: "Mills of the valley\nThe lower mill is a museum now.\nAll rights reserved.\n"},
		&textmill.Document{ID: "c", Text: "Mills of the valley\nNo entry.\nAll rights reserved.\n"},
	)
	s := &dedup.Spans{Store: &storage.Memory{}, Dir: "spans", Unit: dedup.Lines, MinWords: 5}
	var out textmill.Memory
	reports, err := s.Plan(src, nil, &out).Run(context.Background(), 2)
	if err != nil {
		panic(err)
	}
	for _, doc := range out.Documents() {
		fmt.Printf("%s: %q\n", doc.ID, doc.Text)
	}
	fmt.Println(reports[len(reports)-1].Dropped, "dropped")
	// Output:
	// a: "Mills of the valley\nThe upper mill has two wheels.\nAll rights reserved.\n"
	// b: "The lower mill is a museum now.\n"
	// 1 dropped
}

// The same within a shard, in one pass.
func ExampleBloomSpans() {
	settings := dedup.BloomSettings{Unit: dedup.Lines, MinSpanWords: 3, FalsePositive: 0.001, Memory: 1 << 20}
	fmt.Println("room for", settings.Capacity(), "lines")
	ctx := context.Background()
	src := textmill.Documents(
		&textmill.Document{ID: "a", Text: "Contact\nThe upper mill has two wheels.\nAll rights reserved.\n"},
		&textmill.Document{ID: "b", Text: "Contact\nThe lower mill is a museum now.\nAll rights reserved.\n"},
	)
	for doc, err := range textmill.Apply(ctx, src.Read(ctx, textmill.Shard{}), dedup.BloomSpans(settings)) {
		if err != nil {
			panic(err)
		}
		fmt.Printf("%s: %q\n", doc.ID, doc.Text)
	}
	// Output:
	// room for 524288 lines
	// a: "Contact\nThe upper mill has two wheels.\nAll rights reserved.\n"
	// b: "Contact\nThe lower mill is a museum now.\n"
}

// A quotation is removed wherever it begins, if it is as long as a passage: here 12 words.
func ExamplePassages() {
	src := textmill.Documents(
		&textmill.Document{ID: "a", Text: "It has been washed away four times. Each time the town has paid for a new one, and each time it has grumbled."},
		&textmill.Document{ID: "b", Text: "As the chronicle says: each time the town has paid for a new one, and each time it has grumbled. That was then."},
		&textmill.Document{ID: "c", Text: "Each time the town has paid for a new one, it was proud of it."},
	)
	p := &dedup.Passages{Store: &storage.Memory{}, Dir: "passages", Length: 12}
	var out textmill.Memory
	if _, err := p.Plan(src, nil, &out).Run(context.Background(), 2); err != nil {
		panic(err)
	}
	for _, doc := range out.Documents() {
		fmt.Printf("%s: %s\n", doc.ID, doc.Text)
	}
	// Output:
	// a: It has been washed away four times. Each time the town has paid for a new one, and each time it has grumbled.
	// b: As the chronicle says: That was then.
	// c: Each time the town has paid for a new one, it was proud of it.
}

// What a model will be tested with must not be in what it learns from.
func ExampleDecontaminate() {
	d, err := dedup.NewDecontaminate(13, 8, dedup.Benchmark{Name: "riddles", Texts: []string{
		"What has teeth and cannot bite? A comb.", // 8 words, looked for as a whole
		"Two millers share seven sacks of flour so that each has as much as the other and none is opened. How do they do it?",
	}})
	if err != nil {
		panic(err)
	}
	var rejects textmill.Memory
	p := &textmill.Pipeline{
		Source: textmill.Documents(
			&textmill.Document{ID: "quiz", Text: "Question 4: two millers share SEVEN sacks of flour, so that each has as much as the other. Answer: below."},
			&textmill.Document{ID: "shop", Text: "We sell combs with teeth of horn, and flour by the sack."},
		),
		Stages: []textmill.Stage{d}, Sink: textmill.Discard, Rejects: &rejects,
	}
	if _, err := p.Run(context.Background()); err != nil {
		panic(err)
	}
	for _, doc := range rejects.Documents() {
		fmt.Printf("%s: %v, %v\n%v\n", doc.ID, doc.Meta["reject.reason"], doc.Meta["reject.duplicate_of"], doc.Meta[dedup.NGramKey])
	}
	// Output:
	// quiz: contaminated, riddles#1
	// Two millers share seven sacks of flour so that each has as much
}

// Pages that were fetched twice go first, and then near-duplicates among what is left. The
// texts are stored once.
func Example_oneAfterAnother() {
	pages := textmill.Documents(
		&textmill.Document{ID: "a", URL: "http://example.org/weir", Text: "The page you are looking for is being moved, come back soon."},
		&textmill.Document{ID: "b", URL: "https://www.example.org/weir/?utm_source=mail", Text: weir},
		&textmill.Document{ID: "c", URL: "https://example.net/copy", Text: weir + "Copied."},
	)
	store := &storage.Memory{}
	urls := &dedup.Exact{Store: store, Dir: "urls", By: dedup.URL}
	near := &dedup.Fuzzy{Store: store, Dir: "near", Sketch: sketch.FineWeb()}
	var out textmill.Memory
	plan := slices.Concat(
		textmill.Plan{{Name: "clean", Job: &textmill.Pipeline{Source: pages, Sink: urls.Signatures()}}},
		urls.Steps(pages),
		near.Plan(pages, []textmill.Stage{urls.Filter()}, &out),
	)
	if _, err := plan.Run(context.Background(), 2); err != nil {
		panic(err)
	}
	for _, doc := range out.Documents() {
		fmt.Println(doc.ID)
	}
	// Output:
	// a
	// c
}
