package awsrun

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/awsrun/internal/work"
	"github.com/textmill/textmill/manifest"
	"github.com/textmill/textmill/storage"
)

// What run and plan print, and that the second time there is nothing to do.
func TestRun(t *testing.T) {
	dir := t.TempDir()
	golden(t, "plan_before.golden", must(t, nil, "-store", dir, "plan"))
	if files, err := os.ReadDir(dir); err != nil || len(files) > 0 {
		t.Errorf("plan wrote %v, %v", files, err)
	}
	first := call(t, nil, "-store", dir, "run")
	if first.status != 0 {
		t.Fatalf("%+v", first)
	}
	golden(t, "run.golden", timeless(first.stdout))
	golden(t, "plan_after.golden", must(t, nil, "-store", dir, "plan"))
	before := tree(t, dir)

	second := call(t, nil, "-store", dir, "run", "-parallel", "2")
	if second.status != 0 || timeless(second.stdout) != timeless(first.stdout) {
		t.Errorf("second: %+v", second)
	}
	for _, step := range []string{"clean: 3/3 shards (3 done before)", "exact-match: 2/2 shards (2 done before)", "publish: 3/3 shards (3 done before)"} {
		if !strings.Contains(second.stderr, step+"\n") {
			t.Errorf("second: %q does not say %s", second.stderr, step)
		}
	}
	if got := timeless(must(t, nil, "-store", dir, "report")); got != timeless(first.stdout) {
		t.Errorf("report prints\n%s", got)
	}
	if after := tree(t, dir); after != before {
		t.Errorf("second: other files\n%s\n%s", before, after)
	}
	checkManifest(t, dir)
}

// checkManifest returns the digest of a manifest that is that of what is there.
func checkManifest(t testing.TB, dir string) string {
	t.Helper()
	m, err := manifest.Read(t.Context(), storage.Dir(dir), "manifest.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Verify(t.Context(), storage.Dir(dir)); err != nil {
		t.Error(err)
	}
	for _, s := range m.Shards {
		for _, o := range s.Outputs {
			if strings.HasPrefix(o.Name, "clean/") || strings.HasPrefix(o.Name, "exact/") {
				t.Errorf("%s, which will not stay, is in the manifest", o.Name)
			}
		}
	}
	return m.Digest
}

// The commands of the state machine, each a process of its own, come to what run comes to.
func TestContainers(t *testing.T) {
	whole, dir := t.TempDir(), t.TempDir()
	must(t, nil, "-store", whole, "-upper", "run")
	e := env{"TEXTMILL_STORE": dir, "TEXTMILL_SETTINGS": `["-upper=true"]`, "TEXTMILL_TIME_LIMIT": "3600s"}
	for name, v := range container {
		e[name] = v
	}
	for _, step := range []string{"clean", "exact-match", "exact-collect", "publish"} {
		must(t, e, "list", step)
		b, err := os.ReadFile(filepath.Join(dir, ".textmill/steps", step, "batches.json"))
		if err != nil {
			t.Fatal(err)
		}
		var batches []struct{ Shards string }
		if err := json.Unmarshal(b, &batches); err != nil || len(batches) == 0 {
			t.Fatalf("%s: %s, %v", step, b, err)
		}
		for _, batch := range batches {
			must(t, e, "shards", step, batch.Shards)
		}
	}
	must(t, e, "report")
	if got, want := tree(t, dir), tree(t, whole); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	checkManifest(t, dir)
}

