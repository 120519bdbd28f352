// Package extsort sorts more records than fit into memory.
//
// A record is a string of bytes, and records sort by [bytes.Compare]. Whoever
// needs another order encodes what decides it at the front of the record, so
// that comparing bytes compares that: big-endian numbers, say. Records that are
// equal are all kept.
//
// A [Sorter] collects records in memory and, each time its budget is used up,
// writes them to a [storage.Store] as a sorted run. At the end it merges the
// runs, in several passes if there are too many to be read at once. How much
// memory is used and how many objects are open depends on the budget, not on
// the number of records; the order does not depend on the budget at all.
//
// Runs are temporary. They have random names, so that two machines that sort
// the same at the same time do not meet, and Close removes them. What a killed
// process leaves behind is never read again and may be removed at any time at
// which no one sorts.
package extsort

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"path"
	"time"

	"github.com/textmill/textmill/storage"
)

// MaxRecord is the longest record, in bytes.
const MaxRecord = 1 << 20

// MinMemory is the smallest budget; smaller ones are raised to it.
const MinMemory = 64 << 10

// A Sorter sorts records: call Add for each, then Next until it returns
// [io.EOF], and Close in any case. It is used by one goroutine.
type Sorter struct {
	store  storage.Store
	dir    string
	id     string // in the names of this Sorter's runs
	fanIn  int    // how many runs are merged at once
	block  int    // bytes of a run that are read at once
	buf    *buffer
	runs   []string // names, the oldest first
	made   int      // runs so far
	added  int64
	merged *merge // once Next was called
	err    error  // that ended it
}

// New returns a Sorter that keeps about memory bytes in memory and puts its runs
// into the folder dir of store. Three quarters of the budget hold records, each
// with 16 bytes beside its own; the rest is for reading runs back.
//
// Records of more than a few kilobytes can take a small budget beyond its limit,
// as two of them have to fit for each run that is merged.
func New(store storage.Store, dir string, memory int64) *Sorter {
	memory = max(memory, MinMemory)
	block := int(min(max(memory/256, 4<<10), 256<<10))
	return &Sorter{
		store: store,
		dir:   dir,
		id:    rand.Text(),
		fanIn: int(min(max(memory/4/int64(block), 2), 64)),
		block: block,
		buf:   newBuffer(memory / 4 * 3),
	}
}

var errAddAfterNext = errors.New("extsort: Add after Next")

// Add adds a record, of which it takes a copy.
func (s *Sorter) Add(ctx context.Context, record []byte) error {
	switch {
	case s.err != nil:
		return s.err
	case s.merged != nil:
		return errAddAfterNext
	case len(record) > MaxRecord:
		return fmt.Errorf("extsort: record of %d bytes; the most is %d", len(record), MaxRecord)
	}
	if !s.buf.add(record) {
		if err := s.spill(ctx); err != nil {
			return s.fail(err)
		}
		if !s.buf.add(record) {
			panic("extsort: an empty buffer takes no record")
		}
	}
	s.added++
	return nil
}

// Len returns how many records were added.
func (s *Sorter) Len() int64 { return s.added }

// Runs returns how many runs were written so far: 0 if everything fits into
// memory.
func (s *Sorter) Runs() int { return s.made }

// Next returns the next record in order, and [io.EOF] after the last. The record
// is valid until Next is called again.
func (s *Sorter) Next(ctx context.Context) ([]byte, error) {
	if s.err != nil {
		return nil, s.err
	}
	if s.merged == nil {
		if err := s.finish(ctx); err != nil {
			return nil, s.fail(err)
		}
	}
	record, err := s.merged.next(ctx)
	if err != nil && err != io.EOF {
		return nil, s.fail(err)
	}
	return record, err
}

