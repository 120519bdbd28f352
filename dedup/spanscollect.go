package dedup

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"time"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/internal/extsort"
	"github.com/textmill/textmill/internal/sections"
)

// spanCollect makes, for each shard, the list of what is to be removed from which
// documents. It has a shard for each group of shards.
type spanCollect struct {
	spanOpener
	src textmill.Source
}

// Shards implements [textmill.Job].
func (j spanCollect) Shards(ctx context.Context) ([]textmill.Shard, error) {
	x, err := j.open()
	if err != nil {
		return nil, err
	}
	names, err := shardNames(ctx, j.src)
	if err != nil {
		return nil, err
	}
	return groupShards(len(groupsOf(len(names), x.partitions))), nil
}

// RunShard implements [textmill.Job].
func (j spanCollect) RunShard(ctx context.Context, shard textmill.Shard) (report textmill.Report, err error) {
	start := time.Now()
	x, err := j.open()
	if err != nil {
		return report, err
	}
	l, err := x.layout(ctx, j.src)
	if err != nil {
		return report, err
	}
	if err := l.checkGroup(shard); err != nil {
		return report, err
	}
	c := &spanCollector{spanPlan: x, layout: l, repeats: extsort.New(x.scratch, x.temp, x.memory/2)}
	defer func() {
		err = errors.Join(err, c.repeats.Close(ctx))
		report.Elapsed = time.Since(start)
	}()
	if err := c.read(ctx, shard.Index); err != nil {
		return report, err
	}
	if err := c.advance(ctx); err != nil {
		return report, err
	}
	for rank := l.groups[shard.Index].from; rank < l.groups[shard.Index].to; rank++ {
		if err := c.list(ctx, rank); err != nil {
			return report, err
		}
	}
	n := c.repeats.Len()
	return textmill.Report{Read: n, Written: n, Outputs: c.outputs}, nil
}

// A spanCollector does one group of shards.
type spanCollector struct {
	*spanPlan
	layout  *corpusLayout
	repeats *extsort.Sorter // ordinals of spans
	more    bool            // there is a next one
	next    uint64
	outputs []textmill.Object
}

// read sorts what all partitions have for the group.
func (c *spanCollector) read(ctx context.Context, g int) error {
	open := func(p int) (*sections.Reader, error) {
		return openGrouped(ctx, c.store, c.matchFile(p), c.header(kindRepeats, partitionName(p)), c.layout, g)
	}
	for r, err := range sections.Ahead(c.partitions, open) {
		if err != nil {
			return err
		}
		err = readAll(r, func(b []byte) error {
			if len(b) != ordinalSize || !c.layout.has(g, readBytes(b)) {
				return sections.ErrDamaged
			}
			return c.repeats.Add(ctx, b)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *spanCollector) advance(ctx context.Context) error {
	r, err := c.repeats.Next(ctx)
	if c.more = err == nil; !c.more {
		return ignoreEOF(err)
	}
	c.next = readBytes(r)
	return nil
}

// list makes the list of one shard.
func (c *spanCollector) list(ctx context.Context, rank int) (err error) {
	name := c.layout.names[rank]
	r, err := c.openSpanSection(ctx, name, documentSection)
	if err != nil {
		return err
	}
	w := &removalWriter{sorter: extsort.New(c.scratch, c.temp, c.memory/2)}
	defer func() { err = errors.Join(err, w.sorter.Close(ctx)) }()
	from := c.layout.first[rank]
	err = readAll(r, func(record []byte) error {
		d, err := parseSpanDocument(record)
		if err != nil {
			return err
		}
		for c.more && c.next < from+d.spans {
			w.numbers = append(w.numbers, c.next-from)
			if err := c.advance(ctx); err != nil {
				return err
			}
			if len(w.numbers) == maxRemovals {
				if err := w.flush(ctx, d); err != nil {
					return err
				}
			}
		}
		from += d.spans
		return w.flush(ctx, d)
	})
	if err == nil && from != c.layout.first[rank+1] {
		err = r.Wrap(sections.ErrDamaged)
	}
	if err != nil {
		return err
	}
	head := c.header(kindRemovals, name)
	head.Digests = []sections.Digest{c.layout.digests[rank]}
	out, err := sections.Create(ctx, c.store, c.listFile(name), head, []sections.Section{w.section})
	if err != nil {
		return err
	}
	defer out.Close()
	for {
		record, err := w.sorter.Next(ctx)
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		if err := out.Add(0, record[ordinalSize:]); err != nil {
			return err
		}
	}
	if err := out.Commit(ctx, out.Records()); err != nil {
		return err
	}
	c.outputs = append(c.outputs, out.Object())
	return nil
}

// A spanDocument is a parsed record of the section of documents.
type spanDocument struct {
	stored []byte // position and ID
	spans  uint64
}

func parseSpanDocument(b []byte) (d spanDocument, err error) {
	_, rest, err := cutPosition(b)
	if err != nil {
		return d, sections.ErrDamaged
	}
	if _, rest, err = cutID(rest); err != nil {
		return d, sections.ErrDamaged
	}
	d.stored = b[:len(b)-len(rest)]
	n := 0
	if d.spans, n = binary.Uvarint(rest); n <= 0 || n != len(rest) || d.spans == 0 || d.spans > maxOrdinal {
		return d, sections.ErrDamaged
	}
	return d, nil
}

// A removalWriter collects the entries of a list: position and ID of a document, how many
// spans it has, and the numbers of those that are repetitions, each less the one before.
// One with very many has several entries.
type removalWriter struct {
	sorter  *extsort.Sorter
	section sections.Section
	numbers []uint64
	record  []byte
}

const maxRemovals = 10_000

// flush makes an entry of the numbers at hand, if there are any. Documents come in order.
func (w *removalWriter) flush(ctx context.Context, d spanDocument) error {
	if len(w.numbers) == 0 {
		return nil
	}
	// Sorted in the order they are made, whatever the index.
	r := appendOrdinal(w.record[:0], uint64(w.section.Records))
	r = append(r, d.stored...)
	r = binary.AppendUvarint(r, d.spans)
	last := uint64(0)
	for _, n := range w.numbers {
		r = binary.AppendUvarint(r, n-last)
		last = n
	}
	w.record, w.numbers = r, w.numbers[:0]
	w.section.Add(r[ordinalSize:])
	return w.sorter.Add(ctx, r)
}

// A removal is a parsed entry.
type removal struct {
	position
	id      []byte // stored
	spans   uint64
	numbers []uint64
}

func parseRemoval(b []byte, numbers []uint64) (e removal, err error) {
	if e.position, b, err = cutPosition(b); err != nil {
		return e, sections.ErrDamaged
	}
	if e.id, b, err = cutID(b); err != nil {
		return e, sections.ErrDamaged
	}
	n := 0
	if e.spans, n = binary.Uvarint(b); n <= 0 || e.spans > maxOrdinal {
		return e, sections.ErrDamaged
	}
	e.numbers = numbers[:0]
	last := uint64(0)
	for b = b[n:]; len(b) > 0; b = b[n:] {
		var d uint64
		if d, n = binary.Uvarint(b); n <= 0 || d >= e.spans-last || len(e.numbers) > 0 && d == 0 {
			return e, sections.ErrDamaged
		}
		last += d
		e.numbers = append(e.numbers, last)
	}
	if len(e.numbers) == 0 {
		return e, sections.ErrDamaged
	}
	return e, nil
}
