package dedup

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/zeebo/xxh3"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/dedup/sketch"
	"github.com/textmill/textmill/internal/extsort"
	"github.com/textmill/textmill/internal/sections"
)

// A sketch file has these sections:
//
//	documents  a record for each, in order: priority?, index, ID as in record.go
//	sketches   with Check, a record for each document: its sketch, or nothing
//	bands      one section for each partition, see keyblock.go
const (
	documentSection = iota
	sketchSection
	bandSections
)

// Signatures returns a sink that stores the sketches of documents: the keys of their
// bands, and which documents they are. [textmill.Tee] it with the sink of the
// documents, so that the text is read once.
//
// Every document needs an ID, and those of a shard have to come in source order. The
// report counts dedup.sketches, and dedup.unsketched, the documents that have none,
// because they are empty or, if so set, short. They are never duplicates.
func (f *Fuzzy) Signatures() textmill.Sink { return sketches{f} }

type sketches struct{ *Fuzzy }

// Create implements [textmill.Sink].
func (s sketches) Create(ctx context.Context, shard textmill.Shard) (textmill.Writer, error) {
	x, err := s.open()
	if err != nil {
		return nil, err
	}
	if err := checkShardName(shard.Name); err != nil {
		return nil, err
	}
	sketcher, err := sketch.New(x.Sketch)
	if err != nil {
		return nil, err
	}
	return &sketchWriter{
		fuzzy:    x,
		ctx:      ctx,
		shard:    shard.Name,
		sketcher: sketcher,
		sorter:   extsort.New(x.scratch, x.temp, x.Memory),
	}, nil
}

// A sketchWriter makes the sketch file of a shard. What goes into it is sorted by
// section and order in it.
type sketchWriter struct {
	*fuzzy
	ctx      context.Context // for Close, which has none
	shard    string
	order    sourceOrder
	place    uint64 // documents so far
	sketched int64  // of these
	sketcher *sketch.Sketcher
	sorter   *extsort.Sorter
	digest   sections.Digest // of all records, in any order
	record   []byte
}

func (w *sketchWriter) Write(ctx context.Context, doc *textmill.Document) error {
	if err := checkID(doc.ID); err != nil {
		return err
	}
	if err := w.order.check(doc); err != nil {
		return err
	}
	place := w.place
	if w.place++; place >= maxOrdinal {
		return fmt.Errorf("dedup: shard %s has more than %d documents", w.shard, uint64(maxOrdinal))
	}
	r := appendOrdinal(startRecord(w.record, documentSection), place)
	if w.Priority != nil {
		r = appendPriority(r, w.Priority(doc))
	}
	r = binary.AppendVarint(r, int64(doc.Index)-int64(place))
	if err := w.add(ctx, appendID(r, doc.ID)); err != nil {
		return err
	}
	ok := w.sketcher.Sketch(doc.Text)
	if w.Check > 0 {
		r := appendOrdinal(startRecord(w.record, sketchSection), place)
		if ok {
			r = append(r, w.sketcher.Bits()...)
		}
		if err := w.add(ctx, r); err != nil {
			return err
		}
	}
	if !ok {
		return nil
	}
	w.sketched++
	file := w.file()
	for _, key := range w.sketcher.Keys() {
		if err := w.add(ctx, appendOrdinal(file.startKey(w.record, key), place)); err != nil {
			return err
		}
	}
	return nil
}

func (w *sketchWriter) add(ctx context.Context, record []byte) error {
	w.record = record
	w.digest += sections.Digest(xxh3.Hash(record))
	return w.sorter.Add(ctx, record)
}

func (w *sketchWriter) Commit(ctx context.Context) error {
	head := w.header(kindSketches, w.shard)
	head.Digests, head.Numbered = []sections.Digest{w.digest}, int64(w.place)
	if err := w.file().write(ctx, w.Store, head, w.sorter); err != nil {
		return err
	}
	textmill.Count(ctx, "dedup.sketches", w.sketched)
	textmill.Count(ctx, "dedup.unsketched", int64(w.place)-w.sketched)
	return nil
}

func (w *sketchWriter) file() keyedFile {
	return keyedFile{name: w.signFile(w.shard), keys: bandSections, skip: ordinalSize, partitions: w.Partitions}
}

func (w *sketchWriter) Close() error { return w.sorter.Close(w.ctx) }

// openSketches opens the sketch file of a shard.
func (x *fuzzy) openSketches(ctx context.Context, shard string) (*sections.Reader, error) {
	run, of := x, shard
	if e, ok := x.earlierShard(shard); ok {
		var err error
		if run, err = x.Earlier[e.run].Fuzzy.open(); err != nil {
			return nil, err
		}
		of = e.shard
	}
	r, err := sections.Open(ctx, run.Store, run.signFile(of), x.header(kindSketches, of))
	if err != nil {
		return nil, notExist(err, "write the sketches of all shards before the next steps")
	}
	if len(r.Digests) != 1 || r.Sections != bandSections+x.Partitions {
		return nil, errors.Join(r.Wrap(sections.ErrDamaged), r.Close())
	}
	return r, nil
}

// openSketchSection opens a section of the sketch file of a shard.
func (x *fuzzy) openSketchSection(ctx context.Context, shard string, number int) (*sections.Reader, error) {
	r, err := x.openSketches(ctx, shard)
	if err != nil {
		return nil, err
	}
	s, err := r.Seek(number)
	if err == nil && number < bandSections && s.Records != r.Numbered {
		err = r.Wrap(sections.ErrDamaged) // each document has a record
	}
	if err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// A signedDocument is a parsed record of the section of documents.
type signedDocument struct {
	priority []byte // or nothing
	index    int
	id       []byte // stored
}

func parseSignedDocument(b []byte, place uint64, priority bool) (d signedDocument, err error) {
	if priority {
		if len(b) < prioritySize {
			return d, sections.ErrDamaged
		}
		d.priority, b = b[:prioritySize:prioritySize], b[prioritySize:]
	}
	delta, n := binary.Varint(b)
	if n <= 0 {
		return d, sections.ErrDamaged
	}
	d.index = int(delta + int64(place))
	id, rest, err := cutID(b[n:])
	if err != nil || len(rest) > 0 {
		return d, sections.ErrDamaged
	}
	d.id = id
	return d, nil
}
