package work

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/awsrun/internal/spec"
	"github.com/textmill/textmill/dedup"
	"github.com/textmill/textmill/dedup/sketch"
	"github.com/textmill/textmill/jsonl"
	"github.com/textmill/textmill/storage"
)

// A mill is the usual plan in small: documents are filtered, near-duplicates of the
// whole corpus are dropped, and what stays is published.
type mill struct {
	store  storage.Store // of the run
	inputs storage.Store
	parts  int // in which near-duplicates are looked for

	// Where a test interferes: a stage of the step clean, and one of publish.
	clean, publish func(context.Context, *textmill.Document) (textmill.Verdict, error)

	tolerated []string
	maxErrors int
	settings  []string
}

// run returns a new Run, as every container has it.
func (m mill) run() *Run {
	fuzzy := &dedup.Fuzzy{
		Store: m.store, Dir: "fuzzy", Scratch: new(storage.Memory), // so that killed runs leave nothing
		Sketch: sketch.Settings{Unit: sketch.Words, Size: 3, Bands: 4, Rows: 3}, Partitions: cmp.Or(m.parts, 2),
	}
	src := Inputs(&jsonl.Source{Store: m.inputs})
	stage := func(name string, f func(context.Context, *textmill.Document) (textmill.Verdict, error)) textmill.Stage {
		if f == nil {
			f = func(context.Context, *textmill.Document) (textmill.Verdict, error) { return textmill.Keep, nil }
		}
		return textmill.Named(name, textmill.StageFunc(f))
	}
	long := func(d *textmill.Document) bool { return len(d.Text) > 20 }
	plan := slices.Concat(
		textmill.Plan{{Name: "clean", Job: &textmill.Pipeline{
			Source: src, Stages: []textmill.Stage{stage("clean", m.clean), textmill.Filter("short", long)},
			Sink:      textmill.Tee(jsonl.Sink{Store: m.store, Dir: "clean", Suffix: ".jsonl"}, fuzzy.Signatures()),
			Rejects:   jsonl.Sink{Store: m.store, Dir: "rejects/clean", Suffix: ".jsonl"},
			Workers:   1,
			MaxErrors: m.maxErrors,
		}}},
		fuzzy.Steps(src),
		textmill.Plan{{Name: "publish", Job: &textmill.Pipeline{
			Source:  folder{src, jsonl.Source{Store: m.store, Dir: "clean"}},
			Stages:  []textmill.Stage{fuzzy.Filter(), stage("publish", m.publish)},
			Sink:    jsonl.Sink{Store: m.store, Dir: "documents", Suffix: ".jsonl"},
			Rejects: jsonl.Sink{Store: m.store, Dir: "rejects/publish", Suffix: ".jsonl"},
			Workers: 1,
		}}},
	)
	r := &Run{Store: m.store, Plan: plan, Identity: Identity{Name: "mill", Version: "1", Settings: m.settings}, Tolerated: map[string]bool{}}
	for _, s := range plan {
		r.Identity.Steps = append(r.Identity.Steps, s.Name)
	}
	for _, s := range m.tolerated {
		r.Tolerated[s] = true
	}
	return r
}

// A folder holds what a step has left of each shard of src.
type folder struct {
	src textmill.Source
	jsonl.Source
}

func (f folder) Shards(ctx context.Context) ([]textmill.Shard, error) { return f.src.Shards(ctx) }

// temporary are the files that only later steps of a mill read.
func temporary(name string) bool {
	return strings.HasPrefix(name, "clean/") || strings.HasPrefix(name, "fuzzy/")
}

// crawl returns a store with a file of documents for each name. Some say nearly what
// others say, in other files as well.
func crawl(t testing.TB, names ...string) *storage.Memory {
	t.Helper()
	store := new(storage.Memory)
	for _, name := range names {
		put(t, store, name+".jsonl", file(name))
	}
	return store
}

var words = strings.Fields("mill wheel water stone flour grain sack bread oven river weir miller morning cart horse rope beam dust sieve barn")

func file(name string) []byte {
	rng := rand.New(rand.NewPCG(7, uint64(name[0])))
	var b bytes.Buffer
	for i := range 6 {
		pick := rng
		if i%2 == 0 { // the same text in all files, but for an end of its own
			pick = rand.New(rand.NewPCG(uint64(i), 0))
		}
		var text []string
		for range 40 {
			text = append(text, words[pick.IntN(len(words))])
		}
		fmt.Fprintf(&b, "{\"id\":\"%s-%d\",\"text\":\"%s %s\"}\n", name, i, strings.Join(text, " "), name)
	}
	fmt.Fprintf(&b, "{\"id\":\"%s-short\",\"text\":\"too short\"}\n", name)
	return b.Bytes()
}

