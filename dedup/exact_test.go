package dedup_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"math/rand/v2"
	"path"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/dedup"
	"github.com/textmill/textmill/stagetest"
	"github.com/textmill/textmill/storage"
	"github.com/textmill/textmill/storage/storagetest"
)

// A corpus is a source of documents by shard.
type corpus struct {
	names []string
	docs  map[string][]*textmill.Document
}

func (c *corpus) add(shard string, docs ...*textmill.Document) {
	if c.docs == nil {
		c.docs = map[string][]*textmill.Document{}
	}
	if _, ok := c.docs[shard]; !ok {
		c.names = append(c.names, shard)
	}
	for _, d := range docs {
		d.Shard, d.Index = shard, len(c.docs[shard])
		c.docs[shard] = append(c.docs[shard], d)
	}
	if len(docs) == 0 {
		c.docs[shard] = nil
	}
}

func (c *corpus) Shards(context.Context) ([]textmill.Shard, error) {
	out := make([]textmill.Shard, len(c.names))
	for i, n := range c.names {
		out[i] = textmill.Shard{Index: i, Name: n}
	}
	return out, nil
}

func (c *corpus) Read(_ context.Context, shard textmill.Shard) iter.Seq2[*textmill.Document, error] {
	return func(yield func(*textmill.Document, error) bool) {
		for _, d := range c.docs[shard.Name] {
			if !yield(d.Clone(), nil) {
				return
			}
		}
	}
}

// all returns the documents in the order of shard names and places.
func (c *corpus) all() (out []*textmill.Document) {
	for _, n := range slices.Sorted(slices.Values(c.names)) {
		out = append(out, c.docs[n]...)
	}
	return out
}

// corpusOf makes one of a line for each document: "shard id text".
func corpusOf(lines ...string) *corpus {
	c := &corpus{}
	for _, l := range lines {
		f := strings.SplitN(l, " ", 3)
		if len(f) == 1 {
			c.add(f[0])
			continue
		}
		c.add(f[0], &textmill.Document{ID: f[1], Text: f[2]})
	}
	return c
}

// randomCorpus has n documents in shards with about so many different texts.
func randomCorpus(seed uint64, n, shards, texts int) *corpus {
	rng := rand.New(rand.NewPCG(seed, 99))
	c := &corpus{}
	order := rng.Perm(shards)
	for _, s := range order {
		c.add(fmt.Sprintf("shard-%d", s))
	}
	for i := range n {
		id := fmt.Sprintf("doc-%d", i)
		if i%3 > 0 {
			id = fmt.Sprintf("<urn:uuid:%08x-0000-4000-8000-%012x>", rng.Uint32(), i)
		}
		text := fmt.Sprintf("text  number %d", rng.IntN(texts))
		if rng.IntN(20) == 0 {
			text = " \n"
		}
		c.add(fmt.Sprintf("shard-%d", rng.IntN(shards)), &textmill.Document{ID: id, Text: text})
	}
	return c
}

// naive says what is to be dropped, by ID, and in favour of what.
func naive(c *corpus, normalize func(string) string, priority func(*textmill.Document) int64) map[string]string {
	docs := c.all()
	if priority != nil {
		slices.SortStableFunc(docs, func(a, b *textmill.Document) int { return cmp.Compare(priority(b), priority(a)) })
	}
	first, drop := map[string]string{}, map[string]string{}
	for _, d := range docs {
		text := normalize(d.Text)
		if text == "" {
			continue
		}
		if id, ok := first[text]; ok {
			drop[d.ID] = id
		} else {
			first[text] = d.ID
		}
	}
	return drop
}

func fields(s string) string { return strings.Join(strings.Fields(s), " ") }

// A result is what a plan has made of a corpus.
type result struct {
	kept    []string          // IDs, in order
	drop    map[string]string // ID to survivor
	size    map[string]int64  // of clusters, by ID; near-duplicates only
	reports []textmill.Report
}

// run runs e.Plan over src.
func run(t testing.TB, e *dedup.Exact, src textmill.Source, parallel int, stages ...textmill.Stage) (result, error) {
	t.Helper()
	var out, rejects textmill.Memory
	plan := e.Plan(src, stages, &out)
	plan[len(plan)-1].Job.(*textmill.Pipeline).Rejects = &rejects
	reports, err := plan.Run(t.Context(), parallel)
	return resultOf(&out, &rejects, reports), err
}

func resultOf(out, rejects *textmill.Memory, reports []textmill.Report) result {
	r := result{drop: map[string]string{}, reports: reports}
	for _, d := range out.Documents() {
		r.kept = append(r.kept, d.ID)
	}
	for _, d := range rejects.Documents() {
		if d.Meta["reject.reason"] == "exact_duplicate" {
			r.drop[d.ID], _ = d.Meta["reject.duplicate_of"].(string)
		}
	}
	return r
}

