package main

import (
	"context"
	"unicode"

	"github.com/textmill/textmill"
)

// Shouting drops documents that are written in capitals.
type Shouting struct {
	Max float64 // share of capitals among the letters that is still kept, 0 to 1
}

// Process implements [textmill.Stage].
func (s *Shouting) Process(_ context.Context, doc *textmill.Document) (textmill.Verdict, error) {
	var letters, capitals float64
	for _, r := range doc.Text {
		if unicode.IsLetter(r) {
			letters++
		}
		if unicode.IsUpper(r) {
			capitals++
		}
	}
	if share := capitals / max(letters, 1); share > s.Max {
		return textmill.Drop("shouting").Measured(share, s.Max), nil
	}
	return textmill.Keep, nil
}
