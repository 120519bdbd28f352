package checkpoint_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/checkpoint"
	"github.com/textmill/textmill/storage"
	"github.com/textmill/textmill/storage/storagetest"
)

// work is a job that writes one object, out/SHARD, for each of its shards.
type work struct {
	store  storage.Store
	shards []string
	make   func(shard string) string // what the object holds; if nil, the name of the shard

	mu   sync.Mutex
	done map[string]int // how often each shard was begun
}

func (j *work) Shards(context.Context) ([]textmill.Shard, error) {
	var out []textmill.Shard
	for i, name := range j.shards {
		out = append(out, textmill.Shard{Index: i, Name: name})
	}
	return out, nil
}

func (j *work) RunShard(ctx context.Context, shard textmill.Shard) (textmill.Report, error) {
	j.mu.Lock()
	if j.done == nil {
		j.done = map[string]int{}
	}
	j.done[shard.Name]++
	j.mu.Unlock()
	contents := shard.Name
	if j.make != nil {
		contents = j.make(shard.Name)
	}
	out, err := storage.NewOutput(ctx, j.store, "out/"+shard.Name)
	if err != nil {
		return textmill.Report{}, err
	}
	defer out.Close()
	if _, err := io.WriteString(out, contents); err != nil {
		return textmill.Report{}, err
	}
	if err := out.Commit(ctx, 1); err != nil {
		return textmill.Report{}, err
	}
	return textmill.Report{Read: 1, Written: 1, BytesWritten: int64(len(contents)), Outputs: []textmill.Object{out.Object()}}, nil
}

