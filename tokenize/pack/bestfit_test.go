package pack_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/textmill/textmill/tokenize"
	"github.com/textmill/textmill/tokenize/pack"
)

// A refPiece is a piece of a document, by number.
type refPiece struct{ doc, start, n int }

// A refWindow is one of the reference.
type refWindow struct {
	left    int
	stamp   int // when it was last added to
	longest int // the piece that opened it
	pieces  []int
}

// bestFit is best-fit decreasing as its definition says it: a sort and a search of a
// plain list.
func bestFit(size int, pieces []refPiece) []refWindow {
	order := make([]int, len(pieces))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return pieces[b].n - pieces[a].n })
	var windows []refWindow
	for stamp, i := range order {
		best := -1
		for w := range windows {
			if windows[w].left < pieces[i].n {
				continue
			}
			if best < 0 || windows[w].left < windows[best].left ||
				windows[w].left == windows[best].left && windows[w].stamp < windows[best].stamp {
				best = w
			}
		}
		if best < 0 {
			best = len(windows)
			windows = append(windows, refWindow{left: size, longest: i})
		}
		w := &windows[best]
		w.left, w.stamp, w.pieces = w.left-pieces[i].n, stamp, append(w.pieces, i)
	}
	for _, w := range windows {
		slices.Sort(w.pieces)
	}
	slices.SortFunc(windows, func(a, b refWindow) int { return a.longest - b.longest })
	return windows
}

// reference is what pack.BestFit has to make of documents of the given lengths, as
// show writes it.
func reference(size, buffer int, in []doc) string {
	var lines []string
	var lot []refPiece
	held := 0
	pack := func() {
		for _, w := range bestFit(size, lot) {
			var parts []string
			for _, i := range w.pieces {
				p := lot[i]
				s := tokenize.Segment{ID: in[p.doc].id, Start: p.start, Len: p.n}
				parts = append(parts, show([]tokenize.Sequence{{Tokens: make([]uint32, p.n), Segments: []tokenize.Segment{s}}}))
			}
			if w.left > 0 {
				parts = append(parts, fmt.Sprintf("+%d", w.left))
			}
			lines = append(lines, strings.Join(parts, " "))
		}
		lot, held = nil, 0
	}
	for i, d := range in {
		var pieces []refPiece
		for start := 0; start < len(d.tokens); start += size {
			pieces = append(pieces, refPiece{i, start, min(size, len(d.tokens)-start)})
		}
		if held > 0 && len(pieces) > 0 && held+len(d.tokens)+24*len(pieces)+len(d.id)/4 > buffer {
			pack()
		}
		for _, p := range pieces {
			lot = append(lot, p)
			if held > 0 || p.n < size { // full ones at the beginning are emitted at once
				held += p.n + 24
			}
		}
		if held > 0 && len(pieces) > 0 {
			held += len(d.id) / 4
		}
	}
	pack()
	return strings.Join(lines, "\n")
}

// All sequences of up to three to six documents, from empty ones to those of more than two
// windows.
func TestBestFitExhaustive(t *testing.T) {
	for size := 1; size <= 5; size++ {
		top := 2*size + 2
		for n := 0; n <= 3 || n <= 7-size; n++ {
			lengths := make([]int, n)
			for {
				for _, buffer := range []int{1 << 20, 64} {
					in := docs(lengths...)
					windows, err := run(pack.BestFit{Window: size, Padding: new(uint32(padding)), Buffer: buffer}, in)
					if err != nil {
						t.Fatal(err)
					}
					if got, want := show(windows), reference(size, buffer, in); got != want {
						t.Fatalf("window %d, buffer %d, lengths %d:\n%s\nwant\n%s", size, buffer, lengths, got, want)
					}
					if lost, err := check(windows, size, in); err != nil || lost != 0 {
						t.Fatalf("window %d, buffer %d, lengths %d: %d lost, %v", size, buffer, lengths, lost, err)
					}
				}
				if !increment(lengths, top) {
					break
				}
			}
		}
	}
}

// increment steps through all numbers with the digits 0 to top-1.
func increment(digits []int, top int) bool {
	for i := range digits {
		if digits[i]++; digits[i] < top {
			return true
		}
		digits[i] = 0
	}
	return false
}

// Long lists, of lengths of all kinds, in one lot and in many.
func TestBestFitReference(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 1))
		size := []int{1, 2, 7, 63, 64, 65, 100, 300, 5000}[r.IntN(9)]
		longest := []int{2, size/2 + 1, size, 2*size + 1, 5 * size}[r.IntN(5)]
		var lengths []int
		for total := 0; total < 30_000 && len(lengths) < 1500; {
			n := r.IntN(longest + 1)
			if r.IntN(3) == 0 {
				n = r.IntN(n + 1) // more short ones
			}
			lengths = append(lengths, n)
			total += n
		}
		in := docs(lengths...)
		for _, buffer := range []int{1 << 22, 10_000, size} {
			windows := mustRun(t, pack.BestFit{Window: size, Padding: new(uint32(padding)), Buffer: buffer}, in)
			if got, want := show(windows), reference(size, buffer, in); got != want {
				t.Fatalf("seed %d, window %d, buffer %d differs", seed, size, buffer)
			}
			if lost, err := check(windows, size, in); err != nil || lost != 0 {
				t.Fatalf("seed %d, window %d, buffer %d: %d lost, %v", seed, size, buffer, lost, err)
			}
		}
	}
}

