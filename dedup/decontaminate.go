package dedup

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/zeebo/xxh3"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/internal/sections"
)

// Decontaminate is a stage that drops documents that contain a passage of a benchmark, so
// that a model is not tested on what it was trained on. It is made by
// [NewDecontaminate].
//
// A document is dropped, with the reason "contaminated", if N words of it in a row are N
// words in a row of a benchmark's text; or, for a text of fewer words than N but MinWords
// at least, if it contains the whole text. Words are those of UAX #29 and are compared in
// lower case, so that neither case nor punctuation nor white space counts. Numbers do: a
// question that differs in its figures is another one.
//
// [textmill.Verdict.DuplicateOf] names the benchmark and the text, as in "mmlu#17", from
// 0 on; the annotation [NGramKey] is the passage as the benchmark has it.
//
// N = 13 is that of GPT-3 (Brown et al. 2020, arXiv 2005.14165, appendix C), datatrove
// takes 12. There, texts of fewer words are not looked for.
//
// Memory: about 28 bytes for each word of the benchmarks, beside their texts. It is safe
// for concurrent use.
type Decontaminate struct {
	settings   decontaminateSettings
	benchmarks []Benchmark
	long       *passageIndex // of N words
	short      *passageIndex // of the first MinWords words of short texts
	skipped    int
	readers    sync.Pool // of *passageReader
}

// A Benchmark is a set of texts that must not be in training data.
type Benchmark struct {
	Name  string
	Texts []string // questions with their answers, say
}

// Settings of NewDecontaminate.
const (
	DefaultN        = 13
	DefaultMinWords = 8
)

// NGramKey is the annotation of a contaminated document: the passage that it shares with
// a benchmark.
const NGramKey = "dedup.ngram"

const contaminatedReason = "contaminated"

type decontaminateSettings struct {
	N          int               `json:"n"`
	MinWords   int               `json:"min_words"`
	Benchmarks []benchmarkDigest `json:"benchmarks"`
}

type benchmarkDigest struct {
	Name   string          `json:"name"`
	Texts  int             `json:"texts"`
	Digest sections.Digest `json:"digest"` // of the texts
}

// NewDecontaminate returns a stage for the given benchmarks. n is how many words are a
// passage, minWords how many a shorter text must have to be looked for as a whole; 0
// stands for DefaultN and DefaultMinWords. [Decontaminate.Skipped] says how many texts
// have fewer.
func NewDecontaminate(n, minWords int, benchmarks ...Benchmark) (*Decontaminate, error) {
	n, minWords = cmp.Or(n, DefaultN), cmp.Or(minWords, DefaultMinWords)
	switch {
	case n < 2 || n > 1000:
		return nil, fmt.Errorf("dedup: passages of %d words; use 2 to 1000", n)
	case minWords < 2 || minWords > n:
		return nil, fmt.Errorf("dedup: texts of %d words as a whole; use 2 to %d, the length of a passage", minWords, n)
	}
	d := &Decontaminate{
		settings:   decontaminateSettings{N: n, MinWords: minWords},
		benchmarks: benchmarks,
		long:       &passageIndex{roller: newRoller(n)},
		short:      &passageIndex{roller: newRoller(minWords)},
	}
	d.readers.New = func() any { return &passageReader{words: new(wordReader)} }
	for i, b := range benchmarks {
		if err := d.add(i, b); err != nil {
			return nil, err
		}
	}
	d.long.finish()
	d.short.finish()
	return d, nil
}

// add indexes a benchmark.
func (d *Decontaminate) add(number int, b Benchmark) error {
	if b.Name == "" {
		return errors.New("dedup: a benchmark needs a Name, so that rejects can say which")
	}
	if slices.ContainsFunc(d.settings.Benchmarks, func(other benchmarkDigest) bool { return other.Name == b.Name }) {
		return fmt.Errorf("dedup: two benchmarks are called %s", b.Name)
	}
	var sum xxh3.Hasher
	w := new(wordReader)
	for i, text := range b.Texts {
		fmt.Fprintf(&sum, "%d:%s", len(text), text)
		w.read(text)
		t := benchmarkText{benchmark: number, text: i, hashes: slices.Clone(w.hashes)}
		switch n := len(w.hashes); {
		case n >= d.settings.N:
			d.long.add(t)
		case n >= d.settings.MinWords:
			d.short.addWhole(t)
		default:
			d.skipped++
		}
	}
	d.settings.Benchmarks = append(d.settings.Benchmarks, benchmarkDigest{b.Name, len(b.Texts), sections.Digest(sum.Sum64())})
	return nil
}

// ReadBenchmark returns the texts of all documents of a source as a benchmark.
func ReadBenchmark(ctx context.Context, name string, src textmill.Source) (Benchmark, error) {
	b := Benchmark{Name: name}
	shards, err := src.Shards(ctx)
	if err != nil {
		return b, fmt.Errorf("benchmark %s: %w", name, err)
	}
	for _, s := range shards {
		for doc, err := range src.Read(ctx, s) {
			if err != nil {
				return b, fmt.Errorf("benchmark %s: %w", name, err)
			}
			b.Texts = append(b.Texts, doc.Text)
		}
	}
	return b, nil
}

// Skipped returns how many texts of the benchmarks have fewer words than MinWords, and so
// are not looked for: they would be found everywhere.
func (d *Decontaminate) Skipped() int { return d.skipped }

// MarshalJSON returns the settings, with a digest of each benchmark.
func (d *Decontaminate) MarshalJSON() ([]byte, error) { return json.Marshal(d.settings) }

// Process implements [textmill.Stage].
func (d *Decontaminate) Process(_ context.Context, doc *textmill.Document) (textmill.Verdict, error) {
	r := d.readers.Get().(*passageReader)
	defer d.readers.Put(r)
	r.words.read(doc.Text)
	for _, index := range []*passageIndex{d.long, d.short} {
		if t, at, n, ok := index.find(r); ok {
			b := d.benchmarks[t.benchmark]
			doc.Set(NGramKey, passage(b.Texts[t.text], at, n))
			return textmill.Drop(contaminatedReason).DuplicateOf(fmt.Sprintf("%s#%d", b.Name, t.text)), nil
		}
	}
	return textmill.Keep, nil
}

// passage returns n words of a text, from the word at on, with what is between them.
func passage(text string, at, n int) string {
	w := new(wordReader)
	w.read(text)
	return text[w.spans[at].Start:w.spans[at+n-1].End]
}