func put(t *testing.T, s storage.Store, name, contents string) {
	t.Helper()
	w, err := s.Create(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	io.WriteString(w, contents)
	if err := w.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// contents returns all of a store but the reports, and the reports' names.
func contents(t *testing.T, s storage.Store) (objects map[string]string, reports []string) {
	t.Helper()
	objects = map[string]string{}
	for o, err := range s.List(context.Background(), "") {
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(o.Name, "reports/") {
			reports = append(reports, o.Name)
			continue
		}
		r, err := s.Open(context.Background(), o.Name)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		objects[o.Name] = string(b)
	}
	return objects, reports
}

func names(n int) (out []string) {
	for i := range n {
		out = append(out, fmt.Sprintf("%05d", i))
	}
	return out
}

func TestFinishedShardsAreNotDoneAgain(t *testing.T) {
	store := &storage.Memory{}
	w := &work{store: store, shards: names(3)}
	j := checkpoint.Job(w, store, "reports", "f")
	first, err := textmill.RunJob(t.Context(), j, 1)
	if err != nil {
		t.Fatal(err)
	}
	second, err := textmill.RunJob(t.Context(), j, 2)
	if err != nil || !reflect.DeepEqual(second, first) {
		t.Errorf("second run: %+v, want %+v; error %v", second, first, err)
	}
	for name, n := range w.done {
		if n != 1 {
			t.Errorf("%s was done %d times", name, n)
		}
	}
	if _, reports := contents(t, store); !slices.Equal(reports, []string{"reports/00000.json", "reports/00001.json", "reports/00002.json"}) {
		t.Errorf("reports: %q", reports)
	}
}

// More shards, in another order: those done stay done.
func TestResumeInOtherOrder(t *testing.T) {
	store := &storage.Memory{}
	w := &work{store: store, shards: []string{"b", "d"}}
	if _, err := textmill.RunJob(t.Context(), checkpoint.Job(w, store, "reports", "f"), 1); err != nil {
		t.Fatal(err)
	}
	w = &work{store: store, shards: []string{"e", "d", "c", "b", "a"}}
	r, err := textmill.RunJob(t.Context(), checkpoint.Job(w, store, "reports", "f"), 2)
	if err != nil || r.Written != 5 || len(r.Outputs) != 5 {
		t.Errorf("%+v, error %v", r, err)
	}
	if want := map[string]int{"a": 1, "c": 1, "e": 1}; !reflect.DeepEqual(w.done, want) {
		t.Errorf("done: %v, want %v", w.done, want)
	}
}

// The run is killed at any moment, and then at any moment of its second try:
// the third leaves what one run does that is never killed.
func TestKilledAtEveryPoint(t *testing.T) {
	run := func(s storage.Store, parallel int) (textmill.Report, error) {
		j := checkpoint.Job(&work{store: s, shards: names(4)}, s, "reports", "f", checkpoint.Verify(s))
		return textmill.RunJob(context.Background(), j, parallel)
	}
	whole := &storage.Memory{}
	wantReport, err := run(whole, 1)
	if err != nil {
		t.Fatal(err)
	}
	wantObjects, wantReports := contents(t, whole)
	stores := map[string]func() storage.Store{
		"memory": func() storage.Store { return &storage.Memory{} },
		"dir":    func() storage.Store { return storage.Dir(t.TempDir()) },
	}
	for name, newStore := range stores {
		for first := 0; ; first++ {
			alive := false
			seconds := []int{0, 2, 5, 13}
			if name == "dir" {
				seconds = []int{7} // disks are slow
			}
			for _, second := range seconds {
				store := newStore()
				killed := storagetest.KillAfter(store, first)
				_, err := run(killed, 1)
				if alive = !killed.Failed(); alive != (err == nil) {
					t.Errorf("%s: killed after %d calls: error %v", name, first, err)
				}
				_, reports := contents(t, store)
				for _, r := range reports { // a shard with a report is whole
					shard := strings.TrimSuffix(strings.TrimPrefix(r, "reports/"), ".json")
					if objects, _ := contents(t, store); objects["out/"+shard] != shard {
						t.Errorf("%s: killed after %d calls: %s is finished but holds %q", name, first, shard, objects["out/"+shard])
					}
				}
				run(storagetest.KillAfter(store, second), 2)
				got, err := run(store, 2)
				if err != nil || !reflect.DeepEqual(got, wantReport) {
					t.Errorf("%s: killed after %d and %d calls: report %+v, want %+v; error %v", name, first, second, got, wantReport, err)
				}
				objects, reports := contents(t, store)
				if !reflect.DeepEqual(objects, wantObjects) || !slices.Equal(reports, wantReports) {
					t.Errorf("%s: killed after %d and %d calls: %v, %q", name, first, second, objects, reports)
				}
			}
			if alive {
				if first < 20 {
					t.Errorf("only %d calls", first)
				}
				break
			}
		}
	}
}

// One call fails: the error surfaces, and the next run mends it.
func TestFailures(t *testing.T) {
	for n := 1; ; n++ {
		store := &storage.Memory{}
		failing := storagetest.FailNth(store, n)
		w := &work{store: failing, shards: names(2)}
		_, err := textmill.RunJob(t.Context(), checkpoint.Job(w, failing, "reports", "f"), 1)
		if !failing.Failed() {
			if err != nil || n < 10 {
				t.Errorf("%d calls, error %v", n-1, err)
			}
			break
		}
		if !errors.Is(err, storagetest.ErrInjected) {
			t.Errorf("call %d: error %v", n, err)
		}
		w = &work{store: store, shards: names(2)}
		if r, err := textmill.RunJob(t.Context(), checkpoint.Job(w, store, "reports", "f"), 1); err != nil || r.Written != 2 {
			t.Errorf("call %d: again: %+v, error %v", n, r, err)
		}
	}
}

func TestOtherRun(t *testing.T) {
	store := &storage.Memory{}
	if _, err := textmill.RunJob(t.Context(), checkpoint.Job(&work{store: store, shards: names(1)}, store, "reports", "f"), 1); err != nil {
		t.Fatal(err)
	}
	w := &work{store: store, shards: names(1)}
	_, err := textmill.RunJob(t.Context(), checkpoint.Job(w, store, "reports", "g"), 1)
	if !errors.Is(err, checkpoint.ErrOtherRun) || !strings.Contains(err.Error(), "reports/00000.json") || len(w.done) != 0 {
		t.Errorf("error %v; done: %v", err, w.done)
	}
	t.Log(err)
	if _, err := textmill.RunJob(t.Context(), checkpoint.Job(w, store, "other", "g"), 1); err != nil || len(w.done) != 1 {
		t.Errorf("in a folder of its own: error %v; done: %v", err, w.done)
	}
}

func TestDamagedReport(t *testing.T) {
	for _, damage := range []string{"", "{", "null", "[]", "{}", `{"shard":1}`, `{"fingerprint":"f","report":{}}`, `{"shard":"00000","fingerprint":"f"} x`} {
		store := &storage.Memory{}
		put(t, store, "reports/00000.json", damage)
		w := &work{store: store, shards: names(1)}
		j := checkpoint.Job(w, store, "reports", "f")
		if _, err := textmill.RunJob(t.Context(), j, 1); err == nil || !strings.Contains(err.Error(), "reports/00000.json") || len(w.done) != 0 {
			t.Errorf("%q: error %v; done: %v", damage, err, w.done)
		}
		if err := store.Remove(t.Context(), "reports/00000.json"); err != nil { // as the error says
			t.Fatal(err)
		}
		if _, err := textmill.RunJob(t.Context(), j, 1); err != nil {
			t.Errorf("%q: after removing it: %v", damage, err)
		}
	}
	store := &storage.Memory{}
	put(t, store, "reports/00000.json", strings.Repeat(" ", 64<<20+1))
	if _, err := textmill.RunJob(t.Context(), checkpoint.Job(&work{store: store, shards: names(1)}, store, "reports", "f"), 1); err == nil || !strings.Contains(err.Error(), "longer") {
		t.Errorf("a huge report: error %v", err)
	}
}

// A report in a file of another shard's name, as on file systems that do not
// tell upper from lower case.
func TestReportOfOtherShard(t *testing.T) {
	store := &storage.Memory{}
	put(t, store, "reports/a.json", `{"shard":"A","fingerprint":"f","report":{}}`)
	w := &work{store: store, shards: []string{"a"}}
	if _, err := textmill.RunJob(t.Context(), checkpoint.Job(w, store, "reports", "f"), 1); err == nil || !strings.Contains(err.Error(), `"A"`) || len(w.done) != 0 {
		t.Errorf("error %v; done: %v", err, w.done)
	}
}

func TestVerify(t *testing.T) {
	for name, tt := range map[string]struct {
		damage func(*testing.T, storage.Store)
		verify bool
		done   int
	}{
		"nothing":             {func(*testing.T, storage.Store) {}, true, 0},
		"output removed":      {func(t *testing.T, s storage.Store) { s.Remove(t.Context(), "out/00001") }, true, 1},
		"output cut":          {func(t *testing.T, s storage.Store) { put(t, s, "out/00001", "0000") }, true, 1},
		"removed, not looked": {func(t *testing.T, s storage.Store) { s.Remove(t.Context(), "out/00001") }, false, 0},
	} {
		store := &storage.Memory{}
		var options []checkpoint.Option
		if tt.verify {
			options = append(options, checkpoint.Verify(store))
		}
		if _, err := textmill.RunJob(t.Context(), checkpoint.Job(&work{store: store, shards: names(3)}, store, "reports", "f", options...), 1); err != nil {
			t.Fatal(err)
		}
		tt.damage(t, store)
		w := &work{store: store, shards: names(3)}
		r, err := textmill.RunJob(t.Context(), checkpoint.Job(w, store, "reports", "f", options...), 1)
		if err != nil || r.Written != 3 || len(w.done) != tt.done {
			t.Errorf("%s: %+v, error %v; done: %v", name, r, err, w.done)
		}
		if objects, _ := contents(t, store); tt.verify && objects["out/00001"] != "00001" {
			t.Errorf("%s: not mended: %q", name, objects["out/00001"])
		}
	}
}

// Two machines do the same shard at once. Both are content if they made the
// same; if not, the later one is told.
func TestTwoMachines(t *testing.T) {
	for _, same := range []bool{true, false} {
		store := &storage.Memory{}
		both := make(chan struct{})
		var arrived sync.WaitGroup
		arrived.Add(2)
		go func() { arrived.Wait(); close(both) }()
		machine := func(name string) error {
			w := &work{store: store, shards: []string{"s"}, make: func(string) string {
				arrived.Done()
				<-both // the other has begun too
				if same {
					return "same"
				}
				return name
			}}
			r, err := textmill.RunJob(context.Background(), checkpoint.Job(w, store, "reports", "f"), 1)
			if err == nil && r.Written != 1 {
				t.Errorf("%+v", r)
			}
			return err
		}
		var wg sync.WaitGroup
		errs := make([]error, 2)
		for i := range errs {
			wg.Go(func() { errs[i] = machine(fmt.Sprint("machine ", i)) })
		}
		wg.Wait()
		for _, err := range errs {
			if err != nil && (same || !errors.Is(err, checkpoint.ErrDiffers)) {
				t.Errorf("same: %v: error %v", same, err)
			}
		}
		if _, reports := contents(t, store); len(reports) != 1 {
			t.Errorf("reports: %q", reports)
		}
	}
}

// What ErrDiffers is for, without chance: the output was lost and is made again,
// but otherwise.
func TestDiffers(t *testing.T) {
	store := &storage.Memory{}
	n := 0
	w := &work{store: store, shards: []string{"s"}, make: func(string) string { n++; return strings.Repeat("x", n) }}
	j := checkpoint.Job(w, store, "reports", "f", checkpoint.Verify(store))
	if _, err := textmill.RunJob(t.Context(), j, 1); err != nil {
		t.Fatal(err)
	}
	store.Remove(t.Context(), "out/s")
	if _, err := textmill.RunJob(t.Context(), j, 1); !errors.Is(err, checkpoint.ErrDiffers) || !strings.Contains(err.Error(), "reports/s.json") {
		t.Errorf("error %v", err)
	}
}

func TestFailedShardHasNoReport(t *testing.T) {
	store := &storage.Memory{}
	failing := storagetest.FailNth(&storage.Memory{}, 2)
	if _, err := textmill.RunJob(t.Context(), checkpoint.Job(&work{store: failing, shards: names(1)}, store, "reports", "f"), 1); err == nil {
		t.Error("no error")
	}
	if _, reports := contents(t, store); len(reports) != 0 {
		t.Errorf("reports: %q", reports)
	}
}

func TestShardName(t *testing.T) {
	store := &storage.Memory{}
	for _, name := range []string{"", "\xff"} {
		if _, err := checkpoint.Job(&work{store: store}, store, "reports", "f").RunShard(t.Context(), textmill.Shard{Name: name}); err == nil {
			t.Errorf("%q: no error", name)
		}
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	store := &storage.Memory{}
	if _, err := checkpoint.Job(&work{store: store}, store, "reports", "f").RunShard(ctx, textmill.Shard{Name: "s"}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

// Whatever a shard is called, its report has a file of its own, and they come
// out in order of the shards' names.
func TestReports(t *testing.T) {
	long := strings.Repeat("long", 100)
	all := []string{
		"a", "a-b", "a.b", "a/b", "a%2Fb", "A", "..", ".", ".hidden", "a b", "é", "日本語", "00001", "CON", "x.json", "x", "%", "\x00", "a\\b", "~",
		long, strings.Repeat("/", 60), strings.Repeat("é", 100),
	}
	for _, store := range []storage.Store{&storage.Memory{}, storage.Dir(t.TempDir())} {
		for _, name := range all {
			j := checkpoint.Job(named{name}, store, "re/ports", "f")
			if _, err := j.RunShard(t.Context(), textmill.Shard{Name: name}); err != nil {
				t.Errorf("%q: %v", name, err)
			}
		}
		put(t, store, "re/ports/notes.txt", "not a report")
		put(t, store, "re/ports/sub/x.json", "not a report")
		put(t, store, "re/ports-of-others/x.json", "not a report")
		var got []string
		for f, err := range checkpoint.Reports(t.Context(), store, "re/ports") {
			if err != nil {
				t.Fatal(err)
			}
			if f.Fingerprint != "f" || f.Report.Counts[f.Shard] != 1 {
				t.Errorf("%+v", f)
			}
			got = append(got, f.Shard)
		}
		if want := slices.Sorted(slices.Values(all)); !slices.Equal(got, want) {
			t.Errorf("got\n%q, want\n%q", got, want)
		}
	}
}

// Names that differ only far behind are told apart as well.
func TestLongNames(t *testing.T) {
	store := storage.Dir(t.TempDir())
	want := map[string]bool{}
	for i := range 5 {
		name := fmt.Sprintf("%s/%d", strings.Repeat("long", 100), i)
		want[name] = true
		if _, err := checkpoint.Job(named{name}, store, "reports", "f").RunShard(t.Context(), textmill.Shard{Name: name}); err != nil {
			t.Error(err)
		}
	}
	for f, err := range checkpoint.Reports(t.Context(), store, "reports") {
		if err != nil || !want[f.Shard] {
			t.Errorf("%+v, error %v", f, err)
		}
		delete(want, f.Shard)
	}
	if len(want) != 0 {
		t.Errorf("not stored: %v", want)
	}
}

// named is a job whose report holds the name of its shard.
type named struct{ name string }

func (named) Shards(context.Context) ([]textmill.Shard, error) { return nil, nil }
func (n named) RunShard(context.Context, textmill.Shard) (textmill.Report, error) {
	return textmill.Report{Counts: map[string]int64{n.name: 1}}, nil
}

func TestReportsErrors(t *testing.T) {
	store := &storage.Memory{}
	for range checkpoint.Reports(t.Context(), store, "reports") {
		t.Error("a report out of nothing")
	}
	put(t, store, "reports/a.json", `{"shard":"a"}`)
	put(t, store, "reports/b.json", `{`)
	put(t, store, "reports/c.json", `{"shard":"c"}`)
	var got []string
	var last error
	for f, err := range checkpoint.Reports(t.Context(), store, "reports/") {
		got, last = append(got, f.Shard), err
	}
	if !slices.Equal(got, []string{"a", ""}) || last == nil || !strings.Contains(last.Error(), "reports/b.json") {
		t.Errorf("%q, error %v", got, last)
	}
	for range checkpoint.Reports(t.Context(), store, "reports") {
		break // stops without harm
	}
	for n := 1; ; n++ {
		failing := storagetest.FailNth(store, n)
		var last error
		for _, err := range checkpoint.Reports(t.Context(), failing, "reports") {
			last = err
		}
		if !failing.Failed() {
			break
		}
		if !errors.Is(last, storagetest.ErrInjected) {
			t.Errorf("call %d: error %v", n, last)
		}
	}
	gone := vanishing{store}
	got = nil
	for f, err := range checkpoint.Reports(t.Context(), gone, "reports") {
		if err != nil {
			break
		}
		got = append(got, f.Shard)
	}
	if len(got) != 0 {
		t.Errorf("reports that were removed meanwhile: %q", got)
	}
}

// vanishing lists objects that are gone when they are opened.
type vanishing struct{ storage.Store }

func (vanishing) Open(_ context.Context, name string) (io.ReadCloser, error) {
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}

func ExampleJob() {
	ctx := context.Background()
	store := &storage.Memory{} // or storage.Dir("out")
	p := &textmill.Pipeline{
		Source: textmill.Documents(&textmill.Document{ID: "a", Text: "A mill grinds."}),
		Stages: []textmill.Stage{textmill.Map("say", func(d *textmill.Document) { fmt.Println("processing", d.ID) })},
		Sink:   &textmill.Memory{},
	}
	for range 2 {
		report, err := textmill.RunJob(ctx, checkpoint.Job(p, store, "run/reports", "settings and inputs"), 1)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println("written:", report.Written)
	}
	for finished, err := range checkpoint.Reports(ctx, store, "run/reports") {
		fmt.Println(finished.Shard, finished.Report.Written, err)
	}
	// Output:
	// processing a
	// written: 1
	// written: 1
	// documents 1 <nil>
}