func mustRun(t testing.TB, e *dedup.Exact, src textmill.Source, parallel int) result {
	t.Helper()
	r, err := run(t, e, src, parallel)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// files returns what is in a store.
func files(t testing.TB, store storage.Store) map[string]string {
	t.Helper()
	out := map[string]string{}
	for o, err := range store.List(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		r, err := store.Open(t.Context(), o.Name)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		r.Close()
		out[o.Name] = string(b)
	}
	return out
}

func TestAcrossShards(t *testing.T) {
	src := corpusOf(
		"b b0 the same", // shards are not in the order of their names
		"b b1 only here",
		"b b2 the  same",
		"a a0 other",
		"a a1 the same",
		"c", // no documents
		"a a2 the Same",
		"d d0 \t",
		"d d1 \t",
		"d d2 only here",
	)
	e := &dedup.Exact{Store: &storage.Memory{}, Dir: "run/exact"}
	r := mustRun(t, e, src, 3)
	want := map[string]string{"b0": "a1", "b2": "a1", "d2": "b1"}
	if !maps.Equal(r.drop, want) {
		t.Errorf("dropped %v, want %v", r.drop, want)
	}
	if got := strings.Join(r.kept, " "); got != "a0 a1 a2 b1 d0 d1" {
		t.Errorf("kept %s", got)
	}
	for i, report := range r.reports {
		if err := report.Check(); err != nil {
			t.Errorf("step %d: %v", i, err)
		}
	}
	sign, match, collect, filter := r.reports[0], r.reports[1], r.reports[2], r.reports[3]
	if sign.Counts["dedup.signatures"] != 7 || sign.Counts["dedup.empty"] != 2 || len(sign.Outputs) != 4 {
		t.Errorf("sign: %v, %d outputs", sign.Counts, len(sign.Outputs))
	}
	if match.Read != 7 || match.Dropped != 3 || match.Written != 4 || match.Counts["dedup.groups"] != 2 || match.Counts["dedup.duplicates"] != 3 || len(match.Outputs) != 64 {
		t.Errorf("match: %+v", match)
	}
	if collect.Read != 3 || collect.Written != 3 || len(collect.Outputs) != 4 {
		t.Errorf("collect: %+v", collect)
	}
	if filter.Read != 9 || filter.Written != 6 || filter.Dropped != 3 {
		t.Errorf("filter: %+v", filter)
	}
	stage := textmill.StageReport{Name: "dedup.Exact", In: 7, Out: 4, Dropped: map[string]int64{"exact_duplicate": 3}}
	if !reflect.DeepEqual(match.Stages, []textmill.StageReport{stage}) {
		t.Errorf("match: %+v", match.Stages)
	}
	for _, o := range match.Outputs {
		if o.Bytes == 0 || len(o.SHA256) != 64 {
			t.Errorf("output %+v", o)
		}
	}
}

// Random corpora in random shards with random settings: always as a map does it,
// and whatever is left of the settings leaves the same files.
func TestLikeAMap(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	priority := func(d *textmill.Document) int64 { return int64(len(d.ID)%4) - 2 }
	rounds := 24
	if racing {
		rounds = 9
	}
	for round := range rounds {
		n := rng.IntN(400)
		c := randomCorpus(uint64(round), n, 1+rng.IntN(12), 1+rng.IntN(n+1))
		e := dedup.Exact{Dir: "x", Partitions: 1 + rng.IntN(9)}
		if round%3 == 1 {
			e.Priority = priority
		}
		want := naive(c, fields, e.Priority)
		var first map[string]string
		for _, parallel := range []int{1, 4} {
			store := &storage.Memory{}
			e.Store = store
			r := mustRun(t, &e, c, parallel)
			if !maps.Equal(r.drop, want) || len(r.kept)+len(r.drop) != n {
				t.Fatalf("round %d: of %d kept %d, dropped %v, want %v", round, n, len(r.kept), r.drop, want)
			}
			got := files(t, store)
			if first == nil {
				first = got
			} else if !maps.Equal(got, first) {
				t.Errorf("round %d: with %d at a time the files differ", round, parallel)
			}
			rng.Shuffle(len(c.names), func(i, k int) { c.names[i], c.names[k] = c.names[k], c.names[i] })
		}
		// Partitions decide nothing.
		e.Store, e.Partitions = &storage.Memory{}, 30
		if r := mustRun(t, &e, c, 2); !maps.Equal(r.drop, want) {
			t.Errorf("round %d: another number of partitions, another result", round)
		}
	}
}

// temps counts temporary objects and how many are open at once.
type temps struct {
	storage.Store
	mu              sync.Mutex
	made, open, max int
}

func (s *temps) Create(ctx context.Context, name string) (storage.Writer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.made++
	return s.Store.Create(ctx, name)
}

func (s *temps) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	r, err := s.Store.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open++
	s.max = max(s.max, s.open)
	return &tempReader{r, s}, nil
}

