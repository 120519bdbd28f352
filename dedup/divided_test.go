package dedup_test

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/checkpoint"
	"github.com/textmill/textmill/dedup"
	"github.com/textmill/textmill/dedup/sketch"
	"github.com/textmill/textmill/jsonl"
	"github.com/textmill/textmill/storage"
	"github.com/textmill/textmill/storage/storagetest"
)

// A planned is a plan to be done in several ways, over the documents of one shard.
type planned struct {
	name string
	docs []*textmill.Document
	plan func(store storage.Store, partitions int, src textmill.Source, stages []textmill.Stage, sink textmill.Sink) textmill.Plan

	// scattered: documents may be divided anyhow, as a total order says which of them
	// stay. Otherwise, they have to be in the same order.
	scattered bool
}

func plans() []planned {
	near, spans, passages := nearCorpus(41, 120, 1).all(), spanCorpus(42, 120, 1, 30).all(), passageCorpus(43, 80, 1, 40).all()
	order := map[string]int64{}
	for i, d := range near {
		order[d.ID] = int64(i * 7919 % len(near))
	}
	first := func(d *textmill.Document) int64 { return -order[d.ID] }
	return []planned{
		{"Fuzzy", near, func(store storage.Store, partitions int, src textmill.Source, stages []textmill.Stage, sink textmill.Sink) textmill.Plan {
			f := &dedup.Fuzzy{Store: store, Dir: "work", Sketch: sketch.FineWeb(), Partitions: partitions, Priority: first}
			return f.Plan(src, stages, sink)
		}, true},
		{"Fuzzy with Check", near, func(store storage.Store, partitions int, src textmill.Source, stages []textmill.Stage, sink textmill.Sink) textmill.Plan {
			f := &dedup.Fuzzy{Store: store, Dir: "work", Sketch: sketch.FineWeb(), Partitions: partitions, Check: 0.8}
			return f.Plan(src, stages, sink)
		}, false},
		{"Exact", near, func(store storage.Store, partitions int, src textmill.Source, stages []textmill.Stage, sink textmill.Sink) textmill.Plan {
			e := &dedup.Exact{Store: store, Dir: "work", Partitions: partitions, Priority: first}
			return e.Plan(src, stages, sink)
		}, true},
		{"Spans", spans, func(store storage.Store, partitions int, src textmill.Source, stages []textmill.Stage, sink textmill.Sink) textmill.Plan {
			s := &dedup.Spans{Store: store, Dir: "work", Partitions: partitions, MinWords: 5}
			return s.Plan(src, stages, sink)
		}, false},
		{"Passages", passages, func(store storage.Store, partitions int, src textmill.Source, stages []textmill.Stage, sink textmill.Sink) textmill.Plan {
			p := &dedup.Passages{Store: store, Dir: "work", Partitions: partitions, Length: 8}
			return p.Plan(src, stages, sink)
		}, false},
	}
}

// divide returns the documents in so many shards, which the source lists in some order.
func (p planned) divide(shards int, rng *rand.Rand) *corpus {
	c := &corpus{}
	for _, s := range rng.Perm(shards) {
		c.add(fmt.Sprintf("part-%02d", s))
	}
	for i, d := range p.docs {
		part := i * shards / len(p.docs)
		if p.scattered {
			part = rng.IntN(shards)
		}
		c.add(fmt.Sprintf("part-%02d", part), d.Clone())
	}
	return c
}

// steps returns the plan over src, which leaves documents in out/ and rejects/ of store.
func (p planned) steps(store storage.Store, partitions, workers int, src textmill.Source) textmill.Plan {
	// A stage that goes to several workers.
	stages := []textmill.Stage{textmill.Map("length", func(d *textmill.Document) { d.Set("test.length", len(d.Text)) })}
	plan := p.plan(store, partitions, src, stages, jsonl.Sink{Store: store, Dir: "out", Suffix: ".jsonl"})
	for i, s := range plan {
		if pipeline, ok := s.Job.(*textmill.Pipeline); ok {
			pipeline.Workers = workers
			if i == len(plan)-1 {
				pipeline.Rejects = jsonl.Sink{Store: store, Dir: "rejects", Suffix: ".jsonl"}
			}
		}
	}
	return plan
}

