package inflate

import "math/bits"

const (
	maxBits = 15 // of a code

	maxLit  = 288 // symbols of the literal and length code
	maxDist = 32  // symbols of the distance code
	maxPre  = 19  // symbols of the code for code lengths

	litBits  = 10 // of a code that are looked up first
	distBits = 8
	preBits  = 7

	// Tables with room for the second look-ups of any complete code. The most
	// that 288 symbols and 10 bits take is 1334, 32 and 8 take 402.
	litSize  = 1<<litBits + 512
	distSize = 1<<distBits + 256
)

// An entry says what the next bits of input mean.
//
//	bits 16-30  a literal, a base length or distance, or where a subtable begins
//	bits 8-11   how many bits the code takes, or how many index the subtable
//	bits 0-7    how many bits to take: the code and extra bits after it
//
// The flags tell the kinds apart.
type entry uint32

const (
	isLiteral entry = 1 << 31
	isOther   entry = 1 << 15         // one of those below
	isEnd     entry = isOther | 1<<14 // of the block
	isInvalid entry = isOther | 1<<13 // no code
	isSub     entry = isOther | 1<<12 // look further bits up in a subtable
)

// bits returns how many bits to take.
func (e entry) bits() uint { return uint(e & 0xff) }

// value returns the literal, base or symbol.
func (e entry) value() int { return int(e >> 16 & 0x7fff) }

// sub returns which entry of the table the next bits select in the subtable e.
func (e entry) sub(bits uint64) uint32 {
	return uint32(e>>16) + uint32(bits)&(1<<(e>>8&15)-1)
}

// withExtra returns the base with the extra bits added that stand after the code
// at the beginning of bits.
func (e entry) withExtra(bits uint64) int {
	return int(e>>16) + int(bits&(1<<(e&63)-1)>>(e>>8&15))
}

// litEntries, distEntries and preEntries are what symbols mean, without the bits
// of their codes.
var litEntries, distEntries, preEntries = symbols()

func symbols() (lit [maxLit]entry, dist [maxDist]entry, pre [maxPre]entry) {
	for i := range 256 {
		lit[i] = isLiteral | entry(i)<<16
	}
	lit[256] = isEnd
	base := 3
	for i := range 28 { // two groups of four without extra bits, then one for each number of them
		extra := max(i/4-1, 0)
		lit[257+i] = entry(base)<<16 | entry(extra)
		base += 1 << extra
	}
	lit[285] = 258 << 16
	lit[286], lit[287] = isInvalid, isInvalid

	base = 1
	for i := range 30 {
		extra := max(i/2-1, 0)
		dist[i] = entry(base)<<16 | entry(extra)
		base += 1 << extra
	}
	dist[30], dist[31] = isInvalid, isInvalid

	for i := range maxPre {
		pre[i] = entry(i) << 16
	}
	return lit, dist, pre
}

// build fills table with the code in which symbol i has lens[i] bits, or none if
// that is 0, and means entries[i]. Codes of up to root bits are found in the
// first 1<<root entries, longer ones in subtables after them. It returns false if
// there is no such code. As in compress/flate, a code must be complete unless it
// has no symbol or one of 1 bit.
func build(table []entry, lens []uint8, entries []entry, root uint) bool {
	var count [maxBits + 1]int
	for _, l := range lens {
		count[l&maxBits]++
	}
	used := len(lens) - count[0]
	count[0] = 0

	// The first code of each length, and where its symbols are in sorted.
	var next [maxBits + 1]uint32
	var at [maxBits + 1]int
	left, code, n := 1, uint32(0), 0
	for l := 1; l <= maxBits; l++ {
		left = left<<1 - count[l]
		if left < 0 {
			return false // over-subscribed
		}
		next[l], at[l] = code, n
		code = (code + uint32(count[l])) << 1
		n += count[l]
	}
	if left > 0 && (used > 1 || used == 1 && count[1] != 1) {
		return false // incomplete
	}
	var sorted [maxLit]uint16
	for s, l := range lens {
		if l != 0 {
			sorted[at[l&maxBits]] = uint16(s)
			at[l&maxBits]++
		}
	}

	// The codes of up to root bits. Their entries are repeated for all values of
	// the bits after them: by doubling the table for each further bit.
	k, size := 0, uint32(1)
	table[0] = isInvalid | 1
	for l := uint(1); l <= root; l++ {
		copy(table[size:2*size], table[:size])
		size *= 2
		c := next[l]
		for _, sym := range sorted[k : k+count[l]] {
			table[reverse(c, l)&(size-1)] = entries[sym] + entry(l<<8|l)
			c++
		}
		k += count[l]
	}
	b := subtables{table: table, root: root, count: count, prefix: 1 << root, free: 1 << root}
	for l := root + 1; l <= maxBits; l++ {
		c := next[l]
		for _, sym := range sorted[k : k+count[l]] {
			if !b.add(reverse(c, l), l, entries[sym]) {
				return false
			}
			c++
		}
		k += count[l]
	}
	return true
}

// subtables adds the codes that are longer than root to a table.
type subtables struct {
	table  []entry
	root   uint
	count  [maxBits + 1]int // codes of each length that are still to come
	prefix uint32           // the first root bits of the codes in the current subtable
	start  uint32           // where it begins …
	bits   uint             // … and how many bits index it
	free   uint32           // where the next one goes
}

// add enters a code of the given length, its first bit lowest.
func (b *subtables) add(code uint32, length uint, e entry) bool {
	if p := code & (1<<b.root - 1); p != b.prefix {
		b.prefix = p
		if !b.open(length) {
			return false
		}
		b.table[p] = isSub | entry(b.start)<<16 | entry(b.bits<<8|b.root)
	}
	b.count[length]--
	length -= b.root
	e += entry(length<<8 | length)
	for i := code >> b.root; i < 1<<b.bits; i += 1 << length {
		b.table[b.start+i] = e
	}
	return true
}

// open begins a subtable, large enough for all codes with its prefix. The first
// of them has the given length. As codes come in order, so many follow that they
// fill it.
func (b *subtables) open(length uint) bool {
	b.bits = length - b.root
	room := 1<<b.bits - b.count[length]
	for room > 0 && b.root+b.bits < maxBits {
		b.bits++
		room = room<<1 - b.count[b.root+b.bits]
	}
	b.start = b.free
	b.free += 1 << b.bits
	return int(b.free) <= len(b.table)
}

// reverse returns the low n bits of code in reverse order.
func reverse(code uint32, n uint) uint32 {
	return uint32(bits.Reverse16(uint16(code))) >> (16 - n)
}
