package work

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/awsrun/internal/spec"
	"github.com/textmill/textmill/storage"
)

// doing lists the step of r and does all of it.
func doing(t testing.TB, ctx context.Context, r *Run, how Doing) (Outcome, error) {
	t.Helper()
	l, err := r.List(t.Context(), "step", Batching{})
	if err != nil {
		t.Fatal(err)
	}
	return r.Do(ctx, "step", all(l), how)
}

// Settings that are wrong stop what is under way, and no other shard is begun.
func TestSettingsStop(t *testing.T) {
	for parallel := range 4 {
		synctest.Test(t, func(t *testing.T) {
			wrong := BadSettings(errors.New("no such model"))
			r := runOf(job{shards: shardsOf("a", "b", "c", "d", "e", "f"), inputs: true, do: func(ctx context.Context, s textmill.Shard) (textmill.Report, error) {
				if s.Name == "b" {
					time.Sleep(time.Second) // the others of its time are under way
					return textmill.Report{}, fmt.Errorf("shard b: %w", wrong)
				}
				if s.Name == "a" {
					return textmill.Report{}, nil
				}
				<-ctx.Done()
				return textmill.Report{}, context.Cause(ctx)
			}})
			var mu sync.Mutex
			var begun, ended []string
			out, err := doing(t, t.Context(), r, Doing{
				Parallel: parallel,
				Begin: func(s textmill.Shard) {
					mu.Lock()
					defer mu.Unlock()
					begun = append(begun, s.Name)
				},
				End: func(res Result) {
					mu.Lock()
					defer mu.Unlock()
					ended = append(ended, res.Shard.Name)
				},
			})
			atOnce := max(parallel, 1)
			if err != nil || out.Class != Settings || !errors.Is(out.Err, wrong) || out.Done != 1 || out.Failed != atOnce || out.Left != 5-atOnce || out.Quarantined != 0 {
				t.Errorf("%d at once: %+v, %v", parallel, out, err)
			}
			if len(begun) != 1+atOnce || len(ended) != len(begun) {
				t.Errorf("%d at once: begun %v, ended %v", parallel, begun, ended)
			}
		})
	}
}

// Other errors leave the other shards alone, and the gravest counts.
func TestErrorsOfShards(t *testing.T) {
	data := func() error { return BadData(errors.New("garbage")) }
	room := func() error { return fmt.Errorf("write: %w", errNoSpace) }
	retry := func() error { return errors.New("connection lost") }
	for _, tt := range []struct {
		errs                       []func() error
		class                      Class
		want                       string
		done, quarantined, failed_ int
	}{
		{nil, Fine, "<nil>", 3, 0, 0},
		{[]func() error{data}, Data, "garbage", 2, 1, 0},
		{[]func() error{room, data}, Room, "write: no space left on device", 1, 1, 1},
		{[]func() error{room, retry, data}, Retry, "connection lost", 0, 1, 2},
		{[]func() error{retry, retry, room}, Retry, "connection lost", 0, 0, 3},
	} {
		r := runOf(job{shards: shardsOf("a", "b", "c"), inputs: true, do: func(_ context.Context, s textmill.Shard) (textmill.Report, error) {
			if s.Index < len(tt.errs) {
				return textmill.Report{}, tt.errs[s.Index]()
			}
			return textmill.Report{Read: 2, Written: 2}, nil
		}})
		out, err := doing(t, t.Context(), r, Doing{})
		if err != nil || out.Class != tt.class || fmt.Sprint(out.Err) != tt.want || out.Done != tt.done || out.Quarantined != tt.quarantined || out.Failed != tt.failed_ || out.Left != 0 {
			t.Errorf("%v: %+v, %v", tt.want, out, err)
		}
		if out.Report.Read != int64(2*tt.done) {
			t.Errorf("%v: the sum of the reports is %+v", tt.want, out.Report)
		}
	}
}

