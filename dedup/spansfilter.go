package dedup

import (
	"context"
	"errors"
	"fmt"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/internal/sections"
)

// Filter returns the stage that removes what the steps have found. It works in a pipeline
// only, as it has to know the shard. See [Exact] for which documents it has to be given;
// they must be as they were when they were signed. A document that it drops is as it was
// before.
//
// The report counts dedup.spans_removed, dedup.bytes_removed and dedup.documents_edited,
// those of documents that are kept.
func (s *Spans) Filter() textmill.Stage {
	return removeSpans(spansName, s)
}

func removeSpans(name string, o spanOpener) textmill.Stage {
	return textmill.PerShard(name, func(ctx context.Context, shard textmill.Shard) (_ textmill.Stage, err error) {
		x, err := o.open()
		if err != nil {
			return nil, err
		}
		d, err := x.divide(ctx, shard.Name)
		if err != nil {
			return nil, err
		}
		defer func() {
			if err != nil {
				d.close()
			}
		}()
		list, err := x.openRemovals(ctx, shard.Name)
		if err != nil {
			return nil, err
		}
		r := &spanRemover{spanPlan: x, list: list, divider: d, match: newDocumentMatcher()}
		if err := r.advance(); err != nil {
			return nil, errors.Join(err, list.Close())
		}
		return r, nil
	})
}

// openRemovals opens the list of a shard, if it was made from the spans that are there.
func (x *spanPlan) openRemovals(ctx context.Context, shard string) (*sections.Reader, error) {
	list, err := sections.Open(ctx, x.store, x.listFile(shard), x.header(kindRemovals, shard))
	if err != nil {
		return nil, notExist(err, fmt.Sprintf("there is no list of repeated spans for the shard %q: do the steps sign, match and collect, with shards of this name", shard))
	}
	signed, err := x.openSpans(ctx, shard)
	if err == nil {
		if len(list.Digests) != 1 || list.Sections != 1 || list.Digests[0] != signed.Digests[0] {
			err = list.Wrap(errOtherSignatures)
		} else {
			_, err = list.Seek(0)
		}
		err = errors.Join(err, signed.Close())
	}
	if err != nil {
		return nil, errors.Join(err, list.Close())
	}
	return list, nil
}

// A spanRemover does one shard.
type spanRemover struct {
	*spanPlan
	list    *sections.Reader
	divider divider
	match   *documentMatcher

	more    bool // there is a next entry
	next    removal
	id      string   // of its document
	numbers []uint64 // of the spans of the document at hand
	pieces  []bool   // which of its pieces go
}

// advance reads the next entry.
func (r *spanRemover) advance() error {
	b, err := r.list.Next()
	had, place := r.more, r.next.place
	if r.more = err == nil; !r.more {
		return ignoreEOF(err)
	}
	r.next, err = parseRemoval(b, r.next.numbers)
	if err != nil || had && r.next.place < place {
		return r.list.Wrap(sections.ErrDamaged)
	}
	r.id = idString(r.next.id)
	return nil
}

// Process implements [textmill.Stage]. Its errors end the shard.
func (r *spanRemover) Process(ctx context.Context, doc *textmill.Document) (textmill.Verdict, error) {
	if listed, err := r.take(doc); err != nil || !listed {
		return textmill.Keep, textmill.Fatal(err)
	}
	text := r.divider.remaining(doc.Text, r.pieces)
	if !hasWords(text, max(r.minWords, 1)) {
		return textmill.Drop(r.reason), nil
	}
	textmill.Count(ctx, "dedup.spans_removed", int64(len(r.numbers)))
	textmill.Count(ctx, "dedup.bytes_removed", int64(len(doc.Text)-len(text)))
	textmill.Count(ctx, "dedup.documents_edited", 1)
	doc.Text = text
	return textmill.Keep, nil
}

// take reads the entries of a document, if there are any: numbers and pieces are then those
// of its repeated spans.
func (r *spanRemover) take(doc *textmill.Document) (listed bool, err error) {
	spans, err := r.find(doc)
	if err != nil {
		return false, err
	}
	if spans == 0 {
		return false, r.divider.skip(doc)
	}
	return true, r.mark(doc, spans)
}

// find goes past the entries of a document. It returns how many spans that has, or 0 if
// there are no entries.
func (r *spanRemover) find(doc *textmill.Document) (spans uint64, err error) {
	if err := r.match.order.check(doc); err != nil {
		return 0, err
	}
	if !r.more || !r.match.is(doc, r.id, r.next.position) {
		return 0, nil
	}
	place := r.next.place
	spans = r.next.spans
	r.numbers = r.numbers[:0]
	for r.more && r.next.place == place {
		r.numbers = append(r.numbers, r.next.numbers...)
		if err := r.advance(); err != nil {
			return 0, err
		}
	}
	return spans, nil
}

// mark finds the pieces of the spans in numbers.
func (r *spanRemover) mark(doc *textmill.Document, spans uint64) error {
	r.pieces = r.pieces[:0]
	count, numbers := uint64(0), r.numbers
	err := r.divider.each(doc, func(_ uint64, first, last int) error {
		if len(numbers) > 0 && numbers[0] == count {
			numbers = numbers[1:]
			r.pieces = append(r.pieces, make([]bool, max(last+1-len(r.pieces), 0))...)
			for i := first; i <= last; i++ {
				r.pieces[i] = true
			}
		}
		count++
		return nil
	})
	switch {
	case err != nil:
	case count != spans:
		err = fmt.Errorf("dedup: %s (#%d) has %d spans, but had %d when it was signed: give Filter the documents as they were signed", doc.ID, doc.Index, count, spans)
	case len(numbers) > 0: // they were not in order
		err = r.list.Wrap(sections.ErrDamaged)
	}
	return err
}

// Close ends the shard. It is an error if a document of the list has not come.
func (r *spanRemover) Close() error {
	err := errors.Join(r.divider.close(), r.list.Close())
	if r.more {
		err = errors.Join(r.missing(), err)
	}
	return err
}

func (r *spanRemover) missing() error {
	return fmt.Errorf("dedup: %s (#%d), which repeats others, has not come: give every pass all documents that were signed, in the same order", r.id, r.next.index)
}