type tempReader struct {
	io.ReadCloser
	s *temps
}

func (r *tempReader) Close() error {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	r.s.open--
	return r.ReadCloser.Close()
}

// A budget that holds a fraction of the corpus gives what a large one does.
func TestMemoryDecidesNothing(t *testing.T) {
	c := &corpus{}
	for i := range 20_000 {
		c.add(fmt.Sprint("shard-", i%3), &textmill.Document{ID: fmt.Sprintf("the document that has the number %d", i), Text: fmt.Sprint(i % 7001)})
	}
	want := naive(c, fields, nil)
	large := &storage.Memory{}
	if r := mustRun(t, &dedup.Exact{Store: large, Partitions: 2}, c, 2); !maps.Equal(r.drop, want) {
		t.Fatal("wrong without spilling")
	}
	small := &storage.Memory{}
	scratch := &temps{Store: &storage.Memory{}}
	r := mustRun(t, &dedup.Exact{Store: small, Scratch: scratch, Partitions: 2, Memory: 256 << 10}, c, 1)
	if !maps.Equal(r.drop, want) {
		t.Error("wrong with spilling")
	}
	if !maps.Equal(files(t, small), files(t, large)) {
		t.Error("the files differ")
	}
	t.Logf("%d runs, %d open at once", scratch.made, scratch.max)
	if scratch.made < 12 || scratch.max > 20 || scratch.open != 0 {
		t.Errorf("%d runs, %d open at once, %d still", scratch.made, scratch.max, scratch.open)
	}
	if left := files(t, scratch.Store); len(left) > 0 {
		t.Errorf("left behind: %v", slices.Collect(maps.Keys(left)))
	}
}

// Many shards: few files are open at once, and the lists are made in
// groups.
func TestManyShards(t *testing.T) {
	c := &corpus{}
	for i := range 3000 {
		c.add(fmt.Sprintf("shard-%04d", i/2), &textmill.Document{ID: fmt.Sprint(i), Text: fmt.Sprint(i % 1000)})
	}
	store := &temps{Store: &storage.Memory{}}
	r := mustRun(t, &dedup.Exact{Store: store, Partitions: 3}, c, 1)
	if want := naive(c, fields, nil); !maps.Equal(r.drop, want) {
		t.Errorf("dropped %d, want %d", len(r.drop), len(want))
	}
	if store.max > 10 || store.open != 0 {
		t.Errorf("%d files were open at once, %d still are", store.max, store.open)
	}
}

// Stages before the signatures, which drop and replace documents; the second
// pass reads the same source with the same stages (Plan), or what the first one
// wrote, where the documents keep their Index (jsonl) or get a new one.
func TestTwoPasses(t *testing.T) {
	c := randomCorpus(3, 300, 5, 120)
	short := textmill.Filter("odd", func(d *textmill.Document) bool { return len(d.ID)%5 != 1 })
	split := textmill.StageFunc(func(_ context.Context, d *textmill.Document) (textmill.Verdict, error) {
		if d.Index%7 != 3 {
			return textmill.Keep, nil
		}
		a, b := d.Clone(), d.Clone()
		a.ID, b.ID, b.Text = d.ID+"/a", d.ID+"/b", "second half of "+d.Text
		return textmill.Replace(a, b), nil
	})
	stages := []textmill.Stage{short, split}

	// What is left after the stages is a corpus of its own, for the truth.
	left := &corpus{}
	for _, name := range c.names {
		left.add(name)
		for d, err := range textmill.Apply(t.Context(), c.Read(t.Context(), textmill.Shard{Name: name}), stages...) {
			if err != nil {
				t.Fatal(err)
			}
			left.add(name, d)
		}
	}
	want := naive(left, fields, nil)
	if len(want) < 50 {
		t.Fatalf("only %d duplicates", len(want))
	}

	e := &dedup.Exact{Store: &storage.Memory{}}
	r, err := run(t, e, c, 2, stages...)
	if err != nil || !maps.Equal(r.drop, want) {
		t.Errorf("Plan: dropped %d, want %d; %v", len(r.drop), len(want), err)
	}

	var cleaned textmill.Memory
	first := &textmill.Pipeline{Source: c, Stages: stages, Sink: textmill.Tee(&cleaned, e.Signatures())}
	if _, err := slices.Concat(textmill.Plan{{Name: "first", Job: first}}, e.Steps(c)).Run(t.Context(), 2); err != nil {
		t.Fatal(err)
	}
	same, renumbered := &corpus{docs: map[string][]*textmill.Document{}}, &corpus{}
	for _, n := range c.names {
		same.names = append(same.names, n)
		renumbered.add(n)
	}
	for _, d := range cleaned.Documents() {
		same.docs[d.Shard] = append(same.docs[d.Shard], d)
		renumbered.add(d.Shard, d.Clone())
	}
	for what, src := range map[string]textmill.Source{"same": same, "renumbered": renumbered} {
		var out, rejects textmill.Memory
		second := &textmill.Pipeline{Source: src, Stages: []textmill.Stage{e.Filter()}, Sink: &out, Rejects: &rejects}
		if _, err := second.Run(t.Context()); err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		if r := resultOf(&out, &rejects, nil); !maps.Equal(r.drop, want) {
			t.Errorf("%s: dropped %d, want %d", what, len(r.drop), len(want))
		}
	}
}

