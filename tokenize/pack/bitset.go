package pack

import "math/bits"

// A bitset is a set of numbers below a limit that finds the next one above a given one
// in a few steps: bit j of a level says whether word j of the level below it has any.
type bitset struct{ levels [][]uint64 }

func newBitset(limit int) bitset {
	var s bitset
	for n := limit; ; {
		n = (n + 63) / 64
		s.levels = append(s.levels, make([]uint64, n))
		if n <= 1 {
			return s
		}
	}
}

func (s bitset) has(i int) bool { return s.levels[0][i>>6]>>(i&63)&1 != 0 }

func (s bitset) add(i int) {
	for _, level := range s.levels {
		level[i>>6] |= 1 << (i & 63)
		i >>= 6
	}
}

func (s bitset) remove(i int) {
	for _, level := range s.levels {
		level[i>>6] &^= 1 << (i & 63)
		if level[i>>6] != 0 {
			return
		}
		i >>= 6
	}
}

func (s bitset) clear() {
	for _, level := range s.levels {
		clear(level)
	}
}

// next returns the smallest number in s that is at least i, or -1.
func (s bitset) next(i int) int {
	for l := range s.levels {
		if i>>6 == len(s.levels[l]) {
			return -1
		}
		if rest := s.levels[l][i>>6] >> (i & 63); rest != 0 {
			i += bits.TrailingZeros64(rest)
			for l > 0 {
				l--
				i = i<<6 + bits.TrailingZeros64(s.levels[l][i])
			}
			return i
		}
		i = i>>6 + 1
	}
	return -1
}
