package pack

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestBitset(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for _, limit := range []int{1, 2, 63, 64, 65, 128, 4095, 4096, 4097, 64*64*64 + 1} {
		s, ref := newBitset(limit), make([]bool, limit)
		next := func(i int) int { // what is looked for, one by one
			for ; i < limit; i++ {
				if ref[i] {
					return i
				}
			}
			return -1
		}
		for step := range 500 {
			i := r.IntN(limit)
			switch r.IntN(3) {
			case 0:
				s.add(i)
				ref[i] = true
			case 1:
				if j := next(i); j >= 0 && r.IntN(2) == 0 {
					i = j
				}
				s.remove(i)
				ref[i] = false
			}
			for _, i := range []int{0, i, r.IntN(limit), limit - 1} {
				if got, want := s.next(i), next(i); got != want {
					t.Fatalf("limit %d, step %d: next(%d) = %d, want %d", limit, step, i, got, want)
				}
				if s.has(i) != ref[i] {
					t.Fatalf("limit %d, step %d: has(%d) = %v", limit, step, i, s.has(i))
				}
			}
		}
		s.clear()
		if got := s.next(0); got != -1 {
			t.Errorf("limit %d: %d is left", limit, got)
		}
	}
}

func TestBlocks(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	var b blocks
	for range 3 {
		var whole []uint32
		for len(whole) < 5*blockSize {
			tokens := make([]uint32, []int{0, 1, r.IntN(100), blockSize - 1, blockSize, blockSize + 1, 2*blockSize + 3}[r.IntN(7)])
			for i := range tokens {
				tokens[i] = r.Uint32()
			}
			if at := b.append(tokens); at != len(whole) {
				t.Fatalf("at %d, want %d", at, len(whole))
			}
			whole = append(whole, tokens...)
		}
		for range 200 {
			at := r.IntN(len(whole))
			n := r.IntN(len(whole) - at + 1)
			if got := b.appendTo([]uint32{7}, at, n); got[0] != 7 || !slices.Equal(got[1:], whole[at:at+n]) {
				t.Fatalf("%d tokens at %d differ", n, at)
			}
		}
		b.reset()
	}
}