// edited is a corpus whose documents are changed as they are read.
type edited struct {
	*corpus
	edit func([]*textmill.Document) []*textmill.Document
}

func (c *edited) Read(_ context.Context, shard textmill.Shard) iter.Seq2[*textmill.Document, error] {
	return func(yield func(*textmill.Document, error) bool) {
		var docs []*textmill.Document
		for _, d := range c.docs[shard.Name] {
			docs = append(docs, d.Clone())
		}
		for _, d := range c.edit(docs) {
			if !yield(d, nil) {
				return
			}
		}
	}
}

// When the second pass does not read what the first one did, the shard fails, or
// the result is right nevertheless.
func TestPassesThatDisagree(t *testing.T) {
	c := corpusOf("a a0 x", "a a1 y", "a a2 x", "a a3 z", "a a4 y")
	e := &dedup.Exact{Store: &storage.Memory{}}
	mustRun(t, e, c, 1)
	type docs = []*textmill.Document
	tests := []struct {
		name string
		edit func(docs) docs
		want string // in the error, or the IDs that are kept
	}{
		{"the same", func(d docs) docs { return d }, "a0 a1 a3"},
		{"one is missing that stays anyway", func(d docs) docs { return slices.Delete(d, 3, 4) }, "a0 a1"},
		{"one is missing that goes", func(d docs) docs { return slices.Delete(d, 2, 3) }, "a2 (#2), which is to be dropped as a duplicate of a0, has not come"},
		{"the last is missing", func(d docs) docs { return d[:4] }, "a4 (#4), which is to be dropped as a duplicate of a1, has not come"},
		{"none come", func(d docs) docs { return nil }, "has not come"},
		{"a new one", func(d docs) docs {
			return append(d, &textmill.Document{ID: "new", Text: "x", Shard: "a", Index: 5})
		}, "a0 a1 a3 new"},
		{"another order", func(d docs) docs { d[2], d[4] = d[4], d[2]; return d }, "a#3 comes after #4"},
		{"another order, renumbered", func(d docs) docs {
			d[2], d[4] = d[4], d[2]
			d[2].Index, d[4].Index = 2, 4
			return d
		}, "a2 (#2), which is to be dropped as a duplicate of a0, has not come"},
		{"other IDs", func(d docs) docs {
			for _, d := range d {
				d.ID += "'"
			}
			return d
		}, "has not come"},
		{"an ID twice", func(d docs) docs { d[1].ID = "a2"; return d }, "a0 a2 a3"},
		{"an index of its own", func(d docs) docs { d[2].Index, d[3].Index, d[4].Index = 12, 13, 14; return d }, "has not come"},
		{"other texts", func(d docs) docs {
			for _, d := range d {
				d.Text = "edited"
			}
			return d
		}, "a0 a1 a3"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out textmill.Memory
			p := &textmill.Pipeline{Source: &edited{c, tt.edit}, Stages: []textmill.Stage{e.Filter()}, Sink: &out, MaxErrors: -1}
			_, err := p.Run(t.Context())
			var ids []string
			for _, d := range out.Documents() {
				ids = append(ids, d.ID)
			}
			if err != nil {
				if !strings.Contains(err.Error(), tt.want) || len(ids) > 0 {
					t.Errorf("%v; want %s", err, tt.want)
				}
			} else if got := strings.Join(ids, " "); got != tt.want {
				t.Errorf("kept %s, want %s", got, tt.want)
			}
		})
	}
}

// sign, match, collect and filter run one step each.
func sign(t testing.TB, e *dedup.Exact, c textmill.Source) error {
	_, err := (&textmill.Pipeline{Source: c, Sink: e.Signatures()}).Run(t.Context())
	return err
}

func match(t testing.TB, e *dedup.Exact, c textmill.Source) error {
	_, err := textmill.RunJob(t.Context(), e.Match(c), 1)
	return err
}

