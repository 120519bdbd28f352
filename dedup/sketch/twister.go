package sketch

// A twister is the generator MT19937 (Matsumoto, Nishimura 1998), seeded and read as
// numpy.random.RandomState does, which has promised never to change.
type twister struct {
	state [624]uint32
	at    int
}

func newTwister(seed uint32) *twister {
	t := &twister{at: len(twister{}.state)}
	for i := range t.state {
		t.state[i] = seed
		seed = 1812433253*(seed^seed>>30) + uint32(i) + 1
	}
	return t
}

func (t *twister) uint32() uint32 {
	const n, m = len(t.state), 397
	if t.at == n {
		for i := range n {
			y := t.state[i]&(1<<31) | t.state[(i+1)%n]&(1<<31-1)
			t.state[i] = t.state[(i+m)%n] ^ y>>1 ^ y&1*0x9908B0DF
		}
		t.at = 0
	}
	y := t.state[t.at]
	t.at++
	y ^= y >> 11
	y ^= y << 7 & 0x9D2C5680
	y ^= y << 15 & 0xEFC60000
	return y ^ y>>18
}

// below61 returns randint(low, 2⁶¹-1, dtype=uint64): numpy masks and draws again
// until the number is in range.
func (t *twister) below61(low uint64) uint64 {
	for {
		hi := uint64(t.uint32())
		if v := (hi<<32 | uint64(t.uint32())) & mersenne61; v <= mersenne61-1-low {
			return low + v
		}
	}
}