// sleepers returns a Run whose four shards take ten minutes each.
func sleepers() *Run {
	return runOf(job{shards: shardsOf("a", "b", "c", "d"), inputs: true, do: func(ctx context.Context, s textmill.Shard) (textmill.Report, error) {
		select {
		case <-time.After(10 * time.Minute):
			return textmill.Report{}, nil
		case <-ctx.Done():
			// As a stage does that wraps whatever it gets.
			return textmill.Report{}, &textmill.StageError{Stage: "sleep", Shard: s.Name, Err: context.Cause(ctx)}
		}
	}})
}

func TestDeadline(t *testing.T) {
	for _, tt := range []struct {
		limit      time.Duration
		parallel   int
		done, left int
		took       time.Duration
	}{
		{time.Hour, 1, 4, 0, 40 * time.Minute},
		{40 * time.Minute, 1, 4, 0, 40 * time.Minute},
		{40*time.Minute - 1, 1, 3, 1, 30 * time.Minute}, // the last would end after it
		{29 * time.Minute, 1, 2, 2, 20 * time.Minute},
		{time.Minute, 1, 1, 3, 10 * time.Minute}, // how long one takes is not known yet
		{0, 1, 0, 4, 0},
		{25 * time.Minute, 2, 4, 0, 20 * time.Minute},
		{15 * time.Minute, 3, 3, 1, 10 * time.Minute},
	} {
		synctest.Test(t, func(t *testing.T) {
			r, began := sleepers(), time.Now()
			how := Doing{Parallel: tt.parallel, Deadline: began.Add(tt.limit)}
			if tt.limit == 0 {
				how.Deadline = began.Add(-1)
			}
			out, err := doing(t, t.Context(), r, how)
			class := Fine
			if tt.left > 0 {
				class = Retry
			}
			if took := time.Since(began); err != nil || out.Done != tt.done || out.Left != tt.left || out.Failed != 0 || out.Class != class || took != tt.took {
				t.Errorf("limit %v, %d at once: %+v, %v, after %v", tt.limit, tt.parallel, out, err, took)
			}
			if (out.Err == nil) != (tt.left == 0) || tt.left > 0 && out.Err != errLeft {
				t.Errorf("limit %v: %v", tt.limit, out.Err)
			}
		})
	}
}

// Told to stop, a batch ends with the shards under way; told to give up, at once, and
// whatever the shards make of that, none is put aside.
func TestStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, stop, began := sleepers(), make(chan struct{}), time.Now()
		time.AfterFunc(15*time.Minute, func() { close(stop) })
		out, err := doing(t, t.Context(), r, Doing{Stop: stop})
		if took := time.Since(began); err != nil || out.Done != 2 || out.Left != 2 || out.Class != Retry || took != 20*time.Minute {
			t.Errorf("stopped: %+v, %v, after %v", out, err, took)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		r, why, began := sleepers(), errors.New("the host goes down"), time.Now()
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(15*time.Minute, func() { cancel(why) })
		out, err := doing(t, ctx, r, Doing{})
		if took := time.Since(began); err != nil || out.Done != 1 || out.Failed != 1 || out.Left != 2 || out.Quarantined != 0 || out.Class != Retry || !errors.Is(out.Err, why) || took != 15*time.Minute {
			t.Errorf("given up: %+v, %v, after %v", out, err, took)
		}
		for n, err := range r.Quarantine(t.Context(), "step") {
			t.Errorf("put aside: %+v, %v", n, err)
		}
		if out, err := doing(t, t.Context(), r, Doing{}); err != nil || out.Done != 4 || out.Restored != 1 {
			t.Errorf("gone on with: %+v, %v", out, err)
		}
	})
}

// Shards in quarantine are not left over when a batch is stopped: they are where they are.
func TestStopCounts(t *testing.T) {
	r := sleepers()
	if _, err := r.List(t.Context(), "step", Batching{}); err != nil {
		t.Fatal(err)
	}
	if err := r.putAside(t.Context(), "step", "c", errUnfinished); err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	close(stop)
	out, err := r.Do(t.Context(), "step", []Batch{{0, 3}}, Doing{Stop: stop})
	if err != nil || out.Left != 3 || out.Quarantined != 1 || out.Class != Retry {
		t.Errorf("%+v, %v", out, err)
	}
}

