package dedup

import (
	"bytes"
	"context"
	"io"

	"github.com/textmill/textmill/internal/extsort"
	"github.com/textmill/textmill/internal/sections"
)

// An edge says that two documents are near-duplicates. It is stored as the ordinals
// of both, the greater one first.
const edgeSize = 2 * ordinalSize

// parseEdge checks and splits a stored edge from a group of shards: from a document of
// this run to one that comes before it.
func (l *corpusLayout) parseEdge(b []byte, g int) (from, to uint64, err error) {
	if len(b) != edgeSize {
		return 0, 0, sections.ErrDamaged
	}
	from, to = splitEdge(b)
	if !l.has(g, from) || from < l.old() || from <= to {
		return 0, 0, sections.ErrDamaged
	}
	return from, to, nil
}

// splitEdge splits what begins like an edge.
func splitEdge(b []byte) (first, second uint64) {
	return readBytes(b[:ordinalSize]), readBytes(b[ordinalSize:edgeSize])
}

// distinct calls yield with the sorted records, each once.
func distinct(ctx context.Context, s *extsort.Sorter, yield func(record []byte) error) error {
	var last []byte
	for {
		r, err := s.Next(ctx)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if last != nil && bytes.Equal(r, last) {
			continue
		}
		last = append(last[:0], r...)
		if err := yield(last); err != nil {
			return err
		}
	}
}
