package sketch

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"slices"
	"unicode/utf8"
)

// A unitReader hashes the units in what a folder writes.
type unitReader struct {
	hashes []uint64

	// Of a word that goes on in the next piece of text: whether it has begun, and
	// the hash of its beginning.
	inside bool
	hash   uint64

	blank bool // of characters, a blank came last
	any   bool // there was a character

	// Where in the piece words begin and end, in turns.
	bounds [chunkSize + chunkSlack]uint16
}

func (u *unitReader) reset() {
	u.inside, u.hash = false, seedWord
	u.blank, u.any = false, false
}

// words appends the hashes of the words in f.buf to u.hashes, and leaves in it what
// may be the end of the beginning of a word.
func (u *unitReader) words(f *folder, end bool) {
	if end { // so that the last word ends
		f.buf[f.n] = ' '
		f.n++
	}
	from, to := 0, bytes.LastIndexByte(f.buf[:f.n], ' ')+1
	if u.inside && to > 0 {
		from = bytes.IndexByte(f.buf[:to], ' ') + 1
		u.hashes = append(u.hashes, hashWord(u.hash, f.buf[:], from-1))
		u.inside, u.hash = false, seedWord
	}
	bounds := u.bounds[:u.findBounds(&f.buf, from, to)]
	hashes := slices.Grow(u.hashes, len(bounds)/2)
	for len(bounds) >= 2 {
		begin, end := bounds[0], bounds[1]
		hashes = append(hashes, hashWord(seedWord, f.buf[begin:], int(end-begin)))
		bounds = bounds[2:]
	}
	u.hashes = hashes
	for ; f.n-to >= wordBlock; to += wordBlock {
		u.inside, u.hash = true, mix(u.hash, f.buf[to:])
	}
	f.n = copy(f.buf[:], f.buf[to:f.n])
}

// findBounds notes where words begin and end in buf[from:to], which ends in a blank,
// and returns how many bounds there are.
func (u *unitReader) findBounds(buf *[chunkSize + chunkSlack]byte, from, to int) (n int) {
	before := uint64(1) // a blank, as bit 0
	for at := from &^ 63; at < to; at += 64 {
		mask := blankMask((*[64]byte)(buf[at : at+64]))
		if at < from {
			mask |= 1<<(from-at) - 1
		}
		if at+64 > to {
			mask |= ^uint64(0) << (to - at)
		}
		changes := mask ^ (mask<<1 | before)
		before = mask >> 63
		for changes != 0 {
			u.bounds[n] = uint16(at + bits.TrailingZeros64(changes))
			n++
			changes &= changes - 1
		}
	}
	return n
}

// blankMask returns a bit for each byte that is a blank.
func blankMask(b *[64]byte) uint64 {
	return blanks8(b[0:8]) | blanks8(b[8:16])<<8 | blanks8(b[16:24])<<16 | blanks8(b[24:32])<<24 |
		blanks8(b[32:40])<<32 | blanks8(b[40:48])<<40 | blanks8(b[48:56])<<48 | blanks8(b[56:64])<<56
}

// blanks8 is blankMask for eight bytes. The multiplication gathers the lowest bits of
// bytes in the highest byte.
func blanks8(b []byte) uint64 {
	x := binary.LittleEndian.Uint64(b) ^ blanks
	found := ^(x&^highs + ^uint64(highs) | x) & highs
	return (found >> 7) * 0x0102040810204080 >> 56
}

// characters appends the hashes of the characters in f.buf to u.hashes. If blanks are
// to be collapsed, it leaves out those at the ends.
func (u *unitReader) characters(f *folder, collapse bool) {
	b := f.buf[:f.n]
	f.n = 0
	out := u.hashes
	for i := 0; i < len(b); {
		r, size := rune(b[i]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRune(b[i:])
		}
		i += size
		if collapse {
			if r == ' ' {
				u.blank = u.any
				continue
			}
			if u.any = true; u.blank {
				u.blank = false
				out = append(out, hashRune(' '))
			}
		}
		out = append(out, hashRune(r))
	}
	u.hashes = out
}

func hashRune(r rune) uint64 { return fold128(uint64(r)^seedWord, keyRune) }

// A roller makes hashes of shingles of hashes of units: polynomials in rollBase whose
// coefficients are the units, modulo 2⁶⁴.
type roller struct {
	size int
	top  uint64 // rollBase to the power of size
	sum  uint64
	n    int      // units so far
	tail []uint64 // the last ones, at most size
}

func newRoller(size int) roller {
	top := uint64(1)
	for range size {
		top *= rollBase
	}
	return roller{size: size, top: top, tail: make([]uint64, 0, size)}
}

func (r *roller) reset() { r.sum, r.n, r.tail = 0, 0, r.tail[:0] }

// roll appends to dst the hashes of the shingles that end with one of units.
func (r *roller) roll(dst, units []uint64) []uint64 {
	sum, tail := r.sum, r.tail
	i := 0
	for ; i < len(units) && len(tail) < r.size; i++ {
		sum = sum*rollBase + units[i]
		if tail = append(tail, units[i]); len(tail) == r.size {
			dst = append(dst, finish(sum))
		}
	}
	// While the units that leave are those of the last call.
	from := i
	for ; i < len(units) && i-from < r.size; i++ {
		sum = sum*rollBase + units[i] - r.top*tail[i-from]
		dst = append(dst, finish(sum))
	}
	gone := units[from:]
	for j, u := range units[i:] {
		sum = sum*rollBase + u - r.top*gone[j]
		dst = append(dst, finish(sum))
	}
	// The last units, from this call or from both.
	if fresh := len(units) - from; fresh >= r.size {
		copy(tail, units[len(units)-r.size:])
	} else {
		copy(tail, tail[fresh:])
		copy(tail[len(tail)-fresh:], units[from:])
	}
	r.sum, r.tail = sum, tail
	r.n += len(units)
	return dst
}

// whole returns the hash of all units, of which there are too few for a shingle. It
// depends on their number, so that it is not that of a shingle.
func (r *roller) whole() uint64 { return finish(r.sum + uint64(r.n)*keyShingle) }

// finish makes all bits of a hash depend on all of a sum, in which the low bits of
// units reach the high bits and not the other way.
func finish(sum uint64) uint64 {
	return fold128(sum^seedShingle, bits.RotateLeft64(sum, 32)^keyShingle)
}
