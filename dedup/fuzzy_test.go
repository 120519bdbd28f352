package dedup_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/dedup"
	"github.com/textmill/textmill/dedup/sketch"
	"github.com/textmill/textmill/storage"
	"github.com/textmill/textmill/storage/storagetest"
)

// nearCorpus has n documents in shards: some original ones, most of them edited copies
// of others, copies of copies among them, and some that are empty or short.
func nearCorpus(seed uint64, n, shards int) *corpus {
	rng := rand.New(rand.NewPCG(seed, 7))
	c := &corpus{}
	for _, s := range rng.Perm(shards) {
		c.add(fmt.Sprintf("shard-%d", s))
	}
	var texts [][]string
	for i := range n {
		var text []string
		switch k := rng.IntN(10); {
		case k == 0:
		case k == 1:
			text = []string{"short", fmt.Sprint(rng.IntN(3))}
		case k < 5 || len(texts) == 0:
			for range 30 + rng.IntN(40) {
				text = append(text, fmt.Sprint("w", rng.IntN(5000)))
			}
			texts = append(texts, text)
		default:
			text = slices.Clone(texts[rng.IntN(len(texts))])
			for range rng.IntN(3) {
				text[rng.IntN(len(text))] = fmt.Sprint("e", rng.IntN(100))
			}
			texts = append(texts, text)
		}
		d := &textmill.Document{ID: fmt.Sprintf("<urn:uuid:%08x-0000-4000-8000-%012x>", rng.Uint32(), i), Text: strings.Join(text, " ")}
		c.add(fmt.Sprintf("shard-%d", rng.IntN(shards)), d)
	}
	return c
}

// naiveFuzzy says what is to be dropped, in favour of what, and how large the clusters
// are, by comparing every document with every other.
func naiveFuzzy(t testing.TB, f *dedup.Fuzzy, c *corpus) (drop map[string]string, size map[string]int64) {
	t.Helper()
	sketcher, err := sketch.New(f.Sketch)
	if err != nil {
		t.Fatal(err)
	}
	docs := c.all()
	keys, bits := make([][]uint64, len(docs)), make([][]byte, len(docs))
	cluster := make([]int, len(docs))
	for i, d := range docs {
		cluster[i] = i
		if sketcher.Sketch(d.Text) {
			keys[i], bits[i] = slices.Clone(sketcher.Keys()), slices.Clone(sketcher.Bits())
		}
	}
	join := func(a, b int) {
		from, to := max(cluster[a], cluster[b]), min(cluster[a], cluster[b])
		for i := range cluster {
			if cluster[i] == from {
				cluster[i] = to
			}
		}
	}
	for i := range docs {
		for band := range keys[i] {
			// The first document with the same key.
			k := slices.IndexFunc(keys[:i], func(other []uint64) bool { return slices.Contains(other, keys[i][band]) })
			if k >= 0 && (f.Check == 0 || sketch.Similarity(bits[k], bits[i]) >= f.Check) {
				join(i, k)
			}
		}
	}
	members := map[int][]*textmill.Document{}
	for i, d := range docs {
		members[cluster[i]] = append(members[cluster[i]], d)
	}
	drop, size = map[string]string{}, map[string]int64{}
	for _, m := range members {
		if f.Priority != nil {
			slices.SortStableFunc(m, func(a, b *textmill.Document) int { return cmp.Compare(f.Priority(b), f.Priority(a)) })
		}
		for _, d := range m {
			size[d.ID] = int64(len(m))
		}
		for _, d := range m[1:] {
			drop[d.ID] = m[0].ID
		}
	}
	return drop, size
}

