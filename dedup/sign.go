package dedup

import (
	"context"
	"fmt"
	"io"

	"github.com/zeebo/xxh3"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/internal/extsort"
	"github.com/textmill/textmill/internal/sections"
)

// Signatures returns a sink that stores the signatures of documents: the hash of
// the text, and which document it is. [textmill.Tee] it with the sink of the
// documents, so that the text is read once.
//
// Every document needs an ID, and those of a shard have to come in source order.
// The report counts dedup.signatures, and dedup.empty, the documents whose text
// is empty after normalization. They have no signature.
func (e *Exact) Signatures() textmill.Sink { return signatures{e} }

type signatures struct{ *Exact }

// Create implements [textmill.Sink].
func (s signatures) Create(ctx context.Context, shard textmill.Shard) (textmill.Writer, error) {
	x, err := s.open()
	if err != nil {
		return nil, err
	}
	return &signWriter{
		exact:    x,
		ctx:      ctx,
		shard:    shard.Name,
		keyer:    newKeyer(x.Normalize),
		sorter:   extsort.New(x.scratch, x.temp, x.Memory),
		sections: make([]sections.Section, x.Partitions),
	}, nil
}

// A signWriter makes the signature file of a shard.
type signWriter struct {
	*exact
	ctx      context.Context // for Close, which has none
	shard    string
	order    sourceOrder
	place    uint64 // documents so far
	keyer    *keyer
	sorter   *extsort.Sorter
	sections []sections.Section // one for each partition
	digest   sections.Digest    // of all records, in any order
	record   []byte
}

func (w *signWriter) Write(ctx context.Context, doc *textmill.Document) error {
	if err := checkID(doc.ID); err != nil {
		return err
	}
	if err := w.order.check(doc); err != nil {
		return err
	}
	where := position{w.place, doc.Index}
	w.place++
	content := doc.Text
	if w.By == URL {
		content = CanonicalURL(doc.URL)
	}
	k, ok := w.keyer.key(content)
	if !ok {
		return nil
	}
	r := append(w.record[:0], k[:]...)
	if w.Priority != nil {
		r = appendPriority(r, w.Priority(doc))
	}
	r = appendPosition(r, where)
	r = appendID(r, doc.ID)
	w.record = r

	w.sections[partitionOf(r, w.Partitions)].Add(r)
	w.digest += sections.Digest(xxh3.Hash(r))
	return w.sorter.Add(ctx, r)
}

func (w *signWriter) Commit(ctx context.Context) error {
	head := w.header(kindSignatures, w.shard)
	head.Digests = []sections.Digest{w.digest}
	out, err := sections.Create(ctx, w.Store, w.signFile(w.shard), head, w.sections)
	if err != nil {
		return err
	}
	defer out.Close()
	for {
		r, err := w.sorter.Next(ctx)
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		if err := out.Add(partitionOf(r, w.Partitions), r); err != nil {
			return err
		}
	}
	if err := out.Commit(ctx, out.Records()); err != nil {
		return err
	}
	textmill.Count(ctx, "dedup.signatures", w.sorter.Len())
	textmill.Count(ctx, "dedup.empty", int64(w.place)-w.sorter.Len())
	return nil
}

func (w *signWriter) Close() error { return w.sorter.Close(w.ctx) }

// A sourceOrder checks that the documents of a shard come in source order.
type sourceOrder struct {
	shard string // of the last document; a shard may be made of several inputs
	index int
}

func (o *sourceOrder) check(doc *textmill.Document) error {
	if doc.Shard == o.shard && doc.Index < o.index {
		return fmt.Errorf("dedup: %s#%d comes after #%d: read the source in its own order", doc.Shard, doc.Index, o.index)
	}
	o.shard, o.index = doc.Shard, doc.Index
	return nil
}
