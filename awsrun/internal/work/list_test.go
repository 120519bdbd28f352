package work

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"strings"
	"testing"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/awsrun/internal/spec"
	"github.com/textmill/textmill/storage"
)

// An input more: the first step does it alone, all others are done anew, as they are
// about the whole corpus; the result is that of a run that had it from the start.
func TestInputAdded(t *testing.T) {
	in := crawl(t, "a", "c")
	m := mill{store: new(storage.Memory), inputs: in}
	m.mustSteps(t)
	put(t, in, "b.jsonl", file("b")) // between the two, so that c is at another place

	if _, _, begun := m.do(t, "clean"); begun != "b" {
		t.Errorf("clean does %s", begun)
	}
	// Until the other steps are listed anew, what they did does not count.
	progress, err := m.run().Progress(t.Context())
	if err != nil || !progress[0].Listed || progress[0].Done != 3 || progress[1].Listed || progress[len(progress)-1].Listed {
		t.Errorf("progress %+v, %v", progress, err)
	}
	if total := m.mustReport(t); total.Finished() || total.Digest != "" || total.Steps[1].Shards != 0 {
		t.Errorf("finished by what other inputs came to: %+v", total)
	}
	_, err = m.run().List(t.Context(), "publish", Batching{})
	if want := "step fuzzy-match was listed before the steps before it became what they are: list and do it again first"; err == nil || err.Error() != want || Classify(err) != Settings {
		t.Errorf("a step too early: %v", err)
	}

	names := m.doAll(t)
	if names["clean"] != "" || names["publish"] != "a b c" {
		t.Errorf("%v", names)
	}
	total := m.mustReport(t)
	if want, files := fresh(t, in); total.Digest != want.Digest || tree(t, m.store) != files {
		t.Errorf("not as if it had been there from the start:\n%s", diff(files, tree(t, m.store)))
	}
}

// An input less: what was made of it is no part of the result any more, and the report
// names the files that are left of it.
func TestInputRemoved(t *testing.T) {
	in := crawl(t, "a", "b", "c")
	m := mill{store: new(storage.Memory), inputs: in}
	m.mustSteps(t)
	remove(t, in, "b.jsonl")
	total := m.mustSteps(t)
	want, files := fresh(t, in)
	if total.Digest != want.Digest {
		t.Error("not the digest of a run without it")
	}
	if got := strings.Join(total.Stale, " "); got != "clean/b.jsonl documents/b.jsonl fuzzy/sign/b.sketches rejects/clean/b.jsonl rejects/publish/b.jsonl" {
		t.Errorf("stale: %s", got)
	}
	for _, name := range total.Stale {
		remove(t, m.store, name)
	}
	if d := diff(files, tree(t, m.store)); strings.Contains(d, "documents/") || strings.Contains(d, "rejects/") || strings.Contains(d, ".json ") {
		t.Errorf("with those removed:\n%s", d)
	}
	if total := m.mustReport(t); len(total.Stale) > 0 {
		t.Errorf("stale once removed: %v", total.Stale)
	}
}

// Inputs that are what they were before: what was made of them then was written over in
// between, so that it is made anew, though there are reports of it.
func TestInputsAsBefore(t *testing.T) {
	in := crawl(t, "a", "b", "c")
	m := mill{store: new(storage.Memory), inputs: in}
	before := m.mustSteps(t)
	files := tree(t, m.store)
	remove(t, in, "b.jsonl")
	m.mustSteps(t)
	put(t, in, "b.jsonl", file("b"))
	names := m.doAll(t)
	if names["clean"] != "" || names["publish"] != "a b c" {
		t.Errorf("%v", names)
	}
	total := m.mustReport(t)
	if total.Digest != before.Digest || len(total.Stale) > 0 || tree(t, m.store) != files {
		t.Errorf("%+v\n%s", total, diff(files, tree(t, m.store)))
	}
	if err := mustRead(t, m.store).Verify(t.Context(), m.store); err != nil {
		t.Error(err)
	}
}

// A step can be listed only when the one before has come to its end.
func TestListInOrder(t *testing.T) {
	m := mill{store: new(storage.Memory), inputs: crawl(t, "a", "b")}
	r := m.run()
	for _, tt := range []struct {
		step, want string
		class      Class
	}{
		{"fuzzy-match", `step clean is not listed yet: do "list clean" first`, Settings},
		{"clean", "", Fine},
		{"fuzzy-match", "step clean is not finished: 2 of 2 shards are to be done", Retry},
		{"nonsense", `the plan has no step "nonsense": it has clean, fuzzy-match, `, Settings},
	} {
		_, err := r.List(t.Context(), tt.step, Batching{})
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.HasPrefix(err.Error(), tt.want)) || Classify(err) != tt.class {
			t.Errorf("list %s: %v: %v", tt.step, Classify(err), err)
		}
	}
}

