package dedup_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/dedup"
	"github.com/textmill/textmill/internal/shareddata"
	"github.com/textmill/textmill/storage"
	"github.com/textmill/textmill/storage/storagetest"
)

// passageCorpus has n documents in shards, made of stretches of a few stock texts, and of
// words of their own.
func passageCorpus(seed uint64, n, shards, words int) *corpus {
	rng := rand.New(rand.NewPCG(seed, 13))
	stock := make([][]string, 5)
	for i := range stock {
		for range 60 {
			stock[i] = append(stock[i], fmt.Sprint("s", rng.IntN(words)))
		}
	}
	c := &corpus{}
	for _, s := range rng.Perm(shards) {
		c.add(fmt.Sprintf("shard-%d", s))
	}
	for i := range n {
		var text []string
		for range rng.IntN(5) {
			if rng.IntN(2) == 0 {
				for range rng.IntN(12) {
					text = append(text, fmt.Sprint("own", rng.IntN(1000)))
				}
				continue
			}
			s := stock[rng.IntN(len(stock))]
			from := rng.IntN(len(s))
			text = append(text, s[from:from+rng.IntN(len(s)-from+1)]...)
		}
		d := &textmill.Document{ID: fmt.Sprintf("<urn:uuid:%08x-0000-4000-8000-%012x>", rng.Uint32(), i), Text: strings.Join(text, " ")}
		c.add(fmt.Sprintf("shard-%d", rng.IntN(shards)), d)
	}
	return c
}

// naivePassages returns the texts that are left, by ID, and "" for those that go.
func naivePassages(c *corpus, length int) map[string]string {
	seen, out := map[string]bool{}, map[string]string{}
	for _, d := range c.all() {
		words := strings.Fields(d.Text)
		gone := make([]bool, len(words))
		any := false
		for i := 0; i+length <= len(words); i++ {
			p := strings.Join(words[i:i+length], " ")
			if seen[p] {
				for k := i; k < i+length; k++ {
					gone[k], any = true, true
				}
			}
			seen[p] = true
		}
		text := ""
		for i, w := range words {
			if !gone[i] {
				text += w
				if i+1 < len(words) {
					text += " "
				}
			}
		}
		if any && text == "" {
			text = "<dropped>"
		}
		out[d.ID] = text
	}
	return out
}

func runPassages(t testing.TB, p *dedup.Passages, src textmill.Source, parallel int) (map[string]string, []textmill.Report, error) {
	t.Helper()
	var out, rejects textmill.Memory
	plan := p.Plan(src, nil, &out)
	plan[len(plan)-1].Job.(*textmill.Pipeline).Rejects = &rejects
	reports, err := plan.Run(t.Context(), parallel)
	texts := map[string]string{}
	for _, d := range out.Documents() {
		texts[d.ID] = d.Text
	}
	for _, d := range rejects.Documents() {
		if d.Meta["reject.reason"] != "repeated_passages" || d.Text == "" {
			t.Errorf("%s: %v", d.ID, d.Meta)
		}
		texts[d.ID] = "<dropped>"
	}
	return texts, reports, err
}

func mustRunPassages(t testing.TB, p *dedup.Passages, src textmill.Source, parallel int) map[string]string {
	t.Helper()
	texts, reports, err := runPassages(t, p, src, parallel)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range reports {
		if err := r.Check(); err != nil {
			t.Errorf("step %d: %v", i, err)
		}
	}
	return texts
}

// All repeated passages are found, and nothing else, whatever their length.
func TestPassagesLikeAMap(t *testing.T) {
	rounds := 24
	if racing {
		rounds = 12
	}
	for round := range rounds {
		c := passageCorpus(uint64(round), 10*round, 1+round%5, []int{2, 3, 50, 1000}[round%4])
		p := dedup.Passages{Length: 4 + round%9, Partitions: 1 + round%4}
		want := naivePassages(c, p.Length)
		var first map[string]string
		for _, parallel := range []int{1, 4} {
			store := &storage.Memory{}
			p.Store = store
			for id, text := range mustRunPassages(t, &p, c, parallel) {
				if text != want[id] {
					t.Fatalf("round %d, length %d: %s is left with\n%q, want\n%q", round, p.Length, id, text, want[id])
				}
			}
			got := files(t, store)
			if first == nil {
				first = got
			} else if !maps.Equal(got, first) {
				t.Errorf("round %d: with %d at a time the files differ", round, parallel)
			}
		}
	}
}

func TestPassagesByHand(t *testing.T) {
	quote := numbered(0, 50)
	c := corpusOf("a a0 x", "a a1 x", "b b0 x", "b b1 x", "b b2 x")
	texts := []string{
		"First. " + quote + ". Then more.",
		"Second: “" + strings.ToUpper(quote) + "”, he said.",
		strings.ReplaceAll(quote, " ", "\n"),
		"Only 49: " + numbered(0, 49) + " ok",
		"51: " + numbered(0, 50) + " w50x end",
	}
	for i, d := range c.all() {
		d.Text = texts[i]
	}
	left, reports, err := runPassages(t, &dedup.Passages{Store: &storage.Memory{}}, c, 1)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"a0": texts[0], "a1": "Second: “he said.", "b0": "<dropped>", "b1": texts[3], "b2": "51: w50x end"}
	if !maps.Equal(left, want) {
		t.Errorf("%q\nwant %q", left, want)
	}
	if r := reports[len(reports)-1]; r.Counts["dedup.documents_edited"] != 2 || r.Dropped != 1 {
		t.Errorf("%+v", r)
	}
}

