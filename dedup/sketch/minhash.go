package sketch

import (
	"crypto/sha1"
	"encoding/binary"
)

// mersenne61 is the prime 2⁶¹-1.
const mersenne61 = 1<<61 - 1

// A minHash is MinHash with a lane for each pair of a and b: the least of
// (a·h+b mod 2⁶⁴) mod (2⁶¹-1) over all shingles, of which mask is taken.
type minHash struct {
	a, b  []uint64
	mask  uint64
	lanes []uint64
	hash  func(shingle []byte) uint64
}

func newMinHash(scheme Scheme, lanes int) *minHash {
	m := &minHash{a: make([]uint64, lanes), b: make([]uint64, lanes), lanes: make([]uint64, lanes)}
	random := newTwister(1)
	if scheme == DatasketchMinHash { // draws a and b of a lane together
		m.mask, m.hash = 1<<32-1, sha1Of
		for i := range lanes {
			m.a[i], m.b[i] = random.below61(1), random.below61(0)
		}
		return m
	}
	m.mask, m.hash = mersenne61, func(b []byte) uint64 { return xxh64(b) }
	for i := range m.a {
		m.a[i] = random.below61(1)
	}
	for i := range m.b {
		m.b[i] = random.below61(0)
	}
	return m
}

func sha1Of(b []byte) uint64 {
	sum := sha1.Sum(b)
	return uint64(binary.LittleEndian.Uint32(sum[:]))
}

func (m *minHash) reset() {
	for i := range m.lanes {
		m.lanes[i] = emptyLane
	}
}

// add adds shingles by their hashes: for four lanes at a time, whose values stay in
// registers meanwhile.
func (m *minHash) add(hashes []uint64) {
	n := len(m.lanes)
	a, b, lanes, mask := m.a[:n], m.b[:n], m.lanes, m.mask
	i := 0
	for ; i+4 <= n; i += 4 {
		a0, a1, a2, a3 := a[i], a[i+1], a[i+2], a[i+3]
		b0, b1, b2, b3 := b[i], b[i+1], b[i+2], b[i+3]
		v0, v1, v2, v3 := lanes[i], lanes[i+1], lanes[i+2], lanes[i+3]
		for _, h := range hashes {
			v0 = min(v0, mod61(h*a0+b0)&mask)
			v1 = min(v1, mod61(h*a1+b1)&mask)
			v2 = min(v2, mod61(h*a2+b2)&mask)
			v3 = min(v3, mod61(h*a3+b3)&mask)
		}
		lanes[i], lanes[i+1], lanes[i+2], lanes[i+3] = v0, v1, v2, v3
	}
	for ; i < n; i++ {
		for _, h := range hashes {
			lanes[i] = min(lanes[i], mod61(h*a[i]+b[i])&mask)
		}
	}
}

// mod61 returns x mod (2⁶¹-1).
func mod61(x uint64) uint64 {
	x = x&mersenne61 + x>>61
	if x >= mersenne61 {
		x -= mersenne61
	}
	return x
}
