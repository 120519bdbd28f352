package dedup

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"time"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/internal/extsort"
)

// fuzzyMatch finds the documents that share a band. It has a shard for each range of
// band keys.
type fuzzyMatch struct {
	*Fuzzy
	src textmill.Source
}

// Shards implements [textmill.Job].
func (j fuzzyMatch) Shards(context.Context) ([]textmill.Shard, error) {
	x, err := j.open()
	if err != nil {
		return nil, err
	}
	return partitionShards(x.Partitions), nil
}

// RunShard implements [textmill.Job].
func (j fuzzyMatch) RunShard(ctx context.Context, shard textmill.Shard) (report textmill.Report, err error) {
	start := time.Now()
	x, err := j.open()
	if err != nil {
		return report, err
	}
	if err := checkPartition(shard, x.Partitions); err != nil {
		return report, err
	}
	names, err := x.names(ctx, j.src)
	if err != nil {
		return report, err
	}
	m := &bandMatcher{fuzzy: x, partition: shard.Index, layout: newLayout(names, x.Partitions)}
	// Both hold what they can in memory at the same time.
	m.entries = extsort.New(x.scratch, x.temp, x.Memory/2)
	m.edges = extsort.New(x.scratch, x.temp, x.Memory/2)
	defer func() {
		err = errors.Join(err, m.entries.Close(ctx), m.edges.Close(ctx))
		report.Elapsed = time.Since(start)
	}()
	if err := m.read(ctx); err != nil {
		return report, err
	}
	if err := m.match(ctx); err != nil {
		return report, err
	}
	edges, out, err := x.writeEdges(ctx, x.edgeFile(m.partition), kindEdges, shard.Name, m.layout, m.edges)
	if err != nil {
		return report, err
	}
	n := m.entries.Len()
	return textmill.Report{
		Read: n, Written: n,
		Counts:  map[string]int64{"dedup.bands": n, "dedup.edges": edges},
		Outputs: []textmill.Object{out},
	}, nil
}

// A bandMatcher does one partition.
type bandMatcher struct {
	*fuzzy
	partition      int
	layout         *corpusLayout
	entries, edges *extsort.Sorter
}

// read sorts the band keys of this partition from all shards, with the ordinals of
// their documents.
func (m *bandMatcher) read(ctx context.Context) error {
	l := m.layout
	open := func(i int) (*sectionReader, error) {
		return m.openSketchSection(ctx, l.names[i], bandSections+m.partition)
	}
	for r, err := range openAhead(len(l.names), open) {
		if err != nil {
			return err
		}
		l.add(r)
		rank := len(l.first) - 2
		if err := m.readShard(ctx, r, l.first[rank], l.first[rank+1]); err != nil {
			return err
		}
	}
	return l.check()
}

func (m *bandMatcher) readShard(ctx context.Context, r *sectionReader, from, to uint64) error {
	blocks := blockReader{partition: m.partition, of: m.Partitions}
	var record []byte
	return readAll(r, func(b []byte) error {
		return blocks.read(b, func(e bandEntry) error {
			if e.place >= to-from {
				return errDamaged
			}
			record = appendOrdinal(binary.BigEndian.AppendUint64(record[:0], e.key), from+e.place)
			return m.entries.Add(ctx, record)
		})
	})
}

// match goes through the keys in order and makes an edge from each document to the
// first one with the same key. Where there are documents of earlier runs, the first of
// these gets an edge from the first of this run, and there is none between two of them.
func (m *bandMatcher) match(ctx context.Context) error {
	var (
		last, first uint64 // key, and the first document that has it
		any         bool
		old         = m.layout.old
	)
	for {
		r, err := m.entries.Next(ctx)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		key, ordinal := binary.BigEndian.Uint64(r), readBytes(r[8:])
		if !any || key != last {
			last, first, any = key, ordinal, true
			continue
		}
		if ordinal < old || ordinal == first {
			continue // an earlier one, or the same key twice in a document
		}
		if err := addEdge(ctx, m.edges, ordinal, first); err != nil {
			return err
		}
		if first < old {
			first = ordinal
		}
	}
}
