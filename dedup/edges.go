package dedup

import (
	"bytes"
	"context"
	"errors"
	"io"

	"github.com/textmill/textmill/internal/extsort"
)

// An edge says that two documents are near-duplicates. It is stored as the ordinals
// of both, the greater one first.
const edgeSize = 2 * ordinalSize

// parseEdge checks and splits a stored edge.
func parseEdge(b []byte) (from, to uint64, err error) {
	if len(b) != edgeSize {
		return 0, 0, errDamaged
	}
	from, to = readBytes(b[:ordinalSize]), readBytes(b[ordinalSize:])
	if from <= to {
		return 0, 0, errDamaged
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

// readAll calls yield with the records of a section, and closes it. An errDamaged of
// yield is about the file.
func readAll(r *sectionReader, yield func(record []byte) error) (err error) {
	defer func() { err = errors.Join(err, r.close()) }()
	for {
		b, err := r.next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := yield(b); err == errDamaged {
			return r.wrap(err)
		} else if err != nil {
			return err
		}
	}
}
