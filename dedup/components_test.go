package dedup

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/textmill/textmill/internal/sections"
	"github.com/textmill/textmill/storage"
	"github.com/textmill/textmill/storage/storagetest"
)

type testEdge struct{ from, to uint64 }

// naiveComponents gives each document the least label of its neighbours until nothing
// changes.
func naiveComponents(n int, edges []testEdge) (out []membership) {
	label := make([]uint64, n)
	for i := range label {
		label[i] = uint64(i)
	}
	for changed := true; changed; {
		changed = false
		for _, e := range edges {
			l := min(label[e.from], label[e.to])
			changed = changed || label[e.from] != l || label[e.to] != l
			label[e.from], label[e.to] = l, l
		}
	}
	size := map[uint64]uint64{}
	for _, l := range label {
		size[l]++
	}
	for i, l := range label {
		if size[l] > 1 {
			out = append(out, membership{uint64(i), l, size[l]})
		}
	}
	return out
}

// graphs are shapes that algorithms for components have trouble with.
func graphs() map[string]func(n int) []testEdge {
	rng := rand.New(rand.NewPCG(1, 2))
	edge := func(a, b int) testEdge { return testEdge{uint64(max(a, b)), uint64(min(a, b))} }
	return map[string]func(n int) []testEdge{
		"none": func(int) []testEdge { return nil },
		"chain": func(n int) (out []testEdge) {
			for i := 1; i < n; i++ {
				out = append(out, edge(i, i-1))
			}
			return out
		},
		"chain in disorder": func(n int) (out []testEdge) {
			p := rng.Perm(n)
			for i := 1; i < n; i++ {
				out = append(out, edge(p[i], p[i-1]))
			}
			return out
		},
		"star around the last": func(n int) (out []testEdge) {
			for i := range n - 1 {
				out = append(out, edge(n-1, i))
			}
			return out
		},
		"star around the first": func(n int) (out []testEdge) {
			for i := 1; i < n; i++ {
				out = append(out, edge(i, 0))
			}
			return out
		},
		"tree": func(n int) (out []testEdge) {
			for i := 1; i < n; i++ {
				out = append(out, edge(i, i/2))
			}
			return out
		},
		"sparse": func(n int) (out []testEdge) {
			for range n / 3 {
				if a, b := rng.IntN(n), rng.IntN(n); a != b {
					out = append(out, edge(a, b))
				}
			}
			return out
		},
		"about to join": func(n int) (out []testEdge) {
			for range n / 2 {
				if a, b := rng.IntN(n), rng.IntN(n); a != b {
					out = append(out, edge(a, b), edge(a, b))
				}
			}
			return out
		},
	}
}

