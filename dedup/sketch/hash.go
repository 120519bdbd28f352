package sketch

import "math/bits"

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

// mix adds eight bytes to the hash of a word. Both factors depend on them, so that
// their bits do not add up in a simple way when words do.
func mix(h, x uint64) uint64 { return fold128(x^h, bits.RotateLeft64(x, 32)^keyWord) }
