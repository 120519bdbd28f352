package dedup

import (
	"cmp"
	"math/bits"
	"slices"
)

// A passageIndex finds runs of words of benchmarks in texts.
type passageIndex struct {
	roller
	texts   []benchmarkText
	whole   bool         // the whole text has to follow
	entries []indexEntry // in order of the hash, then of the text
	maybe   []uint64     // a bit for some bits of each hash: nearly all look-ups end here
	shift   int
	rolled  []uint64
}

// A benchmarkText is a text of a benchmark, as hashes of its words.
type benchmarkText struct {
	benchmark, text int
	hashes          []uint64
}

// An indexEntry is where the words with a hash are.
type indexEntry struct {
	hash uint64
	text uint32 // in texts
	at   uint32 // the first word
}

// add indexes all runs of words.
func (x *passageIndex) add(t benchmarkText) {
	x.rolled = x.roll(x.rolled[:0], t.hashes)
	for at, h := range x.rolled {
		x.entries = append(x.entries, indexEntry{h, uint32(len(x.texts)), uint32(at)})
	}
	x.texts = append(x.texts, t)
}

// addWhole indexes the beginning of a text, all of which has to be found.
func (x *passageIndex) addWhole(t benchmarkText) {
	x.whole = true
	x.rolled = x.roll(x.rolled[:0], t.hashes[:x.n])
	x.entries = append(x.entries, indexEntry{x.rolled[0], uint32(len(x.texts)), 0})
	x.texts = append(x.texts, t)
}

// finish makes the index ready.
func (x *passageIndex) finish() {
	slices.SortFunc(x.entries, func(a, b indexEntry) int {
		return cmp.Or(cmp.Compare(a.hash, b.hash), cmp.Compare(a.text, b.text), cmp.Compare(a.at, b.at))
	})
	x.entries = slices.Clip(x.entries)
	size := max(bits.Len(uint(len(x.entries)))+4, 6) // 16 to 32 bits for each
	x.maybe = make([]uint64, 1<<(size-6))
	x.shift = 64 - size
	for _, e := range x.entries {
		b := e.hash >> x.shift
		x.maybe[b/64] |= 1 << (b % 64)
	}
	x.rolled = nil
}

// A passageReader is what a goroutine needs to look for passages.
type passageReader struct {
	words  *wordReader
	rolled []uint64
}

// find returns the first passage of the index in the words that r has read: whose it is,
// and which words of that, n from at on.
func (x *passageIndex) find(r *passageReader) (t *benchmarkText, at, n int, ok bool) {
	if len(x.entries) == 0 {
		return nil, 0, 0, false
	}
	r.rolled = x.roll(r.rolled[:0], r.words.hashes)
	for i, h := range r.rolled {
		if b := h >> x.shift; x.maybe[b/64]>>(b%64)&1 == 0 {
			continue
		}
		k, _ := slices.BinarySearchFunc(x.entries, h, func(e indexEntry, h uint64) int { return cmp.Compare(e.hash, h) })
		for ; k < len(x.entries) && x.entries[k].hash == h; k++ {
			e := x.entries[k]
			t, n := &x.texts[e.text], x.n
			if x.whole {
				n = len(t.hashes)
			}
			if rest := r.words.hashes[i:]; len(rest) >= n && slices.Equal(rest[:n], t.hashes[e.at:int(e.at)+n]) {
				return t, int(e.at), n, true
			}
		}
	}
	return nil, 0, 0, false
}
