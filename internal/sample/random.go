package sample

// A random is a pseudo-random generator whose numbers never change: SplitMix64,
// seeded with a name by FNV-1a. It is here so that the sample does not change
// with a library.
type random struct{ state uint64 }

func newRandom(name string) *random {
	h := uint64(0xcbf29ce484222325)
	for i := range len(name) {
		h = (h ^ uint64(name[i])) * 0x100000001b3
	}
	return &random{h}
}

func (r *random) next() uint64 {
	r.state += 0x9e3779b97f4a7c15
	z := r.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// below returns a number from 0 to n-1. The bias for n far below 2⁶⁴ does not
// matter here.
func (r *random) below(n int) int { return int(r.next() % uint64(n)) }

// pick returns one of the items.
func pick[T any](r *random, items []T) T { return items[r.below(len(items))] }

// shuffle puts the items into random order.
func shuffle[T any](r *random, items []T) {
	for i := len(items) - 1; i > 0; i-- {
		j := r.below(i + 1)
		items[i], items[j] = items[j], items[i]
	}
}

// some returns n of the numbers from 0 to total-1, in ascending order.
func some(r *random, n, total int) []int {
	out := make([]int, 0, n)
	for i := range total {
		if r.below(total-i) < n-len(out) {
			out = append(out, i)
		}
	}
	return out
}