func collect(t testing.TB, e *dedup.Exact, c textmill.Source) error {
	_, err := textmill.RunJob(t.Context(), e.Collect(c), 1)
	return err
}

func filter(t testing.TB, e *dedup.Exact, c textmill.Source) error {
	_, err := (&textmill.Pipeline{Source: c, Stages: []textmill.Stage{e.Filter()}, Sink: textmill.Discard}).Run(t.Context())
	return err
}

type step func(testing.TB, *dedup.Exact, textmill.Source) error

// Files of another run, or steps left out: an error, each time.
func TestStaleAndMissingFiles(t *testing.T) {
	two := corpusOf("a a0 x", "b b0 x", "b b1 y")
	changed := corpusOf("a a0 x", "b b0 z", "b b1 x")
	more := corpusOf("a a0 x", "b b0 x", "b b1 y", "c c0 x")
	loose := func(e *dedup.Exact) { e.Normalize = dedup.Loose }
	type do struct {
		step step
		src  textmill.Source
		edit func(*dedup.Exact)
	}
	tests := []struct {
		name string
		do   []do
		want string // in the error of the last
	}{
		{"match without sign", []do{{match, two, nil}}, "write the signatures of all shards before matching them"},
		{"match without all of sign", []do{{sign, two, nil}, {match, more, nil}}, "sign/c.sig"},
		{"collect without match", []do{{sign, two, nil}, {collect, two, nil}}, "match all partitions before collecting"},
		{"filter without collect", []do{{sign, two, nil}, {match, two, nil}, {filter, two, nil}}, `there is no drop list for the shard "a"`},
		{"filter of a shard that was not signed", []do{{sign, two, nil}, {match, two, nil}, {collect, two, nil}, {filter, more, nil}}, `there is no drop list for the shard "c"`},
		{"signed with other settings", []do{{sign, two, loose}, {match, two, nil}}, `it was made with the settings {"format":1,"normalize":"loose"`},
		{"matched with other settings", []do{{sign, two, loose}, {match, two, loose}, {sign, two, nil}, {collect, two, nil}}, "it was made with the settings"},
		{"collected with other settings", []do{{sign, two, loose}, {match, two, loose}, {collect, two, loose}, {filter, two, nil}}, "it was made with the settings"},
		{"other partitions", []do{{sign, two, nil}, {match, two, func(e *dedup.Exact) { e.Partitions = 3 }}}, "it was made with the settings"},
		{"a priority", []do{{sign, two, nil}, {match, two, func(e *dedup.Exact) { e.Priority = func(*textmill.Document) int64 { return 0 } }}}, "it was made with the settings"},
		{"signed again after match", []do{{sign, two, nil}, {match, two, nil}, {sign, changed, nil}, {collect, changed, nil}}, "it was made from other signatures than there are now"},
		{"signed again after collect", []do{{sign, two, nil}, {match, two, nil}, {collect, two, nil}, {sign, changed, nil}, {filter, changed, nil}}, "it was made from other signatures than there are now"},
		{"more shards after match", []do{{sign, two, nil}, {match, two, nil}, {sign, more, nil}, {collect, more, nil}}, "it was made from other signatures than there are now"},
		{"fewer shards", []do{{sign, more, nil}, {match, two, nil}, {collect, two, nil}, {filter, two, nil}}, ""},
		{"signed again, the same", []do{{sign, two, nil}, {match, two, nil}, {sign, two, nil}, {collect, two, nil}, {sign, two, nil}, {filter, two, nil}}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			store := &storage.Memory{}
			var err error
			for i, d := range tt.do {
				if err != nil {
					t.Fatalf("step %d: %v", i-1, err)
				}
				e := &dedup.Exact{Store: store, Dir: "d", Partitions: 2}
				if d.edit != nil {
					d.edit(e)
				}
				err = d.step(t, e, d.src)
			}
			if got := fmt.Sprint(err); tt.want == "" && err != nil || !strings.Contains(got, tt.want) {
				t.Errorf("%v; want %s", err, tt.want)
			}
		})
	}
}

