package sketch

import (
	"encoding/binary"
	"math/bits"
)

// Constants without structure: the hexadecimal digits of pi from the 65th on, made
// odd.
const (
	seedWord    = 0x452821E638D01377
	keyWord     = 0xBE5466CF34E90C6D
	keyRune     = 0xC0AC29B7C97C50DD
	seedShingle = 0x3F84D5B5B5470917
	keyShingle  = 0x9216D5D98979FB1B
	rollBase    = 0xD1310BA698DFB5AD
	seedRound   = 0x2FFD72DBD01ADFB7
	keyRound    = 0xB8E1AFED6A267E97
	keyBits     = 0xBA7C9045F12C7F99
)

// fold128 multiplies and adds the halves of the product without carry.
func fold128(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}

// wordBlock is how many bytes of a word are hashed at once.
const wordBlock = 16

// mix adds a block to the hash of a word.
func mix(h uint64, b []byte) uint64 {
	return fold128(binary.LittleEndian.Uint64(b)^h, binary.LittleEndian.Uint64(b[8:16])^keyWord)
}

// hashWord returns the hash of the word b[:n] or of its end, if h is the hash of its
// beginning. b goes on behind the word for a block. The factors are never 0 if the
// word is valid UTF-8, since the constants are not.
func hashWord(h uint64, b []byte, n int) uint64 {
	for ; n >= wordBlock; n -= wordBlock {
		h = mix(h, b)
		b = b[wordBlock:]
	}
	m := &wordMasks[n&(wordBlock-1)]
	return fold128(binary.LittleEndian.Uint64(b)&m.low^h, binary.LittleEndian.Uint64(b[8:16])&m.high^m.key)
}

// wordMasks cut off what is behind the last bytes of a word and put in their number.
var wordMasks = func() (masks [wordBlock]struct{ low, high, key uint64 }) {
	for n := range masks {
		masks[n].low = 1<<(8*min(n, 8)) - 1
		masks[n].high = 1<<(8*max(n-8, 0)) - 1
		masks[n].key = uint64(n)<<56 ^ keyWord
	}
	return masks
}()