// optimum is the smallest number of windows of the given size that hold pieces, by
// trying: for each subset, the fewest windows, and the least that is in the last.
func optimum(size int, pieces []int) int {
	type state struct{ windows, used int }
	best := make([]state, 1<<len(pieces))
	best[0] = state{1, 0}
	for set := 1; set < len(best); set++ {
		best[set] = state{1 << 30, 0}
		for i, n := range pieces {
			if set>>i&1 == 0 {
				continue
			}
			s := best[set&^(1<<i)]
			if s.used += n; s.used > size {
				s = state{s.windows + 1, n}
			}
			if b := best[set]; s.windows < b.windows || s.windows == b.windows && s.used < b.used {
				best[set] = s
			}
		}
	}
	return best[len(best)-1].windows
}

// Best-fit decreasing is known to need at most 11/9 of the windows that are needed,
// and a few. On all these lists of pieces it needs at most 11/9 and 6/9 of one.
func TestBestFitQuality(t *testing.T) {
	const size, n = 10, 7
	most := 0.0
	pieces := make([]int, n)
	var try func(i, longest int)
	try = func(i, longest int) {
		if i == n {
			windows := mustRun(t, pack.BestFit{Window: size, Padding: new(uint32(padding))}, docs(pieces...))
			want := optimum(size, pieces)
			if 9*len(windows) > 11*want+6 {
				t.Fatalf("%d: %d windows; %d are enough", pieces, len(windows), want)
			}
			most = max(most, float64(len(windows))/float64(want))
			return
		}
		for pieces[i] = 1; pieces[i] <= longest; pieces[i]++ {
			try(i+1, pieces[i])
		}
	}
	try(0, size)
	t.Logf("at most %.2f times the optimum", most)
}

// On long random lists, against a bound from below: the sum of the lengths, and the pieces
// no two of which fit into one window.
func TestBestFitQualityLong(t *testing.T) {
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 2))
		size := 50 + r.IntN(2000)
		longest := size / (1 + r.IntN(8))
		lengths, total, halves := make([]int, 3000), 0, 0
		for i := range lengths {
			lengths[i] = 1 + r.IntN(longest)
			total += lengths[i]
			if 2*lengths[i] > size {
				halves++
			}
		}
		windows := len(mustRun(t, pack.BestFit{Window: size, Padding: new(uint32(padding))}, docs(lengths...)))
		if bound := max((total+size-1)/size, halves); 9*windows > 11*bound+6 {
			t.Errorf("seed %d, window %d, up to %d: %d windows, %d are needed", seed, size, longest, windows, bound)
		}
	}
}

// Of documents in random order, the windows at the beginning are as those at the end: as
// full, of as many documents.
func TestBestFitOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	lengths := make([]int, 20_000)
	for i := range lengths {
		lengths[i] = 10 + r.IntN(10)
		if r.IntN(2) == 0 {
			lengths[i] = 120 + r.IntN(180)
		}
		if r.IntN(3) == 0 {
			lengths[i] = 300 + r.IntN(300) // many that leave space, which nothing fills
		}
	}
	windows := mustRun(t, pack.BestFit{Window: 500, Padding: new(uint32(padding))}, docs(lengths...))
	var paddings, segments [4]int
	for i, w := range windows {
		n := len(w.Tokens)
		for _, s := range w.Segments {
			n -= s.Len
		}
		paddings[4*i/len(windows)] += n
		segments[4*i/len(windows)] += len(w.Segments)
	}
	t.Log(len(windows), "windows, quarter by quarter: padding", paddings, "segments", segments)
	if a, b := slices.Min(segments[:]), slices.Max(segments[:]); 4*a < 3*b {
		t.Errorf("%d segments", segments)
	}
	if n := slices.Max(paddings[:]); n*500 > 500*len(windows)/4 {
		t.Errorf("%d tokens of padding", paddings)
	}
}

// What is held is bounded by Buffer, whatever the documents are.
func TestBestFitMemory(t *testing.T) {
	const buffer = 1 << 20
	for _, n := range []int{1, 10, 100, 1000, 100_000} {
		for _, id := range []int{0, 40, 1000} {
			t.Run(fmt.Sprintf("tokens=%d/id=%d", n, id), func(t *testing.T) {
				tokens, large := make([]uint32, n), strings.Repeat("x", id+1_000_000)
				packer := pack.BestFit{Window: 2048, Padding: new(uint32(padding)), Buffer: buffer}.
					NewPacker(func(tokenize.Sequence) error { return nil })
				before := live()
				for total := 0; total < 2*buffer; total += n + 24 + id/4 {
					if err := packer.Add(large[:id], tokens); err != nil { // part of something large
						t.Fatal(err)
					}
				}
				got := live() - before
				runtime.KeepAlive(large)
				t.Logf("%.2f bytes a token of buffer", float64(got)/buffer)
				if got > 5*buffer {
					t.Errorf("%d bytes are held", got)
				}
				if err := packer.Flush(); err != nil {
					t.Fatal(err)
				}
			})
		}
	}
}

func live() int {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}