func TestPassagesEveryFailure(t *testing.T) {
	c := passageCorpus(5, 20, 2, 50)
	good := &storage.Memory{}
	settings := dedup.Passages{Length: 5, Partitions: 1}
	p := settings
	p.Store = good
	want := mustRunPassages(t, &p, c, 1)
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
			p := settings
			p.Store = failing
			got, _, err := runPassages(t, &p, c, 1)
			if !failing.Failed() {
				break
			}
			if err == nil && !maps.Equal(got, want) {
				t.Fatalf("call %d failed, the plan did not", n)
			}
			p.Store = store
			if got := mustRunPassages(t, &p, c, 1); !maps.Equal(got, want) {
				t.Fatalf("after call %d had failed: %v", n, got)
			}
			left := files(t, store)
			maps.DeleteFunc(left, func(name, _ string) bool { return strings.HasPrefix(name, "tmp/") })
			if !maps.Equal(left, wantFiles) {
				t.Fatalf("after call %d had failed, the files differ", n)
			}
		}
		t.Logf("%d calls", n-1)
	}
}

// Passes over other documents than the first are errors.
func TestPassagesOfOtherDocuments(t *testing.T) {
	c := passageCorpus(6, 40, 1, 20)
	p := &dedup.Passages{Store: &storage.Memory{}, Length: 5}
	run := func(job textmill.Job) error {
		_, err := textmill.RunJob(t.Context(), job, 1)
		return err
	}
	if err := run(&textmill.Pipeline{Source: c, Sink: p.Passages()}); err == nil || !strings.Contains(err.Error(), "there is no list") {
		t.Errorf("without samples: %v", err)
	}
	mustRunPassages(t, p, c, 1)
	shorter := &corpus{}
	shorter.add("shard-0", c.docs["shard-0"][:5]...)
	if err := run(&textmill.Pipeline{Source: shorter, Sink: p.Passages()}); err == nil || !strings.Contains(err.Error(), "has not come") {
		t.Errorf("fewer documents: %v", err)
	}
	edited := passageCorpus(6, 40, 1, 20)
	for _, d := range edited.all() {
		d.Text = d.Text + " " + numbered(0, 30)
	}
	if err := run(&textmill.Pipeline{Source: edited, Sink: p.Passages()}); err == nil || !strings.Contains(err.Error(), "as they were signed") {
		t.Errorf("other texts: %v", err)
	}
	if err := run(&textmill.Pipeline{Source: edited, Sink: p.Samples()}); err != nil {
		t.Fatal(err)
	}
	if err := run(&textmill.Pipeline{Source: c, Stages: []textmill.Stage{p.Filter()}, Sink: textmill.Discard}); err == nil {
		t.Error("sampled again, and nobody noticed")
	}
}

func TestPassagesSettings(t *testing.T) {
	store := &storage.Memory{}
	for want, p := range map[string]dedup.Passages{
		"dedup: a Passages needs a Store":                        {},
		"dedup: Passages.Length is 3 words; use 4 to 10000":      {Store: store, Length: 3},
		"dedup: Passages.MinWords is -1; use a number from 0 on": {Store: store, MinWords: -1},
		"dedup: Passages.Partitions is 65537; use 1 to 65536":    {Store: store, Partitions: 65537},
		"dedup: Passages.Memory is 1 bytes; use at least 262144": {Store: store, Memory: 1},
	} {
		for _, sink := range []textmill.Sink{p.Samples(), p.Passages()} {
			if _, err := sink.Create(t.Context(), textmill.Shard{Name: "s"}); err == nil || err.Error() != want {
				t.Errorf("%v, want %s", err, want)
			}
		}
	}
}

// Real pages: what is removed is said somewhere before.
func TestPassagesOfRealPages(t *testing.T) {
	if racing {
		t.Skip("a large corpus, which smaller tests have races of")
	}
	c := &corpus{}
	for i, p := range shareddata.Corpus(t) {
		if i%4 == 0 {
			c.add(p.File, &textmill.Document{ID: p.ID, Text: p.Text})
		}
	}
	left, reports, err := runPassages(t, &dedup.Passages{Store: &storage.Memory{}, Partitions: 4}, c, 2)
	if err != nil {
		t.Fatal(err)
	}
	r := reports[len(reports)-1]
	t.Logf("%d documents, %d edited, %d dropped; %d of %d bytes removed; samples %v, passages %v", len(left),
		r.Counts["dedup.documents_edited"], r.Dropped, r.Counts["dedup.bytes_removed"], r.BytesRead, reports[0].Counts, reports[3].Counts)
	if len(left) != len(c.all()) || r.Counts["dedup.documents_edited"] == 0 {
		t.Errorf("%+v", r)
	}
}
