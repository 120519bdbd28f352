package dedup

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/internal/sections"
)

// fuzzyCluster finds the clusters. It has one shard.
type fuzzyCluster struct {
	*Fuzzy
	src textmill.Source
}

const clusterShard = "clusters"

// Shards implements [textmill.Job].
func (j fuzzyCluster) Shards(context.Context) ([]textmill.Shard, error) {
	_, err := j.open()
	return []textmill.Shard{{Name: clusterShard}}, err
}

// RunShard implements [textmill.Job].
func (j fuzzyCluster) RunShard(ctx context.Context, shard textmill.Shard) (report textmill.Report, err error) {
	start := time.Now()
	defer func() { report.Elapsed = time.Since(start) }()
	x, err := j.open()
	if err != nil {
		return report, err
	}
	if shard.Index != 0 || shard.Name != clusterShard {
		return report, fmt.Errorf("dedup: %s is no shard of this job, which has one, %s", shard.Name, clusterShard)
	}
	l, err := x.layout(ctx, j.src)
	if err != nil {
		return report, err
	}
	c, err := x.clusters(ctx, l)
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, c.close(ctx)) }()
	report, err = x.writeClusters(ctx, l, c)
	return report, err
}

// clusters finds the components of the documents of this run, and connects them to
// documents of earlier ones.
func (x *fuzzy) clusters(ctx context.Context, l *corpusLayout) (components, error) {
	edges := func(ctx context.Context, yield func(from, to uint64) error) error {
		return x.readEdges(ctx, l, yield)
	}
	if len(x.Earlier) > 0 {
		return x.anchored(ctx, l.old(), l.total(), edges)
	}
	return x.components(ctx, l.total(), edges)
}

// readEdges reads those of all partitions, or those that were checked.
func (x *fuzzy) readEdges(ctx context.Context, l *corpusLayout, yield func(from, to uint64) error) error {
	files, open := x.Partitions, x.openEdges
	if x.Check > 0 {
		files, open = len(l.groups), x.openChecked
	}
	for g := range l.groups {
		for r, err := range sections.Ahead(files, func(i int) (*sections.Reader, error) { return open(ctx, l, i, g) }) {
			if err != nil {
				return err
			}
			err = readAll(r, func(b []byte) error {
				from, to, err := l.parseEdge(b, g)
				if err != nil {
					return err
				}
				return yield(from, to)
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// openEdges opens what a partition has for a group.
func (x *fuzzy) openEdges(ctx context.Context, l *corpusLayout, partition, g int) (*sections.Reader, error) {
	return openGrouped(ctx, x.Store, x.edgeFile(partition), x.header(kindEdges, partitionName(partition)), l, g)
}

// openChecked opens what was checked by one group and is for another.
func (x *fuzzy) openChecked(ctx context.Context, l *corpusLayout, by, g int) (*sections.Reader, error) {
	return openGrouped(ctx, x.Store, x.checkedFile(by), x.header(kindChecked, collectName(by)), l, g)
}

// writeClusters writes the memberships in sections by group: ordinal, label, size.
func (x *fuzzy) writeClusters(ctx context.Context, l *corpusLayout, c components) (report textmill.Report, err error) {
	head := x.header(kindClusters, clusterShard)
	head.Digests = []sections.Digest{l.sum}
	all := make([]sections.Section, len(l.groups))
	var record []byte
	var members, clusters int64
	err = c.each(ctx, func(m membership) error {
		record = appendMembership(record[:0], m)
		all[l.groupOf(m.ordinal)].Add(record)
		members++
		if m.ordinal == m.label {
			clusters++
		}
		return nil
	})
	if err != nil {
		return report, err
	}
	out, err := sections.Create(ctx, x.Store, x.clusterFile(), head, all)
	if err != nil {
		return report, err
	}
	defer out.Close()
	err = c.each(ctx, func(m membership) error {
		record = appendMembership(record[:0], m)
		return out.Add(l.groupOf(m.ordinal), record)
	})
	if err == nil {
		err = out.Commit(ctx, out.Records())
	}
	if err != nil {
		return report, err
	}
	return textmill.Report{
		Read: members, Written: members,
		Counts:  map[string]int64{"dedup.clusters": clusters, "dedup.clustered": members},
		Outputs: []textmill.Object{out.Object()},
	}, nil
}

func appendMembership(dst []byte, m membership) []byte {
	return binary.AppendUvarint(appendOrdinal(appendOrdinal(dst, m.ordinal), m.label), m.size)
}

func parseMembership(b []byte) (m membership, err error) {
	if len(b) < edgeSize {
		return m, sections.ErrDamaged
	}
	m.ordinal, m.label = splitEdge(b)
	n := 0
	m.size, n = binary.Uvarint(b[edgeSize:])
	if n != len(b)-edgeSize || n == 0 || m.size < 2 || m.label > m.ordinal {
		return m, sections.ErrDamaged
	}
	return m, nil
}
