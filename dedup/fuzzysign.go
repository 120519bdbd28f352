package dedup

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/zeebo/xxh3"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/dedup/sketch"
	"github.com/textmill/textmill/internal/extsort"
)

// A sketch file has these sections:
//
//	documents  a record for each, in order: priority?, index, ID as in record.go
//	sketches   with Check, a record for each document: its sketch, or nothing
//	bands      one section for each partition, see bandblock.go
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
	digest   digest // of all records, in any order
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
	r := appendOrdinal(w.start(documentSection), place)
	if w.Priority != nil {
		r = appendPriority(r, w.Priority(doc))
	}
	r = binary.AppendVarint(r, int64(doc.Index)-int64(place))
	if err := w.add(ctx, appendID(r, doc.ID)); err != nil {
		return err
	}
	ok := w.sketcher.Sketch(doc.Text)
	if w.Check > 0 {
		r := appendOrdinal(w.start(sketchSection), place)
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
	for _, key := range w.sketcher.Keys() {
		r := w.start(bandSections + keyPartition(key, w.Partitions))
		r = appendOrdinal(binary.BigEndian.AppendUint64(r, key), place)
		if err := w.add(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

// start begins a record of a section.
func (w *sketchWriter) start(section int) []byte {
	return binary.BigEndian.AppendUint32(w.record[:0], uint32(section))
}

func (w *sketchWriter) add(ctx context.Context, record []byte) error {
	w.record = record
	w.digest += digest(xxh3.Hash(record))
	return w.sorter.Add(ctx, record)
}

func (w *sketchWriter) Commit(ctx context.Context) error {
	head := w.header(kindSketches, w.shard)
	head.Digests, head.Sections = []digest{w.digest}, make([]section, bandSections+w.Partitions)
	err := w.records(ctx, func(to int, record []byte) error {
		head.Sections[to].add(record)
		return nil
	})
	if err != nil {
		return err
	}
	out, err := createSections(ctx, w.Store, w.signFile(w.shard), head)
	if err != nil {
		return err
	}
	defer out.close()
	if err := w.sorter.Rewind(ctx); err != nil {
		return err
	}
	if err := w.records(ctx, out.add); err != nil {
		return err
	}
	if err := out.commit(ctx); err != nil {
		return err
	}
	textmill.Count(ctx, "dedup.sketches", w.sketched)
	textmill.Count(ctx, "dedup.unsketched", int64(w.place)-w.sketched)
	return nil
}

// records calls add with all records of the file in order.
func (w *sketchWriter) records(ctx context.Context, add func(section int, record []byte) error) error {
	at := -1
	blocks := &blockWriter{emit: func(record []byte) error { return add(at, record) }}
	for {
		r, err := w.sorter.Next(ctx)
		if err == io.EOF {
			return blocks.flush()
		}
		if err != nil {
			return err
		}
		section := int(binary.BigEndian.Uint32(r))
		if section != at {
			if err := blocks.flush(); err != nil {
				return err
			}
			if at = section; at >= bandSections {
				blocks.start(at-bandSections, w.Partitions)
			}
		}
		if r = r[4:]; section < bandSections {
			err = add(section, r[ordinalSize:])
		} else {
			err = blocks.add(bandEntry{binary.BigEndian.Uint64(r), readBytes(r[8:])})
		}
		if err != nil {
			return err
		}
	}
}

func (w *sketchWriter) Close() error { return w.sorter.Close(w.ctx) }

// openSketches opens the sketch file of a shard.
func (x *fuzzy) openSketches(ctx context.Context, shard string) (*sectionReader, error) {
	run, of := x, shard
	if e, ok := cutEarlier(shard); ok {
		var err error
		if run, err = x.Earlier[e.run].Fuzzy.open(); err != nil {
			return nil, err
		}
		of = e.shard
	}
	r, err := openSections(ctx, run.Store, run.signFile(of), x.header(kindSketches, of))
	if err != nil {
		return nil, notExist(err, "write the sketches of all shards before the next steps")
	}
	n := r.Sections
	if len(r.Digests) != 1 || len(n) != bandSections+x.Partitions ||
		x.Check > 0 && n[sketchSection].Records != n[documentSection].Records {
		return nil, errors.Join(r.wrap(errDamaged), r.close())
	}
	return r, nil
}

// openSketchSection opens a section of the sketch file of a shard.
func (x *fuzzy) openSketchSection(ctx context.Context, shard string, number int) (*sectionReader, error) {
	r, err := x.openSketches(ctx, shard)
	if err != nil {
		return nil, err
	}
	if err := r.seek(number); err != nil {
		return nil, errors.Join(err, r.close())
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
			return d, errDamaged
		}
		d.priority, b = b[:prioritySize:prioritySize], b[prioritySize:]
	}
	delta, n := binary.Varint(b)
	if n <= 0 {
		return d, errDamaged
	}
	d.index = int(delta + int64(place))
	id, rest, err := cutID(b[n:])
	if err != nil || len(rest) > 0 {
		return d, errDamaged
	}
	d.id = id
	return d, nil
}
