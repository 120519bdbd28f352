package hf

import (
	"math/bits"
	"strings"
	"unicode/utf8"
)

// none stands for no token.
const none = ^uint32(0)

// A vocabulary is a set of tokens with their ids, looked up by what they are in a
// text. In memory it is two arrays and a string.
type vocabulary struct {
	blob  string
	words []wordEntry // open addressing by hash
}

type wordEntry struct {
	hash       uint64
	start, end uint32 // in blob
	id         uint32 // and one; 0 for a free entry
}

// newVocabulary stores tokens, of which none may be there twice.
func newVocabulary(tokens map[string]uint32) *vocabulary {
	v := &vocabulary{words: make([]wordEntry, tableSize(len(tokens)))}
	size := 0
	for t := range tokens {
		size += len(t)
	}
	var blob strings.Builder
	blob.Grow(size)
	mask := uint64(len(v.words) - 1)
	for t, id := range tokens {
		start := uint32(blob.Len())
		blob.WriteString(t)
		h := hashWord(t)
		i := h & mask
		for v.words[i].id != 0 {
			i = (i + 1) & mask
		}
		v.words[i] = wordEntry{h, start, uint32(blob.Len()), id + 1}
	}
	v.blob = blob.String()
	return v
}

// tableSize returns a power of two that leaves half of a table for n entries free.
func tableSize(n int) int { return 1 << bits.Len(uint(max(2*n-1, 1))) }

// find returns the id of the token that is s, or none.
func (v *vocabulary) find(s string) uint32 { return v.findHashed(s, hashWord(s)) }

func (v *vocabulary) findHashed(s string, h uint64) uint32 {
	mask := uint64(len(v.words) - 1)
	for i := h & mask; ; i = (i + 1) & mask {
		e := &v.words[i]
		if e.id == 0 {
			return none
		}
		if e.hash == h && v.blob[e.start:e.end] == s {
			return e.id - 1
		}
	}
}

// The hashes are multiplications of 64 by 64 bits, folded. They are for look-ups
// in memory only and appear in no output.
const (
	mix0 = 0xa0761d6478bd642f
	mix1 = 0xe7037ed1a0b428db
	mix2 = 0x8ebc6af09c88c6e3
)

func mix(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}

func hashPair(pair uint64) uint64 { return mix(pair^mix0, mix1) }

func hashWord(s string) uint64 {
	if len(s) <= 16 {
		a, b := shortKey(s)
		return hashKey(a, b, len(s))
	}
	h := uint64(len(s)) * mix2
	for i := 0; i+16 <= len(s); i += 16 {
		h = mix(load64(s, i)^mix1, load64(s, i+8)^h)
	}
	return hashKey(load64(s, len(s)-16)^h, load64(s, len(s)-8), len(s))
}

func hashKey(a, b uint64, n int) uint64 { return mix(a^mix0^uint64(n), b^mix1) }

// shortKey returns 16 bytes which, together with the length, stand for a string
// of at most 16 bytes: its beginning and its end, which may overlap.
func shortKey(s string) (a, b uint64) {
	switch n := len(s); {
	case n == 0:
		return 0, 0
	case n <= 3:
		return uint64(s[0])<<16 | uint64(s[n>>1])<<8 | uint64(s[n-1]), 0
	case n < 8:
		return load32(s, 0), load32(s, n-4)
	default:
		return load64(s, 0), load64(s, n-8)
	}
}