// runFuzzy runs f.Plan over src and checks the annotations.
func runFuzzy(t testing.TB, f *dedup.Fuzzy, src textmill.Source, parallel int) (result, error) {
	t.Helper()
	var out, rejects textmill.Memory
	plan := f.Plan(src, nil, &out)
	plan[len(plan)-1].Job.(*textmill.Pipeline).Rejects = &rejects
	reports, err := plan.Run(t.Context(), parallel)
	r := result{drop: map[string]string{}, size: map[string]int64{}, reports: reports}
	for _, d := range out.Documents() {
		r.kept = append(r.kept, d.ID)
		if of, ok := d.Meta[dedup.ClusterKey]; ok && of != d.ID {
			t.Errorf("%s is kept, but as one of the cluster of %s", d.ID, of)
		}
		r.size[d.ID], _ = d.Meta[dedup.ClusterSizeKey].(int64)
	}
	for _, d := range rejects.Documents() {
		if d.Meta["reject.reason"] != "near_duplicate" || d.Meta["reject.duplicate_of"] != d.Meta[dedup.ClusterKey] {
			t.Errorf("%s: %v", d.ID, d.Meta)
		}
		r.drop[d.ID], _ = d.Meta["reject.duplicate_of"].(string)
		r.size[d.ID], _ = d.Meta[dedup.ClusterSizeKey].(int64)
	}
	return r, err
}

func mustRunFuzzy(t testing.TB, f *dedup.Fuzzy, src textmill.Source, parallel int) result {
	t.Helper()
	r, err := runFuzzy(t, f, src, parallel)
	if err != nil {
		t.Fatal(err)
	}
	for i, report := range r.reports {
		if err := report.Check(); err != nil {
			t.Errorf("step %d: %v", i, err)
		}
	}
	return r
}

func length(d *textmill.Document) int64 { return int64(len(d.Text)) }

// Random corpora in random shards with random settings: always as a comparison of all
// with all does it, with the same files for any number of shards done at once.
func TestFuzzyLikeBruteForce(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	rounds := 16
	if racing {
		rounds = 6
	}
	for round := range rounds {
		n := rng.IntN(300)
		c := nearCorpus(uint64(round), n, 1+rng.IntN(9))
		f := dedup.Fuzzy{Dir: "x", Sketch: sketch.FineWeb(), Partitions: 1 + rng.IntN(9)}
		if round%2 == 1 {
			f.Check = 0.8
		}
		if round%3 == 1 {
			f.Priority = length
		}
		want, size := naiveFuzzy(t, &f, c)
		var first map[string]string
		for _, parallel := range []int{1, 4} {
			store := &storage.Memory{}
			f.Store = store
			r := mustRunFuzzy(t, &f, c, parallel)
			if !maps.Equal(r.drop, want) || len(r.kept)+len(r.drop) != n {
				t.Fatalf("round %d: of %d kept %d, dropped %v, want %v", round, n, len(r.kept), r.drop, want)
			}
			for id, n := range size {
				if got := max(r.size[id], 1); got != n {
					t.Errorf("round %d: %s is said to be in a cluster of %d, want %d", round, id, got, n)
				}
			}
			got := files(t, store)
			if first == nil {
				first = got
			} else if !maps.Equal(got, first) {
				t.Errorf("round %d: with %d at a time the files differ", round, parallel)
			}
			rng.Shuffle(len(c.names), func(i, k int) { c.names[i], c.names[k] = c.names[k], c.names[i] })
		}
		// Neither partitions nor memory decide anything.
		f.Store, f.Partitions, f.Memory = &storage.Memory{}, 30, 256<<10
		if r := mustRunFuzzy(t, &f, c, 2); !maps.Equal(r.drop, want) {
			t.Errorf("round %d: another number of partitions, another result", round)
		}
	}
}

// The same documents in 1, 2, 7 and 64 shards are the same clusters, and the same
// document of each stays if the total order says so.
func TestFuzzyDivided(t *testing.T) {
	docs := nearCorpus(1, 400, 1).all()
	order := map[string]int64{}
	for i, d := range docs {
		order[d.ID] = -int64(i)
	}
	var want map[string]string
	for _, shards := range []int{1, 2, 7, 64} {
		c := &corpus{}
		for i, d := range docs {
			c.add(fmt.Sprintf("part-%d", i%shards), d.Clone())
		}
		f := &dedup.Fuzzy{Store: &storage.Memory{}, Sketch: sketch.FineWeb(), Partitions: 5, Priority: func(d *textmill.Document) int64 { return order[d.ID] }}
		r := mustRunFuzzy(t, f, c, 3)
		if want == nil {
			want = r.drop
			if len(want) < 50 {
				t.Fatalf("only %d duplicates", len(want))
			}
		} else if !maps.Equal(r.drop, want) {
			t.Errorf("in %d shards %d are dropped, others than the %d in one", shards, len(r.drop), len(want))
		}
	}
}

