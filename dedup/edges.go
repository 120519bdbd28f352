package dedup

import (
	"bytes"
	"context"
	"errors"
	"io"

	"github.com/textmill/textmill"
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

// writeEdges writes a file of edges, each once, in a section for each group of shards:
// that of the greater ordinal.
func (x *fuzzy) writeEdges(ctx context.Context, name, kind, of string, l *corpusLayout, edges *extsort.Sorter) (int64, textmill.Object, error) {
	head := x.header(kind, of)
	head.Digests, head.Sections = l.sums, make([]section, len(l.groups))
	err := distinct(ctx, edges, func(record []byte) error {
		head.Sections[l.groupOf(readBytes(record[:ordinalSize]))].add(record)
		return nil
	})
	if err != nil {
		return 0, textmill.Object{}, err
	}
	if err := edges.Rewind(ctx); err != nil {
		return 0, textmill.Object{}, err
	}
	out, err := createSections(ctx, x.Store, name, head)
	if err != nil {
		return 0, textmill.Object{}, err
	}
	defer out.close()
	err = distinct(ctx, edges, func(record []byte) error {
		return out.add(l.groupOf(readBytes(record[:ordinalSize])), record)
	})
	if err == nil {
		err = out.commit(ctx)
	}
	if err != nil {
		return 0, textmill.Object{}, err
	}
	return out.total, out.out.Object(), nil
}

// openGrouped opens a section of a file that was made from the sketches there are now
// and has a section for each group of shards.
func (x *fuzzy) openGrouped(ctx context.Context, name, kind, of string, l *corpusLayout, g int) (*sectionReader, error) {
	r, err := openSections(ctx, x.Store, name, x.header(kind, of))
	if err != nil {
		return nil, notExist(err, "do the steps in their order, all shards of each")
	}
	if len(r.Digests) != len(l.sums) || len(r.Sections) != len(l.groups) || r.Digests[g] != l.sums[g] {
		err = r.wrap(errOtherSignatures)
	} else {
		err = r.seek(g)
	}
	if err != nil {
		return nil, errors.Join(err, r.close())
	}
	return r, nil
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
