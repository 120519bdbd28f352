package dedup

import (
	"encoding/binary"
	"math/bits"

	"github.com/textmill/textmill/internal/sections"
)

// The keys of a shard are stored sorted, in blocks, each a record:
//
//	1 byte   how many bytes the difference to the key before takes
//	1 byte   how many bytes a number takes
//	entries  difference, number: big-endian, in so many bytes
//
// Keys are spread evenly, so that the differences of a block are of about one size:
// 6 bytes in a shard of 40,000 documents with 14 bands, and 2 for the document.

// A keyEntry says what has a key: the document with this number in its shard, or the
// span.
type keyEntry struct{ key, number uint64 }

func (a keyEntry) less(b keyEntry) bool {
	return a.key < b.key || a.key == b.key && a.number < b.number
}

const blockEntries = 1024

// A blockWriter makes blocks of the entries of one partition, which come in order.
type blockWriter struct {
	emit   func(record []byte) error
	last   uint64   // key, of the blocks before
	before keyEntry // the entry before, if there is any in the partition
	any    bool
	held   []keyEntry
	buf    []byte
}

// start begins a partition.
func (w *blockWriter) start(partition, of int) { w.last, w.any = firstKey(partition, of), false }

// add adds an entry, unless it is the same as the one before: two bands of a document can
// have the same key.
func (w *blockWriter) add(e keyEntry) error {
	if w.any && e == w.before {
		return nil
	}
	w.before, w.any = e, true
	w.held = append(w.held, e)
	if len(w.held) == blockEntries {
		return w.flush()
	}
	return nil
}

// flush makes a block of what is held. It ends the partition.
func (w *blockWriter) flush() error {
	if len(w.held) == 0 {
		return nil
	}
	var gap, number, last uint64 = 0, 0, w.last
	for _, e := range w.held {
		gap, number = gap|(e.key-last), number|e.number
		last = e.key
	}
	gapSize, numberSize := bytesFor(gap), max(bytesFor(number), 1) // at least one, so that no entry is empty
	b := append(w.buf[:0], byte(gapSize), byte(numberSize))
	for _, e := range w.held {
		b = appendBytes(b, e.key-w.last, gapSize)
		b = appendBytes(b, e.number, numberSize)
		w.last = e.key
	}
	w.buf, w.held = b, w.held[:0]
	return w.emit(b)
}

// A blockReader reads the blocks of one partition back.
type blockReader struct {
	partition, of int
	last          keyEntry
	any           bool
}

// read calls yield with the entries of a block. Its error is sections.ErrDamaged if they are
// not in order or not of this partition, or that of yield.
func (r *blockReader) read(record []byte, yield func(keyEntry) error) error {
	if len(record) < 2 || record[0] > 8 || record[1] > 8 {
		return sections.ErrDamaged
	}
	gapSize, numberSize := int(record[0]), int(record[1])
	record = record[2:]
	if !r.any {
		r.last.key = firstKey(r.partition, r.of)
	}
	for size := gapSize + numberSize; len(record) > 0; record = record[size:] {
		if size == 0 || len(record) < size {
			return sections.ErrDamaged
		}
		gap, carry := bits.Add64(r.last.key, readBytes(record[:gapSize]), 0)
		e := keyEntry{gap, readBytes(record[gapSize:size])}
		if carry != 0 || e.number > maxOrdinal || r.any && !r.last.less(e) || keyPartition(e.key, r.of) != r.partition {
			return sections.ErrDamaged
		}
		r.last, r.any = e, true
		if err := yield(e); err != nil {
			return err
		}
	}
	return nil
}

// keyPartition returns in which of n equal parts of all keys a key lies.
func keyPartition(key uint64, n int) int {
	p, _ := bits.Mul64(key, uint64(n))
	return int(p)
}

// firstKey returns the least key of a partition.
func firstKey(partition, of int) uint64 {
	q, rem := bits.Div64(uint64(partition), 0, uint64(of))
	if rem > 0 {
		q++
	}
	return q
}

func bytesFor(n uint64) int { return (bits.Len64(n) + 7) / 8 }

func appendBytes(dst []byte, n uint64, size int) []byte {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], n)
	return append(dst, b[8-size:]...)
}

func readBytes(b []byte) (n uint64) {
	for _, c := range b {
		n = n<<8 | uint64(c)
	}
	return n
}

// Ordinals of documents or spans, and numbers, are stored in 5 bytes where they are sorted.
const (
	ordinalSize = 5
	maxOrdinal  = 1<<(8*ordinalSize) - 1
)

func appendOrdinal(dst []byte, n uint64) []byte { return appendBytes(dst, n, ordinalSize) }
