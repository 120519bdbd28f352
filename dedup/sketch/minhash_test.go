package sketch

import (
	"slices"
	"testing"
)

// Numbers of numpy 2.4.6: RandomState(1).randint(low, 2**61-1, dtype=np.uint64).
func TestTwister(t *testing.T) {
	datatrove := newMinHash(DatatroveMinHash, 112)
	if got, want := datatrove.a[:3], []uint64{0xac1f425ff4780ec, 0x18672f8ceebc1449, 0x77eff20ccc38a}; !slices.Equal(got, want) {
		t.Errorf("a of datatrove: %x, want %x", got, want)
	}
	if got, want := datatrove.b[110:], []uint64{0x1890259e2bc921b, 0xf3ac82b88ccf401}; !slices.Equal(got, want) {
		t.Errorf("b of datatrove: %x, want %x", got, want)
	}
	datasketch := newMinHash(DatasketchMinHash, 2)
	if got, want := datasketch.a, []uint64{0xac1f425ff4780ec, 0x77eff20ccc38a}; !slices.Equal(got, want) {
		t.Errorf("a of datasketch: %x, want %x", got, want)
	}
	if got, want := datasketch.b, []uint64{0x18672f8ceebc1448, 0xd65aacbffc11e85}; !slices.Equal(got, want) {
		t.Errorf("b of datasketch: %x, want %x", got, want)
	}
	random := newTwister(1) // past the end of the state
	for range 1002 {
		random.uint32()
	}
	if got := random.uint32(); got != 976287876 {
		t.Errorf("number 1003 is %d, want 976287876", got)
	}
}

// Numbers of the package xxhash 4.1.0 of Python.
func TestXXH64(t *testing.T) {
	for n, want := range map[int]uint64{
		0: 0xef46db3751d8e999, 1: 0x8a4127811b21e730, 3: 0xb6e6c910c2fd373a, 4: 0x22eda2cf6af4c124,
		7: 0x34084d91a233a751, 8: 0xc6f1803a5e0b3222, 11: 0xa295d00465199f0a, 12: 0x9178b724dce384c0,
		31: 0x6ab1c40e29f50073, 32: 0x5a0756fbe9ecd3d1, 33: 0xdc50cdc37bb9c183,
		63: 0x10dd94885c71894a, 64: 0x90083da9cdb9d795, 100: 0xd248bfc5208b0b16,
	} {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(i*7 + 1)
		}
		if got := xxh64(b); got != want {
			t.Errorf("of %d bytes: %x, want %x", n, got, want)
		}
	}
}

// The remainder is exact at multiples of the prime and where the sum wraps around:
// datatrove multiplies in 64 bits and takes the remainder of what is left.
func TestMod61(t *testing.T) {
	const p = 1<<61 - 1
	for k := range uint64(9) {
		for d := range uint64(20) {
			x := k*p + d - 10 // wraps around at both ends
			if got, want := mod61(x), x%p; got != want {
				t.Errorf("%d mod 2^61-1 is %d, want %d", x, got, want)
			}
		}
	}
	m := &minHash{a: []uint64{3, p, 1<<63 + 1, 1, 2}, b: []uint64{5, 0, 1 << 63, 0, 7}, mask: mersenne61, lanes: make([]uint64, 5)}
	for _, h := range []uint64{0, 1, 7, 1 << 63, 1<<64 - 1} {
		m.reset()
		m.add([]uint64{h})
		for i, got := range m.lanes {
			if want := (h*m.a[i] + m.b[i]) % p; got != want {
				t.Errorf("%d·%d+%d is %d, want %d", h, m.a[i], m.b[i], got, want)
			}
		}
	}
}

// The first two and the last of the 112 numbers that datatrove 0.10.1 makes of this
// text, and datasketch 2.0.0.
func TestGolden(t *testing.T) {
	const text = "The Museum of Clocks, in Oberau: open 9.30–17.00, closed on Mondays! Écoutez…"
	s := FineWeb()
	for scheme, want := range map[Scheme][3]uint64{
		DatatroveMinHash:  {75466924421829813, 385128523656852531, 199785592413240829},
		DatasketchMinHash: {923910773, 261818359, 453621350},
	} {
		s.Scheme = scheme
		k := must(t, s)
		if !k.Sketch(text) {
			t.Fatal("no sketch")
		}
		if got := [3]uint64{k.Lanes()[0], k.Lanes()[1], k.Lanes()[111]}; got != want {
			t.Errorf("%v: %v, want %v", scheme, got, want)
		}
	}
}
