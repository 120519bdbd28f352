package dedup

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/zeebo/xxh3"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/internal/extsort"
	"github.com/textmill/textmill/internal/sections"
)

// Match returns the job that finds documents with the same signature. It has a
// shard for each of Partitions. Of src, the source of the pipeline that wrote
// the signatures, it needs to know which shards there are: it reads the
// signatures of these and no others, and fails if some are missing.
//
// Its report says how many signatures were read (Read), how many documents stay
// (Written) and how many are to be dropped (Dropped). It counts dedup.groups,
// the texts that several documents have, and dedup.duplicates, the documents to
// be dropped.
func (e *Exact) Match(src textmill.Source) textmill.Job { return matchJob{e, src} }

type matchJob struct {
	opener
	src textmill.Source
}

// Shards implements [textmill.Job].
func (j matchJob) Shards(context.Context) ([]textmill.Shard, error) {
	x, err := j.open()
	if err != nil {
		return nil, err
	}
	return partitionShards(x.Partitions), nil
}

// RunShard implements [textmill.Job].
func (j matchJob) RunShard(ctx context.Context, shard textmill.Shard) (report textmill.Report, err error) {
	start := time.Now()
	x, err := j.open()
	if err != nil {
		return report, err
	}
	if err := checkPartition(shard, x.Partitions); err != nil {
		return report, err
	}
	names, err := j.names(ctx, j.src)
	if err != nil {
		return report, err
	}
	m := &matcher{exact: x, partition: shard.Index, names: names, groups: x.groups(len(names))}
	m.sections = make([]sections.Section, len(m.groups))
	// Both hold what they can in memory at the same time.
	m.signed = extsort.New(x.scratch, x.temp, x.Memory/2)
	m.drops = extsort.New(x.scratch, x.temp, x.Memory/2)
	defer func() {
		err = errors.Join(err, m.signed.Close(ctx), m.drops.Close(ctx))
		report.Elapsed = time.Since(start)
	}()
	if err := m.read(ctx); err != nil {
		return m.report(), err
	}
	if err := m.match(ctx); err != nil {
		return m.report(), err
	}
	err = m.write(ctx)
	return m.report(), err
}

func partitionShards(n int) []textmill.Shard {
	shards := make([]textmill.Shard, n)
	for i := range shards {
		shards[i] = textmill.Shard{Index: i, Name: partitionName(i)}
	}
	return shards
}

// checkPartition returns an error unless shard is one of partitionShards.
func checkPartition(shard textmill.Shard, n int) error {
	if shard.Index < 0 || shard.Index >= n || shard.Name != partitionName(shard.Index) {
		return fmt.Errorf("dedup: %s is no shard of this job, which has %d: list its shards again", shard.Name, n)
	}
	return nil
}

// A matcher does one partition.
type matcher struct {
	*exact
	partition int
	names     []string          // of the shards, in order
	groups    []group           // of these
	digests   []sections.Digest // of the signature files of each group
	sections  []sections.Section
	entry     []byte // of a drop list, in the making

	signed, drops *extsort.Sorter
	count         int64 // signatures
	repeated      int64 // texts
	dropped       int64
	outputs       []textmill.Object
}

func (m *matcher) report() textmill.Report {
	stage := textmill.StageReport{Name: m.name, In: m.count, Out: m.count - m.dropped}
	if m.dropped > 0 {
		stage.Dropped = map[string]int64{m.reason: m.dropped}
	}
	return textmill.Report{
		Read: m.count, Written: m.count - m.dropped, Dropped: m.dropped,
		Stages:  []textmill.StageReport{stage},
		Counts:  map[string]int64{"dedup.groups": m.repeated, "dedup.duplicates": m.dropped},
		Outputs: m.outputs,
	}
}

// read sorts the signatures of this partition from all shards.
func (m *matcher) read(ctx context.Context) (err error) {
	rank, g := 0, 0
	var sum groupSum
	for r, e := range sections.Ahead(len(m.names), func(rank int) (*sections.Reader, error) { return m.openShard(ctx, rank) }) {
		if err = e; err != nil {
			break
		}
		sum.add(m.names[rank], r.Digests[0])
		if err = errors.Join(m.readShard(ctx, rank, r), r.Close()); err != nil {
			break
		}
		if rank++; rank == m.groups[g].to {
			m.digests = append(m.digests, sum.digest())
			sum = groupSum{}
			g++
		}
	}
	return err
}

