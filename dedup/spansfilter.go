package dedup

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/textmill/textmill"
)

// Filter returns the stage that removes what the steps have found. It works in a pipeline
// only, as it has to know the shard. See [Exact] for which documents it has to be given;
// they must be as they were when they were signed. A document that it drops is as it was
// before.
//
// The report counts dedup.spans_removed, dedup.bytes_removed and dedup.documents_edited,
// those of documents that are kept.
func (s *Spans) Filter() textmill.Stage {
	return textmill.PerShard(spansName, func(ctx context.Context, shard textmill.Shard) (textmill.Stage, error) {
		x, err := s.open()
		if err != nil {
			return nil, err
		}
		list, err := x.openRemovals(ctx, shard.Name)
		if err != nil {
			return nil, err
		}
		r := &spanRemover{spans: x, list: list, keyer: newSpanKeyer(x), match: newDocumentMatcher()}
		if err := r.advance(); err != nil {
			return nil, errors.Join(err, list.close())
		}
		return r, nil
	})
}

// openRemovals opens the list of a shard, if it was made from the spans that are there.
func (x *spans) openRemovals(ctx context.Context, shard string) (*sectionReader, error) {
	list, err := openSections(ctx, x.Store, x.listFile(shard), x.header(kindRemovals, shard))
	if err != nil {
		return nil, notExist(err, fmt.Sprintf("there is no list of repeated spans for the shard %q: do the steps sign, match and collect, with shards of this name", shard))
	}
	signed, err := x.openSpans(ctx, shard)
	if err == nil {
		if len(list.Digests) != 1 || len(list.Sections) != 1 || list.Digests[0] != signed.Digests[0] {
			err = list.wrap(errOtherSignatures)
		} else {
			err = list.seek(0)
		}
		err = errors.Join(err, signed.close())
	}
	if err != nil {
		return nil, errors.Join(err, list.close())
	}
	return list, nil
}

// A spanRemover does one shard.
type spanRemover struct {
	*spans
	list  *sectionReader
	keyer *spanKeyer
	match *documentMatcher

	more    bool // there is a next entry
	next    removal
	id      string   // of its document
	numbers []uint64 // of the spans of the document at hand
	pieces  []bool   // which of its pieces go
}

// advance reads the next entry.
func (r *spanRemover) advance() error {
	b, err := r.list.next()
	if r.more = err == nil; !r.more {
		return ignoreEOF(err)
	}
	if r.next, err = parseRemoval(b, r.next.numbers); err != nil {
		return r.list.wrap(err)
	}
	r.id = idString(r.next.id)
	return nil
}

// Process implements [textmill.Stage]. Its errors end the shard.
func (r *spanRemover) Process(ctx context.Context, doc *textmill.Document) (textmill.Verdict, error) {
	if err := r.match.order.check(doc); err != nil {
		return textmill.Keep, textmill.Fatal(err)
	}
	if !r.more || !r.match.is(doc, r.id, r.next.position) {
		return textmill.Keep, nil
	}
	place, spans := r.next.place, r.next.spans
	r.numbers = r.numbers[:0]
	for r.more && r.next.place == place {
		r.numbers = append(r.numbers, r.next.numbers...)
		if err := r.advance(); err != nil {
			return textmill.Keep, textmill.Fatal(err)
		}
	}
	if err := r.mark(doc, spans); err != nil {
		return textmill.Keep, textmill.Fatal(err)
	}
	text := r.remaining(doc.Text)
	if !hasWords(text, max(r.MinWords, 1)) {
		return textmill.Drop(spansReason), nil
	}
	textmill.Count(ctx, "dedup.spans_removed", int64(len(r.numbers)))
	textmill.Count(ctx, "dedup.bytes_removed", int64(len(doc.Text)-len(text)))
	textmill.Count(ctx, "dedup.documents_edited", 1)
	doc.Text = text
	return textmill.Keep, nil
}

// mark finds the pieces of the spans in numbers.
func (r *spanRemover) mark(doc *textmill.Document, spans uint64) error {
	r.pieces = r.pieces[:0]
	count, numbers := uint64(0), r.numbers
	err := r.keyer.each(doc.Text, func(_ uint64, first, last int) error {
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
	if err == nil && count != spans {
		err = fmt.Errorf("dedup: %s (#%d) has %d spans, but had %d when it was signed: give Filter the documents as they were signed", doc.ID, doc.Index, count, spans)
	}
	return err
}

// remaining returns the pieces that are not marked.
func (r *spanRemover) remaining(text string) string {
	var sb strings.Builder
	sb.Grow(len(text))
	i := 0
	for piece := range r.Unit.pieces(text) {
		if i >= len(r.pieces) || !r.pieces[i] {
			sb.WriteString(piece)
		}
		i++
	}
	return sb.String()
}

// Close ends the shard. It is an error if a document of the list has not come.
func (r *spanRemover) Close() error {
	err := r.list.close()
	if r.more {
		err = fmt.Errorf("dedup: %s (#%d), which repeats others, has not come: give Filter all documents that were signed, in the same order", r.id, r.next.index)
	}
	return err
}