// load64 returns 8 bytes of s. The compiler makes one load of it.
func load64(s string, i int) uint64 {
	s = s[i : i+8]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

func load32(s string, i int) uint64 {
	s = s[i : i+4]
	return uint64(uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16 | uint32(s[3])<<24)
}

// A bigrams is a set of pairs of neighbouring characters in tokens. It may hold
// pairs that were never added, but never lacks one that was.
type bigrams struct{ bitmap }

// newBigrams returns a set for the pairs in so many tokens.
func newBigrams(tokens int) *bigrams { return &bigrams{newBitmap(tokens)} }

func (b *bigrams) put(left, right uint32) { b.set(hashPair(uint64(left)<<32 | uint64(right))) }

func (b *bigrams) has(left, right uint32) bool {
	return b.isSet(hashPair(uint64(left)<<32 | uint64(right)))
}

// A bitmap has a bit for the highest bits of every hash.
type bitmap struct {
	bits  []uint64
	shift uint8
}

// newBitmap returns a bitmap that n hashes leave nearly empty: of 512 KiB for the
// largest vocabularies.
func newBitmap(n int) bitmap {
	size := min(max(bits.Len(uint(n))+5, 10), 22)
	return bitmap{make([]uint64, 1<<size/64), uint8(64 - size)}
}

func (b *bitmap) set(hash uint64) {
	bit := hash >> (b.shift & 63)
	b.bits[bit>>6] |= 1 << (bit & 63)
}

func (b *bitmap) isSet(hash uint64) bool {
	bit := hash >> (b.shift & 63)
	return b.bits[bit>>6]>>(bit&63)&1 != 0
}

// add adds the pairs of neighbouring characters in a token, which may begin and end
// with a part of one. Characters stand for themselves as UTF-8.
func (b *bigrams) add(token string) {
	for i := 1; i < len(token); i++ {
		if !utf8.RuneStart(token[i]) {
			continue
		}
		start, end := i-1, i+1
		for start > 0 && !utf8.RuneStart(token[start]) {
			start--
		}
		for end < len(token) && !utf8.RuneStart(token[end]) {
			end++
		}
		b.put(packed(token[start:i]), packed(token[i:end]))
	}
}

// crosses reports whether a token may hold the end of left and the beginning of
// right, which are characters. Tokens are made of whole characters, unless parts is
// set.
func (b *bigrams) crosses(left, right string, parts bool) bool {
	l, r := packed(left), packed(right)
	if b.has(l, r) {
		return true
	}
	if !parts || len(left) == 1 && len(right) == 1 {
		return false
	}
	for n := range len(left) {
		l := packed(left[n:])
		for p := r; p != 0; p >>= 8 {
			if b.has(l, p) {
				return true
			}
		}
	}
	return false
}

// packed returns up to four bytes as a number.
func packed(s string) (n uint32) {
	for i := range len(s) {
		n = n<<8 | uint32(s[i])
	}
	return n
}

// A pairs is a table from pairs of ids to what they merge to.
type pairs struct {
	entries []pairEntry // open addressing by hash; pair is noPair for a free entry
	maybe   bitmap      // of the hashes of the pairs; most look-ups end here
}

type pairEntry struct {
	pair uint64
	rank uint32 // the lower, the earlier it is merged
	id   uint32 // of what the two become
}

const noPair = ^uint64(0)

func newPairs(n int) *pairs {
	p := &pairs{entries: make([]pairEntry, tableSize(n)), maybe: newBitmap(n)}
	for i := range p.entries {
		p.entries[i].pair = noPair
	}
	return p
}

// put stores a merge, in place of an earlier one of the same pair.
func (p *pairs) put(left, right, rank, id uint32) {
	e := pairEntry{uint64(left)<<32 | uint64(right), rank, id}
	h := hashPair(e.pair)
	mask := uint64(len(p.entries) - 1)
	i := h & mask
	for p.entries[i].pair != noPair && p.entries[i].pair != e.pair {
		i = (i + 1) & mask
	}
	p.entries[i] = e
	p.maybe.set(h)
}

// get returns the place in the list of merges of joining two tokens and what they
// become, or none.
func (p *pairs) get(left, right uint32) (rank, id uint32) {
	pair := uint64(left)<<32 | uint64(right)
	h := hashPair(pair)
	if !p.maybe.isSet(h) {
		return none, none
	}
	mask := uint64(len(p.entries) - 1)
	for i := h & mask; ; i = (i + 1) & mask {
		e := &p.entries[i]
		if e.pair == pair {
			return e.rank, e.id
		}
		if e.pair == noPair {
			return none, none
		}
	}
}

// A runeTable is a table by character.
type runeTable struct {
	index  [0x110000 >> 8]uint16
	blocks [][256]uint32
}

// newRuneTable returns a table that holds none for every character.
func newRuneTable() *runeTable {
	t := &runeTable{blocks: make([][256]uint32, 1)}
	for i := range t.blocks[0] {
		t.blocks[0][i] = none
	}
	return t
}

func (t *runeTable) put(r rune, id uint32) {
	i := &t.index[r>>8]
	if *i == 0 {
		*i = uint16(len(t.blocks))
		t.blocks = append(t.blocks, t.blocks[0])
	}
	t.blocks[*i][r&0xff] = id
}

func (t *runeTable) get(r rune) uint32 { return t.blocks[t.index[r>>8]][r&0xff] }
