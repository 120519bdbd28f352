package sketch

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/textmill/textmill/internal/shareddata"
	"github.com/textmill/textmill/internal/ucd"
)

// measuring skips a measurement where it would take minutes. What may race has tests of
// its own.
func measuring(t *testing.T) {
	t.Helper()
	if racing {
		t.Skip("a measurement, which the race detector would slow down")
	}
}

// A pairMaker makes pairs of texts whose similarity is known: each word is a shingle.
type pairMaker struct {
	random *rand.Rand
	a, b   *Sketcher
	text   [2][]byte
}

func newPairMaker(t testing.TB, scheme Scheme) *pairMaker {
	s := Settings{Normalize: None, Size: 1, Scheme: scheme, Bands: 14, Rows: 8}
	return &pairMaker{random: rand.New(rand.NewPCG(3, uint64(scheme))), a: must(t, s), b: must(t, s)}
}

// sketch sketches a pair of texts of n words each, whose similarity is as near to j
// as can be, and returns what it is.
func (p *pairMaker) sketch(n int, j float64) float64 {
	common := int(math.Round(2 * float64(n) * j / (1 + j)))
	p.text[0], p.text[1] = p.text[0][:0], p.text[1][:0]
	for i := range 2*n - common {
		word := p.random.Uint64()
		for side := range p.text {
			if i < common || i&1 == side {
				p.text[side] = append(strconv.AppendUint(p.text[side], word, 36), ' ')
			}
		}
	}
	p.a.Sketch(string(p.text[0]))
	p.b.Sketch(string(p.text[1]))
	// An odd rest leaves one text a word longer.
	return float64(common) / float64(2*n-common)
}

// candidates reports whether the two have a key in common.
func (p *pairMaker) candidates() bool {
	b := p.b.Keys()
	for i, key := range p.a.Keys() {
		if key == b[i] {
			return true
		}
	}
	return false
}

// Pairs become candidates as often as banding promises, within three points.
func TestCurve(t *testing.T) {
	measuring(t)
	const trials = 2000 // whose mean is off by a point at most, mostly
	for scheme := range Scheme(len(schemeNames)) {
		for _, n := range []int{50, 120} {
			t.Run(fmt.Sprint(scheme, n), func(t *testing.T) {
				t.Parallel()
				p := newPairMaker(t, scheme)
				for _, j := range []float64{0.5, 0.6, 0.7, 0.75, 0.8, 0.9} {
					found, want := 0, 0.0
					for range trials {
						want += p.a.settings.Probability(p.sketch(n, j))
						if p.candidates() {
							found++
						}
					}
					got := float64(found) / trials
					want /= trials
					t.Logf("similarity %.2f: %5.1f %%, promised %5.1f %%", j, 100*got, 100*want)
					if math.Abs(got-want) > 0.03 {
						t.Errorf("similarity %.2f: %.1f %% became candidates; want %.1f %%", j, 100*got, 100*want)
					}
				}
			})
		}
	}
}

// The error of estimates is no greater than that of MinHash, √(J(1-J)/lanes).
func TestEstimate(t *testing.T) {
	measuring(t)
	for scheme := range Scheme(len(schemeNames)) {
		for _, c := range []struct{ words, trials int }{{50, 400}, {200, 400}, {2000, 60}} {
			t.Run(fmt.Sprint(scheme, c.words), func(t *testing.T) {
				t.Parallel()
				p := newPairMaker(t, scheme)
				var square, bias, want, n float64
				for _, j := range []float64{0.5, 0.65, 0.8, 0.9, 0.95} {
					for range c.trials {
						j := p.sketch(c.words, j)
						d := Similarity(p.a.Bits(), p.b.Bits()) - j
						square += d * d
						bias += d
						want += j * (1 - j) / 112
						n++
					}
				}
				rmse, limit := math.Sqrt(square/n), math.Sqrt(want/n)
				t.Logf("error %.4f, of MinHash in theory %.4f, bias %+.4f", rmse, limit, bias/n)
				// As a mean over so many trials it is off by this much.
				tolerance := 3 / math.Sqrt(2*n)
				if rmse > limit*(1+tolerance) {
					t.Errorf("error %.4f; want at most %.4f", rmse, limit)
				}
				if math.Abs(bias/n) > 4*limit/math.Sqrt(n) {
					t.Errorf("bias %+.5f", bias/n)
				}
			})
		}
	}
}

