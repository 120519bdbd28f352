package dedup

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"github.com/zeebo/xxh3"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/internal/extsort"
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

type spanSignatures struct{ *Spans }

// Create implements [textmill.Sink].
func (s spanSignatures) Create(ctx context.Context, shard textmill.Shard) (textmill.Writer, error) {
	x, err := s.open()
	if err != nil {
		return nil, err
	}
	return &spanWriter{
		spans:  x,
		ctx:    ctx,
		shard:  shard.Name,
		keyer:  newSpanKeyer(x),
		sorter: extsort.New(x.scratch, x.temp, x.Memory),
	}, nil
}

// A spanKeyer finds the spans of texts. It is used by one goroutine.
type spanKeyer struct {
	*spans
	keyer  *keyer
	starts []int // of the pieces in the window that are not blank
	ends   []int
}

func newSpanKeyer(x *spans) *spanKeyer { return &spanKeyer{spans: x, keyer: newKeyer(x.Normalize)} }

// each calls yield with the key of each span, and the first and the last of its pieces.
func (k *spanKeyer) each(text string, yield func(key uint64, first, last int) error) error {
	var firsts []int // numbers of the pieces in the window
	k.starts, k.ends = k.starts[:0], k.ends[:0]
	at, number := 0, -1
	for piece := range k.Unit.pieces(text) {
		number++
		start := at
		at += len(piece)
		if strings.TrimSpace(piece) == "" {
			continue
		}
		if len(k.starts) == k.Window {
			k.starts, k.ends, firsts = k.starts[:copy(k.starts, k.starts[1:])], k.ends[:copy(k.ends, k.ends[1:])], firsts[1:]
		}
		k.starts, k.ends, firsts = append(k.starts, start), append(k.ends, at), append(firsts, number)
		if len(k.starts) < k.Window {
			continue
		}
		span := text[k.starts[0]:at]
		if k.MinSpanWords > 0 && !hasWords(span, k.MinSpanWords) {
			continue
		}
		key, ok := k.keyer.key(span)
		if !ok {
			continue
		}
		if err := yield(binary.BigEndian.Uint64(key[:8]), firsts[0], number); err != nil {
			return err
		}
	}
	return nil
}

// hasWords reports whether s has at least n words.
func hasWords(s string, n int) bool {
	if n <= 0 {
		return true
	}
	for range strings.FieldsSeq(s) {
		if n--; n == 0 {
			return true
		}
	}
	return false
}

// A spanWriter makes the span file of a shard. What goes into it is sorted by section
// and order in it.
type spanWriter struct {
	*spans
	ctx    context.Context // for Close, which has none
	shard  string
	order  sourceOrder
	place  uint64 // documents so far
	count  uint64 // spans so far
	keyer  *spanKeyer
	sorter *extsort.Sorter
	digest digest // of all records, in any order
	record []byte
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
	err := w.keyer.each(doc.Text, func(key uint64, _, _ int) error {
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
	w.digest += digest(xxh3.Hash(record))
	return w.sorter.Add(ctx, record)
}

func (w *spanWriter) Commit(ctx context.Context) error {
	head := w.header(kindSpans, w.shard)
	head.Digests, head.Numbered = []digest{w.digest}, int64(w.count)
	if err := w.file().write(ctx, w.Store, head, w.sorter); err != nil {
		return err
	}
	textmill.Count(ctx, "dedup.spans", int64(w.count))
	return nil
}

func (w *spanWriter) file() keyedFile {
	return keyedFile{name: w.signFile(w.shard), keys: keySections, partitions: w.Partitions}
}

func (w *spanWriter) Close() error { return w.sorter.Close(w.ctx) }

// openSpans opens the span file of a shard.
func (x *spans) openSpans(ctx context.Context, shard string) (*sectionReader, error) {
	r, err := openSections(ctx, x.Store, x.signFile(shard), x.header(kindSpans, shard))
	if err != nil {
		return nil, notExist(err, "write the spans of all shards before the next steps")
	}
	if len(r.Digests) != 1 || len(r.Sections) != keySections+x.Partitions || r.Numbered < 0 {
		return nil, errors.Join(r.wrap(errDamaged), r.close())
	}
	return r, nil
}