// Rewind makes Next begin again with the first record: for what has to be known of
// all records before the first is written.
func (s *Sorter) Rewind(ctx context.Context) error {
	if s.err != nil || s.merged == nil {
		return s.err
	}
	err := s.merged.close()
	s.merged = nil
	if err == nil {
		err = s.merge(ctx)
	}
	if err != nil {
		return s.fail(err)
	}
	return nil
}

func (s *Sorter) fail(err error) error {
	s.err = err
	return err
}

// removeTimeout bounds how long Close waits for the store.
const removeTimeout = time.Minute

// Close frees what the Sorter holds and removes its runs, also if ctx is
// cancelled. Runs that it cannot remove do no harm; the error says that there
// are some.
func (s *Sorter) Close(ctx context.Context) error {
	if s.buf == nil {
		return nil
	}
	s.buf = nil
	s.fail(errors.New("extsort: used after Close"))
	var errs []error
	if s.merged != nil {
		errs = append(errs, s.merged.close())
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), removeTimeout)
	defer cancel()
	for _, name := range s.runs {
		errs = append(errs, s.store.Remove(ctx, name))
	}
	s.runs = nil
	return errors.Join(errs...)
}

// spill writes what is in memory as a run.
func (s *Sorter) spill(ctx context.Context) error {
	s.buf.sort()
	if err := s.write(ctx, s.buf.cursor()); err != nil {
		return err
	}
	s.buf.reset()
	return nil
}

// write makes a run of sorted records.
func (s *Sorter) write(ctx context.Context, records cursor) error {
	name := path.Join(s.dir, fmt.Sprintf("%s-%06d.run", s.id, s.made))
	s.made++
	w, err := createRun(ctx, s.store, name, s.block)
	if err != nil {
		return err
	}
	defer w.close()
	for {
		record, err := records.next(ctx)
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		if err := w.add(record); err != nil {
			return err
		}
	}
	// Before the commit, as an error from that can mean that there is an object.
	s.runs = append(s.runs, name)
	return w.commit(ctx)
}

// finish brings the runs down to as many as can be merged at once, and begins to
// merge.
func (s *Sorter) finish(ctx context.Context) error {
	s.buf.sort()
	for len(s.runs) > s.fanIn {
		// The first time only as many as leave full groups for the others.
		n := (len(s.runs)-2)%(s.fanIn-1) + 2
		if err := s.mergeOldest(ctx, n); err != nil {
			return err
		}
	}
	return s.merge(ctx)
}

// merge begins to merge the runs with what is in memory.
func (s *Sorter) merge(ctx context.Context) error {
	m, err := s.open(ctx, s.runs)
	if err != nil {
		return err
	}
	if err := m.push(ctx, s.buf.cursor()); err != nil {
		return errors.Join(err, m.close())
	}
	s.merged = m
	return nil
}

// mergeOldest replaces the n oldest runs by one.
func (s *Sorter) mergeOldest(ctx context.Context, n int) error {
	old := s.runs[:n:n]
	m, err := s.open(ctx, old)
	if err != nil {
		return err
	}
	if err := errors.Join(s.write(ctx, m), m.close()); err != nil {
		return err
	}
	for len(old) > 0 {
		if err := s.store.Remove(ctx, old[0]); err != nil {
			return err
		}
		old, s.runs = old[1:], s.runs[1:]
	}
	return nil
}

// open begins to merge runs.
func (s *Sorter) open(ctx context.Context, runs []string) (*merge, error) {
	m := &merge{}
	for _, name := range runs {
		r, err := openRun(ctx, s.store, name)
		if err == nil {
			err = m.push(ctx, r)
		}
		if err != nil {
			return nil, errors.Join(err, m.close())
		}
	}
	return m, nil
}

// A cursor yields records in order, each valid until the next call, and io.EOF
// after the last.
type cursor interface {
	next(ctx context.Context) ([]byte, error)
	close() error
}

var (
	_ cursor = (*bufferCursor)(nil)
	_ cursor = (*runReader)(nil)
	_ cursor = (*merge)(nil)
)
