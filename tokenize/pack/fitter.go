package pack

import (
	"iter"
	"slices"
)

// A fitter packs pieces into windows by best-fit decreasing. It knows their lengths
// alone. A call takes time in proportion to the pieces and the size of a window.
type fitter struct {
	size   int
	spaces bitset // the capacities, from 1 to size, that some window has left
	// Windows with the same capacity left form a queue.
	head, tail []int32 // by capacity; valid where spaces has it
	after      []int32 // by window: the next in the queue

	starts []int32 // by length: where its pieces begin in order
	order  []int32 // pieces, the longest first
	bin    []int32 // by piece: its window
	opener []bool  // by piece: whether it was the first in its window
	first  []int32 // by window: its first piece in order of arrival
	next   []int32 // by piece: the next in its window, or -1
}

func newFitter(size int) fitter {
	return fitter{
		size: size, spaces: newBitset(size + 1),
		head: make([]int32, size+1), tail: make([]int32, size+1), starts: make([]int32, size+1),
	}
}

// fit packs pieces of the given lengths, from 1 to the size of a window. It yields the
// first piece of each window, in the order of the pieces that opened them; that which
// follows piece i in its window is then next[i]. Pieces of a window are in order.
func (f *fitter) fit(lengths []int32) iter.Seq[int32] {
	f.sort(lengths)
	f.assign(lengths)
	f.link()
	return func(yield func(int32) bool) {
		for i, opens := range f.opener {
			if opens && !yield(f.first[f.bin[i]]) {
				return
			}
		}
	}
}

// link lists the pieces of each window.
func (f *fitter) link() {
	f.first = resize(f.first, len(f.after))
	f.next = resize(f.next, len(f.bin))
	for w := range f.first {
		f.first[w] = -1
	}
	for i, w := range slices.Backward(f.bin) {
		f.next[i], f.first[w] = f.first[w], int32(i)
	}
}

// sort orders the pieces by length, the longest first and equal ones as they are,
// by counting.
func (f *fitter) sort(lengths []int32) {
	clear(f.starts)
	for _, n := range lengths {
		f.starts[n]++
	}
	at := int32(0)
	for n, count := range slices.Backward(f.starts) {
		f.starts[n] = at
		at += count
	}
	f.order = resize(f.order, len(lengths))
	for i, n := range lengths {
		f.order[f.starts[n]] = int32(i)
		f.starts[n]++
	}
}

// assign gives each piece its window.
func (f *fitter) assign(lengths []int32) {
	f.spaces.clear()
	f.after = f.after[:0]
	f.bin, f.opener = resize(f.bin, len(lengths)), resize(f.opener, len(lengths))
	for _, i := range f.order {
		n := int(lengths[i])
		space := f.spaces.next(n)
		f.opener[i] = space < 0
		if space >= 0 {
			f.bin[i] = f.take(space)
		} else {
			space, f.bin[i] = f.size, int32(len(f.after))
			f.after = append(f.after, 0)
		}
		if space > n {
			f.put(f.bin[i], space-n)
		}
	}
}

// take removes a window that has the given space left from its queue.
func (f *fitter) take(space int) int32 {
	w := f.head[space]
	if w == f.tail[space] {
		f.spaces.remove(space)
	} else {
		f.head[space] = f.after[w]
	}
	return w
}

// put adds a window to the queue of those with the given space left.
func (f *fitter) put(w int32, space int) {
	if f.spaces.has(space) {
		f.after[f.tail[space]] = w
	} else {
		f.spaces.add(space)
		f.head[space] = w
	}
	f.tail[space] = w
}

// resize returns a slice of length n with the memory of s if that is enough. What is in
// it is not defined.
func resize[E any](s []E, n int) []E { return slices.Grow(s[:0], n)[:n] }
