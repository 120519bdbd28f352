// Quickstart turns crawled pages into clean text and says what became of the rest.
package main

import (
	"context"
	"fmt"
	"log"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/filter"
	"github.com/textmill/textmill/jsonl"
	"github.com/textmill/textmill/normalize"
	"github.com/textmill/textmill/storage"
	"github.com/textmill/textmill/wet"
)

func main() {
	if err := run(context.Background(), "examples/commoncrawl/testdata", "out/quickstart"); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, in, out string) error {
	pages, err := wet.Open(ctx, []string{in}, nil)
	if err != nil {
		return err
	}
	p := &textmill.Pipeline{
		Source:    pages,
		Stages:    []textmill.Stage{normalize.Standard(), filter.NewGopherQuality(), filter.NewC4Quality()},
		Sink:      jsonl.Sink{Store: storage.Dir(out), Dir: "documents"},
		Rejects:   jsonl.Sink{Store: storage.Dir(out), Dir: "rejects"},
		MaxErrors: 10, // damaged records a file may have
	}
	report, err := p.Run(ctx)
	fmt.Print(report)
	return err
}