// Where there is no memory for the documents of the corpus, sorting finds the same.
func TestFuzzyMemoryDecidesNothing(t *testing.T) {
	if racing {
		t.Skip("a large corpus, which smaller tests have races of")
	}
	c := nearCorpus(2, 40_000, 5)
	large, small := &storage.Memory{}, &storage.Memory{}
	f := &dedup.Fuzzy{Store: large, Sketch: sketch.FineWeb(), Partitions: 3}
	f.Sketch.Bands, f.Sketch.Rows = 4, 8
	want := mustRunFuzzy(t, f, c, 2)
	scratch := &temps{Store: &storage.Memory{}}
	f.Store, f.Scratch, f.Memory = small, scratch, 256<<10
	got := mustRunFuzzy(t, f, c, 2)
	if !maps.Equal(got.drop, want.drop) || len(want.drop) == 0 {
		t.Errorf("dropped %d, want %d", len(got.drop), len(want.drop))
	}
	if !maps.Equal(files(t, small), files(t, large)) {
		t.Error("the files differ")
	}
	if scratch.made == 0 || scratch.open != 0 || len(files(t, scratch)) > 0 {
		t.Errorf("%d temporary files, %d left open, %d left", scratch.made, scratch.open, len(files(t, scratch)))
	}
}

// Every call of the store fails once, or kills the process. Whatever the step, it can be
// done again, and ends as if nothing had happened.
func TestFuzzyEveryFailure(t *testing.T) {
	c := nearCorpus(3, 30, 2)
	settings := dedup.Fuzzy{Sketch: sketch.FineWeb(), Partitions: 1, Check: 0.7}
	good := &storage.Memory{}
	f := settings
	f.Store = good
	want := mustRunFuzzy(t, &f, c, 1)
	if len(want.drop) == 0 {
		t.Fatal("no duplicates")
	}
	wantFiles := files(t, good)
	for _, kill := range []bool{false, true} {
		n := 1
		if kill {
			n = failEvery
		}
		for ; ; n += failEvery {
			store := &storage.Memory{}
			failing := storagetest.FailNth(store, n)
			if kill {
				failing = storagetest.KillAfter(store, n)
			}
			f := settings
			f.Store = failing
			r, err := runFuzzy(t, &f, c, 1)
			if !failing.Failed() {
				if err != nil {
					t.Fatal(err)
				}
				break
			}
			if err == nil && !maps.Equal(r.drop, want.drop) {
				t.Fatalf("call %d failed, the plan did not, and dropped %v", n, r.drop)
			}
			f.Store = store
			if r := mustRunFuzzy(t, &f, c, 1); !maps.Equal(r.drop, want.drop) {
				t.Fatalf("after call %d had failed: dropped %v", n, r.drop)
			}
			got := files(t, store)
			maps.DeleteFunc(got, func(name, _ string) bool { return strings.HasPrefix(name, "tmp/") })
			if !maps.Equal(got, wantFiles) {
				t.Fatalf("after call %d had failed, the files differ", n)
			}
		}
		t.Logf("%d calls", n-1)
	}
}

// A page that everybody copies costs as many comparisons as there are copies.
func TestFuzzyHotBucket(t *testing.T) {
	if racing {
		t.Skip("a large corpus, which smaller tests have races of")
	}
	c := &corpus{}
	const n = 20_000
	for i := range n {
		c.add(fmt.Sprint("shard-", i%4), &textmill.Document{ID: fmt.Sprint("d", i), Text: "the same words over and over again in every one of them"})
	}
	f := &dedup.Fuzzy{Store: &storage.Memory{}, Sketch: sketch.FineWeb(), Partitions: 4, Memory: 1 << 20}
	r := mustRunFuzzy(t, f, c, 2)
	if len(r.drop) != n-1 || len(r.kept) != 1 || r.kept[0] != "d0" || r.size["d0"] != n {
		t.Errorf("%d dropped, kept %v, cluster of %d", len(r.drop), r.kept, r.size["d0"])
	}
	if edges := r.reports[1].Counts["dedup.edges"]; edges > 14*n {
		t.Errorf("%d edges", edges)
	}
}