// A nearPair is a pair of pages of the test corpus and the similarity of their sets
// of five words, where words are [\p{L}\p{M}\p{N}_]+ of the text in lower case.
type nearPair struct {
	a, b       string
	similarity float64
}

func nearPairs(t testing.TB) (pairs []nearPair) {
	t.Helper()
	for line := range bytes.Lines(shareddata.Gunzip(t, "corpus/near_pairs.tsv.gz")) {
		f := strings.Fields(string(line))
		j, err := strconv.ParseFloat(f[2], 64)
		if err != nil {
			t.Fatal(err)
		}
		pairs = append(pairs, nearPair{f[0], f[1], j})
	}
	return pairs
}

// nearWords returns the words by which the pairs were measured, each as a number, so
// that it is one word here too.
func nearWords(text string) string {
	out := []byte{}
	for _, w := range strings.FieldsFunc(string(ucd.AppendLower(nil, text)), func(r rune) bool {
		return !ucd.IsAlnum(r) && !ucd.IsMark(r) && r != '_'
	}) {
		out = append(strconv.AppendUint(out, slowUnitHash(Words, w), 36), ' ')
	}
	return string(out)
}

// Real near duplicates, whose similarity another program has measured: our shingles
// say the same, and so do estimates and bands.
func TestNearPairs(t *testing.T) {
	measuring(t)
	settings := FineWeb()
	settings.Normalize = None
	texts := map[string]string{}
	pairs := nearPairs(t)
	for _, p := range pairs {
		texts[p.a], texts[p.b] = "", ""
	}
	for _, p := range shareddata.Corpus(t) {
		if _, ok := texts[p.ID]; ok {
			texts[p.ID] = nearWords(p.Text)
		}
	}
	k := must(t, settings)
	keys, bits := map[string][]uint64{}, map[string][]byte{}
	for id, text := range texts {
		if k.Sketch(text) {
			keys[id], bits[id] = slices.Clone(k.Keys()), slices.Clone(k.Bits())
		}
	}
	var found, want, variance, square, limit float64
	for i, p := range pairs {
		if i%32 == 0 && math.Abs(jaccard(settings, texts[p.a], texts[p.b])-p.similarity) > 1e-4 {
			t.Fatalf("%+v: brute force finds %v", p, jaccard(settings, texts[p.a], texts[p.b]))
		}
		promised := settings.Probability(p.similarity)
		want += promised
		variance += promised * (1 - promised)
		for band, key := range keys[p.a] {
			if key == keys[p.b][band] {
				found++
				break
			}
		}
		d := Similarity(bits[p.a], bits[p.b]) - p.similarity
		square += d * d
		limit += p.similarity * (1 - p.similarity) / 112
	}
	n := float64(len(pairs))
	t.Logf("%d pairs: %.1f %% share a band, promised %.1f %%; error of estimates %.4f, in theory %.4f",
		len(pairs), 100*found/n, 100*want/n, math.Sqrt(square/n), math.Sqrt(limit/n))
	if math.Abs(found-want) > 0.03*n {
		t.Errorf("%.0f pairs share a band, promised %.1f", found, want)
	}
	if square > 1.15*limit { // pairs have pages in common and are not independent
		t.Errorf("error of estimates %.4f, in theory %.4f", math.Sqrt(square/n), math.Sqrt(limit/n))
	}
}

