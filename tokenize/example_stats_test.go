package tokenize_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/tokenize"
)

func ExampleStatsOf() {
	enc, err := tokenize.Tiktoken("cl100k_base")
	if err != nil {
		fmt.Println(err)
		return
	}
	p := &textmill.Pipeline{
		Source: textmill.Documents(
			&textmill.Document{Text: "The mill turns again."},
			&textmill.Document{Text: "Die Mühle dreht sich wieder."},
			&textmill.Document{Text: strings.Repeat("水車がまた回る。", 4)},
		),
		Stages: []textmill.Stage{tokenize.Stage{Encoder: enc}},
		Sink:   textmill.Discard,
	}
	report, err := p.Run(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	stats := tokenize.StatsOf(report)
	fmt.Print(stats)
	fmt.Printf("%.1f bytes a token\n", stats.BytesPerToken())
	// Output:
	// documents                     3  16.7 tokens each
	// tokens                       50  2.92 bytes each
	//   unknown                     0    0.00%
	//   byte fallback              12   24.00%
	// bytes                       146
	//
	// tokens in a document  documents
	//   5 to 8                      1   33.33%
	//   9 to 16                     1   33.33%
	//   33 to 64                    1   33.33%
	// 2.9 bytes a token
}
