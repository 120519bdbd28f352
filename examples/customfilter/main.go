// Customfilter runs a filter of one's own over a few documents and shows what it
// rejected and why. The filter is in shouting.go, its test in shouting_test.go.
package main

import (
	"context"
	"fmt"
	"log"

	"github.com/textmill/textmill"
)

func main() {
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	var rejects textmill.Memory
	p := &textmill.Pipeline{
		Source: textmill.Documents(
			&textmill.Document{ID: "calm", Text: "The library opens at nine."},
			&textmill.Document{ID: "loud", Text: "BUY NOW, WHILE STOCKS last!"},
			&textmill.Document{ID: "louder", Text: "LAST CHANCE!!!"},
		),
		Stages:  []textmill.Stage{&Shouting{Max: 0.5}},
		Sink:    textmill.Discard,
		Rejects: &rejects,
	}
	report, err := p.Run(ctx)
	if err != nil {
		return err
	}
	fmt.Print(report, "\n")
	for _, d := range rejects.Documents() {
		fmt.Printf("%s: %v %.2f > %v\n", d.ID, d.Meta["reject.reason"], d.Meta["reject.value"], d.Meta["reject.limit"])
	}
	return nil
}
