package mds

import (
	"encoding/binary"

	"github.com/textmill/textmill/tokenize/internal/ids"
)

// A buffer holds the samples of a shard file, in pieces, so that it grows without
// copying and is never much larger than what is in it.
type buffer struct {
	pieces [][]byte // of the capacity pieceSize; those after last are empty
	last   int
	n      int64 // bytes in all of them
}

const pieceSize = 256 << 10

// tail returns the piece to append to, which has room for need bytes.
func (b *buffer) tail(need int) *[]byte {
	if b.last < len(b.pieces) && pieceSize-len(b.pieces[b.last]) < need {
		b.last++
	}
	if b.last == len(b.pieces) {
		b.pieces = append(b.pieces, make([]byte, 0, pieceSize))
	}
	return &b.pieces[b.last]
}

func (b *buffer) put(p []byte) {
	b.n += int64(len(p))
	for len(p) > 0 {
		t := b.tail(1)
		k := min(len(p), pieceSize-len(*t))
		*t = append(*t, p[:k]...)
		p = p[k:]
	}
}

func (b *buffer) putUint32(v uint32) {
	t := b.tail(4)
	*t = binary.LittleEndian.AppendUint32(*t, v)
	b.n += 4
}

// putShape appends what stands before the values of an array of n elements.
func (b *buffer) putShape(n int) {
	var p [maxShape]byte
	b.put(appendShape(p[:0], n))
}

// putTokens appends tokens, which fit, as numbers of type t.
func (b *buffer) putTokens(tokens []uint32, t dtype) {
	size := t.size()
	for len(tokens) > 0 {
		p := b.tail(size)
		k := min(len(tokens), (pieceSize-len(*p))/size)
		*p = ids.Append(*p, tokens[:k], size)
		b.n += int64(k * size)
		tokens = tokens[k:]
	}
}

// filled returns the pieces that are not empty.
func (b *buffer) filled() [][]byte {
	if b.n == 0 {
		return nil
	}
	return b.pieces[:b.last+1]
}

// reset empties b and keeps its memory.
func (b *buffer) reset() {
	for i := range b.pieces {
		b.pieces[i] = b.pieces[i][:0]
	}
	b.last, b.n = 0, 0
}