// A bad input, and what is said of it, until it is mended.
func TestRunQuarantine(t *testing.T) {
	in, dir := inputs(t), t.TempDir()
	good, err := os.ReadFile(filepath.Join(in, "b.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(in, "b.jsonl"), "no JSON\n")
	c := call(t, nil, "-in", in, "-store", dir, "run")
	if c.status != 65 {
		t.Fatalf("%+v", c)
	}
	golden(t, "quarantine.golden", timeless(c.stdout))
	golden(t, "plan_quarantine.golden", must(t, nil, "-in", in, "-store", dir, "plan"))
	if got := must(t, nil, "-in", in, "-store", dir, "list", "clean"); got != "clean: 3 shards, 2 done, 1 in quarantine; 0 batches\n" {
		t.Errorf("list: %s", got)
	}
	if again := call(t, nil, "-in", in, "-store", dir, "run"); again.status != 65 || timeless(again.stdout) != timeless(c.stdout) {
		t.Errorf("again: %+v", again)
	}
	write(t, filepath.Join(in, "b.jsonl"), string(good))
	c = call(t, nil, "-in", in, "-store", dir, "run", "-retry")
	if c.status != 0 || !strings.Contains(c.stderr, "1 shards are out of quarantine; 0, whose outputs are gone, are done again\n") {
		t.Errorf("mended: %+v", c)
	}
	whole := t.TempDir()
	must(t, nil, "-in", in, "-store", whole, "run")
	if checkManifest(t, dir) != checkManifest(t, whole) {
		t.Error("mended: not the digest of a run that had a good input from the start")
	}
}

// Outputs that are gone, and files that are no part of the run any more.
func TestRunLostAndStale(t *testing.T) {
	in, dir := inputs(t), t.TempDir()
	must(t, nil, "-in", in, "-store", dir, "run")
	want := checkManifest(t, dir)
	gone := filepath.Join(dir, "documents/c.jsonl")
	if err := os.Remove(gone); err != nil {
		t.Fatal(err)
	}
	if c := call(t, nil, "-in", in, "-store", dir, "run"); c.status != 64 || !strings.Contains(c.stderr, "such as documents/c.jsonl: -retry makes them again") {
		t.Errorf("%+v", c)
	}
	must(t, nil, "-in", in, "-store", dir, "run", "-retry")
	if checkManifest(t, dir) != want {
		t.Error("another digest")
	}
	if err := os.Remove(filepath.Join(in, "c.jsonl")); err != nil {
		t.Fatal(err)
	}
	golden(t, "stale.golden", timeless(must(t, nil, "-in", in, "-store", dir, "run")))
	var total work.Total
	if err := json.Unmarshal([]byte(must(t, nil, "-in", in, "-store", dir, "report", "-json")), &total); err != nil || len(total.Stale) != 5 || !total.Finished() || total.Digest != checkManifest(t, dir) {
		t.Errorf("%+v, %v", total, err)
	}
}

// Many of them are not all named.
func TestPrintStale(t *testing.T) {
	var b strings.Builder
	printStale(&b, make([]string, maxStale))
	if lines := strings.Split(b.String(), "\n"); len(lines) != 1+maxStale+1 {
		t.Errorf("%q", lines)
	}
	b.Reset()
	printStale(&b, make([]string, maxStale+2))
	if lines := strings.Split(b.String(), "\n"); len(lines) != 1+maxStale+2 || lines[1+maxStale] != "  and 2 more: see report -json" {
		t.Errorf("%q", lines)
	}
}

// Where a step tolerates failures, a run here goes on as one on AWS does; but not if it
// was told to stop.
func TestRunTolerated(t *testing.T) {
	for _, tt := range []struct {
		percentage int
		status     int
	}{{0, 75}, {33, 75}, {34, 65}, {100, 65}} {
		s, c := mill()
		c.Steps = map[string]Step{"clean": {ToleratedFailurePercentage: tt.percentage}}
		got := callWith(t, s.plan, c, nil, "-down=b-1", "-store", t.TempDir(), "run")
		if got.status != tt.status {
			t.Errorf("%d %%: %+v", tt.percentage, got)
		}
		if tt.status != 65 {
			continue
		}
		if !strings.Contains(got.stderr, "clean: 1 shards failed, which is tolerated: trouble: b#1: the server is down\n") ||
			!strings.Contains(got.stdout, "in quarantine: clean: b: it was not finished, which is tolerated in this step: its log says why\n") {
			t.Errorf("%d %%: %+v", tt.percentage, got)
		}
	}
}

// A job stops by itself at its time limit, keeps what is done, and gives up what is
// not; so no shard is begun that would not come to its end.
func TestTimeLimit(t *testing.T) {
	for _, tt := range []struct {
		limit      string
		status     int
		did, said  string
		took       time.Duration
		afterwards string
	}{
		{"1h", 0, "a b c", "", 30 * time.Minute, ""},
		{"25m", 75, "a b", "2 done, 0 in quarantine, 0 failed, 1 left: stopped before all shards were done", 20 * time.Minute, "c"},
		{"5m", 75, "a", "0 done, 0 in quarantine, 1 failed, 2 left: the time limit of the job is reached: see awsrun.Step.TimeLimit", 5 * time.Minute, "a b c"},
	} {
		synctest.Test(t, func(t *testing.T) {
			dir, did := t.TempDir(), []string{}
			slow := textmill.StageFunc(func(ctx context.Context, d *textmill.Document) (textmill.Verdict, error) {
				if !strings.HasSuffix(d.ID, "-0") {
					return textmill.Keep, nil
				}
				did = append(did, d.ID[:1])
				select {
				case <-time.After(10 * time.Minute):
					return textmill.Keep, nil
				case <-ctx.Done():
					return textmill.Keep, context.Cause(ctx)
				}
			})
			plan := func(ctx context.Context, store storage.Store) (textmill.Plan, error) {
				s, _ := mill()
				s.in = "testdata/in"
				p, err := s.plan(ctx, store)
				p[0].Job.(*textmill.Pipeline).Stages[0] = textmill.Named("trouble", slow)
				return p, err
			}
			_, c := mill()
			run := func(limit string, args ...string) console {
				return callWith(t, plan, c, env{"TEXTMILL_TIME_LIMIT": limit}, append([]string{"-store", dir}, args...)...)
			}
			if c := run("", "list", "clean"); c.status != 0 {
				t.Fatalf("%+v", c)
			}
			began := time.Now()
			got := run(tt.limit, "shards", "clean", "0..2")
			if took := time.Since(began); got.status != tt.status || !strings.Contains(got.stderr, tt.said) || took != tt.took || strings.Join(did, " ") != tt.did {
				t.Errorf("%s: after %v, %v: %+v", tt.limit, took, did, got)
			}
			did = nil
			if c := run("", "shards", "clean", "0..2"); c.status != 0 || strings.Join(did, " ") != tt.afterwards {
				t.Errorf("%s: gone on with: %v: %+v", tt.limit, did, c)
			}
		})
	}
}

// A list is cut by what was measured.
func TestBatching(t *testing.T) {
	s, c := mill()
	c.Default = Step{BatchDuration: time.Minute, VCPU: 2}
	c.Steps = map[string]Step{"publish": {BatchDuration: time.Hour, VCPU: 0.5}}
	p := &program{Config: c}
	store := new(storage.Memory)
	plan, err := s.plan(t.Context(), store)
	if err != nil {
		t.Fatal(err)
	}
	r := &work.Run{Store: store, Plan: plan}
	expect := func(step string, want work.Batching) {
		t.Helper()
		if b, err := p.batching(t.Context(), r, step); err != nil || b != want {
			t.Errorf("%s: %+v, %v, want %+v", step, b, err, want)
		}
	}
	expect("clean", work.Batching{Target: time.Minute})
	expect("publish", work.Batching{Target: time.Hour})
	err = manifest.WriteJSON(t.Context(), store, ratesFile, rates{
		"clean":       {Shards: 4, Bytes: 8 << 20, CoreSeconds: 16},
		"publish":     {Shards: 2, CoreSeconds: 3},
		"exact-match": {Shards: 0, CoreSeconds: 1},
	})
	if err != nil {
		t.Fatal(err)
	}
	expect("clean", work.Batching{Target: time.Minute, PerMiB: time.Second, PerShard: 2 * time.Second})
	expect("publish", work.Batching{Target: time.Hour, PerShard: 3 * time.Second})
	expect("exact-match", work.Batching{Target: time.Minute})
	expect("exact-collect", work.Batching{Target: time.Minute})

	w, err := store.Create(t.Context(), ratesFile)
	if err != nil {
		t.Fatal(err)
	}
	w.Write([]byte("{"))
	if err := w.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := p.batching(t.Context(), r, "clean"); err == nil || !strings.HasPrefix(err.Error(), ratesFile+" is damaged: remove it: ") {
		t.Errorf("%v", err)
	}
}

// There is room for so many batches in inline Maps, in all steps together.
func TestBatchingInline(t *testing.T) {
	plan := func(n int) (steps textmill.Plan) {
		for i := range n {
			steps = append(steps, textmill.Step{Name: fmt.Sprint("step-", i)})
		}
		return steps
	}
	p := &program{Config: Config{Name: "mill", AWS: AWS{Inline: true}}}
	for _, tt := range []struct{ steps, least, most int }{{1, 500, 700}, {4, 100, 170}, {1000, 1, 1}} {
		r := &work.Run{Store: new(storage.Memory), Plan: plan(tt.steps)}
		if b, err := p.batching(t.Context(), r, "step-0"); err != nil || b.Most < tt.least || b.Most > tt.most {
			t.Errorf("%d steps: at most %d, %v", tt.steps, b.Most, err)
		}
	}
	p.Default.VCPU = 17
	if _, err := p.batching(t.Context(), &work.Run{Store: new(storage.Memory), Plan: plan(1)}, "step-0"); work.Classify(err) != work.Settings {
		t.Errorf("%v", err)
	}
}

// What a step is about can be told before anything was done.
func TestPlanJSON(t *testing.T) {
	dir := t.TempDir()
	var steps []work.Progress
	read := func() {
		t.Helper()
		steps = nil
		if err := json.Unmarshal([]byte(must(t, nil, "-store", dir, "plan", "-json")), &steps); err != nil || len(steps) != 4 {
			t.Fatalf("%+v, %v", steps, err)
		}
	}
	read()
	if s := steps[0]; s.Listed || s.Shards != 3 || s.Bytes == 0 || s.Pending() != 3 {
		t.Errorf("%+v", s)
	}
	var summary map[string]any
	if err := json.Unmarshal([]byte(must(t, nil, "-store", dir, "list", "-json", "clean")), &summary); err != nil || summary["shards"] != 3.0 || summary["batches"] != 1.0 || summary["step"] != "clean" {
		t.Errorf("%v, %v", summary, err)
	}
	read()
	if s := steps[0]; !s.Listed || s.Pending() != 3 || steps[1].Listed {
		t.Errorf("%+v", steps)
	}
	c := call(t, nil, "-store", dir, "report", "-json")
	var total work.Total
	if err := json.Unmarshal([]byte(c.stdout), &total); err != nil || c.status != 75 || total.Digest != "" || len(total.Steps) != 4 {
		t.Errorf("%+v, %v", c, err)
	}

	// An input that cannot be listed.
	_, config := mill()
	boom := errors.New("no list")
	plan := textmill.Plan{{Name: "one", Job: listless{boom}}}
	if c := callWith(t, planOf(plan, nil), config, nil, "-store", dir+"/other", "plan"); c.status != 75 || c.stderr != "testmill: list the shards of one: no list\n" {
		t.Errorf("%+v", c)
	}
}

type listless struct{ err error }

func (l listless) Shards(context.Context) ([]textmill.Shard, error) { return nil, l.err }

func (l listless) RunShard(context.Context, textmill.Shard) (textmill.Report, error) {
	return textmill.Report{}, nil
}