// All pairs of real pages, with the settings of FineWeb, against brute force: how many
// of the similar ones are found, and how many of those found are similar, with and
// without a check of candidates. With it none is far from similar.
func TestRecallAndPrecision(t *testing.T) {
	measuring(t)
	const threshold = 0.7
	settings := FineWeb()
	pages := shareddata.Corpus(t)
	k := must(t, settings)
	byKey := map[uint64][]int{}
	sets, bits := make([][]uint64, len(pages)), make([][]byte, len(pages))
	for i, p := range pages {
		if !k.Sketch(p.Text) {
			continue
		}
		bits[i] = slices.Clone(k.Bits())
		for _, key := range k.Keys() {
			byKey[key] = append(byKey[key], i)
		}
		sets[i] = hashedShingles(k, p.Text)
	}
	type pair struct{ a, b int }
	candidates := map[pair]bool{}
	for _, docs := range byKey {
		for i, b := range docs {
			for _, a := range docs[:i] {
				candidates[pair{a, b}] = true
			}
		}
	}
	truth := map[pair]float64{}
	for p, j := range similarPairs(sets, 0.5) {
		truth[pair{p[0], p[1]}] = j
	}
	report := func(name string, found map[pair]bool) (worst float64) {
		worst = 1
		hit := map[float64]int{}
		all := map[float64]int{}
		similar, wrong := 0, 0
		for p, j := range truth {
			for _, from := range []float64{0.5, 0.6, 0.7, 0.8, 0.9} {
				if j >= from && j < from+0.1 || from == 0.9 && j == 1 {
					all[from]++
					if found[p] {
						hit[from]++
					}
				}
			}
		}
		for p := range found {
			j := truth[p]
			if j == 0 {
				j = similarity(sets[p.a], sets[p.b])
			}
			worst = min(worst, j)
			if j >= threshold {
				similar++
			}
			if j < 0.5 {
				wrong++
			}
		}
		t.Logf("%s: %d pairs, %.1f %% of similarity %.1f or more, %d below 0.5, the least %.3f",
			name, len(found), 100*float64(similar)/float64(len(found)), threshold, wrong, worst)
		for _, from := range []float64{0.5, 0.6, 0.7, 0.8, 0.9} {
			t.Logf("    of %4d pairs from %.1f on, %5.1f %% found", all[from], from, 100*float64(hit[from])/float64(all[from]))
		}
		if high := float64(hit[0.9]) / float64(all[0.9]); high < 0.97 {
			t.Errorf("%s: only %.1f %% of pairs from 0.9 on were found", name, 100*high)
		}
		return worst
	}
	report("without a check", candidates)
	checked := map[pair]bool{}
	for p := range candidates {
		if Similarity(bits[p.a], bits[p.b]) >= threshold {
			checked[p] = true
		}
	}
	if worst := report("with a check", checked); worst < 0.5 {
		t.Errorf("a pair of similarity %.3f passed the check", worst)
	}
}

// hashedShingles returns the set of shingles of a text in order of their hashes.
func hashedShingles(k *Sketcher, text string) (set []uint64) {
	k.units.reset()
	k.roller.reset()
	k.folder.n = 0
	for i := 0; i < len(text); {
		i = k.folder.fold(text, i)
		k.units.hashes = k.units.hashes[:0]
		k.units.words(&k.folder, i == len(text))
		set = k.roller.roll(set, k.units.hashes)
	}
	if k.State() == Short {
		set = append(set, k.roller.whole())
	}
	slices.Sort(set)
	return slices.Compact(set)
}

func similarity(a, b []uint64) float64 {
	both, i, j := 0, 0, 0
	for i < len(a) && j < len(b) {
		switch c := cmp.Compare(a[i], b[j]); {
		case c < 0:
			i++
		case c > 0:
			j++
		default:
			both, i, j = both+1, i+1, j+1
		}
	}
	return float64(both) / float64(len(a)+len(b)-both)
}

// similarPairs returns all pairs of sets that are as similar as least: for each set it
// counts what it has in common with all before it.
func similarPairs(sets [][]uint64, least float64) map[[2]int]float64 {
	// The sets that each element is in, in lists with their heads in a map.
	type link struct{ set, before int32 }
	links := []link{{}}
	heads := map[uint64]int32{}
	pairs := map[[2]int]float64{}
	common := make([]int32, len(sets))
	for b, set := range sets {
		var touched []int32
		for _, h := range set {
			head := heads[h]
			for at := head; at > 0; at = links[at].before {
				a := links[at].set
				if common[a] == 0 {
					touched = append(touched, a)
				}
				common[a]++
			}
			heads[h] = int32(len(links))
			links = append(links, link{int32(b), head})
		}
		for _, a := range touched {
			j := float64(common[a]) / float64(len(sets[a])+len(set)-int(common[a]))
			if j >= least {
				pairs[[2]int{int(a), b}] = j
			}
			common[a] = 0
		}
	}
	return pairs
}
