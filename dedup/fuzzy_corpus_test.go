package dedup_test

import (
	"bufio"
	"bytes"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/zeebo/xxh3"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/dedup"
	"github.com/textmill/textmill/dedup/sketch"
	"github.com/textmill/textmill/internal/shareddata"
	"github.com/textmill/textmill/storage"
)

// grams returns the set of 5-grams of words of a text, in lower case, with all numbers
// the same, without punctuation, and with each character of scripts without spaces as a
// word: more or less what FineWeb's settings compare.
func grams(text string) map[uint64]bool {
	var sb strings.Builder
	digit := false
	for _, r := range strings.ToLower(text) {
		wasDigit := digit
		digit = unicode.IsDigit(r)
		switch {
		case digit && wasDigit:
		case digit:
			sb.WriteByte('0')
		case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar):
			sb.WriteString(" " + string(r) + " ")
		case unicode.IsLetter(r) || unicode.IsMark(r):
			sb.WriteRune(r)
		default:
			sb.WriteByte(' ')
		}
	}
	words := strings.Fields(sb.String())
	set := map[uint64]bool{}
	for i := 0; i+5 <= len(words) || i == 0; i++ {
		set[xxh3.HashString(strings.Join(words[i:min(i+5, len(words))], " "))] = true
	}
	return set
}

func jaccard(a, b map[uint64]bool) float64 {
	common := 0
	for g := range a {
		if b[g] {
			common++
		}
	}
	return float64(common) / float64(len(a)+len(b)-common)
}

// A nearPair is two pages of the corpus and their similarity.
type nearPair struct {
	a, b       string
	similarity float64
}

func nearPairs(t testing.TB) (out []nearPair) {
	t.Helper()
	for s := bufio.NewScanner(bytes.NewReader(shareddata.Gunzip(t, "corpus/near_pairs.tsv.gz"))); s.Scan(); {
		f := strings.Split(s.Text(), "\t")
		j, err := strconv.ParseFloat(f[2], 64)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, nearPair{f[0], f[1], j})
	}
	return out
}

// Real pages: which of the pairs that are known to be similar end in one cluster, and how
// similar what is dropped is to the rest of its cluster.
func TestFuzzyOnRealPages(t *testing.T) {
	if racing {
		t.Skip("a large corpus, which smaller tests have races of")
	}
	if testing.Short() {
		t.Skip("compares whole clusters")
	}
	c, _ := pages(t)
	docs := map[string]*textmill.Document{}
	for _, d := range c.all() {
		docs[d.ID] = d
	}
	known, nearest := nearPairs(t), nearest{}
	for _, check := range []float64{0, 0.7} {
		f := &dedup.Fuzzy{Store: &storage.Memory{}, Sketch: sketch.FineWeb(), Check: check, Partitions: 8}
		r := mustRunFuzzy(t, f, c, 2)
		cluster := func(id string) string {
			if survivor, ok := r.drop[id]; ok {
				return survivor
			}
			return id
		}
		for _, least := range []float64{0.7, 0.8, 0.9} {
			pairs, together := 0, 0
			for _, p := range known {
				if p.similarity >= least {
					pairs++
					if cluster(p.a) == cluster(p.b) {
						together++
					}
				}
			}
			t.Logf("check %.1f: of %d pairs of %.1f or more, %.1f %% are in one cluster", check, pairs, least, 100*float64(together)/float64(pairs))
			if want := map[float64]float64{0.7: 0.85, 0.8: 0.95, 0.9: 0.99}[least]; float64(together) < want*float64(pairs) {
				t.Errorf("check %.1f: %d of %d pairs of %.1f or more", check, together, pairs, least)
			}
		}
		below := map[float64]int{}
		for id, best := range nearest.inClusters(docs, r.drop) {
			for _, limit := range []float64{0.5, 0.6, 0.7, 0.8} {
				if best < limit {
					below[limit]++
				}
			}
			if check > 0 && best < 0.5 {
				t.Errorf("%s is dropped for %s, but is %.2f like the nearest of its cluster", id, r.drop[id], best)
			}
		}
		t.Logf("check %.1f: %d dropped; the nearest of the cluster is below 0.5: %d, 0.6: %d, 0.7: %d, 0.8: %d",
			check, len(r.drop), below[0.5], below[0.6], below[0.7], below[0.8])
	}
}

// A nearest knows the 5-grams of documents.
type nearest map[string]map[uint64]bool

func (n nearest) grams(d *textmill.Document) map[uint64]bool {
	if n[d.ID] == nil {
		n[d.ID] = grams(d.Text)
	}
	return n[d.ID]
}

// inClusters returns, for each document that is dropped, its greatest similarity to
// another of its cluster.
func (n nearest) inClusters(docs map[string]*textmill.Document, drop map[string]string) map[string]float64 {
	members := map[string][]string{}
	for id, survivor := range drop {
		members[survivor] = append(members[survivor], id)
	}
	best := map[string]float64{}
	for survivor, ids := range members {
		for i, id := range ids {
			for _, other := range append(ids[:i:i], append(ids[i+1:], survivor)...) {
				if best[id] < 1 {
					best[id] = max(best[id], jaccard(n.grams(docs[id]), n.grams(docs[other])))
				}
			}
		}
	}
	return best
}
