//go:build !race

package filter

import (
	"strings"
	"testing"

	"github.com/textmill/textmill"
)

// Memory is used again from text to text. (The race detector makes a sync.Pool forget
// at random.)
func TestNoAllocations(t *testing.T) {
	clean := strings.TrimSpace(prose(5, 6000))
	for _, words := range kinds {
		rules := fineWeb(0.01)
		rules[0].(*GopherRepetition).Words = words
		rules[1].(*GopherQuality).Words = words
		rules[3].(*FineWebQuality).Words = words
		rules[1].(*GopherQuality).MinStopWords = 1
		stages := []textmill.Stage{&Quality{Rules: rules}}
		for _, r := range rules {
			stages = append(stages, r)
		}
		for _, stage := range stages {
			doc := &textmill.Document{Text: clean}
			ctx := t.Context()
			n := testing.AllocsPerRun(50, func() {
				if v, err := stage.Process(ctx, doc); err != nil || !v.Kept() || doc.Text != clean {
					t.Fatalf("%T: %v, %v, %d bytes of %d", stage, v, err, len(doc.Text), len(clean))
				}
			})
			if n != 0 {
				t.Errorf("%v words: %T makes %v allocations for a document", words, stage, n)
			}
		}
	}
}