// A report that does not add up is an error at once, rather than when all is done.
func TestReportsAddUp(t *testing.T) {
	r := runOf(job{shards: shardsOf("a"), inputs: true, do: func(context.Context, textmill.Shard) (textmill.Report, error) {
		return textmill.Report{Read: 2, Written: 1}, nil
	}})
	out, err := doing(t, t.Context(), r, Doing{})
	if err != nil || out.Class != Settings || !strings.Contains(out.Err.Error(), "documents unaccounted for") {
		t.Errorf("%+v, %v", out, err)
	}
	if p, err := r.Progress(t.Context()); err != nil || p[0].Pending() != 1 {
		t.Errorf("%+v, %v", p, err)
	}
}

// If the note cannot be written, the shard is not in quarantine.
func TestNoteNotWritten(t *testing.T) {
	r := runOf(job{shards: shardsOf("a"), inputs: true, do: func(context.Context, textmill.Shard) (textmill.Report, error) {
		return textmill.Report{}, BadData(errors.New("garbage"))
	}})
	full := errors.New("disk is full")
	if _, err := r.List(t.Context(), "step", Batching{}); err != nil {
		t.Fatal(err)
	}
	r.Store = readOnly{r.Store, full}
	out, err := r.Do(t.Context(), "step", []Batch{{0, 0}}, Doing{})
	if err != nil || out.Class != Retry || out.Quarantined != 0 || out.Failed != 1 || !errors.Is(out.Err, full) || !strings.Contains(out.Err.Error(), "garbage") {
		t.Errorf("%+v, %v", out, err)
	}
}

type readOnly struct {
	storage.Store
	err error
}

func (r readOnly) Create(context.Context, string) (storage.Writer, error) { return nil, r.err }

// Doing what cannot be done says what to do first.
func TestDoErrors(t *testing.T) {
	m := mill{store: new(storage.Memory), inputs: crawl(t, "a", "b")}
	r := m.run()
	try := func(step string, batches ...Batch) error {
		_, err := r.Do(t.Context(), step, batches, Doing{})
		return err
	}
	expect := func(err error, want string) {
		t.Helper()
		if err == nil || !strings.HasPrefix(err.Error(), want) || Classify(err) != Settings {
			t.Errorf("%v: %v\nwant %s", Classify(err), err, want)
		}
	}
	expect(try("clean", Batch{0, 1}), "no run was begun in this store: list the first step: ")
	expect(r.Settle(t.Context(), "clean"), "no run was begun in this store: list the first step: ")
	m.mustStep(t, "clean")
	expect(try("nonsense"), `the plan has no step "nonsense": it has clean, `)
	expect(try("publish", Batch{0, 1}), `step publish is not listed yet: do "list publish" first: `)
	for _, b := range []Batch{{0, 2}, {2, 2}, {-1, 0}, {1, 0}} {
		expect(try("clean", b), fmt.Sprintf("step clean has 2 shards, from 0 on: there is no %v", b))
	}
	list := spec.ShardsFile("clean")
	for _, tt := range []struct{ list, want string }{
		{"[", list + " is damaged: remove all below .textmill/steps/clean/ to do the step again: "},
		{"{}", list + " is not the list of step clean: remove all below .textmill/steps/clean/ to do the step again"},
		{`{"step":"clean","fingerprint":"short"}`, list + " is not the list of step clean: "},
		{`{"step":"publish","fingerprint":"0123456789abcdef"}`, list + " is not the list of step clean: "},
	} {
		put(t, m.store, list, []byte(tt.list))
		expect(try("clean", Batch{0, 1}), tt.want)
		_, err := r.List(t.Context(), "clean", Batching{})
		expect(err, tt.want)
		_, err = r.List(t.Context(), "fuzzy-match", Batching{})
		expect(err, tt.want)
		_, err = r.Progress(t.Context())
		expect(err, tt.want)
	}
	for info := range m.store.List(t.Context(), spec.StepDir("clean")+"/") {
		remove(t, m.store, info.Name)
	}
	m.mustSteps(t)
}

