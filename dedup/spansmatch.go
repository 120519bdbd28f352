package dedup

import (
	"context"
	"errors"
	"time"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/internal/extsort"
	"github.com/textmill/textmill/internal/sections"
)

// spanMatch finds the spans that are not the first of their kind, or all that are not the
// only ones. It has a shard for each range of hashes.
type spanMatch struct {
	spanOpener
	src textmill.Source
}

// Shards implements [textmill.Job].
func (j spanMatch) Shards(context.Context) ([]textmill.Shard, error) {
	x, err := j.open()
	if err != nil {
		return nil, err
	}
	return partitionShards(x.partitions), nil
}

// RunShard implements [textmill.Job].
func (j spanMatch) RunShard(ctx context.Context, shard textmill.Shard) (report textmill.Report, err error) {
	start := time.Now()
	x, err := j.open()
	if err != nil {
		return report, err
	}
	if err := checkPartition(shard, x.partitions); err != nil {
		return report, err
	}
	names, err := shardNames(ctx, j.src)
	if err != nil {
		return report, err
	}
	// Both hold what they can in memory at the same time.
	repeats := extsort.New(x.scratch, x.temp, x.memory/2)
	m := &keyMatcher{partition: shard.Index, partitions: x.partitions, layout: newLayout(names, 0, x.partitions)}
	m.entries = extsort.New(x.scratch, x.temp, x.memory/2)
	defer func() {
		err = errors.Join(err, m.entries.Close(ctx), repeats.Close(ctx))
		report.Elapsed = time.Since(start)
	}()
	err = m.read(ctx, func(rank int) (*sections.Reader, error) {
		return x.openSpanSection(ctx, names[rank], keySections+m.partition)
	})
	if err != nil {
		return report, err
	}
	var first, record []byte // ordinals
	err = m.each(ctx, func(ordinal uint64, starts bool) error {
		if starts {
			first = appendOrdinal(first[:0], ordinal)
			return nil
		}
		if x.all && len(first) > 0 {
			if err := repeats.Add(ctx, first); err != nil {
				return err
			}
			first = first[:0]
		}
		record = appendOrdinal(record[:0], ordinal)
		return repeats.Add(ctx, record)
	})
	if err != nil {
		return report, err
	}
	out, err := writeGrouped(ctx, x.store, x.matchFile(m.partition), x.header(kindRepeats, shard.Name), m.layout, repeats)
	if err != nil {
		return report, err
	}
	n := m.entries.Len()
	return textmill.Report{
		Read: n, Written: n - out.Records(), Dropped: out.Records(),
		Counts:  map[string]int64{"dedup.repeated_spans": out.Records()},
		Outputs: []textmill.Object{out.Object()},
	}, nil
}

// openSpanSection opens a section of the span file of a shard.
func (x *spanPlan) openSpanSection(ctx context.Context, shard string, number int) (*sections.Reader, error) {
	r, err := x.openSpans(ctx, shard)
	if err != nil {
		return nil, err
	}
	if _, err := r.Seek(number); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}