// Every file of every step, damaged or in place of another, is an error or does
// no harm.
func TestDamagedFiles(t *testing.T) {
	c := randomCorpus(4, 200, 3, 60)
	store := &storage.Memory{}
	e := &dedup.Exact{Store: store, Partitions: 2}
	want := mustRun(t, e, c, 1)
	whole := files(t, store)
	steps := map[string]step{"sign": match, "match": collect, "drop": filter}
	put := func(name, content string) {
		w, err := store.Create(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(w, content)
		if err := w.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	rng := rand.New(rand.NewPCG(1, 1))
	for name, content := range whole {
		next := steps[path.Dir(name)]
		try := func(what, damaged string) {
			put(name, damaged)
			if err := next(t, e, c); err == nil {
				t.Errorf("%s: %s: no error", name, what)
			} else if !strings.Contains(err.Error(), name) {
				t.Errorf("%s: %s: the error does not name the file: %v", name, what, err)
			}
		}
		for range 15 {
			b := []byte(content)
			i := rng.IntN(len(b))
			b[i] ^= 1 << rng.IntN(8)
			try(fmt.Sprintf("bit of byte %d", i), string(b))
			try(fmt.Sprintf("cut to %d", i), content[:i])
		}
		for other, content := range whole {
			if other != name {
				try("replaced by "+other, content)
			}
		}
		put(name, content)
	}
	if r := mustRun(t, e, c, 1); !maps.Equal(r.drop, want.drop) || !maps.Equal(files(t, store), whole) {
		t.Error("done again, it differs")
	}
}

// Whichever call of the store fails, or at whichever the process is killed, the
// plan run again has the same result.
func TestEveryFailure(t *testing.T) {
	c := randomCorpus(8, 30, 2, 12)
	exact := func(s storage.Store) *dedup.Exact { return &dedup.Exact{Store: s, Dir: "d", Partitions: 2} }
	clean := &storage.Memory{}
	want := mustRun(t, exact(clean), c, 1)
	wantFiles := files(t, clean)
	for what, fail := range map[string]func(storage.Store, int) *storagetest.Failing{"fails": storagetest.FailNth, "kills": storagetest.KillAfter} {
		for n := 1; ; n++ {
			store := &storage.Memory{}
			failing := fail(store, n)
			_, err := run(t, exact(failing), c, 1)
			if !failing.Failed() {
				if err != nil {
					t.Fatal(err)
				}
				t.Logf("%s: %d calls", what, n-1)
				break
			}
			if !errors.Is(err, storagetest.ErrInjected) {
				t.Fatalf("call %d %s: %v", n, what, err)
			}
			for name, content := range files(t, store) {
				if wantFiles[name] != content {
					t.Fatalf("call %d %s: it left %s, which is not as it should be", n, what, name)
				}
			}
			r := mustRun(t, exact(store), c, 1)
			if !maps.Equal(r.drop, want.drop) || !slices.Equal(r.kept, want.kept) || !maps.Equal(files(t, store), wantFiles) {
				t.Fatalf("after call %d %s, done again, it differs", n, what)
			}
		}
	}
}

// The same shards, done on several machines at the same time.
func TestAtTheSameTime(t *testing.T) {
	c := randomCorpus(9, 3000, 4, 900)
	alone := &storage.Memory{}
	e := &dedup.Exact{Store: alone, Partitions: 3, Memory: 256 << 10}
	want := mustRun(t, e, c, 1)
	store := &storage.Memory{}
	f := &dedup.Exact{Store: store, Partitions: 3, Memory: 256 << 10}
	for _, s := range []step{sign, match, collect, filter} {
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				if err := s(t, f, c); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	}
	if !maps.Equal(files(t, store), files(t, alone)) {
		t.Error("the files differ")
	}
	if r := mustRun(t, f, c, 4); !maps.Equal(r.drop, want.drop) {
		t.Error("the result differs")
	}
}

func TestCancelled(t *testing.T) {
	c := randomCorpus(10, 100, 3, 50)
	e := &dedup.Exact{Store: &storage.Memory{}, Partitions: 2}
	mustRun(t, e, c, 1)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, j := range []textmill.Job{e.Match(c), e.Collect(c)} {
		shards, err := j.Shards(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := j.RunShard(ctx, shards[0]); !errors.Is(err, context.Canceled) {
			t.Errorf("%T: %v", j, err)
		}
	}
}

func TestPriority(t *testing.T) {
	c := corpusOf("a a0 x", "a a1 x", "b b0 x", "b b1 y", "a a2 y")
	prefer := func(ids string) func(*textmill.Document) int64 {
		return func(d *textmill.Document) int64 { return int64(strings.Index(ids, d.ID)) }
	}
	for ids, want := range map[string]map[string]string{
		"":            {"a1": "a0", "b0": "a0", "b1": "a2"}, // all the same
		"a2 b1 a0 a1": {"a0": "a1", "b0": "a1", "a2": "b1"}, // the last of these
		"xxxb0":       {"a0": "b0", "a1": "b0", "b1": "a2"}, // a later one stays
		"b0 b1 a0 a1": {"a0": "a1", "b0": "a1", "a2": "b1"}, // b0: 0, a0: 6, a1: 9; a2 is not there: -1
	} {
		e := &dedup.Exact{Store: &storage.Memory{}, Priority: prefer(ids)}
		if ids == "" {
			e.Priority = func(*textmill.Document) int64 { return -1 << 63 }
		}
		if r := mustRun(t, e, c, 1); !maps.Equal(r.drop, want) {
			t.Errorf("%q: dropped %v, want %v", ids, r.drop, want)
		}
	}
}

func TestNormalizations(t *testing.T) {
	c := corpusOf("a a0 Chapter 1: Déjà vu", "a a1 Chapter 1:  Déjà vu", "b b0 chapter 2 — deja vu!", "b b1 Chapter 1: Déjà vu")
	for n, want := range map[dedup.Normalization]map[string]string{
		dedup.Verbatim:   {"b1": "a0"},
		dedup.Whitespace: {"a1": "a0", "b1": "a0"},
		dedup.Loose:      {"a1": "a0", "b0": "a0", "b1": "a0"},
	} {
		if r := mustRun(t, &dedup.Exact{Store: &storage.Memory{}, Normalize: n}, c, 1); !maps.Equal(r.drop, want) {
			t.Errorf("%v: dropped %v, want %v", n, r.drop, want)
		}
	}
}

func TestSettings(t *testing.T) {
	c := corpusOf("a a0 x")
	store := &storage.Memory{}
	for want, e := range map[string]*dedup.Exact{
		"dedup: an Exact needs a Store":                                     {},
		"dedup: Exact.Partitions is -1; use 1 to 65536":                     {Store: store, Partitions: -1},
		"dedup: Exact.Partitions is 65537; use 1 to 65536":                  {Store: store, Partitions: 65537},
		"dedup: Exact.Memory is 1000 bytes; use at least 262144":            {Store: store, Memory: 1000},
		"dedup: Exact.Memory is -1 bytes; use at least 262144":              {Store: store, Memory: -1},
		"dedup: unknown normalization 3; use Whitespace, Verbatim or Loose": {Store: store, Normalize: 3},
	} {
		for i, s := range []step{sign, match, collect, filter} {
			if err := s(t, e, c); err == nil || !strings.HasSuffix(err.Error(), want) {
				t.Errorf("step %d: %v, want %s", i, err, want)
			}
		}
	}
	e := &dedup.Exact{Store: store, Dir: "../out"}
	if err := sign(t, e, c); err == nil {
		t.Error("a folder outside of the store was taken")
	}
	e = &dedup.Exact{Store: store}
	if _, err := textmill.RunJob(t.Context(), e.Match(nil), 1); err == nil {
		t.Error("Match without a source")
	}
	if _, err := e.Match(c).RunShard(t.Context(), textmill.Shard{Index: 64, Name: "part-00064"}); err == nil {
		t.Error("a partition that is not there was done")
	}
	if _, err := e.Match(c).RunShard(t.Context(), textmill.Shard{Index: 1, Name: "part-00002"}); err == nil {
		t.Error("a shard with another's name was done")
	}
	if err := sign(t, e, c); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Collect(c).RunShard(t.Context(), textmill.Shard{Index: 1, Name: "lists-00001"}); err == nil {
		t.Error("a group that is not there was done")
	}
	b, err := json.Marshal(dedup.Exact{Store: store, Dir: "d", Normalize: dedup.Loose, Priority: func(*textmill.Document) int64 { return 0 }})
	if want := `{"Dir":"d","Normalize":"loose","Partitions":0,"Memory":0}`; err != nil || string(b) != want {
		t.Errorf("%s, %v", b, err)
	}
	if plan := e.Plan(c, nil, textmill.Discard); plan.Validate() != nil {
		t.Error(plan.Validate())
	}
}

func TestNoShards(t *testing.T) {
	if r := mustRun(t, &dedup.Exact{Store: &storage.Memory{}}, &corpus{}, 1); len(r.kept) > 0 {
		t.Error(r)
	}
}

func TestShardsOfTheSameName(t *testing.T) {
	c := corpusOf("a a0 x", "b b0 x")
	e := &dedup.Exact{Store: &storage.Memory{}}
	if err := sign(t, e, c); err != nil {
		t.Fatal(err)
	}
	c.names = append(c.names, "a")
	if err := match(t, e, c); err == nil || !strings.Contains(err.Error(), "two shards are called a") {
		t.Error(err)
	}
}

func TestDocumentsThatCannotBeSigned(t *testing.T) {
	for want, docs := range map[string][]*textmill.Document{
		"the document has no ID": {{Text: "x"}},
		"an ID of 65536 bytes":   {{ID: strings.Repeat("x", 1<<16), Text: "x"}},
		"a#1 comes after #2":     {{ID: "2", Shard: "a", Index: 2}, {ID: "1", Shard: "a", Index: 1}},
	} {
		store := &storage.Memory{}
		c := &corpus{names: []string{"a"}, docs: map[string][]*textmill.Document{"a": docs}}
		err := sign(t, &dedup.Exact{Store: store}, c)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
		if left := files(t, store); len(left) > 0 {
			t.Errorf("%s: left behind: %v", want, left)
		}
	}
	// A shard may be read from several inputs, each with its own numbers.
	c := &corpus{names: []string{"a"}, docs: map[string][]*textmill.Document{"a": {
		{ID: "1", Text: "x", Shard: "one", Index: 7}, {ID: "2", Text: "y", Shard: "two", Index: 0}, {ID: "3", Text: "x", Shard: "two", Index: 1},
	}}}
	if r := mustRun(t, &dedup.Exact{Store: &storage.Memory{}}, c, 1); !maps.Equal(r.drop, map[string]string{"3": "1"}) {
		t.Error(r)
	}
}

// Long IDs, up to the longest, go through all steps.
func TestLongIDs(t *testing.T) {
	c := &corpus{}
	want := map[string]string{}
	long := func(i int) string { return fmt.Sprint(i, strings.Repeat("x", 1<<16-1-len(fmt.Sprint(i)))) }
	for i := range 40 {
		c.add("a", &textmill.Document{ID: long(i), Text: fmt.Sprint(i % 3)})
		if i >= 3 {
			want[long(i)] = long(i % 3)
		}
	}
	if r := mustRun(t, &dedup.Exact{Store: &storage.Memory{}, Memory: 256 << 10, Partitions: 1}, c, 1); !maps.Equal(r.drop, want) {
		t.Errorf("dropped %d, want %d", len(r.drop), len(want))
	}
}

func TestSignaturesAreASink(t *testing.T) {
	store := &storage.Memory{}
	e := &dedup.Exact{Store: store}
	err := stagetest.CheckSink(e.Signatures(), func() (string, error) {
		var b bytes.Buffer
		all := files(t, store)
		for _, name := range slices.Sorted(maps.Keys(all)) {
			b.WriteString(name + all[name])
		}
		return b.String(), nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestInShard(t *testing.T) {
	if err := stagetest.CheckPerShard(func() textmill.Stage { return dedup.ExactInShard(dedup.Loose) }); err != nil {
		t.Error(err)
	}
	for round := range 20 {
		c := randomCorpus(uint64(round), 200, 3, 50)
		want := map[string]string{}
		for _, n := range c.names {
			one := &corpus{names: []string{n}, docs: c.docs}
			maps.Copy(want, naive(one, fields, nil))
		}
		var out, rejects textmill.Memory
		p := &textmill.Pipeline{Source: c, Stages: []textmill.Stage{dedup.ExactInShard(dedup.Whitespace)}, Sink: &out, Rejects: &rejects, Workers: 1 + round%4}
		r, err := p.Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got := resultOf(&out, &rejects, nil); !maps.Equal(got.drop, want) {
			t.Errorf("round %d: dropped %v, want %v", round, got.drop, want)
		}
		if r.Stages[0].Name != "dedup.ExactInShard" || r.Stages[0].Dropped["exact_duplicate"] != int64(len(want)) {
			t.Errorf("%+v", r.Stages[0])
		}
	}
	p := &textmill.Pipeline{Source: &corpus{names: []string{"a"}}, Stages: []textmill.Stage{dedup.ExactInShard(77)}, Sink: textmill.Discard}
	if _, err := p.Run(t.Context()); err == nil {
		t.Error("an unknown normalization was taken")
	}
}

// IDs should be unique. Where they are the URL, say, and a page is there twice,
// Index tells the documents apart.
func TestSameIDs(t *testing.T) {
	c := corpusOf("a url other", "a url x", "a url x", "a url y", "b url x", "b url z")
	e := &dedup.Exact{Store: &storage.Memory{}}
	mustRun(t, e, c, 1)
	var out textmill.Memory
	p := &textmill.Pipeline{Source: c, Stages: []textmill.Stage{e.Filter()}, Sink: &out}
	if _, err := p.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, d := range out.Documents() {
		texts = append(texts, d.Text)
	}
	if got := strings.Join(texts, " "); got != "other x y z" {
		t.Errorf("kept %s", got)
	}
}

func TestInShardWithoutIDs(t *testing.T) {
	s := dedup.ExactInShard(dedup.Verbatim)
	for i, want := range []string{"keep", "drop: exact_duplicate"} {
		if v, err := s.Process(t.Context(), &textmill.Document{Text: "x"}); err != nil || v.String() != want {
			t.Errorf("%d: %v, %v", i, v, err)
		}
	}
	if _, err := s.Process(t.Context(), &textmill.Document{Text: "y", ID: strings.Repeat("y", 1<<16)}); err == nil {
		t.Error("an ID that is too long was taken")
	}
}
