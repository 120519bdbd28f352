package dedup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"slices"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/internal/ucd"
	"github.com/textmill/textmill/storage"
)

// Spans removes from documents what was said before: lines, paragraphs or runs of
// sentences that occur anywhere earlier in the corpus. Navigation, licences and quoted
// articles go, and the first copy of each stays.
//
//	s := &dedup.Spans{Store: store, Dir: "spans", Unit: dedup.Sentences}
//	plan := s.Plan(pages, stages, out)
//
// # What is removed
//
// A span is Window pieces of a text one after another, none of which is blank. Spans are
// the same if their 64-bit xxh3 hashes are, after Normalize. Of the same spans, the first
// by name of the shard and place in it stays; the pieces of the others are removed.
// Spans overlap where Window is more than 1, so a piece goes that is in any of them.
//
// Whatever is removed is still there: of each removed piece a copy is earlier in the
// corpus, be it that of the first span or, if that is removed as well, one before it.
//
// A document that is left with fewer than MinWords words is dropped, with the reason
// "repeated_spans"; so is one of which nothing is left. If MinWords is more than 1, what
// was left of it is lost, also where other documents repeat it.
//
// Among n different spans, two are taken for the same with a probability of n²/2⁶⁵ in
// all: with a hundred billion lines, this is expected to happen to some 270.
//
// What is said at [Exact] of two passes, of files and of doing steps again holds here
// too. Between the steps a span takes about 9 bytes, and a document about 20 more.
type Spans struct {
	// Store and Dir say where the steps leave files for each other.
	Store storage.Store `json:"-"`
	Dir   string

	// Scratch, if not nil, takes temporary files in place of Store.
	Scratch storage.Store `json:"-"`

	// Unit says what a piece is.
	Unit SpanUnit

	// Window is how many pieces are a span. If 0, it is 3 for Sentences, as in C4 and
	// datatrove, and 1 otherwise.
	Window int

	// Normalize says which differences do not count.
	Normalize Normalization

	// MinSpanWords leaves spans alone that have fewer words, divided by white space: a
	// bullet, a heading or "Thanks!" is no repetition. If 0, all count.
	MinSpanWords int

	// MinWords is how many words, divided by white space, a document that lost some has
	// to have left.
	MinWords int

	// Partitions is into how many parts hashes are divided, which is how many shards the
	// step spans-match has: 1 to 65536. If 0, it is 64. It decides nothing.
	Partitions int

	// Memory is about how many bytes each shard that is being done may hold. If 0, it is
	// 64 MiB; the least is 256 KiB. It decides nothing.
	Memory int64
}

const (
	spansName   = "dedup.Spans"
	spansReason = "repeated_spans"
	maxWindow   = 1000
)

// Kinds of files.
const (
	kindSpans    = "spans"
	kindRepeats  = "repeated spans"
	kindRemovals = "a list of repeated spans"
)

// Steps returns the steps between the two pipelines: spans-match, with a shard for each
// range of hashes, and spans-collect, with one for each group of input shards. See
// [Exact.Match] for src.
func (s *Spans) Steps(src textmill.Source) textmill.Plan {
	return textmill.Plan{
		{Name: "spans-match", Job: spanMatch{s, src}},
		{Name: "spans-collect", Job: spanCollect{s, src}},
	}
}

// Plan returns a whole plan, as [Exact.Plan] does. It begins with spans-sign and ends with
// spans-filter.
func (s *Spans) Plan(src textmill.Source, stages []textmill.Stage, sink textmill.Sink) textmill.Plan {
	return slices.Concat(
		textmill.Plan{{Name: "spans-sign", Job: &textmill.Pipeline{Source: src, Stages: stages, Sink: s.Signatures()}}},
		s.Steps(src),
		textmill.Plan{{Name: "spans-filter", Job: &textmill.Pipeline{Source: src, Stages: append(slices.Clip(stages), s.Filter()), Sink: sink}}},
	)
}

type spansSettings struct {
	Format       int           `json:"format"` // of records
	Unit         SpanUnit      `json:"unit"`
	Window       int           `json:"window"`
	Normalize    Normalization `json:"normalize"`
	MinSpanWords int           `json:"min_span_words"`
	Partitions   int           `json:"partitions"`
	Unicode      string        `json:"unicode"`
}

// open checks the settings.
func (s *Spans) open() (*spanPlan, error) {
	x := *s
	if x.Partitions == 0 {
		x.Partitions = defaultPartitions
	}
	if x.Memory == 0 {
		x.Memory = defaultMemory
	}
	if x.Window == 0 {
		x.Window = 1
		if x.Unit == Sentences {
			x.Window = 3
		}
	}
	if x.Scratch == nil {
		x.Scratch = x.Store
	}
	switch {
	case x.Store == nil:
		return nil, errors.New("dedup: a Spans needs a Store")
	case x.Window < 1 || x.Window > maxWindow:
		return nil, fmt.Errorf("dedup: Spans.Window is %d; use 1 to %d", x.Window, maxWindow)
	case x.MinSpanWords < 0 || x.MinWords < 0:
		return nil, fmt.Errorf("dedup: Spans.MinSpanWords is %d and MinWords %d; use numbers from 0 on", x.MinSpanWords, x.MinWords)
	case x.Partitions < 1 || x.Partitions > maxPartitions:
		return nil, fmt.Errorf("dedup: Spans.Partitions is %d; use 1 to %d", x.Partitions, maxPartitions)
	case x.Memory < minMemory:
		return nil, fmt.Errorf("dedup: Spans.Memory is %d bytes; use at least %d", x.Memory, minMemory)
	}
	err := errors.Join(x.Unit.validate(), x.Normalize.validate())
	if err != nil {
		return nil, err
	}
	settings, err := json.Marshal(spansSettings{1, x.Unit, x.Window, x.Normalize, x.MinSpanWords, x.Partitions, ucd.Version})
	return &spanPlan{
		store: x.Store, scratch: x.Scratch, dir: x.Dir, temp: path.Join(x.Dir, "tmp"),
		partitions: x.Partitions, memory: x.Memory, minWords: x.MinWords, reason: spansReason, settings: settings,
		divide: func(context.Context, string) (divider, error) {
			return &pieceDivider{Spans: x, keyer: newKeyer(x.Normalize)}, nil
		},
	}, err
}
