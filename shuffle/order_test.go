package shuffle

import (
	"fmt"
	"math"
	"math/bits"
	"slices"
	"strings"
	"testing"

	"github.com/zeebo/xxh3"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/storage"
)

// idForms are IDs as there are: short and long, some that differ in one digit only.
var idForms = map[string]func(i int) string{
	"number": func(i int) string { return fmt.Sprint(i) },
	"name":   func(i int) string { return fmt.Sprintf("shard-%05d.jsonl#%d", i/1000, i%1000) },
	"urn":    func(i int) string { return fmt.Sprintf("<urn:uuid:%08x-0000-4000-8000-00000000%04x>", i, i%7) },
	"long":   func(i int) string { return strings.Repeat("https://example.org/", 20) + fmt.Sprint(i) },
}

// order returns the places of documents 0 to n-1 after the shuffle: the rank of the
// hash of each.
func order(t testing.TB, seed uint64, n int, id func(int) string) []int {
	t.Helper()
	x, err := (&Shuffle{Store: &storage.Memory{}, Seed: seed}).open()
	if err != nil {
		t.Fatal(err)
	}
	return ranks(n, func(i int) uint64 { return x.hash(id(i)) })
}

func ranks(n int, hash func(int) uint64) []int {
	type entry struct {
		hash uint64
		i    int
	}
	all := make([]entry, n)
	for i := range all {
		all[i] = entry{hash(i), i}
	}
	slices.SortFunc(all, func(a, b entry) int {
		if a.hash < b.hash {
			return -1
		}
		return 1
	})
	out := make([]int, n)
	for rank, e := range all {
		out[e.i] = rank
	}
	return out
}

// independent returns how many standard deviations the pairs (a[i], b[i]) are from
// being spread evenly over a square, by chi-square over cells. Both hold 0 to n-1.
func independent(a, b []int) float64 {
	const side = 16
	n := len(a)
	var cells [side][side]float64
	for i := range a {
		cells[a[i]*side/n][b[i]*side/n]++
	}
	want := float64(n) / (side * side)
	var chi2 float64
	for _, row := range cells {
		for _, got := range row {
			chi2 += (got - want) * (got - want) / want
		}
	}
	const degrees = (side - 1) * (side - 1) // rows and columns are of equal sizes
	return (chi2 - degrees) / math.Sqrt(2*degrees)
}

// Places after the shuffle have nothing to do with places before it, with those
// under another seed, or with those in the hashes that others make of IDs with the
// same seed. The seeds are fixed: either it always passes or it never does.
func TestOrderIsRandom(t *testing.T) {
	const n = 5_000
	before := make([]int, n)
	for i := range before {
		before[i] = i
	}
	worst := 0.0
	check := func(what string, a, b []int) {
		t.Helper()
		s := independent(a, b)
		worst = max(worst, math.Abs(s))
		if math.Abs(s) > 5 {
			t.Errorf("%s: %.1f standard deviations from independent", what, s)
		}
	}
	for name, id := range idForms {
		for _, seed := range []uint64{0, 1, math.MaxUint64} {
			what := fmt.Sprintf("%s, seed %d", name, seed)
			after := order(t, seed, n, id)
			check(what+": input", before, after)
			check(what+": the next seed", order(t, seed+1, n, id), after)
			check(what+": Sample", ranks(n, func(i int) uint64 { return xxh3.HashStringSeed(id(i), seed) }), after)
			check(what+": unseeded", ranks(n, func(i int) uint64 { return xxh3.HashString(id(i)) }), after)
			neighbours(t, what, after)
		}
	}
	t.Logf("at most %.1f standard deviations", worst)
	if s := independent(before, before); s < 100 {
		t.Errorf("the test does not see that a thing depends on itself: %.1f", s)
	}
}

// neighbours checks that documents which came one after another are not near each
// other more often than by chance.
func neighbours(t *testing.T, what string, after []int) {
	t.Helper()
	n := len(after)
	const near = 50
	got := 0
	for i := 1; i < n; i++ {
		if d := after[i] - after[i-1]; -near <= d && d <= near {
			got++
		}
	}
	want := 2 * near * float64(n-1) / float64(n)
	if s := (float64(got) - want) / math.Sqrt(want); math.Abs(s) > 5 {
		t.Errorf("%s: %d neighbours stay near each other, want about %.0f", what, got, want)
	}
}

// Buckets are ranges of hashes, in order and about equal.
func TestBucket(t *testing.T) {
	for _, n := range []int{1, 2, 3, 64, 1000, maxBuckets} {
		x, err := (&Shuffle{Store: &storage.Memory{}, Buckets: n}).open()
		if err != nil {
			t.Fatal(err)
		}
		const steps = 1 << 18
		counts := make([]int, n)
		last := 0
		for i := range uint64(steps) {
			b := x.bucket(i << (64 - 18))
			if b < last || b >= n {
				t.Fatalf("of %d: %d after %d", n, b, last)
			}
			last = b
			counts[b]++
		}
		if slices.Min(counts) < steps/n || slices.Max(counts) > steps/n+1 || x.bucket(math.MaxUint64) != n-1 {
			t.Errorf("of %d: %d to %d", n, slices.Min(counts), slices.Max(counts))
		}
	}
}

// A sample taken with the seed of the shuffle is in all buckets.
func TestSampleThenShuffle(t *testing.T) {
	var docs []*textmill.Document
	for i := range 4000 {
		docs = append(docs, &textmill.Document{ID: fmt.Sprint("doc-", i)})
	}
	src := textmill.Sample(textmill.Documents(docs...), 0.1, 3)
	s := &Shuffle{Store: &storage.Memory{}, Seed: 3, Buckets: 8}
	var out textmill.Memory
	if _, err := plan(s, src, &out).Run(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	x, err := s.open()
	if err != nil {
		t.Fatal(err)
	}
	var counts [8]int
	for _, d := range out.Documents() {
		hi, _ := bits.Mul64(x.hash(d.ID), 8)
		counts[hi]++
	}
	for i, n := range counts { // about 50 each
		if n < 25 || n > 80 {
			t.Errorf("bucket %d has %d: %v", i, n, counts)
		}
	}
}