func collectMemberships(t *testing.T, c components) (out []membership) {
	t.Helper()
	for range 2 { // it can be gone through again
		out = nil
		err := c.each(t.Context(), func(m membership) error {
			out = append(out, m)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := c.close(t.Context()); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestComponents(t *testing.T) {
	for name, graph := range graphs() {
		for _, n := range []int{2, 3, 10, 1000} {
			edges := graph(n)
			want := naiveComponents(n, edges)
			source := func(_ context.Context, yield func(from, to uint64) error) error {
				for _, e := range edges {
					if err := yield(e.from, e.to); err != nil {
						return err
					}
				}
				return nil
			}
			store := &storage.Memory{}
			x := &fuzzy{Fuzzy: Fuzzy{Memory: 1}, scratch: store, temp: "tmp"}
			f, err := newForest(t.Context(), uint64(n), source)
			if err != nil {
				t.Fatal(err)
			}
			if got := collectMemberships(t, f); !slices.Equal(got, want) {
				t.Errorf("%s of %d, in memory: %v, want %v", name, n, got, want)
			}
			s, err := x.components(t.Context(), uint64(n), source)
			if err != nil {
				t.Fatal(err)
			}
			if _, ok := s.(*sortedComponents); !ok {
				t.Fatalf("%T", s)
			}
			if got := collectMemberships(t, s); !slices.Equal(got, want) {
				t.Errorf("%s of %d, by sorting: %v, want %v", name, n, got, want)
			}
			for o := range store.List(t.Context(), "") {
				t.Errorf("%s: left %s", name, o.Name)
			}
		}
	}
}

// naiveAnchored is what becomes of the clusters of documents from old on: each is of the
// least of the earlier documents that a member has an edge to.
func naiveAnchored(old, n uint64, edges []testEdge) (out []membership) {
	var among []testEdge // new documents
	for _, e := range edges {
		if e.to >= old {
			among = append(among, e)
		}
	}
	label := make([]uint64, n)
	for i := range label {
		label[i] = uint64(i)
	}
	for _, m := range naiveComponents(int(n), among) {
		label[m.ordinal] = m.label
	}
	anchor := map[uint64]uint64{} // of a label
	for _, e := range edges {
		if a, ok := anchor[label[e.from]]; e.from >= old && e.to < old && (!ok || e.to < a) {
			anchor[label[e.from]] = e.to
		}
	}
	size := map[uint64]uint64{}
	for i, l := range label {
		if a, ok := anchor[l]; ok {
			label[i] = a
		}
		size[label[i]]++
	}
	for i, l := range label {
		if size[l] > 1 {
			out = append(out, membership{uint64(i), l, size[l]})
		}
	}
	return out
}

func TestAnchored(t *testing.T) {
	for name, graph := range graphs() {
		for _, n := range []uint64{2, 3, 10, 1000} {
			edges := graph(int(n))
			for _, old := range []uint64{0, 1, n / 2, n - 1} {
				source := func(_ context.Context, yield func(from, to uint64) error) error {
					for _, e := range edges {
						if e.from < old {
							continue
						}
						if err := yield(e.from, e.to); err != nil {
							return err
						}
					}
					return nil
				}
				want := naiveAnchored(old, n, edges)
				for _, memory := range []int64{1, 1 << 20} { // by sorting and in memory
					store := &storage.Memory{}
					x := &fuzzy{Fuzzy: Fuzzy{Memory: memory, Earlier: make([]Earlier, 1)}, scratch: store, temp: "tmp"}
					c, err := x.anchored(t.Context(), old, n, source)
					if err != nil {
						t.Fatal(err)
					}
					if got := collectMemberships(t, c); !slices.Equal(got, want) {
						t.Errorf("%s of %d, %d of them old: %v, want %v", name, n, old, got, want)
					}
				}
			}
		}
	}
}

// A store that fails once: the error is told, and no temporary file stays but one that
// could not be removed.
func TestComponentsEveryFailure(t *testing.T) {
	const n = 5000 // more than fit into memory
	edges := graphs()["chain in disorder"](n)
	source := func(_ context.Context, yield func(from, to uint64) error) error {
		for _, e := range edges {
			if e.from >= n/2 {
				if err := yield(e.from, e.to); err != nil {
					return err
				}
			}
		}
		return nil
	}
	for call := 1; ; call += 1 + call/20 {
		store := &storage.Memory{}
		failing := storagetest.FailNth(store, call)
		x := &fuzzy{Fuzzy: Fuzzy{Memory: 1, Earlier: make([]Earlier, 1)}, scratch: failing, temp: "tmp"}
		c, err := x.anchored(t.Context(), n/2, n, source)
		if err == nil {
			err = errors.Join(c.each(t.Context(), func(membership) error { return nil }), c.close(t.Context()))
		}
		left := 0
		for range store.List(t.Context(), "") {
			left++
		}
		if !failing.Failed() {
			if err != nil || left > 0 {
				t.Fatalf("%v, %d left", err, left)
			}
			t.Logf("%d calls", call-1)
			if call < 50 {
				t.Error("nothing was written")
			}
			return
		}
		if !errors.Is(err, storagetest.ErrInjected) || left > 1 {
			t.Errorf("call %d: %v, %d left", call, err, left)
		}
	}
}

func TestComponentsDamaged(t *testing.T) {
	_, err := newForest(t.Context(), 3, func(_ context.Context, yield func(from, to uint64) error) error { return yield(3, 1) })
	if err != sections.ErrDamaged {
		t.Errorf("an edge to nowhere: %v", err)
	}
	x := &fuzzy{Fuzzy: Fuzzy{Memory: 1 << 20}, scratch: &storage.Memory{}, temp: "tmp"}
	boom := errors.New("boom")
	for _, memory := range []int64{0, 1 << 20} {
		x.Memory = memory
		if _, err := x.components(t.Context(), 3, func(context.Context, func(from, to uint64) error) error { return boom }); !errors.Is(err, boom) {
			t.Errorf("%v", err)
		}
	}
}

func FuzzBlocks(f *testing.F) {
	f.Add([]byte{6, 2, 1, 2, 3, 4, 5, 6, 0, 1}, uint16(3), uint16(7))
	f.Add([]byte{0, 1, 0, 1}, uint16(0), uint16(1))
	f.Add([]byte{0, 1, 0}, uint16(0), uint16(1)) // the first key and the first number
	f.Fuzz(func(t *testing.T, record []byte, partition, of uint16) {
		if of == 0 || partition >= of {
			return
		}
		r := blockReader{partition: int(partition), of: int(of)}
		var entries []keyEntry
		err := r.read(record, func(e keyEntry) error {
			entries = append(entries, e)
			return nil
		})
		if err != nil {
			return
		}
		for i, e := range entries {
			if keyPartition(e.key, int(of)) != int(partition) || i > 0 && !entries[i-1].less(e) {
				t.Fatalf("accepted %v", entries)
			}
		}
		checkBlocks(t, entries, int(partition), int(of))
	})
}

// checkBlocks writes entries and reads them back.
func checkBlocks(t *testing.T, entries []keyEntry, partition, of int) (size int) {
	t.Helper()
	r := blockReader{partition: partition, of: of}
	var got []keyEntry
	w := &blockWriter{emit: func(record []byte) error {
		size += len(record)
		return r.read(record, func(e keyEntry) error {
			got = append(got, e)
			return nil
		})
	}}
	w.start(partition, of)
	for _, e := range entries {
		for range 2 { // which makes no difference
			if err := w.add(e); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.flush(); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got, entries) {
		t.Fatalf("%v came back as %v", entries, got)
	}
	return size
}

// The keys of 40,000 documents with 14 bands take 8 bytes each, with their documents.
func TestBlockSizes(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	const n, parts = 14 * 40_000, 64
	sections := make([][]keyEntry, parts)
	for i := range n {
		e := keyEntry{rng.Uint64(), uint64(i / 14)}
		p := keyPartition(e.key, parts)
		sections[p] = append(sections[p], e)
	}
	total := 0
	for p, s := range sections {
		slices.SortFunc(s, func(a, b keyEntry) int {
			if a.less(b) {
				return -1
			}
			return 1
		})
		total += checkBlocks(t, s, p, parts)
	}
	t.Logf("%.2f bytes an entry, %.1f a document", float64(total)/n, float64(total)*14/n)
	if float64(total)/n > 8.3 {
		t.Errorf("%.2f bytes an entry", float64(total)/n)
	}
}

func TestKeyPartitions(t *testing.T) {
	for _, of := range []int{1, 2, 3, 7, 64, 1000, maxPartitions} {
		for _, p := range []int{0, 1, of / 2, of - 1} {
			if p >= of {
				continue
			}
			k := firstKey(p, of)
			if keyPartition(k, of) != p || k > 0 && keyPartition(k-1, of) != p-1 {
				t.Errorf("the first key of %d of %d is %#x", p, of, k)
			}
		}
	}
	for name, record := range map[string][]byte{
		"empty": {}, "short": {1}, "sizes": {9, 0, 1}, "no entries of no size": {0, 0, 1}, "half an entry": {1, 1, 1},
		"twice the same": {0, 0}, "too large a number": {1, 6, 1, 1, 0, 0, 0, 0, 0},
		"beyond the end": {8, 1, 255, 255, 255, 255, 255, 255, 255, 255, 0, 255, 255, 255, 255, 255, 255, 255, 255, 0},
	} {
		r := blockReader{partition: 0, of: 1}
		err := r.read(record, func(keyEntry) error { return nil })
		if want := name != "twice the same"; (err == sections.ErrDamaged) != want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestLayout(t *testing.T) {
	l := newLayout([]string{"a", "b", "c", "d", "e"}, 2, 2)
	for _, n := range []int64{0, 3, 0, 0, 2} {
		if err := l.add(sections.Header{Numbered: n, Digests: []sections.Digest{7}}); err != nil {
			t.Fatal(err)
		}
	}
	for ordinal, want := range []int{1, 1, 1, 4, 4} {
		if got := l.rankOf(uint64(ordinal)); got != want {
			t.Errorf("document %d is in shard %d, want %d", ordinal, got, want)
		}
	}
	if got := fmt.Sprint(l.groups); got != "[{0 2} {2 5}]" {
		t.Error(got)
	}
}
