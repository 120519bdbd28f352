package filter_test

import (
	"context"
	"fmt"
	"log"
	"maps"
	"slices"
	"strings"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/filter"
)

// pages are three documents: prose, a menu, and prose that repeats itself.
func pages() []*textmill.Document {
	prose := "The miller wakes before the sun and opens the sluice, and the wheel begins to turn with a groan.\n" +
		"By noon there is flour on every beam of the house. Nobody minds, for that is what the house is for.\n" +
		"In the evening the carts roll down to the village. The baker has been waiting since dawn!\n" +
		"It is said that his grandfather, who had no horse, would carry each sack to the market alone.\n"
	return []*textmill.Document{
		{ID: "prose", Text: prose},
		{ID: "menu", Text: "Home\nAbout us\nContact\nSitemap\nLog in"},
		{ID: "again", Text: strings.Repeat(prose, 3)},
	}
}

// A preset is one stage with the rules of a data set. Reasons tell the rules apart.
func ExamplePreset() {
	stages, err := filter.Preset("fineweb")
	if err != nil {
		log.Fatal(err)
	}
	p := &textmill.Pipeline{
		Source: textmill.Documents(pages()...),
		Stages: stages,
		Sink:   textmill.Discard,
	}
	report, err := p.Run(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(report)
	// Output:
	// stage              in  out  dropped
	// fineweb             3    1        2
	//     dup_line_frac                 1
	//     top_2_gram                    1
	// total               3    1        2
}

// Rules of several sets with limits of one's own, measured in one pass.
func ExampleQuality() {
	gopher := filter.NewGopherQuality()
	gopher.MinWords = 5
	gopher.Words = filter.UAX29
	quality := &filter.Quality{Rules: []filter.Rules{
		&filter.GopherRepetition{MaxDupLines: 0.5},
		gopher,
		filter.NewFineWebQuality(),
	}}
	for _, doc := range pages() {
		v, err := quality.Process(context.Background(), doc)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(doc.ID, v)
	}
	// Output:
	// prose keep
	// menu drop: gopher_enough_stop_words (0, limit 2)
	// again drop: dup_line_frac (0.615385, limit 0.5)
}

// With All, a dropped document says every rule that it failed.
func ExampleGopherQuality_all() {
	f := filter.NewGopherQuality()
	f.All = true
	doc := pages()[1]
	v, err := f.Process(context.Background(), doc)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(v)
	for _, name := range slices.Sorted(maps.Keys(doc.Meta)) {
		fmt.Println(name, doc.Meta[name])
	}
	// Output:
	// drop: gopher_short_doc (7, limit 50)
	// gopher_quality.gopher_enough_stop_words 0
	// gopher_quality.gopher_short_doc 7
}

// C4Quality takes lines out of a text, and drops it if too little is left.
func ExampleC4Quality() {
	doc := &textmill.Document{Text: "Home | About\n" +
		"The mill was built in 1754.[1] It burned down twice. It stands.\n" +
		"We use cookies to improve this page.\n" +
		"Is it open? It is!\n" +
		"Share this"}
	v, err := filter.NewC4Quality().Process(context.Background(), doc)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(v)
	fmt.Println(doc.Text)
	// Output:
	// keep
	// The mill was built in 1754. It burned down twice. It stands.
	// Is it open? It is!
}

// Repeated lines, in a filter with a single rule.
func ExampleGopherRepetition() {
	f := &filter.GopherRepetition{MaxDupLines: 0.3}
	v, err := f.Process(context.Background(), &textmill.Document{Text: "so it goes\nso it goes\nand so on"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(v)
	// Output: drop: dup_line_frac (0.333333, limit 0.3)
}

// The filter for FineWeb with the limit that its paper gives.
func ExampleFineWebQuality() {
	f := filter.NewFineWebQuality()
	f.MaxDupLineChars = 0.1
	for _, doc := range pages() {
		v, err := f.Process(context.Background(), doc)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(doc.ID, v)
	}
	// Output:
	// prose keep
	// menu drop: line_punct_ratio (0, limit 0.12)
	// again drop: char_dup_ratio (0.666667, limit 0.1)
}