// openShard opens the signatures that a shard has in this partition.
func (m *matcher) openShard(ctx context.Context, rank int) (*sections.Reader, error) {
	r, err := m.openSignatures(ctx, m.names[rank])
	if err != nil {
		return nil, err
	}
	if _, err := r.Seek(m.partition); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// openSignatures opens the signature file of a shard.
func (x *exact) openSignatures(ctx context.Context, shard string) (*sections.Reader, error) {
	r, err := sections.Open(ctx, x.Store, x.signFile(shard), x.header(kindSignatures, shard))
	if err != nil {
		return nil, notExist(err, "write the signatures of all shards before matching them")
	}
	if len(r.Digests) == 0 || r.Sections != x.Partitions {
		return nil, errors.Join(r.Wrap(sections.ErrDamaged), r.Close())
	}
	return r, nil
}

// readShard adds the signatures of a shard to those to be sorted.
func (m *matcher) readShard(ctx context.Context, rank int, r *sections.Reader) error {
	var last, record []byte
	for {
		b, err := r.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		s, err := parseSignature(b, m.Priority != nil)
		if err != nil || partitionOf(s.key, m.Partitions) != m.partition || bytes.Compare(b, last) <= 0 {
			return r.Wrap(sections.ErrDamaged)
		}
		last = append(last[:0], b...)

		record = append(record[:0], s.key...)
		record = appendOrdered(record, uint64(rank))
		record = append(record, s.where...)
		if err := m.signed.Add(ctx, record); err != nil {
			return err
		}
		m.count++
	}
}

// match goes through the signatures in order. Those of the same text come
// together, that of the survivor first.
func (m *matcher) match(ctx context.Context) error {
	var (
		text     [keySize]byte // of the group at hand
		size     int           // of it
		survivor []byte        // its stored ID
	)
	for {
		record, err := m.signed.Next(ctx)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		rank, id, err := splitWhere(record[m.head():])
		if err != nil {
			return err
		}
		if size == 0 || !bytes.Equal(record[:keySize], text[:]) {
			copy(text[:], record)
			survivor = append(survivor[:0], id...)
			size = 1
			if m.clusters {
				err = m.list(ctx, rank, record, survivor, true)
			}
		} else {
			if size++; size == 2 {
				m.repeated++
			}
			m.dropped++
			err = m.list(ctx, rank, record, survivor, false)
		}
		if err != nil {
			return err
		}
	}
}

// list makes an entry of a drop list.
func (m *matcher) list(ctx context.Context, rank uint64, record, survivor []byte, stays bool) error {
	entry := append(append(m.entry[:0], record[m.head():]...), survivor...)
	if m.clusters {
		entry = appendClusterSize(entry, binary.BigEndian.Uint64(record[keySize-8:]), stays)
	}
	m.entry = entry
	m.sections[groupOf(m.groups, int(rank))].Add(entry)
	return m.drops.Add(ctx, entry)
}

// head returns the length of what comes before the rank in a record.
func (m *matcher) head() int {
	if m.Priority != nil {
		return keySize + prioritySize
	}
	return keySize
}

// splitWhere takes apart what follows the key: rank, position and ID.
func splitWhere(b []byte) (rank uint64, id []byte, err error) {
	if rank, b, err = cutOrdered(b); err != nil {
		return 0, nil, err
	}
	if _, b, err = cutPosition(b); err != nil {
		return 0, nil, err
	}
	return rank, b, nil
}

// write leaves the documents to be dropped in order of shard and place, in a
// section for each group of shards.
func (m *matcher) write(ctx context.Context) error {
	head := m.header(kindMatches, partitionName(m.partition))
	head.Digests = m.digests
	out, err := sections.Create(ctx, m.Store, m.matchFile(m.partition), head, m.sections)
	if err != nil {
		return err
	}
	defer out.Close()
	for {
		record, err := m.drops.Next(ctx)
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		rank, _, err := cutOrdered(record)
		if err != nil {
			return err
		}
		if err := out.Add(groupOf(m.groups, int(rank)), record); err != nil {
			return err
		}
	}
	if err := out.Commit(ctx, out.Records()); err != nil {
		return err
	}
	m.outputs = append(m.outputs, out.Object())
	return nil
}

// groupOf returns the group that a rank is in.
func groupOf(groups []group, rank int) int {
	n := groups[len(groups)-1].to
	k := len(groups)
	g := rank * k / n
	for groups[g].to <= rank {
		g++
	}
	return g
}

// A groupSum is made of the signature files of a group, in order.
type groupSum struct{ h xxh3.Hasher }

func (s *groupSum) add(name string, d sections.Digest) {
	fmt.Fprintf(&s.h, "%s\x00%016x", name, uint64(d))
}

func (s *groupSum) digest() sections.Digest { return sections.Digest(s.h.Sum64()) }
