// Quickstart turns crawled pages into clean text: it reads WET files, normalizes
// the text, keeps what passes FineWeb's quality rules, and says what became of
// the rest.
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/filter"
	"github.com/textmill/textmill/jsonl"
	"github.com/textmill/textmill/normalize"
	"github.com/textmill/textmill/storage"
	"github.com/textmill/textmill/wet"
)

func main() {
	ctx, out := context.Background(), storage.Dir("out/quickstart")
	src, err := wet.Open(ctx, append(os.Args[1:], "examples/commoncrawl/testdata")[:1], nil)
	if err != nil {
		log.Fatal(err)
	}
	p := &textmill.Pipeline{
		Source:    src,
		Stages:    []textmill.Stage{normalize.Standard(), filter.NewGopherQuality(), filter.NewC4Quality()},
		Sink:      &jsonl.Sink{Store: out, Dir: "documents"},
		Rejects:   &jsonl.Sink{Store: out, Dir: "rejects"},
		MaxErrors: 10, // damaged records a file may have
	}
	report, err := p.Run(ctx)
	fmt.Print(report)
	if err != nil {
		log.Fatal(err)
	}
}
