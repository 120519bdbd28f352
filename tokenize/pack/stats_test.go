package pack_test

import (
	"strings"
	"testing"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/storage"
	"github.com/textmill/textmill/tokenize"
)

// What the report says of each packing: documents of 3, 7 and 0 bytes with their ends of
// text, in windows of 4.
func TestStats(t *testing.T) {
	for i, want := range []tokenize.PackedStats{
		{Windows: 4, Documents: 3, Tokens: 13, Padding: 3, Divided: 1},             // Concat
		{Windows: 3, Documents: 2, Tokens: 12, Padding: 0, Divided: 1, LeftOut: 1}, // and DropLast
		{Windows: 4, Documents: 3, Tokens: 13, Padding: 3, Divided: 1},             // BestFit
		{Windows: 4, Documents: 3, Tokens: 13, Padding: 3, Divided: 1},             // Pad
	} {
		sink := sinks(&storage.Memory{})[i]
		sink.Packing = packings(4, 0)[i]
		sink.Encoder = wide{}
		p := &textmill.Pipeline{
			Source: textmill.Documents(
				&textmill.Document{Text: strings.Repeat("a", 3)},
				&textmill.Document{Text: strings.Repeat("b", 7)},
				&textmill.Document{},
			),
			Stages: []textmill.Stage{tokenize.Stage{Encoder: sink.Encoder}},
			Sink:   sink,
		}
		r, err := p.Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got := tokenize.StatsOf(r).Packed; got != want {
			t.Errorf("%T: %+v, want %+v", sink.Packing, got, want)
		}
	}
}

// wide is bytewise with a vocabulary that has padding as well.
type wide struct{ bytewise }

func (wide) VocabSize() int { return padding + 1 }