func put(t testing.TB, store storage.Store, name string, b []byte) {
	t.Helper()
	w, err := store.Create(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func get(t testing.TB, store storage.Store, name string) []byte {
	t.Helper()
	r, err := store.Open(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func remove(t testing.TB, store storage.Store, name string) {
	t.Helper()
	if err := store.Remove(t.Context(), name); err != nil {
		t.Fatal(err)
	}
}

// all returns the batch of all shards of a list.
func all(l Listing) []Batch {
	if len(l.Shards) == 0 {
		return nil
	}
	return []Batch{{0, len(l.Shards) - 1}}
}

// step lists a step and does all of it in one go.
func (m mill) step(ctx context.Context, name string) (Listing, Outcome, error) {
	r := m.run()
	l, err := r.List(ctx, name, Batching{})
	if err != nil {
		return l, Outcome{}, err
	}
	out, err := r.Do(ctx, name, all(l), Doing{})
	return l, out, err
}

// steps does all steps and the report. What shards fail of is an error.
func (m mill) steps(ctx context.Context) (Total, error) {
	for _, s := range m.run().Plan {
		_, out, err := m.step(ctx, s.Name)
		if err == nil && out.Class > Data {
			err = out.Err
		}
		if err != nil {
			return Total{}, fmt.Errorf("%s: %w", s.Name, err)
		}
	}
	return m.run().Report(ctx, temporary)
}

func (m mill) mustStep(t testing.TB, name string) (Listing, Outcome) {
	t.Helper()
	l, out, err := m.step(t.Context(), name)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return l, out
}

func (m mill) mustSteps(t testing.TB) Total {
	t.Helper()
	total, err := m.steps(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return total
}

// containers does all steps as containers do, each with a Run of its own, batches in any
// order.
func (m mill) containers(ctx context.Context, rng *rand.Rand) (Total, error) {
	for _, s := range m.run().Plan {
		l, err := m.run().List(ctx, s.Name, Batching{Target: 2 * time.Second, PerShard: time.Second})
		if err != nil {
			return Total{}, err
		}
		for _, i := range rng.Perm(len(l.Batches)) {
			out, err := m.run().Do(ctx, s.Name, l.Batches[i:i+1], Doing{Parallel: 1 + rng.IntN(3)})
			if err != nil {
				return Total{}, err
			}
			if out.Class > Data {
				return Total{}, out.Err
			}
		}
	}
	return m.run().Report(ctx, temporary)
}

// tree returns the digest of every file in the store but for those that tell how far the
// run is.
func tree(t testing.TB, store storage.Store) string {
	t.Helper()
	var sb strings.Builder
	for info, err := range store.List(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(info.Name, spec.Work+"/") {
			fmt.Fprintf(&sb, "%s %x\n", info.Name, sha256.Sum256(get(t, store, info.Name)))
		}
	}
	return sb.String()
}

// diff returns the lines of a and b that the other does not have.
func diff(a, b string) string {
	in := func(s string) map[string]bool {
		m := map[string]bool{}
		for l := range strings.Lines(s) {
			m[l] = true
		}
		return m
	}
	var sb strings.Builder
	for sign, pair := range map[string][2]map[string]bool{"-": {in(b), in(a)}, "+": {in(a), in(b)}} {
		for _, l := range slices.Sorted(maps.Keys(pair[1])) {
			if !pair[0][l] {
				sb.WriteString(sign + l)
			}
		}
	}
	return sb.String()
}

// fresh does the whole plan over the given inputs in a store of its own.
func fresh(t testing.TB, inputs storage.Store) (Total, string) {
	t.Helper()
	m := mill{store: new(storage.Memory), inputs: inputs}
	return m.mustSteps(t), tree(t, m.store)
}

// begun counts the shards that are begun in a step, by a wrapper of its job.
type begun struct {
	mu    sync.Mutex
	names []string
}

func (b *begun) wrap(j textmill.Job) textmill.Job { return begunJob{j, b} }

type begunJob struct {
	textmill.Job
	b *begun
}

func (j begunJob) RunShard(ctx context.Context, s textmill.Shard) (textmill.Report, error) {
	j.b.mu.Lock()
	j.b.names = append(j.b.names, s.Name)
	j.b.mu.Unlock()
	return j.Job.RunShard(ctx, s)
}
