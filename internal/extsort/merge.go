package extsort

import (
	"bytes"
	"context"
	"errors"
	"io"
)

// A merge yields the records of several cursors in order. It is a heap of
// cursors, each with its next record.
type merge struct {
	heads   []head
	started bool // the record of heads[0] was yielded
}

type head struct {
	prefix uint64
	record []byte
	from   cursor
}

func (h *head) set(record []byte) { h.prefix, h.record = prefix(record), record }

func (h *head) less(g *head) bool {
	if h.prefix != g.prefix {
		return h.prefix < g.prefix
	}
	return bytes.Compare(h.record, g.record) < 0
}

// push adds a cursor, which the merge closes. No push after next.
func (m *merge) push(ctx context.Context, c cursor) error {
	record, err := c.next(ctx)
	if err != nil {
		err = errors.Join(ignoreEOF(err), c.close())
		return err
	}
	h := head{from: c}
	h.set(record)
	m.heads = append(m.heads, h)
	for i := len(m.heads) - 1; i > 0; { // up
		parent := (i - 1) / 2
		if !m.heads[i].less(&m.heads[parent]) {
			break
		}
		m.heads[i], m.heads[parent] = m.heads[parent], m.heads[i]
		i = parent
	}
	return nil
}

func ignoreEOF(err error) error {
	if err == io.EOF {
		return nil
	}
	return err
}

// next returns the least record. Only the call after that moves its cursor on,
// as the record may lie in the cursor's memory.
func (m *merge) next(ctx context.Context) ([]byte, error) {
	if m.started {
		if err := m.advance(ctx); err != nil {
			return nil, err
		}
	}
	if len(m.heads) == 0 {
		return nil, io.EOF
	}
	m.started = true
	return m.heads[0].record, nil
}

// advance moves the first cursor on.
func (m *merge) advance(ctx context.Context) error {
	if len(m.heads) == 0 {
		return nil
	}
	h := &m.heads[0]
	record, err := h.from.next(ctx)
	switch {
	case err == nil:
		h.set(record)
	case err == io.EOF:
		err = h.from.close()
		last := len(m.heads) - 1
		m.heads[0] = m.heads[last]
		m.heads[last] = head{}
		m.heads = m.heads[:last]
		if err != nil {
			return err
		}
	default:
		return err
	}
	m.down()
	return nil
}

// down restores the heap after its first element has changed.
func (m *merge) down() {
	for i := 0; ; {
		least := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(m.heads); child++ {
			if m.heads[child].less(&m.heads[least]) {
				least = child
			}
		}
		if least == i {
			return
		}
		m.heads[i], m.heads[least] = m.heads[least], m.heads[i]
		i = least
	}
}

// close closes the cursors that have not come to their end.
func (m *merge) close() error {
	var errs []error
	for _, h := range m.heads {
		errs = append(errs, h.from.close())
	}
	m.heads = nil
	return errors.Join(errs...)
}