// Files of other sketches, of other settings or of a step not done are errors that say
// what to do.
func TestFuzzyStaleFiles(t *testing.T) {
	c, other := nearCorpus(5, 60, 2), nearCorpus(6, 60, 2)
	store := &storage.Memory{}
	f := &dedup.Fuzzy{Store: store, Sketch: sketch.FineWeb(), Partitions: 2}
	steps := f.Steps(c)
	sign := func(c *corpus) {
		t.Helper()
		if _, err := textmill.RunJob(t.Context(), &textmill.Pipeline{Source: c, Sink: f.Signatures()}, 1); err != nil {
			t.Fatal(err)
		}
	}
	fails := func(step int, want string) {
		t.Helper()
		if _, err := textmill.RunJob(t.Context(), steps[step].Job, 1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", steps[step].Name, err, want)
		}
	}
	fails(0, "write the sketches of all shards")
	sign(c)
	fails(1, "do the steps in their order")
	mustRunFuzzy(t, f, c, 1)
	sign(other)
	fails(1, "made from other signatures")
	if _, err := textmill.RunJob(t.Context(), &textmill.Pipeline{Source: other, Stages: []textmill.Stage{f.Filter()}, Sink: textmill.Discard}, 1); err == nil ||
		!strings.Contains(err.Error(), "made from other signatures") {
		t.Errorf("filter: %v", err)
	}
	changed := *f
	changed.Sketch.Rows++
	if _, err := textmill.RunJob(t.Context(), changed.Steps(c)[0].Job, 1); err == nil || !strings.Contains(err.Error(), "do all steps again") {
		t.Errorf("with other settings: %v", err)
	}
}

func TestFuzzySettings(t *testing.T) {
	store := &storage.Memory{}
	for want, f := range map[string]dedup.Fuzzy{
		"dedup: a Fuzzy needs a Store":                            {Sketch: sketch.FineWeb()},
		"dedup: Fuzzy.Partitions is 65537; use 1 to 65536":        {Store: store, Sketch: sketch.FineWeb(), Partitions: 65537},
		"dedup: Fuzzy.Memory is 1 bytes; use at least 262144":     {Store: store, Sketch: sketch.FineWeb(), Memory: 1},
		"dedup: Fuzzy.Check is 1.5; use a similarity from 0 to 1": {Store: store, Sketch: sketch.FineWeb(), Check: 1.5},
		"dedup: Fuzzy.Check is -1; use a similarity from 0 to 1":  {Store: store, Sketch: sketch.FineWeb(), Check: -1},
		"dedup: Fuzzy.Sketch":                                     {Store: store},
	} {
		_, err := f.Signatures().Create(t.Context(), textmill.Shard{Name: "s"})
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
		for _, s := range f.Steps(&corpus{}) {
			if _, err := textmill.RunJob(t.Context(), s.Job, 1); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want %s", s.Name, err, want)
			}
		}
	}
	// A corpus without shards, and one without documents.
	for _, c := range []*corpus{{}, corpusOf("a", "b")} {
		f := &dedup.Fuzzy{Store: &storage.Memory{}, Sketch: sketch.FineWeb(), Check: 0.5}
		if r := mustRunFuzzy(t, f, c, 1); len(r.kept)+len(r.drop) > 0 {
			t.Error(r)
		}
	}
}

func TestFuzzyCancelled(t *testing.T) {
	c := nearCorpus(7, 40, 2)
	f := &dedup.Fuzzy{Store: &storage.Memory{}, Sketch: sketch.FineWeb(), Partitions: 2, Check: 0.5}
	mustRunFuzzy(t, f, c, 1)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, s := range f.Steps(c) {
		shards, err := s.Job.Shards(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Job.RunShard(ctx, shards[0]); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", s.Name, err)
		}
	}
}
