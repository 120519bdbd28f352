package dedup

import (
	"context"
	"errors"
	"strings"

	"github.com/textmill/textmill"
)

// A sampler finds the samples of documents by winnowing. Of any w runs of k words that
// begin one after another it takes the one with the least hash, of several the last: so
// that of any w+k-1 words, which is the length of a passage, it takes one run at least,
// and the same in every copy.
type sampler struct {
	k, w   int
	words  wordReader
	roller roller
	hashes []uint64 // of the runs
	taken  []int    // where they begin, in order
}

func newSampler(length int) *sampler {
	k := length / 2
	return &sampler{k: k, w: length - k + 1, roller: newRoller(k)}
}

// read samples a text, and leaves its words to be used.
func (s *sampler) read(text string) {
	s.words.read(text)
	s.hashes = s.roller.roll(s.hashes[:0], s.words.hashes)
	s.taken = s.taken[:0]
	least := -1
	for end := s.w; end <= len(s.hashes); end++ {
		if from := end - s.w; least < from {
			least = from
			for i := from + 1; i < end; i++ {
				if s.hashes[i] <= s.hashes[least] {
					least = i
				}
			}
		} else if s.hashes[end-1] <= s.hashes[least] {
			least = end - 1
		} else {
			continue
		}
		s.taken = append(s.taken, least)
	}
}

func (s *sampler) each(doc *textmill.Document, yield func(key uint64, first, last int) error) error {
	s.read(doc.Text)
	for _, at := range s.taken {
		if err := yield(s.hashes[at], at, at+s.k-1); err != nil {
			return err
		}
	}
	return nil
}

func (s *sampler) skip(*textmill.Document) error { return nil }

func (s *sampler) remaining(text string, _ []bool) string { return text }
func (s *sampler) end() error                             { return nil }
func (s *sampler) close() error                           { return nil }

// A passageDivider finds the passages of documents around the samples that are repeated.
// Its pieces are words.
type passageDivider struct {
	length  int
	sampler *sampler
	roller  roller
	hashes  []uint64
	list    *spanRemover // of the samples that are repeated
}

func newPassageDivider(ctx context.Context, length int, samples *spanPlan, shard string) (*passageDivider, error) {
	list, err := samples.openRemovals(ctx, shard)
	if err != nil {
		return nil, err
	}
	s := newSampler(length)
	d := &passageDivider{
		length: length, sampler: s, roller: newRoller(length),
		list: &spanRemover{spanPlan: samples, list: list, divider: s, match: newDocumentMatcher()},
	}
	if err := d.list.advance(); err != nil {
		return nil, errors.Join(err, list.Close())
	}
	return d, nil
}

func (d *passageDivider) each(doc *textmill.Document, yield func(key uint64, first, last int) error) error {
	repeated, err := d.list.take(doc)
	if err != nil || !repeated {
		return err
	}
	// take has read the text, and numbers are those of its samples.
	s := d.sampler
	d.hashes = d.roller.roll(d.hashes[:0], s.words.hashes)
	next := 0 // the first passage that was not taken yet
	for _, n := range d.list.numbers {
		at := s.taken[n]
		for next = max(next, at+s.k-d.length); next <= at && next < len(d.hashes); next++ {
			if err := yield(d.hashes[next], next, next+d.length-1); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *passageDivider) skip(doc *textmill.Document) error {
	_, err := d.list.find(doc)
	return err
}

// remaining returns the text without some words, and what stands between each and the
// next.
func (d *passageDivider) remaining(text string, gone []bool) string {
	var sb strings.Builder
	sb.Grow(len(text))
	from := 0 // of what stays
	spans := d.sampler.words.spans
	for i := 0; i < len(gone); i++ {
		if !gone[i] {
			continue
		}
		sb.WriteString(text[from:spans[i].Start])
		for i+1 < len(gone) && gone[i+1] {
			i++
		}
		from = len(text)
		if i+1 < len(spans) {
			from = spans[i+1].Start
		}
	}
	sb.WriteString(text[from:])
	return sb.String()
}

func (d *passageDivider) end() error {
	if d.list.more {
		return d.list.missing()
	}
	return nil
}

func (d *passageDivider) close() error { return d.list.list.Close() }
