package dedup

import (
	"fmt"
	"slices"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/internal/sections"
)

// A corpusLayout numbers the documents of all shards, or the spans: an ordinal is that of
// the shard's first, and the number in the shard.
type corpusLayout struct {
	names   []string          // of the shards, in order, those of earlier runs first
	groups  []group           // of these
	old     uint64            // how many are of earlier runs
	first   []uint64          // ordinal of each shard, and how many there are at the end
	digests []sections.Digest // of the files of each shard
	sums    []sections.Digest // of those of each group
}

func newLayout(names []string, partitions int) *corpusLayout {
	return &corpusLayout{names: names, groups: groupsOf(len(names), partitions), first: []uint64{0}}
}

// readLayout reads the headers of the files that open opens, one of each shard.
func readLayout(names []string, partitions int, open func(rank int) (*sections.Reader, error)) (*corpusLayout, error) {
	l := newLayout(names, partitions)
	for r, err := range sections.Ahead(len(names), open) {
		if err != nil {
			return nil, err
		}
		l.add(r)
		if err := r.Close(); err != nil {
			return nil, err
		}
	}
	return l, l.check()
}

// add notes the next shard.
func (l *corpusLayout) add(r *sections.Reader) {
	l.first = append(l.first, l.first[len(l.first)-1]+uint64(r.Numbered))
	if _, ok := cutEarlier(l.names[len(l.digests)]); ok {
		l.old = l.total()
	}
	l.digests = append(l.digests, r.Digests[0])
}

// check completes the layout once all shards are noted.
func (l *corpusLayout) check() error {
	if n := l.total(); n > maxOrdinal {
		return fmt.Errorf("dedup: the corpus has %d documents or spans; at most %d can be told apart", n, uint64(maxOrdinal))
	}
	for _, g := range l.groups {
		var sum groupSum
		for i := g.from; i < g.to; i++ {
			sum.add(l.names[i], l.digests[i])
		}
		l.sums = append(l.sums, sum.digest())
	}
	return nil
}

func (l *corpusLayout) total() uint64 { return l.first[len(l.first)-1] }

// rankOf returns the shard that an ordinal is in.
func (l *corpusLayout) rankOf(ordinal uint64) int {
	// Of empty shards, which have the same first ordinal as the next, the last.
	i, found := slices.BinarySearch(l.first, ordinal)
	if !found {
		return i - 1
	}
	for l.first[i+1] == ordinal {
		i++
	}
	return i
}

// groupOf returns the group of shards that an ordinal is in.
func (l *corpusLayout) groupOf(ordinal uint64) int { return groupOf(l.groups, l.rankOf(ordinal)) }

// groupShards lists the shards of a job that has one for each of n groups.
func groupShards(n int) []textmill.Shard {
	shards := make([]textmill.Shard, n)
	for i := range shards {
		shards[i] = textmill.Shard{Index: i, Name: collectName(i)}
	}
	return shards
}

// checkGroup returns an error unless shard is one of them.
func (l *corpusLayout) checkGroup(shard textmill.Shard) error {
	if shard.Index < 0 || shard.Index >= len(l.groups) || shard.Name != collectName(shard.Index) {
		return fmt.Errorf("dedup: %s is no shard of this job, which has %d: list its shards again", shard.Name, len(l.groups))
	}
	return nil
}
