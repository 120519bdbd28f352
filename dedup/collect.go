package dedup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/internal/extsort"
	"github.com/textmill/textmill/internal/sections"
)

// Collect returns the job that makes a drop list for each shard of src out of
// what Match has found. Its own shards are groups of those of src, as many as
// there are partitions at most. Its report counts the entries of the lists.
func (e *Exact) Collect(src textmill.Source) textmill.Job { return collectJob{e, src} }

type collectJob struct {
	opener
	src textmill.Source
}

func collectName(n int) string { return fmt.Sprintf("lists-%05d", n) }

// Shards implements [textmill.Job].
func (j collectJob) Shards(ctx context.Context) ([]textmill.Shard, error) {
	x, err := j.open()
	if err != nil {
		return nil, err
	}
	names, err := j.names(ctx, j.src)
	if err != nil {
		return nil, err
	}
	return groupShards(len(x.groups(len(names)))), nil
}

// RunShard implements [textmill.Job].
func (j collectJob) RunShard(ctx context.Context, shard textmill.Shard) (report textmill.Report, err error) {
	start := time.Now()
	x, err := j.open()
	if err != nil {
		return report, err
	}
	names, err := j.names(ctx, j.src)
	if err != nil {
		return report, err
	}
	groups := x.groups(len(names))
	if shard.Index < 0 || shard.Index >= len(groups) || shard.Name != collectName(shard.Index) {
		return report, fmt.Errorf("dedup: %s is no shard of this job, which has %d: list its shards again", shard.Name, len(groups))
	}
	c := &collector{exact: x, number: shard.Index, groups: len(groups), group: groups[shard.Index], names: names}
	c.sections = make([]sections.Section, c.to-c.from)
	c.sorter = extsort.New(x.scratch, x.temp, x.Memory)
	defer func() {
		err = errors.Join(err, c.sorter.Close(ctx))
		report.Elapsed = time.Since(start)
	}()
	if err := c.readDigests(ctx); err != nil {
		return report, err
	}
	if err := c.read(ctx); err != nil {
		return report, err
	}
	err = c.write(ctx)
	n := c.sorter.Len()
	return textmill.Report{Read: n, Written: n, Outputs: c.outputs}, err
}

// A collector makes the drop lists of a group of shards.
type collector struct {
	*exact
	group
	number, groups int               // of the group, and how many there are
	names          []string          // of all shards
	digests        []sections.Digest // of the signatures of the shards of the group
	sum            sections.Digest   // of these
	sections       []sections.Section
	sorter         *extsort.Sorter
	outputs        []textmill.Object
}

// readDigests finds out what the matches must have been made from.
func (c *collector) readDigests(ctx context.Context) (err error) {
	var sum groupSum
	names := c.names[c.from:c.to]
	for r, e := range sections.Ahead(len(names), func(i int) (*sections.Reader, error) { return c.openSignatures(ctx, names[i]) }) {
		if err = e; err != nil {
			break
		}
		sum.add(names[len(c.digests)], r.Digests[0])
		c.digests = append(c.digests, r.Digests[0])
		if err = r.Close(); err != nil {
			break
		}
	}
	c.sum = sum.digest()
	return err
}

// read sorts what all partitions have for the group.
func (c *collector) read(ctx context.Context) (err error) {
	for r, e := range sections.Ahead(c.Partitions, func(p int) (*sections.Reader, error) { return c.openMatches(ctx, p) }) {
		if err = e; err != nil {
			break
		}
		if err = errors.Join(c.readMatches(ctx, r), r.Close()); err != nil {
			break
		}
	}
	return err
}

var errOtherSignatures = errors.New("it was made from other signatures than there are now: do the steps match and collect again")

// openMatches opens what a partition has for the group.
func (c *collector) openMatches(ctx context.Context, partition int) (*sections.Reader, error) {
	r, err := sections.Open(ctx, c.Store, c.matchFile(partition), c.header(kindMatches, partitionName(partition)))
	if err != nil {
		return nil, notExist(err, "match all partitions before collecting the drop lists")
	}
	if len(r.Digests) != c.groups || r.Sections != c.groups || r.Digests[c.number] != c.sum {
		err = r.Wrap(errOtherSignatures)
	} else {
		_, err = r.Seek(c.number)
	}
	if err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

func (c *collector) readMatches(ctx context.Context, r *sections.Reader) error {
	for {
		record, err := r.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		rank, entry, err := cutOrdered(record)
		if err == nil {
			_, err = parseDropped(entry, c.clusters)
		}
		if err != nil || rank < uint64(c.from) || rank >= uint64(c.to) {
			return r.Wrap(sections.ErrDamaged)
		}
		c.sections[int(rank)-c.from].Add(entry)
		if err := c.sorter.Add(ctx, record); err != nil {
			return err
		}
	}
}

// write makes the lists, one after another. A shard without duplicates has an
// empty one.
func (c *collector) write(ctx context.Context) error {
	for i := range c.sections {
		if err := c.writeList(ctx, i); err != nil {
			return err
		}
	}
	return nil
}

// writeList makes the list of the i-th shard of the group, whose entries are the
// next in order.
func (c *collector) writeList(ctx context.Context, i int) error {
	rank := c.from + i
	head := c.header(kindDrops, c.names[rank])
	head.Digests = c.digests[i : i+1]
	out, err := sections.Create(ctx, c.Store, c.dropFile(c.names[rank]), head, c.sections[i:i+1])
	if err != nil {
		return err
	}
	defer out.Close()
	for range c.sections[i].Records {
		record, err := c.sorter.Next(ctx)
		if err != nil {
			return err
		}
		_, entry, err := cutOrdered(record)
		if err != nil {
			return err
		}
		if err := out.Add(0, entry); err != nil {
			return err
		}
	}
	if err := out.Commit(ctx, out.Records()); err != nil {
		return err
	}
	c.outputs = append(c.outputs, out.Object())
	return nil
}
