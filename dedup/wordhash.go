package dedup

import (
	"github.com/zeebo/xxh3"

	"github.com/textmill/textmill/internal/ucd"
	"github.com/textmill/textmill/internal/words"
)

// A wordReader divides texts into words, by UAX #29, and hashes these in lower case. So
// neither case nor what is between words counts. It is used by one goroutine.
type wordReader struct {
	spans  []words.Span // of the words in the text
	hashes []uint64
	lower  []byte
}

// read fills spans and hashes, which are as many.
func (w *wordReader) read(text string) {
	w.spans = words.UAX29.Append(w.spans[:0], text)
	w.hashes = w.hashes[:0]
	for _, s := range w.spans {
		w.lower = ucd.AppendLower(w.lower[:0], text[s.Start:s.End])
		w.hashes = append(w.hashes, xxh3.Hash(w.lower))
	}
}

// A roller hashes all runs of n words: polynomials with the words as coefficients,
// modulo 2⁶⁴.
type roller struct {
	n   int
	top uint64 // rollBase to the power of n
}

// An odd number of which no small power is near a power of two.
const rollBase = 0xd6e8feb86659fd93

func newRoller(n int) roller {
	r := roller{n, 1}
	for range n {
		r.top *= rollBase
	}
	return r
}

// roll appends the hash of each run, in order, to dst.
func (r roller) roll(dst, hashes []uint64) []uint64 {
	sum := uint64(0)
	for i, h := range hashes {
		sum = sum*rollBase + h
		if i >= r.n {
			sum -= r.top * hashes[i-r.n]
		}
		if i >= r.n-1 {
			dst = append(dst, scramble(sum))
		}
	}
	return dst
}

// scramble makes all bits of a hash depend on all of a sum.
func scramble(x uint64) uint64 {
	x ^= x >> 32
	x *= 0xd6e8feb86659fd93
	x ^= x >> 32
	x *= 0xd6e8feb86659fd93
	return x ^ x>>32
}