// What is finished is known from names alone, however many shards there are.
func TestListReadsNoReports(t *testing.T) {
	m := mill{store: new(storage.Memory), inputs: crawl(t, "a", "b", "c")}
	m.mustSteps(t)
	watched := &opened{Store: m.store}
	w := m
	w.store = watched
	for _, s := range w.run().Plan {
		if l, err := w.run().List(t.Context(), s.Name, Batching{}); err != nil || l.Done != len(l.Shards) {
			t.Errorf("%s: %+v, %v", s.Name, l, err)
		}
	}
	if _, err := w.run().Progress(t.Context()); err != nil {
		t.Error(err)
	}
	for _, name := range watched.names {
		if strings.Contains(name, "/reports/") || strings.Contains(name, "/quarantine/") {
			t.Errorf("%s is opened", name)
		}
	}
	if len(watched.names) == 0 {
		t.Error("nothing is opened")
	}
}

// opened notes the names of objects that are opened or looked up.
type opened struct {
	storage.Store
	names []string
}

func (o *opened) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	o.names = append(o.names, name)
	return o.Store.Open(ctx, name)
}

func (o *opened) Stat(ctx context.Context, name string) (storage.Info, error) {
	o.names = append(o.names, name)
	return o.Store.Stat(ctx, name)
}

// A job is one with the given shards.
type job struct {
	shards []textmill.Shard
	inputs bool  // whether they are those of the inputs
	err    error // of listing them
	do     func(context.Context, textmill.Shard) (textmill.Report, error)
}

func (j job) Shards(ctx context.Context) ([]textmill.Shard, error) {
	if j.inputs {
		return Inputs(broken{j.shards, j.err}).Shards(ctx)
	}
	return j.shards, j.err
}

func (j job) RunShard(ctx context.Context, s textmill.Shard) (textmill.Report, error) {
	if j.do == nil {
		return textmill.Report{}, nil
	}
	return j.do(ctx, s)
}

// runOf returns a Run of one step, called step.
func runOf(j textmill.Job) *Run {
	return &Run{Store: new(storage.Memory), Plan: textmill.Plan{{Name: "step", Job: j}}}
}

func shardsOf(names ...string) []textmill.Shard {
	shards := make([]textmill.Shard, len(names))
	for i, n := range names {
		shards[i] = textmill.Shard{Index: i, Name: n}
	}
	return shards
}

// Lists that cannot be right are errors that no further attempt mends.
func TestListErrors(t *testing.T) {
	for _, tt := range []struct {
		job  textmill.Job
		want string
		is   Class
	}{
		{job{shards: shardsOf("a", "b", "a")}, "the shards of step: two are called a", Settings},
		{job{shards: shardsOf("a", "")}, `the shards of step: the name of shard 1 is empty or not valid UTF-8: ""`, Settings},
		{job{shards: shardsOf("\xff")}, `the shards of step: the name of shard 0 is empty or not valid UTF-8: "\xff"`, Settings},
		{job{shards: []textmill.Shard{{Index: 1, Name: "a"}}}, "the shards of step: a is at place 0 but says 1", Settings},
		{job{shards: make([]textmill.Shard, maxShards+1)}, "the shards of step: there are 1048577, more than 1048576: make larger ones", Settings},
		{job{err: io.ErrUnexpectedEOF}, "list the shards of step: unexpected EOF", Retry},
		{job{err: textmill.BadInput(errors.New("no list"))}, "list the shards of step: no list", Settings},
		{undescribed{}, "describe step step for the manifest: work.undescribed: mark fields that are no settings with the tag `json:\"-\"`: json: unsupported type: func()", Settings},
	} {
		r := runOf(tt.job)
		_, err := r.List(t.Context(), "step", Batching{})
		if err == nil || err.Error() != tt.want || Classify(err) != tt.is {
			t.Errorf("%v: %v, want %v: %s", Classify(err), err, tt.is, tt.want)
		}
		if _, err := r.ReadList(t.Context(), "step"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: a list was stored: %v", tt.want, err)
		}
	}
}

type undescribed struct {
	job
	Hook func()
}

