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

// Passages removes from documents the long passages that occur anywhere earlier in the
// corpus, wherever they begin and end: what Lee et al. (2022, arXiv 2107.06499) do with a
// suffix array, here in bounded memory, and keeping the first copy.
//
//	p := &dedup.Passages{Store: store, Dir: "passages"}
//	plan := p.Plan(pages, stages, out)
//
// # What is removed
//
// A passage is Length words in a row. Words are those of UAX #29 in lower case, so that
// neither case nor punctuation nor white space counts. A word is removed, with what stands
// between it and the next, if it is in a passage of which the same words stand earlier in
// the corpus: in a shard whose name comes first, or before it in the same. Of longer
// passages, all is removed. Every repeated passage is found.
//
// As with [Spans], a copy of whatever is removed is still there, earlier in the corpus; and
// a document that is left with fewer than MinWords words is dropped with what is left, with
// the reason "repeated_passages".
//
// # How it is found
//
// All passages of a corpus are as many as its words. So the first pass takes samples:
// runs of half the length, one of about 13 words for the length of 50, chosen by winnowing
// (Schleimer, Wilkerson and Aiken, SIGMOD 2003), which is certain to take the same one from
// every copy of a passage. The second pass looks only where a sample is repeated, and takes
// all passages there. The third removes. So the documents are read three times, which have
// to be the same each time: store what the stages leave, and read that.
//
// Between the steps a sample takes about 9 bytes, as does a passage of the second pass.
// See [Exact] for files and for doing steps again.
type Passages struct {
	// Store and Dir say where the steps leave files for each other.
	Store storage.Store `json:"-"`
	Dir   string

	// Scratch, if not nil, takes temporary files in place of Store.
	Scratch storage.Store `json:"-"`

	// Length is how many words are a passage: at least 4. If 0, it is 50.
	Length int

	// MinWords is how many words, divided by white space, a document that lost some has
	// to have left.
	MinWords int

	// Partitions and Memory are those of [Spans].
	Partitions int
	Memory     int64
}

const (
	passagesName   = "dedup.Passages"
	passagesReason = "repeated_passages"
	defaultLength  = 50
	maxLength      = 10_000
)

// Samples returns the sink of the first pass, which stores the samples of documents.
// Every document needs an ID, and those of a shard have to come in source order.
func (p *Passages) Samples() textmill.Sink { return spanSignatures{sampling{p}} }

// Passages returns the sink of the second pass, which stores the passages of documents
// where a sample of them is repeated.
func (p *Passages) Passages() textmill.Sink { return spanSignatures{p} }

// Filter returns the stage of the third pass, which removes what the steps have found. See
// [Spans.Filter].
func (p *Passages) Filter() textmill.Stage { return removeSpans(passagesName, p) }

// SampleSteps returns the steps between the first pass and the second, and PassageSteps
// those between the second and the third. See [Exact.Match] for src.
func (p *Passages) SampleSteps(src textmill.Source) textmill.Plan {
	return textmill.Plan{
		{Name: "samples-match", Job: spanMatch{sampling{p}, src}},
		{Name: "samples-collect", Job: spanCollect{sampling{p}, src}},
	}
}

// PassageSteps returns the steps between the second pass and the third.
func (p *Passages) PassageSteps(src textmill.Source) textmill.Plan {
	return textmill.Plan{
		{Name: "passages-match", Job: spanMatch{p, src}},
		{Name: "passages-collect", Job: spanCollect{p, src}},
	}
}

// Plan returns a whole plan, which reads src and applies the stages three times. Its steps
// are samples-sign, samples-match, samples-collect, passages-sign, passages-match,
// passages-collect and passages-filter.
func (p *Passages) Plan(src textmill.Source, stages []textmill.Stage, sink textmill.Sink) textmill.Plan {
	return slices.Concat(
		textmill.Plan{{Name: "samples-sign", Job: &textmill.Pipeline{Source: src, Stages: stages, Sink: p.Samples()}}},
		p.SampleSteps(src),
		textmill.Plan{{Name: "passages-sign", Job: &textmill.Pipeline{Source: src, Stages: stages, Sink: p.Passages()}}},
		p.PassageSteps(src),
		textmill.Plan{{Name: "passages-filter", Job: &textmill.Pipeline{Source: src, Stages: append(slices.Clip(stages), p.Filter()), Sink: sink}}},
	)
}

type passagesSettings struct {
	Format     int    `json:"format"` // of records
	Length     int    `json:"length"`
	Partitions int    `json:"partitions"`
	Unicode    string `json:"unicode"`
}

// open returns the plan of the second and third passes.
func (p *Passages) open() (*spanPlan, error) {
	x := *p
	if x.Partitions == 0 {
		x.Partitions = defaultPartitions
	}
	if x.Memory == 0 {
		x.Memory = defaultMemory
	}
	if x.Length == 0 {
		x.Length = defaultLength
	}
	if x.Scratch == nil {
		x.Scratch = x.Store
	}
	switch {
	case x.Store == nil:
		return nil, errors.New("dedup: a Passages needs a Store")
	case x.Length < 4 || x.Length > maxLength:
		return nil, fmt.Errorf("dedup: Passages.Length is %d words; use 4 to %d", x.Length, maxLength)
	case x.MinWords < 0:
		return nil, fmt.Errorf("dedup: Passages.MinWords is %d; use a number from 0 on", x.MinWords)
	case x.Partitions < 1 || x.Partitions > maxPartitions:
		return nil, fmt.Errorf("dedup: Passages.Partitions is %d; use 1 to %d", x.Partitions, maxPartitions)
	case x.Memory < minMemory:
		return nil, fmt.Errorf("dedup: Passages.Memory is %d bytes; use at least %d", x.Memory, minMemory)
	}
	settings, err := json.Marshal(passagesSettings{1, x.Length, x.Partitions, ucd.Version})
	if err != nil {
		return nil, err
	}
	plan := &spanPlan{
		store: x.Store, scratch: x.Scratch, dir: path.Join(x.Dir, "passages"), temp: path.Join(x.Dir, "tmp"),
		partitions: x.Partitions, memory: x.Memory, minWords: x.MinWords, reason: passagesReason, settings: settings,
	}
	samples := plan.samples(x)
	plan.divide = func(ctx context.Context, shard string) (divider, error) {
		return newPassageDivider(ctx, x.Length, samples, shard)
	}
	return plan, nil
}

// samples returns the plan of the first pass.
func (x *spanPlan) samples(p Passages) *spanPlan {
	s := *x
	s.dir, s.all = path.Join(p.Dir, "samples"), true
	s.divide = func(context.Context, string) (divider, error) { return newSampler(p.Length), nil }
	return &s
}

// sampling is the first pass.
type sampling struct{ *Passages }

func (s sampling) open() (*spanPlan, error) {
	p := *s.Passages
	if p.Length == 0 {
		p.Length = defaultLength
	}
	plan, err := p.open()
	if err != nil {
		return nil, err
	}
	return plan.samples(p), nil
}
