package ids

import (
	"bufio"
	"encoding/binary"
	"io"
	"iter"
)

// Lengths is a list of lengths below 2³². It takes 4 bytes for each: a list of
// pieces, so that growing copies nothing. The zero value is an empty list.
type Lengths struct {
	pieces [][]uint32
	n      int64
	sum    uint64
}

// Pieces grow from the one capacity to the other.
const minPiece, maxPiece = 64, 16 << 10

// Add appends a length.
func (l *Lengths) Add(length int) {
	last := len(l.pieces) - 1
	if last < 0 || len(l.pieces[last]) == cap(l.pieces[last]) {
		last++
		l.pieces = append(l.pieces, make([]uint32, 0, int(min(max(minPiece, l.n), maxPiece))))
	}
	l.pieces[last] = append(l.pieces[last], uint32(length))
	l.n++
	l.sum += uint64(length)
}

// Len returns how many lengths there are.
func (l *Lengths) Len() int64 { return l.n }

// Sum returns what they add up to.
func (l *Lengths) Sum() uint64 { return l.sum }

// All yields the lengths.
func (l *Lengths) All() iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		for _, piece := range l.pieces {
			for _, length := range piece {
				if !yield(length) {
					return
				}
			}
		}
	}
}

// WriteEnds writes where each of the lengths ends if they lie one after another,
// as little-endian numbers of 8 bytes.
func (l *Lengths) WriteEnds(out io.Writer) error {
	w := bufio.NewWriterSize(out, 4<<10)
	var b [8]byte
	end := uint64(0)
	for length := range l.All() {
		end += uint64(length)
		binary.LittleEndian.PutUint64(b[:], end)
		w.Write(b[:]) // an error stays until Flush
	}
	return w.Flush()
}
