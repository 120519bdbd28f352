package dedup

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/textmill/textmill"
)

// BloomSettings are the settings of [BloomSpans].
type BloomSettings struct {
	// Unit, Window, Normalize, MinSpanWords and MinWords are those of [Spans].
	Unit         SpanUnit
	Window       int
	Normalize    Normalization
	MinSpanWords int
	MinWords     int

	// FalsePositive is how likely it is, at most, that a span is removed that was not
	// there before: from 1.5e-7 on. If 0, it is 0.0001. It is that likely once the
	// memory is used up, and a twentieth of that or less as long as half of it is.
	FalsePositive float64

	// Memory is how many bytes a shard that is being done takes for what it remembers,
	// at least 256 KiB. If 0, it is 64 MiB. [BloomSettings.Capacity] says for how many
	// spans that is enough; those that come when it is used up are not remembered, and
	// what repeats these is kept.
	Memory int64
}

const (
	bloomName            = "dedup.BloomSpans"
	defaultFalsePositive = 0.0001
	maxBloomMemory       = 1 << 40
)

// Validate returns an error that says what is wrong with the settings, if anything.
func (s BloomSettings) Validate() error {
	_, err := s.filled()
	return err
}

// Capacity returns how many different spans of a shard are remembered: with the default
// settings 23 million. It is 0 if the settings are not valid.
func (s BloomSettings) Capacity() int64 {
	x, err := s.filled()
	if err != nil {
		return 0
	}
	return x.shape.capacity(x.Memory)
}

// filledBloomSettings were checked and have no zeros that stand for something else.
type filledBloomSettings struct {
	BloomSettings
	shape bloomShape
}

func (s BloomSettings) filled() (x filledBloomSettings, err error) {
	x.BloomSettings = s
	if x.Window == 0 {
		x.Window = 1
		if x.Unit == Sentences {
			x.Window = 3
		}
	}
	x.FalsePositive = cmp.Or(s.FalsePositive, defaultFalsePositive)
	x.Memory = cmp.Or(s.Memory, defaultMemory)
	least := bloomShapes[len(bloomShapes)-1].rate
	shape, ok := bloomShapeFor(x.FalsePositive)
	switch {
	case x.Window < 1 || x.Window > maxWindow:
		return x, fmt.Errorf("dedup: BloomSettings.Window is %d; use 1 to %d", x.Window, maxWindow)
	case x.MinSpanWords < 0 || x.MinWords < 0:
		return x, fmt.Errorf("dedup: BloomSettings.MinSpanWords is %d and MinWords %d; use numbers from 0 on", x.MinSpanWords, x.MinWords)
	case !ok || x.FalsePositive >= 1:
		return x, fmt.Errorf("dedup: BloomSettings.FalsePositive is %v; use a probability from %v on, or Spans, which is exact", x.FalsePositive, least)
	case x.Memory < minMemory || x.Memory > maxBloomMemory:
		return x, fmt.Errorf("dedup: BloomSettings.Memory is %d bytes; use %d to %d", x.Memory, minMemory, int64(maxBloomMemory))
	}
	x.shape = shape
	return x, errors.Join(x.Unit.validate(), x.Normalize.validate())
}

// BloomSpans returns a stage that removes from documents what was said before in the same
// shard: the approximate form of [Spans], in one pass and fixed memory, with no files. It
// is [textmill.PerShard], so the order of the documents alone decides, and the result is
// the same on every machine.
//
// It knows no other shard, and it errs: it remembers spans in a Bloom filter (Bloom, CACM
// 1970), so that now and then a span is removed that nobody has said before, as
// FalsePositive allows. The rate holds whatever comes: when the filter is full, new spans
// are no longer remembered. Where nothing may be lost, or shards have to be compared, use
// Spans.
//
// What is a span, which spans are the same, and what becomes of documents of which little
// is left is said at [Spans]; the reason is "repeated_spans" here too. Documents need no
// ID.
//
// The report counts dedup.spans, all that were looked at; dedup.spans_removed,
// dedup.bytes_removed and dedup.documents_edited, those of documents that are kept; and
// dedup.spans_not_remembered, which came when the filter was full. If there are many of
// these, give it more Memory.
func BloomSpans(settings BloomSettings) textmill.Stage {
	return textmill.PerShard(bloomName, func(context.Context, textmill.Shard) (textmill.Stage, error) {
		x, err := settings.filled()
		if err != nil {
			return nil, err
		}
		divided := Spans{Unit: x.Unit, Window: x.Window, Normalize: x.Normalize, MinSpanWords: x.MinSpanWords}
		return &bloomSpans{
			divider:  &pieceDivider{Spans: divided, keyer: newKeyer(x.Normalize)},
			filter:   newBloomFilter(x.shape, x.Memory),
			minWords: x.MinWords,
		}, nil
	})
}

// A bloomSpans does one shard.
type bloomSpans struct {
	divider  divider
	filter   *bloomFilter
	minWords int
	gone     []bool // which pieces of the document at hand go
}

// Process implements [textmill.Stage].
func (s *bloomSpans) Process(ctx context.Context, doc *textmill.Document) (textmill.Verdict, error) {
	spans, repeated, err := s.look(ctx, doc)
	if err != nil {
		return textmill.Keep, err
	}
	textmill.Count(ctx, "dedup.spans", spans)
	if repeated == 0 {
		return textmill.Keep, nil
	}
	text := s.divider.remaining(doc.Text, s.gone)
	if !hasWords(text, max(s.minWords, 1)) {
		return textmill.Drop(spansReason), nil
	}
	textmill.Count(ctx, "dedup.spans_removed", repeated)
	textmill.Count(ctx, "dedup.bytes_removed", int64(len(doc.Text)-len(text)))
	textmill.Count(ctx, "dedup.documents_edited", 1)
	doc.Text = text
	return textmill.Keep, nil
}

// look finds the pieces that go, and remembers the spans that are new.
func (s *bloomSpans) look(ctx context.Context, doc *textmill.Document) (spans, repeated int64, err error) {
	missed := int64(0)
	s.gone = s.gone[:0]
	err = s.divider.each(doc, func(key uint64, first, last int) error {
		spans++
		switch {
		case s.filter.has(key):
			repeated++
			s.gone = append(s.gone, make([]bool, max(last+1-len(s.gone), 0))...)
			for i := first; i <= last; i++ {
				s.gone[i] = true
			}
		case !s.filter.add(key):
			missed++
		}
		return nil
	})
	textmill.Count(ctx, "dedup.spans_not_remembered", missed)
	return spans, repeated, err
}
