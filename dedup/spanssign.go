package dedup

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/zeebo/xxh3"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/internal/extsort"
	"github.com/textmill/textmill/internal/sections"
)

// A span file has these sections:
//
//	documents  a record for each that has spans, in order: place, index, ID as in
//	           record.go, and how many spans (uvarint)
//	keys       one section for each partition, see keyblock.go: the hash of a span, and
//	           its number in the shard
//
// The header says how many spans there are.
const keySections = 1

// Signatures returns a sink that stores the hashes of spans. [textmill.Tee] it with the
// sink of the documents, so that the text is read once.
//
// Every document needs an ID, and those of a shard have to come in source order. The
// report counts dedup.spans.
func (s *Spans) Signatures() textmill.Sink { return spanSignatures{s} }

type spanSignatures struct{ spanOpener }

// Create implements [textmill.Sink].
func (s spanSignatures) Create(ctx context.Context, shard textmill.Shard) (textmill.Writer, error) {
	x, err := s.open()
	if err != nil {
		return nil, err
	}
	d, err := x.divide(ctx, shard.Name)
	if err != nil {
		return nil, err
	}
	return &spanWriter{
		spanPlan: x,
		ctx:      ctx,
		shard:    shard.Name,
		divider:  d,
		sorter:   extsort.New(x.scratch, x.temp, x.memory),
	}, nil
}

// A spanWriter makes the span file of a shard. What goes into it is sorted by section
// and order in it.
type spanWriter struct {
	*spanPlan
	ctx     context.Context // for Close, which has none
	shard   string
	order   sourceOrder
	place   uint64 // documents so far
	count   uint64 // spans so far
	divider divider
	sorter  *extsort.Sorter
	digest  sections.Digest // of all records, in any order
	record  []byte
}

func (w *spanWriter) Write(ctx context.Context, doc *textmill.Document) error {
	if err := checkID(doc.ID); err != nil {
		return err
	}
	if err := w.order.check(doc); err != nil {
		return err
	}
	where := position{w.place, doc.Index}
	w.place++
	file, before := w.file(), w.count
	err := w.divider.each(doc, func(key uint64, _, _ int) error {
		w.count++
		return w.add(ctx, appendOrdinal(file.startKey(w.record, key), w.count-1))
	})
	if err != nil || w.count == before {
		return err
	}
	if w.count > maxOrdinal {
		return fmt.Errorf("dedup: shard %s has more than %d spans", w.shard, uint64(maxOrdinal))
	}
	r := appendPosition(startRecord(w.record, documentSection), where)
	r = appendID(r, doc.ID)
	return w.add(ctx, binary.AppendUvarint(r, w.count-before))
}

func (w *spanWriter) add(ctx context.Context, record []byte) error {
	w.record = record
	w.digest += sections.Digest(xxh3.Hash(record))
	return w.sorter.Add(ctx, record)
}

func (w *spanWriter) Commit(ctx context.Context) error {
	if err := w.divider.end(); err != nil {
		return err
	}
	head := w.header(kindSpans, w.shard)
	head.Digests, head.Numbered = []sections.Digest{w.digest}, int64(w.count)
	if err := w.file().write(ctx, w.store, head, w.sorter); err != nil {
		return err
	}
	textmill.Count(ctx, "dedup.spans", int64(w.count))
	return nil
}

func (w *spanWriter) file() keyedFile {
	return keyedFile{name: w.signFile(w.shard), keys: keySections, partitions: w.partitions}
}

func (w *spanWriter) Close() error { return errors.Join(w.sorter.Close(w.ctx), w.divider.close()) }

// openSpans opens the span file of a shard.
func (x *spanPlan) openSpans(ctx context.Context, shard string) (*sections.Reader, error) {
	r, err := sections.Open(ctx, x.store, x.signFile(shard), x.header(kindSpans, shard))
	if err != nil {
		return nil, notExist(err, "write the spans of all shards before the next steps")
	}
	if len(r.Digests) != 1 || r.Sections != keySections+x.partitions {
		return nil, errors.Join(r.Wrap(sections.ErrDamaged), r.Close())
	}
	return r, nil
}
