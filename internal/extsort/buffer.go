package extsort

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"io"
	"slices"
)

// A buffer holds records in memory and sorts them.
type buffer struct {
	budget    int64
	chunkSize int
	chunks    [][]byte // full ones, then the one being filled, then empty ones
	filling   int      // index of the chunk being filled
	size      int64    // of all chunks
	entries   []entry
}

// An entry is a record in a chunk. Most comparisons are decided by the prefix,
// without a look at the record.
type entry struct {
	prefix uint64 // its first 8 bytes, big-endian, filled up with zeros
	at     uint64 // chunk<<42 | offset<<21 | length
}

const (
	entrySize  = 16
	fieldBits  = 21 // enough for offsets and lengths up to MaxRecord
	fieldMask  = 1<<fieldBits - 1
	maxChunk   = 1 << 20
	minChunk   = 1 << 10
	minEntries = 64
)

func newBuffer(budget int64) *buffer {
	return &buffer{budget: budget, chunkSize: int(min(max(budget/32, minChunk), maxChunk)), filling: -1}
}

// add copies a record into the buffer, or returns false if it is full. An empty
// buffer takes any record.
func (b *buffer) add(record []byte) bool {
	if !b.room(len(record)) || !b.roomForEntry() {
		return false
	}
	c := b.chunks[b.filling]
	at := uint64(b.filling)<<(2*fieldBits) | uint64(len(c))<<fieldBits | uint64(len(record))
	b.chunks[b.filling] = append(c, record...)
	b.entries = append(b.entries, entry{prefix(record), at})
	return true
}

// room sees to it that the chunk being filled can take n bytes more.
func (b *buffer) room(n int) bool {
	if b.filling >= 0 {
		if c := b.chunks[b.filling]; len(c)+n <= cap(c) {
			return true
		}
	}
	if next := b.filling + 1; next < len(b.chunks) && n <= cap(b.chunks[next]) {
		b.filling = next
		return true
	}
	// The first chunks are small, for the many sorters that sort little.
	size := max(min(b.chunkSize, max(int(b.size), minChunk)), n)
	if len(b.entries) > 0 && b.used()+int64(size) > b.budget {
		return false
	}
	b.filling++
	b.chunks = slices.Insert(b.chunks, b.filling, make([]byte, 0, size))
	b.size += int64(size)
	return true
}

// roomForEntry sees to it that there is room for one entry more, counting the
// old entries as well as the new ones while they are moved.
func (b *buffer) roomForEntry() bool {
	n := cap(b.entries)
	if len(b.entries) < n {
		return true
	}
	fits := int((b.budget - b.used()) / entrySize)
	grown := min(max(2*n, minEntries), fits)
	if n == 0 {
		grown = max(grown, minEntries)
	} else if grown < n+n/8 {
		return false
	}
	b.entries = slices.Grow(b.entries, grown-n)
	return true
}

// used returns how many bytes the buffer holds.
func (b *buffer) used() int64 { return b.size + int64(cap(b.entries))*entrySize }

// reset forgets the records but keeps the memory, except that of large ones.
func (b *buffer) reset() {
	b.entries = b.entries[:0]
	b.filling = -1
	b.size = 0
	b.chunks = slices.DeleteFunc(b.chunks, func(c []byte) bool { return cap(c) > b.chunkSize })
	for i, c := range b.chunks {
		b.chunks[i] = c[:0]
		b.size += int64(cap(c))
	}
}

func (b *buffer) record(e entry) []byte {
	at, n := e.at>>fieldBits&fieldMask, e.at&fieldMask
	return b.chunks[e.at>>(2*fieldBits)][at : at+n : at+n]
}

func (b *buffer) sort() {
	slices.SortFunc(b.entries, func(x, y entry) int {
		if x.prefix != y.prefix {
			return cmp.Compare(x.prefix, y.prefix)
		}
		return bytes.Compare(b.record(x), b.record(y))
	})
}

func (b *buffer) cursor() *bufferCursor { return &bufferCursor{b: b} }

// A bufferCursor yields the records of a sorted buffer.
type bufferCursor struct {
	b *buffer
	n int
}

func (c *bufferCursor) next(context.Context) ([]byte, error) {
	if c.n == len(c.b.entries) {
		return nil, io.EOF
	}
	c.n++
	return c.b.record(c.b.entries[c.n-1]), nil
}

func (c *bufferCursor) close() error { return nil }

// prefix returns the first 8 bytes of a record as a number that sorts as they do.
func prefix(record []byte) uint64 {
	if len(record) >= 8 {
		return binary.BigEndian.Uint64(record)
	}
	var b [8]byte
	copy(b[:], record)
	return binary.BigEndian.Uint64(b[:])
}
