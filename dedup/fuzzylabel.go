package dedup

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"time"

	"github.com/zeebo/xxh3"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/internal/extsort"
	"github.com/textmill/textmill/internal/sections"
)

// fuzzyLabel makes, for each shard, a signature file like that of an Exact, of the
// documents that are in a cluster: their key is the cluster. What comes after it is
// that of an Exact as well. It has a shard for each group of shards.
type fuzzyLabel struct {
	*Fuzzy
	src textmill.Source
}

// Shards implements [textmill.Job].
func (j fuzzyLabel) Shards(ctx context.Context) ([]textmill.Shard, error) {
	x, err := j.open()
	if err != nil {
		return nil, err
	}
	return x.groupShards(ctx, j.src)
}

// RunShard implements [textmill.Job].
func (j fuzzyLabel) RunShard(ctx context.Context, shard textmill.Shard) (report textmill.Report, err error) {
	start := time.Now()
	defer func() { report.Elapsed = time.Since(start) }()
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
	r, err := openGrouped(ctx, x.Store, x.clusterFile(), x.header(kindClusters, clusterShard), l, shard.Index)
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	b := &labeller{fuzzy: x, layout: l, clusters: r}
	if err := b.advance(); err != nil {
		return report, err
	}
	for rank := l.groups[shard.Index].from; rank < l.groups[shard.Index].to; rank++ {
		if err := b.label(ctx, rank); err != nil {
			return report, err
		}
	}
	if b.more {
		return report, r.Wrap(sections.ErrDamaged)
	}
	return textmill.Report{Read: b.count, Written: b.count, Outputs: b.outputs}, nil
}

// A labeller does one group of shards.
type labeller struct {
	*fuzzy
	layout   *corpusLayout
	clusters *sections.Reader // memberships of the group
	more     bool             // there is a next one
	next     membership
	count    int64
	outputs  []textmill.Object
}

// advance reads the next membership.
func (b *labeller) advance() error {
	record, err := b.clusters.Next()
	if err == io.EOF {
		b.more = false
		return nil
	}
	if err != nil {
		return err
	}
	m, err := parseMembership(record)
	if err != nil || b.more && m.ordinal <= b.next.ordinal {
		return b.clusters.Wrap(sections.ErrDamaged)
	}
	b.more, b.next = true, m
	return nil
}

// label makes the file of one shard.
func (b *labeller) label(ctx context.Context, rank int) (err error) {
	name, first := b.layout.names[rank], b.layout.first[rank]
	r, err := b.openSketchSection(ctx, name, documentSection)
	if err != nil {
		return err
	}
	w := &labelWriter{exact: b.election(), sorter: extsort.New(b.scratch, b.temp, b.Memory)}
	w.sections = make([]sections.Section, w.Partitions)
	defer func() { err = errors.Join(err, w.sorter.Close(ctx)) }()
	survivors, err := b.survivorsOf(ctx, name)
	if err != nil {
		return errors.Join(err, r.Close())
	}
	defer func() { err = errors.Join(err, survivors.close()) }()
	place := uint64(0)
	err = readAll(r, func(record []byte) error {
		at := place
		place++
		if !b.more || b.next.ordinal != first+at {
			return nil
		}
		d, err := parseSignedDocument(record, at, b.Priority != nil)
		if err != nil {
			return err
		}
		if err := survivors.replace(&d, at); err != nil {
			return err
		}
		if err := w.add(ctx, b.next, at, d); err != nil {
			return err
		}
		b.count++
		return b.advance()
	})
	if err != nil {
		return err
	}
	out, err := w.write(ctx, name, b.layout.digests[rank])
	b.outputs = append(b.outputs, out)
	return err
}

// A labelWriter writes one file.
type labelWriter struct {
	*exact
	sorter   *extsort.Sorter
	sections []sections.Section
	digest   sections.Digest
	record   []byte
}

func (w *labelWriter) add(ctx context.Context, m membership, place uint64, d signedDocument) error {
	// Labels are small numbers, but partitions divide all numbers evenly. To multiply by
	// an odd one keeps them apart.
	r := binary.BigEndian.AppendUint64(w.record[:0], m.label*0x9e3779b97f4a7c15)
	r = binary.BigEndian.AppendUint64(r, m.size)
	r = append(r, d.priority...)
	r = appendPosition(r, position{place, d.index})
	r = append(r, d.id...)
	w.record = r
	w.sections[partitionOf(r, w.Partitions)].Add(r)
	w.digest += sections.Digest(xxh3.Hash(r))
	return w.sorter.Add(ctx, r)
}

// write leaves the file. Beside its own digest it carries that of the sketches it was
// made from.
func (w *labelWriter) write(ctx context.Context, shard string, from sections.Digest) (textmill.Object, error) {
	head := w.header(kindSignatures, shard)
	head.Digests = []sections.Digest{w.digest, from}
	out, err := sections.Create(ctx, w.Store, w.signFile(shard), head, w.sections)
	if err != nil {
		return textmill.Object{}, err
	}
	defer out.Close()
	for {
		r, err := w.sorter.Next(ctx)
		if err == io.EOF {
			break
		}
		if err != nil {
			return textmill.Object{}, err
		}
		if err := out.Add(partitionOf(r, w.Partitions), r); err != nil {
			return textmill.Object{}, err
		}
	}
	err = out.Commit(ctx, out.Records())
	return out.Object(), err
}
