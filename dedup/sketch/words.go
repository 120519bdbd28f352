package sketch

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

// A unitReader hashes the units in what a folder writes.
type unitReader struct {
	hash   uint64 // of the word at hand; seedWord before its first byte
	blank  bool   // a blank came last: for characters
	any    bool   // there was a character
	hashes []uint64
}

func (u *unitReader) reset() {
	u.hash, u.blank, u.any = seedWord, false, false
}

// words appends the hashes of the words in f.buf to u.hashes, and leaves in it what
// may be the beginning of a word.
func (u *unitReader) words(f *folder, end bool) {
	if end { // so that the last word ends
		binary.LittleEndian.PutUint64(f.buf[f.n:], blanks)
		f.n += 8
	}
	out, h, i := u.hashes, u.hash, 0
	buf, n := &f.buf, f.n
	for i+8 <= n && i+8 <= len(buf) {
		x := binary.LittleEndian.Uint64(buf[i : i+8])
		t := x ^ blanks
		found := (t - ones) &^ t & highs // the lowest bit is right
		if found == 0 {
			h = mix(h, x)
			i += 8
			continue
		}
		size := bits.TrailingZeros64(found) &^ 7 // in bits
		i += size/8 + 1
		if size == 0 && h == seedWord {
			continue // a blank after a blank
		}
		x &= 1<<(size&63) - 1
		out = append(out, mix(h, x|uint64(size)<<56))
		h = seedWord
	}
	u.hashes, u.hash = out, h
	f.n = copy(f.buf[:], f.buf[i:n])
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

func hashRune(r rune) uint64 { return mix(seedWord^keyRune, uint64(r)) }

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
