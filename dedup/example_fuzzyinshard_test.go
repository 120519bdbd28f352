package dedup_test

import (
	"context"
	"fmt"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/dedup"
	"github.com/textmill/textmill/dedup/sketch"
)

// Near-duplicates within a shard are dropped for the first, if their similarity is
// estimated at 0.7 or more. Here it is 38/42 = 0.90; estimates are off by 0.03 or so.
func ExampleFuzzyInShard() {
	const ferry = "The ferry to Lindholm leaves at half past nine from the old pier and returns in the evening. " +
		"Tickets are sold on board; children, dogs and bicycles travel free. " +
		"In a storm the boat stays in the harbour, and so should you."
	var rejects textmill.Memory
	p := &textmill.Pipeline{
		Source: textmill.Documents(
			&textmill.Document{ID: "ferry", Text: ferry},
			&textmill.Document{ID: "mill", Text: "The old mill of Oberau was built of oak, and has been grinding rye for three hundred years."},
			&textmill.Document{ID: "ferry-2", Text: "LINDHOLM. " + ferry + " Print this page"},
		),
		Stages:  []textmill.Stage{dedup.FuzzyInShard(dedup.InShardSettings{Sketch: sketch.FineWeb(), Check: 0.7})},
		Sink:    textmill.Discard,
		Rejects: &rejects,
	}
	report, err := p.Run(context.Background())
	if err != nil {
		panic(err)
	}
	fmt.Println(report.Written, "written")
	for _, doc := range rejects.Documents() {
		m := doc.Meta
		fmt.Printf("%s: %v of %v, similarity %.2f\n", doc.ID, m["reject.reason"], m["reject.duplicate_of"], m["reject.value"])
	}
	// Output:
	// 2 written
	// ferry-2: near_duplicate of ferry, similarity 0.95
}