// Without shards a step is done, but not the first: then there is no input, for a reason.
func TestListEmpty(t *testing.T) {
	r := runOf(job{shards: shardsOf("a")})
	r.Plan = append(r.Plan, textmill.Step{Name: "next", Job: job{}})
	if out, err := doing(t, t.Context(), r, Doing{}); err != nil || out.Done != 1 {
		t.Fatalf("%+v, %v", out, err)
	}
	l, err := r.List(t.Context(), "next", Batching{})
	if err != nil || len(l.Shards) != 0 || l.Pending() != 0 {
		t.Errorf("%+v, %v", l, err)
	}
	if got := string(get(t, r.Store, spec.BatchesFile("next"))); got != "[]\n" {
		t.Errorf("batches %q", got)
	}
	if out, err := r.Do(t.Context(), "next", l.Batches, Doing{}); err != nil || out.Class != Fine || out.Err != nil || out.Done != 0 {
		t.Errorf("%+v, %v", out, err)
	}
	if total, err := r.Report(t.Context(), temporary); err != nil || !total.Finished() {
		t.Errorf("%+v, %v", total, err)
	}

	m := mill{store: new(storage.Memory), inputs: new(storage.Memory)}
	_, err = m.run().List(t.Context(), "clean", Batching{})
	if err == nil || err.Error() != "step clean has nothing to do: are there inputs where the settings say?" || Classify(err) != Settings {
		t.Errorf("%v", err)
	}
}

// What is stored is what the state machine and other containers read.
func TestListStored(t *testing.T) {
	m := mill{store: new(storage.Memory), inputs: crawl(t, "a", "b", "c")}
	l, err := m.run().List(t.Context(), "clean", Batching{Target: 450 * 1e6})
	if err != nil {
		t.Fatal(err)
	}
	var batches []map[string]string
	if err := json.Unmarshal(get(t, m.store, "."+"textmill/steps/clean/batches.json"), &batches); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(batches); got != "[map[shards:0..1] map[shards:2..2]]" {
		t.Errorf("batches %s", got)
	}
	read, err := m.run().ReadList(t.Context(), "clean")
	if err != nil || fmt.Sprint(read) != fmt.Sprint(l.List) {
		t.Errorf("read %+v, %v; written %+v", read, err, l.List)
	}
}

// An input that is not what it was when its shard was done is an error that says how to
// go on, as nothing else would tell.
func TestInputChanged(t *testing.T) {
	in := crawl(t, "a", "b")
	m := mill{store: new(storage.Memory), inputs: in}
	m.mustSteps(t)
	size := len(file("b"))
	put(t, in, "b.jsonl", append(file("b"), "\n"...))
	l, err := m.run().ReadList(t.Context(), "clean")
	if err != nil {
		t.Fatal(err)
	}
	report := l.reportsDir() + "/b.json"
	_, err = m.run().List(t.Context(), "clean", Batching{})
	want := fmt.Sprintf("shard b of step clean had %d bytes when it was done, and has %d now: put back what was there, or remove %s to do it again", size, size+1, report)
	if err == nil || err.Error() != want || Classify(err) != Settings {
		t.Errorf("%v\nwant %s", err, want)
	}
	remove(t, m.store, report)
	if _, _, begun := m.do(t, "clean"); begun != "b" {
		t.Errorf("does %s", begun)
	}
	m.mustSteps(t)

	// What is still to be done, or in quarantine, may become something else.
	put(t, in, "c.jsonl", []byte("{}\n"))
	m.mustSteps(t)
	put(t, in, "c.jsonl", []byte("{}\n{}\n"))
	m.mustSteps(t)
}

// Shards that are left out of a list for want of a view are the job's own business.
func TestInputsElsewhere(t *testing.T) {
	src := textmill.Documents(&textmill.Document{ID: "1", Text: "one"})
	in := Inputs(src)
	a, err := src.Shards(t.Context())
	b, err2 := in.Shards(t.Context())
	if err != nil || err2 != nil || fmt.Sprint(a) != fmt.Sprint(b) {
		t.Errorf("%v, %v; %v, %v", a, err, b, err2)
	}
	n := 0
	for d, err := range in.Read(t.Context(), a[0]) {
		if n++; err != nil || d.ID != "1" {
			t.Errorf("%v, %v", d, err)
		}
	}
	if n != 1 {
		t.Errorf("%d documents", n)
	}
	failing := errors.New("no list")
	if _, err := Inputs(broken{nil, failing}).Shards(new(view).attach(t.Context())); err != failing {
		t.Errorf("%v", err)
	}
}

