package dedup

import (
	"context"
	"errors"
	"io"
	"math"

	"github.com/zeebo/xxh3"

	"github.com/textmill/textmill/internal/extsort"
	"github.com/textmill/textmill/internal/sections"
)

// The clusters are the connected components of the graph of edges. The label of a
// component is its least ordinal, which does not depend on how it is found.

// A membership says that a document is in a component of so many documents.
type membership struct{ ordinal, label, size uint64 }

// Components holds all memberships, in order of the ordinal. They can be gone through
// several times.
type components interface {
	each(ctx context.Context, yield func(membership) error) error
	close(ctx context.Context) error
}

// An edgeSource calls yield with all edges, some of them several times.
type edgeSource func(ctx context.Context, yield func(from, to uint64) error) error

// components finds those of a corpus of n documents: in memory if that suffices, and
// otherwise by sorting.
func (x *fuzzy) components(ctx context.Context, n uint64, edges edgeSource) (components, error) {
	memory := x.Memory
	if len(x.Earlier) > 0 {
		memory /= 2 // there are two sorters beside it
	}
	if n < math.MaxUint32 && int64(n)*8 <= memory {
		return newForest(ctx, n, edges)
	}
	return x.stars(ctx, edges)
}

// A forest is a union-find structure: each document points to a smaller one of its
// component, and the smallest to itself.
type forest struct{ parent, size []uint32 }

func newForest(ctx context.Context, n uint64, edges edgeSource) (*forest, error) {
	f := &forest{make([]uint32, n), make([]uint32, n)}
	for i := range f.parent {
		f.parent[i] = uint32(i)
	}
	err := edges(ctx, func(from, to uint64) error {
		if from >= n || to >= n {
			return sections.ErrDamaged
		}
		f.union(uint32(from), uint32(to))
		return nil
	})
	if err != nil {
		return nil, err
	}
	for i, p := range f.parent {
		p = f.parent[p] // which points to the root by now, as p ≤ i
		f.parent[i] = p
		f.size[p]++
	}
	return f, nil
}

func (f *forest) union(a, b uint32) {
	a, b = f.root(a), f.root(b)
	f.parent[max(a, b)] = min(a, b)
}

func (f *forest) root(a uint32) uint32 {
	for f.parent[a] != a {
		f.parent[a] = f.parent[f.parent[a]] // halve the path
		a = f.parent[a]
	}
	return a
}

func (f *forest) each(_ context.Context, yield func(membership) error) error {
	for i, p := range f.parent {
		if n := f.size[p]; n > 1 {
			if err := yield(membership{uint64(i), uint64(p), uint64(n)}); err != nil {
				return err
			}
		}
	}
	return nil
}

func (f *forest) close(context.Context) error { return nil }

// stars finds the components by sorting alone: the algorithm of alternating large and
// small stars (Kiveris et al., Connected Components in MapReduce and Beyond, SoCC
// 2014). Each operation connects the neighbours of a document to the least of them, the
// one those that are greater than the document, the other those that are less. When
// nothing changes any more, each component is a star around its least document. It
// takes a number of rounds that grows with the logarithm of the longest chain.
func (x *fuzzy) stars(ctx context.Context, edges edgeSource) (components, error) {
	s := x.newSorter()
	err := edges(ctx, func(from, to uint64) error { return addEdge(ctx, s, from, to) })
	if err != nil {
		return nil, errors.Join(err, s.Close(ctx))
	}
	if s, err = x.alternate(ctx, s); err != nil {
		return nil, err
	}
	return x.measure(ctx, s)
}

// alternate makes stars of edges, which it closes.
func (x *fuzzy) alternate(ctx context.Context, s *extsort.Sorter) (_ *extsort.Sorter, err error) {
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close(ctx))
		}
	}()
	before, err := edgeSum(ctx, s)
	if err != nil {
		return nil, err
	}
	for {
		for _, operation := range []func(context.Context, *extsort.Sorter, *extsort.Sorter) error{x.largeStar, smallStar} {
			next := x.newSorter()
			err := errors.Join(operation(ctx, next, s), s.Close(ctx))
			if s = next; err != nil {
				return nil, err
			}
		}
		after, err := edgeSum(ctx, s)
		if err != nil {
			return nil, err
		}
		if after == before {
			return s, nil
		}
		before = after
	}
}

// newSorter returns one of those of which there are four at a time at most.
func (x *fuzzy) newSorter() *extsort.Sorter { return extsort.New(x.scratch, x.temp, x.Memory/4) }

func addEdge(ctx context.Context, s *extsort.Sorter, from, to uint64) error {
	var b [edgeSize]byte
	return s.Add(ctx, appendOrdinal(appendOrdinal(b[:0], from), to))
}

