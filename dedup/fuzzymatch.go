package dedup

import (
	"context"
	"errors"
	"time"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/internal/extsort"
	"github.com/textmill/textmill/internal/sections"
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
	l, err := x.newLayout(ctx, j.src)
	if err != nil {
		return report, err
	}
	// Both hold what they can in memory at the same time.
	edges := extsort.New(x.scratch, x.temp, x.Memory/2)
	m := &keyMatcher{partition: shard.Index, partitions: x.Partitions, layout: l}
	m.entries = extsort.New(x.scratch, x.temp, x.Memory/2)
	defer func() {
		err = errors.Join(err, m.entries.Close(ctx), edges.Close(ctx))
		report.Elapsed = time.Since(start)
	}()
	err = m.read(ctx, func(rank int) (*sections.Reader, error) {
		return x.openSketchSection(ctx, l.names[rank], bandSections+m.partition)
	})
	if err != nil {
		return report, err
	}
	if err := connect(ctx, edges, m); err != nil {
		return report, err
	}
	out, err := writeGrouped(ctx, x.Store, x.edgeFile(m.partition), x.header(kindEdges, shard.Name), l, edges)
	if err != nil {
		return report, err
	}
	n := m.entries.Len()
	return textmill.Report{
		Read: n, Written: n,
		Counts:  map[string]int64{"dedup.bands": n, "dedup.edges": out.Records()},
		Outputs: []textmill.Object{out.Object()},
	}, nil
}

// connect makes an edge from each document to the first one with the same key. Where
// there are documents of earlier runs, the first of these gets an edge from the first of
// this run, and there is none between two of them.
func connect(ctx context.Context, edges *extsort.Sorter, m *keyMatcher) error {
	first, old := uint64(0), m.layout.old()
	return m.each(ctx, func(ordinal uint64, starts bool) error {
		if starts {
			first = ordinal
			return nil
		}
		if ordinal < old {
			return nil
		}
		if err := addEdge(ctx, edges, ordinal, first); err != nil {
			return err
		}
		if first < old {
			first = ordinal
		}
		return nil
	})
}
