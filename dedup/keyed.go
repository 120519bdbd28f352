package dedup

import (
	"context"
	"encoding/binary"
	"errors"
	"io"

	"github.com/textmill/textmill/internal/extsort"
	"github.com/textmill/textmill/internal/sections"
	"github.com/textmill/textmill/storage"
)

// What Fuzzy and Spans have in common: files of keys, of documents' bands or of spans of
// text, each with a number in its shard; and finding those that are equal.

// A keyedFile is made of sorted records. Each begins with the number of its section (4
// bytes) and what decides its place in that, of which skip bytes are not stored. From
// section keys on there is one for each partition, of a key (8 bytes) and a number (5).
type keyedFile struct {
	name       string
	keys, skip int
	partitions int
}

// write writes a file with the given header, except for its sections, which are found
// out first.
func (f keyedFile) write(ctx context.Context, store storage.Store, head sections.Header, s *extsort.Sorter) error {
	all := make([]sections.Section, f.keys+f.partitions)
	err := f.each(ctx, s, func(to int, record []byte) error {
		all[to].Add(record)
		return nil
	})
	if err != nil {
		return err
	}
	out, err := sections.Create(ctx, store, f.name, head, all)
	if err != nil {
		return err
	}
	defer out.Close()
	if err := s.Rewind(ctx); err != nil {
		return err
	}
	if err := f.each(ctx, s, out.Add); err != nil {
		return err
	}
	return out.Commit(ctx, out.Records())
}

// each calls add with all records as they are stored.
func (f keyedFile) each(ctx context.Context, s *extsort.Sorter, add func(section int, record []byte) error) error {
	at := -1
	blocks := &blockWriter{emit: func(record []byte) error { return add(at, record) }}
	for {
		r, err := s.Next(ctx)
		if err == io.EOF {
			return blocks.flush()
		}
		if err != nil {
			return err
		}
		section := int(binary.BigEndian.Uint32(r))
		if section != at {
			if err := blocks.flush(); err != nil {
				return err
			}
			if at = section; at >= f.keys {
				blocks.start(at-f.keys, f.partitions)
			}
		}
		if r = r[4:]; section < f.keys {
			err = add(section, r[f.skip:])
		} else {
			err = blocks.add(keyEntry{binary.BigEndian.Uint64(r), readBytes(r[8:])})
		}
		if err != nil {
			return err
		}
	}
}

// startRecord begins a record of a section.
func startRecord(dst []byte, section int) []byte {
	return binary.BigEndian.AppendUint32(dst[:0], uint32(section))
}

// startKey begins the record of a key.
func (f keyedFile) startKey(dst []byte, key uint64) []byte {
	return binary.BigEndian.AppendUint64(startRecord(dst, f.keys+keyPartition(key, f.partitions)), key)
}

// A keyMatcher finds equal keys in one partition.
type keyMatcher struct {
	partition, partitions int
	layout                *corpusLayout
	entries               *extsort.Sorter // key, ordinal
}

// read sorts the keys of this partition from all shards, with ordinals in place of
// numbers. It fills the layout. open opens the section of a shard.
func (m *keyMatcher) read(ctx context.Context, open func(rank int) (*sections.Reader, error)) error {
	l := m.layout
	for r, err := range sections.Ahead(len(l.names), open) {
		if err != nil {
			return err
		}
		if err := l.add(r.Header); err != nil {
			return errors.Join(err, r.Close())
		}
		rank := len(l.digests) - 1
		if err := m.readShard(ctx, r, l.first[rank], l.first[rank+1]); err != nil {
			return err
		}
	}
	return nil
}

func (m *keyMatcher) readShard(ctx context.Context, r *sections.Reader, from, to uint64) error {
	blocks := blockReader{partition: m.partition, of: m.partitions}
	var record []byte
	return readAll(r, func(b []byte) error {
		return blocks.read(b, func(e keyEntry) error {
			if e.number >= to-from {
				return sections.ErrDamaged
			}
			record = appendOrdinal(binary.BigEndian.AppendUint64(record[:0], e.key), from+e.number)
			return m.entries.Add(ctx, record)
		})
	})
}

// each calls yield with all ordinals, those of equal keys together and in order. starts
// says that the key is another one than before.
func (m *keyMatcher) each(ctx context.Context, yield func(ordinal uint64, starts bool) error) error {
	var last uint64
	starts := true
	for {
		r, err := m.entries.Next(ctx)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		key := binary.BigEndian.Uint64(r)
		if err := yield(readBytes(r[8:]), starts || key != last); err != nil {
			return err
		}
		last, starts = key, false
	}
}

// writeGrouped writes a file of sorted records, each once, in a section for each group of
// shards: that of the ordinal that a record begins with. It returns the writer, which is
// closed, for what it says of the file.
func writeGrouped(ctx context.Context, store storage.Store, name string, head sections.Header, l *corpusLayout, records *extsort.Sorter) (*sections.Writer, error) {
	head.Digests = []sections.Digest{l.sum}
	all := make([]sections.Section, len(l.groups))
	err := distinct(ctx, records, func(record []byte) error {
		all[l.groupOf(readBytes(record[:ordinalSize]))].Add(record)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if err := records.Rewind(ctx); err != nil {
		return nil, err
	}
	out, err := sections.Create(ctx, store, name, head, all)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	err = distinct(ctx, records, func(record []byte) error {
		return out.Add(l.groupOf(readBytes(record[:ordinalSize])), record)
	})
	if err != nil {
		return nil, err
	}
	return out, out.Commit(ctx, out.Records())
}

// openGrouped opens a section of such a file, if it was made from what there is now.
func openGrouped(ctx context.Context, store storage.Store, name string, want sections.Header, l *corpusLayout, g int) (*sections.Reader, error) {
	r, err := sections.Open(ctx, store, name, want)
	if err != nil {
		return nil, notExist(err, "do the steps in their order, all shards of each")
	}
	if len(r.Digests) != 1 || r.Sections != len(l.groups) || r.Digests[0] != l.sum {
		err = r.Wrap(errOtherSignatures)
	} else {
		_, err = r.Seek(g)
	}
	if err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}
