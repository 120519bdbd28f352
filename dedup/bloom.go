package dedup

import "math/bits"

// A bloomFilter is a set of 64-bit keys that remembers only some bits of each: what
// was added is always found, and with a known probability something else as well. It
// is blocked (Putze, Sanders, Singler, WEA 2007): all bits of a key are in one cache
// line. Nothing in it is random, so the same keys in the same order give the same
// answers on every machine. It is used by one goroutine.
type bloomFilter struct {
	blocks []bloomBlock
	probes int
	room   int64 // keys that can still be added
}

type bloomBlock [8]uint64

const bloomBlockSize = 64 // bytes

// An odd number with the bits of the golden ratio: the products of a key with its powers
// are far apart.
const bloomStep = 0x9e3779b97f4a7c15

// A bloomShape is what a filter is like that has so many bits for each of its keys.
type bloomShape struct {
	bits   int64
	probes int
	rate   float64 // of false positives when it is full
}

// bloomShapes are the shapes there are to choose from, smallest first, with the best
// number of probes for each. The rates, rounded up, are those of blocks of 512 bits that
// some keys share with more others and some with fewer. A formula would depend on how a
// machine rounds; a test works them out.
var bloomShapes = []bloomShape{
	{8, 5, 0.0233}, {9, 6, 0.0149}, {10, 6, 0.00967}, {11, 7, 0.00626},
	{12, 8, 0.00414}, {13, 8, 0.00273}, {14, 9, 0.00184}, {15, 9, 0.00124},
	{16, 9, 0.000844}, {17, 10, 0.000578}, {18, 10, 0.000402}, {19, 11, 0.000281},
	{20, 11, 0.000198}, {21, 11, 0.000142}, {22, 12, 0.000102}, {23, 12, 7.3e-05},
	{24, 12, 5.33e-05}, {25, 13, 3.9e-05}, {26, 13, 2.88e-05}, {27, 13, 2.15e-05},
	{28, 14, 1.61e-05}, {29, 14, 1.21e-05}, {30, 14, 9.14e-06}, {31, 14, 6.99e-06},
	{32, 15, 5.35e-06}, {33, 15, 4.12e-06}, {34, 15, 3.19e-06}, {35, 15, 2.5e-06},
	{36, 16, 1.95e-06}, {37, 16, 1.54e-06}, {38, 16, 1.21e-06}, {39, 16, 9.61e-07},
	{40, 16, 7.69e-07}, {41, 17, 6.14e-07}, {42, 17, 4.93e-07}, {43, 17, 3.98e-07},
	{44, 17, 3.23e-07}, {45, 17, 2.63e-07}, {46, 18, 2.15e-07}, {47, 18, 1.76e-07},
	{48, 18, 1.45e-07},
}

// bloomShapeFor returns the smallest shape with at most the given rate.
func bloomShapeFor(rate float64) (shape bloomShape, ok bool) {
	for _, s := range bloomShapes {
		if s.rate <= rate {
			return s, true
		}
	}
	return bloomShape{}, false
}

// capacity returns how many keys a filter of so many bytes can hold.
func (s bloomShape) capacity(memory int64) int64 { return memory / bloomBlockSize * 512 / s.bits }

func newBloomFilter(s bloomShape, memory int64) *bloomFilter {
	return &bloomFilter{
		blocks: make([]bloomBlock, memory/bloomBlockSize),
		probes: s.probes,
		room:   s.capacity(memory),
	}
}

// block returns the block of a key: those of all keys are evenly spread over blocks, of
// any number.
func (f *bloomFilter) block(key uint64) *bloomBlock {
	n, _ := bits.Mul64(key, uint64(len(f.blocks)))
	return &f.blocks[n]
}

// has reports whether key was added, or looks like it.
func (f *bloomFilter) has(key uint64) bool {
	b := f.block(key)
	for range f.probes {
		key *= bloomStep
		if b[key>>61]>>(key>>55&63)&1 == 0 {
			return false
		}
	}
	return true
}

// add adds a key that the filter does not have, or returns false if it is full.
func (f *bloomFilter) add(key uint64) bool {
	if f.room == 0 {
		return false
	}
	f.room--
	b := f.block(key)
	for range f.probes {
		key *= bloomStep
		b[key>>61] |= 1 << (key >> 55 & 63)
	}
	return true
}
