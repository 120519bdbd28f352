package sketch

import (
	"encoding/binary"
	"math/bits"
)

// The primes of xxHash (Collet, XXH64, algorithm description 0.1.1).
const (
	xxPrime1 = 0x9E3779B185EBCA87
	xxPrime2 = 0xC2B2AE3D27D4EB4F
	xxPrime3 = 0x165667B19E3779F9
	xxPrime4 = 0x85EBCA77C2B2AE63
	xxPrime5 = 0x27D4EB2F165667C5
)

// xxh64 returns the XXH64 hash of b with seed 0.
func xxh64(b []byte) uint64 {
	n := uint64(len(b))
	h := uint64(xxPrime5)
	if len(b) >= 32 {
		h = xxStripes(b)
		b = b[len(b)&^31:]
	}
	h += n
	for ; len(b) >= 8; b = b[8:] {
		h ^= xxRound(0, binary.LittleEndian.Uint64(b))
		h = bits.RotateLeft64(h, 27)*xxPrime1 + xxPrime4
	}
	if len(b) >= 4 {
		h ^= uint64(binary.LittleEndian.Uint32(b)) * xxPrime1
		h = bits.RotateLeft64(h, 23)*xxPrime2 + xxPrime3
		b = b[4:]
	}
	for _, c := range b {
		h ^= uint64(c) * xxPrime5
		h = bits.RotateLeft64(h, 11) * xxPrime1
	}
	h = (h ^ h>>33) * xxPrime2
	h = (h ^ h>>29) * xxPrime3
	return h ^ h>>32
}

// xxStripes returns the merged accumulators of all whole stripes of 32 bytes.
func xxStripes(b []byte) uint64 {
	acc := [4]uint64{}
	acc[0], acc[1] = xxPrime1, xxPrime2
	acc[0] += xxPrime2
	acc[3] -= xxPrime1
	for ; len(b) >= 32; b = b[32:] {
		for i := range acc {
			acc[i] = xxRound(acc[i], binary.LittleEndian.Uint64(b[8*i:]))
		}
	}
	h := bits.RotateLeft64(acc[0], 1) + bits.RotateLeft64(acc[1], 7) +
		bits.RotateLeft64(acc[2], 12) + bits.RotateLeft64(acc[3], 18)
	for _, v := range acc {
		h = (h^xxRound(0, v))*xxPrime1 + xxPrime4
	}
	return h
}

func xxRound(acc, input uint64) uint64 {
	return bits.RotateLeft64(acc+input*xxPrime2, 31) * xxPrime1
}
