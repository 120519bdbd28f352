package dedup_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/dedup"
	"github.com/textmill/textmill/dedup/sketch"
	"github.com/textmill/textmill/storage"
)

// naiveEarlier says what is dropped of a new corpus, given the documents of older ones
// in order and the survivor of each of them.
func naiveEarlier(t testing.TB, f *dedup.Fuzzy, old []*textmill.Document, survivor map[string]string, c *corpus) (drop map[string]string, size map[string]int64) {
	t.Helper()
	sketcher, err := sketch.New(f.Sketch)
	if err != nil {
		t.Fatal(err)
	}
	docs := slices.Concat(old, c.all())
	keys, bits := make([][]uint64, len(docs)), make([][]byte, len(docs))
	for i, d := range docs {
		if sketcher.Sketch(d.Text) {
			keys[i], bits[i] = slices.Clone(sketcher.Keys()), slices.Clone(sketcher.Bits())
		}
	}
	n := len(old)
	cluster, anchor := make([]int, len(docs)), map[int]int{}
	for i := range cluster {
		cluster[i] = i
	}
	similar := func(a, b int) bool { return f.Check == 0 || sketch.Similarity(bits[a], bits[b]) >= f.Check }
	has := func(key uint64) func([]uint64) bool {
		return func(other []uint64) bool { return slices.Contains(other, key) }
	}
	for i := n; i < len(docs); i++ {
		for _, key := range keys[i] {
			first := n + slices.IndexFunc(keys[n:], has(key))
			if first < i {
				if similar(first, i) {
					from, to := max(cluster[i], cluster[first]), min(cluster[i], cluster[first])
					for k := range cluster {
						if cluster[k] == from {
							cluster[k] = to
						}
					}
				}
			} else if k := slices.IndexFunc(keys[:n], has(key)); k >= 0 && similar(k, i) {
				if a, ok := anchor[i]; !ok || k < a {
					anchor[i] = k
				}
			}
		}
	}
	roots := map[int]int{} // of clusters
	for i := n; i < len(docs); i++ {
		if a, ok := anchor[i]; ok {
			if r, ok := roots[cluster[i]]; !ok || a < r {
				roots[cluster[i]] = a
			}
		}
	}
	members := map[int]int64{}
	rootOf := func(i int) int {
		if r, ok := roots[cluster[i]]; ok {
			return r
		}
		return cluster[i]
	}
	for i := n; i < len(docs); i++ {
		members[rootOf(i)]++
	}
	drop, size = map[string]string{}, map[string]int64{}
	for i := n; i < len(docs); i++ {
		root := rootOf(i)
		size[docs[i].ID] = members[root]
		switch {
		case root < n:
			size[docs[i].ID]++
			drop[docs[i].ID] = docs[root].ID
			if s, ok := survivor[docs[root].ID]; ok {
				drop[docs[i].ID] = s
			}
		case root != i:
			drop[docs[i].ID] = docs[root].ID
		}
	}
	return drop, size
}

// Three crawls, one after another: what stays in one stays for ever, and every later
// near-duplicate is dropped for it.
func TestEarlier(t *testing.T) {
	rounds := 12
	if racing {
		rounds = 4
	}
	for round := range rounds {
		all := nearCorpus(uint64(100+round), 360, 1).all()
		crawls := make([]*corpus, 3)
		for i := range crawls {
			crawls[i] = &corpus{}
			for k, d := range all[i*120 : (i+1)*120] {
				crawls[i].add(fmt.Sprint("shard-", k%(round%4+1)), d.Clone())
			}
		}
		settings := dedup.Fuzzy{Sketch: sketch.FineWeb(), Partitions: 1 + round%5}
		if round%2 == 1 {
			settings.Check = 0.7
		}
		if round%3 == 1 {
			settings.Priority = length
		}
		store := &storage.Memory{}
		var runs []dedup.Earlier
		var old []*textmill.Document
		survivor := map[string]string{}
		for i, c := range crawls {
			f := settings
			f.Store, f.Dir, f.Earlier = store, fmt.Sprint("crawl-", i), runs
			var want map[string]string
			var size map[string]int64
			if i == 0 {
				want, size = naiveFuzzy(t, &f, c)
			} else {
				want, size = naiveEarlier(t, &f, old, survivor, c)
				if f.Priority != nil { // then not the first of a new cluster stays
					want = nil
				}
			}
			before := files(t, store)
			r := mustRunFuzzy(t, &f, c, 1+round%3)
			if want != nil && !maps.Equal(r.drop, want) {
				t.Fatalf("round %d, crawl %d: dropped %v\nwant %v", round, i, r.drop, want)
			}
			for id, n := range size {
				if got := max(r.size[id], 1); got != n {
					t.Errorf("round %d, crawl %d: %s is in a cluster of %d, want %d", round, i, id, got, n)
				}
			}
			after := files(t, store)
			for name, content := range before {
				if after[name] != content {
					t.Errorf("crawl %d changed %s of an earlier one", i, name)
				}
			}
			for id, s := range r.drop {
				if s2, ok := survivor[s]; ok {
					t.Errorf("crawl %d: %s is dropped for %s, which was dropped for %s", i, id, s, s2)
				}
			}
			maps.Copy(survivor, r.drop)
			old = append(old, c.all()...)
			own := f
			own.Earlier = slices.Clone(runs)
			runs = append(slices.Clone(runs), dedup.Earlier{Fuzzy: &own, Source: c})
		}
	}
}

func TestEarlierErrors(t *testing.T) {
	c := nearCorpus(1, 20, 2)
	f := &dedup.Fuzzy{Store: &storage.Memory{}, Sketch: sketch.FineWeb(), Earlier: []dedup.Earlier{{}}}
	if _, err := runFuzzy(t, f, c, 1); err == nil || !strings.Contains(err.Error(), "Fuzzy.Earlier[0] needs a Fuzzy and a Source") {
		t.Errorf("%v", err)
	}
	f.Earlier = []dedup.Earlier{{Fuzzy: &dedup.Fuzzy{Store: &storage.Memory{}, Sketch: sketch.FineWeb()}, Source: c}}
	if _, err := runFuzzy(t, f, c, 1); err == nil || !strings.Contains(err.Error(), "write the sketches of all shards") {
		t.Errorf("%v", err)
	}
	f.Earlier = nil
	if _, err := runFuzzy(t, f, corpusOf("@0/x a text"), 1); err == nil || !strings.Contains(err.Error(), "must not begin with @") {
		t.Errorf("%v", err)
	}
}