// outcome returns what a plan has left of each document and why, whatever the shards.
func outcome(t *testing.T, store storage.Store) string {
	t.Helper()
	var lines []string
	for name, content := range files(t, store) {
		dir, _, _ := strings.Cut(name, "/")
		if dir != "out" && dir != "rejects" {
			continue
		}
		for line := range strings.Lines(content) {
			d, err := new(jsonl.Decoder).Decode([]byte(line))
			if err != nil {
				t.Fatal(err)
			}
			d.Shard, d.Index = "", 0
			b, err := jsonl.Append([]byte(d.ID+" "+dir+" "), d)
			if err != nil {
				t.Fatal(err)
			}
			lines = append(lines, string(b))
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}

// However a corpus is divided into shards, and the work into partitions and among workers,
// the same documents stay, byte for byte, and the others go for the same ones.
func TestDivided(t *testing.T) {
	sizes := []int{1, 2, 7, 64}
	if racing {
		sizes[3] = 16
	}
	for _, p := range plans() {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			rng := rand.New(rand.NewPCG(51, 52))
			want := ""
			for i := range 8 { // each size of both twice, 1 to 8 workers
				shards, partitions, workers := sizes[i%4], sizes[(i+i/4+1)%4], i+1
				var store storage.Memory
				if _, err := p.steps(&store, partitions, workers, p.divide(shards, rng)).Run(t.Context(), (i*3)%8+1); err != nil {
					t.Fatal(err)
				}
				got := outcome(t, &store)
				if want == "" {
					want = got
					t.Logf("of %d documents %d go", len(p.docs), strings.Count(got, " rejects "))
				} else if got != want {
					t.Errorf("%d shards, %d partitions, %d workers: another result", shards, partitions, workers)
				}
			}
			if strings.Count(want, "\n") != len(p.docs) || !strings.Contains(want, " rejects ") {
				t.Errorf("%d documents of %d", strings.Count(want, "\n"), len(p.docs))
			}
		})
	}
}

// A plan that is killed again and again, at random points, by any number of workers on
// shards in any order, ends with the same files, drop lists among them, as if nothing had
// happened. Each time, it begins with the shards that were not done.
func TestDividedAndKilled(t *testing.T) {
	for _, p := range plans() {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			rng := rand.New(rand.NewPCG(61, 62))
			const partitions = 3
			c := p.divide(7, rng)
			var whole storage.Memory
			if _, err := p.steps(&whole, partitions, 1, c).Run(t.Context(), 1); err != nil {
				t.Fatal(err)
			}
			want := files(t, &whole)

			kills := map[string]int{} // by step
			killedAll := func() bool {
				return !slices.ContainsFunc(p.steps(&whole, partitions, 1, c), func(s textmill.Step) bool { return kills[s.Name] == 0 })
			}
			for round := 0; round == 0 || !killedAll(); round++ {
				store := p.runKilled(t, partitions, c, rng, kills)
				got := files(t, store)
				maps.DeleteFunc(got, func(name, _ string) bool {
					return strings.HasPrefix(name, "reports/") || strings.HasPrefix(name, "work/tmp/")
				})
				if !maps.Equal(got, want) {
					t.Fatalf("killed %v, it left other files", kills)
				}
			}
			t.Logf("killed %v", kills)
		})
	}
}

// runKilled runs the plan, kills it, and does so again until it is done. It counts how
// often each step was killed.
func (p planned) runKilled(t *testing.T, partitions int, c *corpus, rng *rand.Rand, kills map[string]int) storage.Store {
	t.Helper()
	store := &storage.Memory{}
	for {
		rng.Shuffle(len(c.names), func(i, k int) { c.names[i], c.names[k] = c.names[k], c.names[i] })
		failing := storagetest.KillAfter(store, rng.IntN(500))
		plan := p.steps(failing, partitions, 1+rng.IntN(8), c)
		for i, s := range plan {
			plan[i].Job = checkpoint.Job(s.Job, failing, "reports/"+s.Name, "")
		}
		reports, err := plan.Run(t.Context(), 1+rng.IntN(8))
		if err == nil {
			return store
		}
		if !errors.Is(err, storagetest.ErrInjected) {
			t.Fatal(err)
		}
		kills[plan[len(reports)-1].Name]++
	}
}