// broken is a source of which nothing can be read.
type broken struct {
	shards []textmill.Shard
	err    error
}

func (b broken) Shards(context.Context) ([]textmill.Shard, error) { return b.shards, b.err }

func (b broken) Read(context.Context, textmill.Shard) iter.Seq2[*textmill.Document, error] {
	return nil
}

// A sample is spread evenly, has as many shards as were asked for if there are, and
// counts from 0.
func TestSample(t *testing.T) {
	names := strings.Split("0 1 2 3 4 5 6 7 8 9", " ")
	for _, tt := range []struct {
		n    int
		want string
	}{
		{0, "0 1 2 3 4 5 6 7 8 9"}, {1, "5"}, {2, "2 7"}, {3, "1 5 8"}, {9, "0 1 2 3 5 6 7 8 9"},
		{10, "0 1 2 3 4 5 6 7 8 9"}, {11, "0 1 2 3 4 5 6 7 8 9"}, {-1, "0 1 2 3 4 5 6 7 8 9"},
	} {
		v := (&Run{Sample: tt.n}).view(List{}, nil)
		got, err := Inputs(broken{shardsOf(names...), nil}).Shards(v.attach(t.Context()))
		if err != nil {
			t.Fatal(err)
		}
		if s := shardNames(Listing{List: List{Shards: got}}); s != tt.want {
			t.Errorf("%d: %s, want %s", tt.n, s, tt.want)
		}
		if err := checkShards(got); err != nil {
			t.Errorf("%d: %v", tt.n, err)
		}
		if !v.areInputs(got) || v.areInputs(shardsOf("10")) {
			t.Errorf("%d: inputs are not known as such", tt.n)
		}
		later := (&Run{Sample: tt.n}).view(List{}, &List{Inputs: true, Shards: got})
		again, err := Inputs(broken{nil, errors.New("asked again")}).Shards(later.attach(t.Context()))
		if err != nil || fmt.Sprint(again) != fmt.Sprint(got) {
			t.Errorf("%d: in a later step: %v, %v", tt.n, again, err)
		}
	}
	v := (&Run{}).view(List{Without: []string{noteOf("3"), noteOf("not there")}}, nil)
	if got := v.of(shardsOf(names...)); shardNames(Listing{List: List{Shards: got}}) != "0 1 2 4 5 6 7 8 9" || checkShards(got) != nil {
		t.Errorf("without 3: %v", got)
	}
}

// Inputs that come or go while a run is under way are those of the next one: all steps
// see what the first has listed, and nobody but that step asks for them.
func TestInputsMeanwhile(t *testing.T) {
	in := crawl(t, "a", "b")
	m := mill{store: new(storage.Memory), inputs: in}
	want, _ := fresh(t, in)
	m.mustStep(t, "clean")
	put(t, in, "c.jsonl", file("c"))
	remove(t, in, "a.jsonl")
	later := m.run().Plan[1:]
	for _, s := range later {
		m.mustStep(t, s.Name)
	}
	if total := m.mustReport(t); total.Digest != want.Digest {
		t.Errorf("%+v", total)
	}
	m.mustStep(t, "clean") // the next run
	for _, s := range later {
		_, err := m.run().Do(t.Context(), s.Name, []Batch{{0, 0}}, Doing{})
		if want := "step " + s.Name + " was listed before the inputs became what they are: list it again"; err == nil || err.Error() != want || Classify(err) != Settings {
			t.Errorf("%v", err)
		}
	}
	want, _ = fresh(t, in)
	if total := m.mustSteps(t); total.Digest != want.Digest {
		t.Errorf("%+v", total)
	}
}

// A whole run of a sample does with the inputs of the sample alone.
func TestSampleRun(t *testing.T) {
	m := mill{store: new(storage.Memory), inputs: crawl(t, "a", "b", "c", "d")}
	for _, s := range m.run().Plan {
		r := m.run()
		r.Sample = 2
		l, err := r.List(t.Context(), s.Name, Batching{})
		if err != nil {
			t.Fatal(err)
		}
		if out, err := r.Do(t.Context(), s.Name, all(l), Doing{}); err != nil || out.Class != Fine {
			t.Fatalf("%s: %+v, %v", s.Name, out, err)
		}
		if s.Name == "clean" || s.Name == "publish" {
			if got := shardNames(l); got != "b d" {
				t.Errorf("%s does %s", s.Name, got)
			}
		}
	}
}