// What is longer than it can be is not read to its end.
func TestReadJSON(t *testing.T) {
	store := new(storage.Memory)
	put(t, store, "ten", []byte(`"12345678"`))
	var s string
	if err := readJSON(t.Context(), store, "ten", 10, "", &s); err != nil || s != "12345678" {
		t.Errorf("%q, %v", s, err)
	}
	err := readJSON(t.Context(), store, "ten", 9, "take another", &s)
	if err == nil || err.Error() != "ten is longer than 9 bytes, so it was not written by this program: take another" || Classify(err) != Settings {
		t.Errorf("%v", err)
	}
	if err := ReadJSON(t.Context(), store, "none", &s); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
	put(t, store, "bad", []byte("1"))
	if err := ReadJSON(t.Context(), store, "bad", &s); err == nil || !strings.HasPrefix(err.Error(), "bad is damaged: remove it: ") {
		t.Errorf("%v", err)
	}
}

// A store belongs to one run, and another is told how it differs.
func TestIdentity(t *testing.T) {
	first := mill{store: new(storage.Memory), inputs: crawl(t, "a"), settings: []string{"-lang=en", "-n=1"}}
	first.mustStep(t, "clean")
	build := *first.run()
	other := func(change func(*Run)) *Run {
		r := first.run()
		r.Identity.Steps = slices.Clone(build.Identity.Steps)
		change(r)
		return r
	}
	for _, tt := range []struct {
		change func(*Run)
		want   string
	}{
		{func(r *Run) { r.Identity.Name = "quern" }, "another name (mill)"},
		{func(r *Run) { r.Identity.Settings = nil }, "other settings (-lang=en -n=1)"},
		{func(r *Run) { r.Identity.Steps = r.Identity.Steps[:1] }, "other steps (" + strings.Join(build.Identity.Steps, " ") + ")"},
		{func(r *Run) { r.Identity.Version = "2" }, "another version (1)"},
		{func(r *Run) { r.Identity.Version = ""; r.Identity.Program = &program }, "another version (1)"},
		{func(r *Run) { r.Identity.Program = &program }, "another build of the program"},
		{func(r *Run) { r.Identity.Version, r.Identity.Name = "2", "quern" }, "another name (mill), another version (1)"},
	} {
		r := other(tt.change)
		want := "the store holds a run with " + tt.want + ": use another store, or remove what is in this one"
		errs := map[string]error{}
		_, errs["list"] = r.List(t.Context(), "clean", Batching{})
		_, errs["do"] = r.Do(t.Context(), "clean", nil, Doing{})
		_, errs["progress"] = r.Progress(t.Context())
		_, errs["report"] = r.Report(t.Context(), temporary)
		_, errs["release"] = r.Release(t.Context())
		_, errs["forget"] = r.ForgetLost(t.Context(), temporary)
		errs["settle"] = r.Settle(t.Context(), "clean")
		for what, err := range errs {
			if err == nil || err.Error() != want || Classify(err) != Settings {
				t.Errorf("%s: %v\nwant %s", what, err, want)
			}
		}
	}
	if _, out, err := first.step(t.Context(), "clean"); err != nil || out.Restored != 1 {
		t.Errorf("the same run: %+v, %v", out, err)
	}

	unversioned := mill{store: new(storage.Memory), inputs: first.inputs}.run()
	unversioned.Identity.Version, unversioned.Identity.Program = "", &program
	if _, err := unversioned.List(t.Context(), "clean", Batching{}); err != nil {
		t.Fatal(err)
	}
	unversioned.Identity.Version, unversioned.Identity.Program = "1", nil
	if _, err := unversioned.List(t.Context(), "clean", Batching{}); err == nil || !strings.Contains(err.Error(), "a run with no version: ") {
		t.Errorf("%v", err)
	}
	put(t, first.store, runFile, []byte(`{"settings":{"preset":"fineweb"}}`)) // another program's
	if _, err := first.run().List(t.Context(), "clean", Batching{}); err == nil || !strings.Contains(err.Error(), runFile+" is damaged: use another store, or remove what is in this one: ") {
		t.Errorf("%v", err)
	}
}
