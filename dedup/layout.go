package dedup

import (
	"errors"
	"fmt"
	"slices"

	"github.com/zeebo/xxh3"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/internal/sections"
)

// A corpusLayout numbers the documents of all shards, or the spans: an ordinal is that of
// the shard's first, and the number in the shard.
type corpusLayout struct {
	names   []string          // of the shards, in order, those of earlier runs first
	earlier int               // how many of them are of earlier runs
	groups  []group           // of shards
	first   []uint64          // ordinal of each shard, and how many there are at the end
	digests []sections.Digest // of the files of each shard
	sum     sections.Digest   // of those so far
}

func newLayout(names []string, earlier, partitions int) *corpusLayout {
	return &corpusLayout{names: names, earlier: earlier, groups: groupsOf(len(names), partitions), first: []uint64{0}}
}

// read reads the headers of the files that open opens, one of each shard.
func (l *corpusLayout) read(open func(rank int) (*sections.Reader, error)) error {
	for r, err := range sections.Ahead(len(l.names), open) {
		if err != nil {
			return err
		}
		if err := errors.Join(l.add(r.Header), r.Close()); err != nil {
			return err
		}
	}
	return nil
}

// add notes the next shard, whose file has the given header.
func (l *corpusLayout) add(h sections.Header) error {
	if h.Numbered > maxOrdinal || l.total()+uint64(h.Numbered) > maxOrdinal {
		return fmt.Errorf("dedup: with shard %s the corpus has more than %d documents or spans, which cannot be told apart: divide it", h.Of, uint64(maxOrdinal))
	}
	l.first = append(l.first, l.total()+uint64(h.Numbered))
	file := fmt.Sprintf("%s\x00%016x", l.names[len(l.digests)], uint64(h.Digests[0]))
	l.sum = sections.Digest(xxh3.HashStringSeed(file, uint64(l.sum)))
	l.digests = append(l.digests, h.Digests[0])
	return nil
}

// total returns how many there are.
func (l *corpusLayout) total() uint64 { return l.first[len(l.first)-1] }

// old returns how many are of earlier runs, which come first.
func (l *corpusLayout) old() uint64 { return l.first[l.earlier] }

// has reports whether an ordinal is in the group of the given number.
func (l *corpusLayout) has(g int, ordinal uint64) bool {
	return l.first[l.groups[g].from] <= ordinal && ordinal < l.first[l.groups[g].to]
}

// rankOf returns the shard that an ordinal less than total is in.
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

// groupOf returns the group of shards that an ordinal less than total is in.
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