// edgeSum returns a hash of the set of edges, which it leaves to be read.
func edgeSum(ctx context.Context, s *extsort.Sorter) (uint64, error) {
	var h xxh3.Hasher
	err := distinct(ctx, s, func(record []byte) error {
		_, err := h.Write(record)
		return err
	})
	return h.Sum64(), errors.Join(err, s.Rewind(ctx))
}

// largeStar connects the greater neighbours of each document to its least neighbour,
// or to itself if that is less.
func (x *fuzzy) largeStar(ctx context.Context, out, edges *extsort.Sorter) (err error) {
	both := x.newSorter() // directions
	defer func() { err = errors.Join(err, both.Close(ctx)) }()
	err = distinct(ctx, edges, func(record []byte) error {
		from, to := splitEdge(record)
		return errors.Join(addEdge(ctx, both, from, to), addEdge(ctx, both, to, from))
	})
	if err != nil {
		return err
	}
	at, least := uint64(maxOrdinal+1), uint64(0)
	return distinct(ctx, both, func(record []byte) error {
		from, to := splitEdge(record)
		if from != at {
			at, least = from, min(from, to)
		}
		if to > from {
			return addEdge(ctx, out, to, least)
		}
		return nil
	})
}

// smallStar connects each document and its lesser neighbours to the least of them.
func smallStar(ctx context.Context, out, edges *extsort.Sorter) error {
	at, least := uint64(maxOrdinal+1), uint64(0)
	return distinct(ctx, edges, func(record []byte) error {
		from, to := splitEdge(record)
		if from != at {
			at, least = from, to
			return addEdge(ctx, out, from, to)
		}
		return addEdge(ctx, out, to, least)
	})
}

// A sortedComponents holds memberships in a Sorter.
type sortedComponents struct{ s *extsort.Sorter }

// measure finds out the sizes of stars, which it closes.
func (x *fuzzy) measure(ctx context.Context, stars *extsort.Sorter) (components, error) {
	byLabel := x.newSorter()
	err := distinct(ctx, stars, func(record []byte) error {
		member, label := splitEdge(record)
		return addEdge(ctx, byLabel, label, member)
	})
	err = errors.Join(err, stars.Close(ctx))
	sizes, out := x.newSorter(), x.newSorter()
	if err == nil {
		err = starSizes(ctx, sizes, byLabel)
	}
	if err == nil {
		err = joinSizes(ctx, out, sizes, byLabel)
	}
	if err = errors.Join(err, sizes.Close(ctx), byLabel.Close(ctx)); err != nil {
		return nil, errors.Join(err, out.Close(ctx))
	}
	return &sortedComponents{out}, nil
}

// starSizes makes pairs of a label and a size, in order, of the members by label.
func starSizes(ctx context.Context, out, byLabel *extsort.Sorter) error {
	label, size := uint64(0), uint64(0)
	end := func() error {
		if size == 0 {
			return nil
		}
		return addEdge(ctx, out, label, size+1)
	}
	for {
		r, err := byLabel.Next(ctx)
		if err == io.EOF {
			return errors.Join(end(), byLabel.Rewind(ctx))
		}
		if err != nil {
			return err
		}
		if of := readBytes(r[:ordinalSize]); of != label || size == 0 {
			if err := end(); err != nil {
				return err
			}
			label, size = of, 0
		}
		size++
	}
}

// joinSizes makes memberships of the members by label and the sizes by label.
func joinSizes(ctx context.Context, out, sizes, byLabel *extsort.Sorter) error {
	var record []byte
	add := func(m membership) error {
		record = appendOrdinal(appendOrdinal(appendOrdinal(record[:0], m.ordinal), m.label), m.size)
		return out.Add(ctx, record)
	}
	label, size := uint64(maxOrdinal+1), uint64(0)
	for {
		r, err := byLabel.Next(ctx)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		of, member := splitEdge(r)
		if of != label {
			s, err := sizes.Next(ctx)
			if err != nil {
				return err
			}
			label, size = of, readBytes(s[ordinalSize:])
			if err := add(membership{label, label, size}); err != nil {
				return err
			}
		}
		if err := add(membership{member, label, size}); err != nil {
			return err
		}
	}
}

func (c *sortedComponents) each(ctx context.Context, yield func(membership) error) error {
	for {
		r, err := c.s.Next(ctx)
		if err == io.EOF {
			return c.s.Rewind(ctx)
		}
		if err != nil {
			return err
		}
		m := membership{readBytes(r[:5]), readBytes(r[5:10]), readBytes(r[10:])}
		if err := yield(m); err != nil {
			return err
		}
	}
}

func (c *sortedComponents) close(ctx context.Context) error { return c.s.Close(ctx) }
