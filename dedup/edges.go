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

// parseEdge checks and splits a stored edge.
func parseEdge(b []byte) (from, to uint64, err error) {
	if len(b) != edgeSize {
		return 0, 0, sections.ErrDamaged
	}
	from, to = readBytes(b[:ordinalSize]), readBytes(b[ordinalSize:])
	if from <= to {
		return 0, 0, sections.ErrDamaged
	}
	return from, to, nil
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
