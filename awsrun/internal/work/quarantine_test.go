package work

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/awsrun/internal/spec"
	"github.com/textmill/textmill/jsonl"
	"github.com/textmill/textmill/storage"
)

// do does a step and returns the names of the shards that were begun, in order.
func (m mill) do(t testing.TB, step string) (Listing, Outcome, string) {
	t.Helper()
	r, b := m.run(), new(begun)
	l, err := r.List(t.Context(), step, Batching{})
	if err != nil {
		t.Fatalf("%s: %v", step, err)
	}
	out, err := r.Do(t.Context(), step, l.Batches, Doing{Wrap: b.wrap})
	if err != nil {
		t.Fatalf("%s: %v", step, err)
	}
	return l, out, strings.Join(b.names, " ")
}

// doAll does all steps and returns which shards of which steps were begun.
func (m mill) doAll(t testing.TB) map[string]string {
	t.Helper()
	names := map[string]string{}
	for _, s := range m.run().Plan {
		_, out, begun := m.do(t, s.Name)
		if out.Class > Data {
			t.Fatalf("%s: %v", s.Name, out.Err)
		}
		names[s.Name] = begun
	}
	return names
}

func (m mill) mustReport(t testing.TB) Total {
	t.Helper()
	total, err := m.run().Report(t.Context(), temporary)
	if err != nil {
		t.Fatal(err)
	}
	return total
}

func shardNames(l Listing) string {
	var names []string
	for _, s := range l.Shards {
		names = append(names, s.Name)
	}
	return strings.Join(names, " ")
}

// A bad input goes to quarantine, and the result is that of a run without it. It stays
// there until it is released; then it alone is tried again, and what depends on the
// list of inputs is done anew.
func TestQuarantine(t *testing.T) {
	in := crawl(t, "a", "b", "c")
	good := get(t, in, "b.jsonl")
	put(t, in, "b.jsonl", []byte("this is no JSON\n"))
	m := mill{store: new(storage.Memory), inputs: in}

	l, out := m.mustStep(t, "clean")
	if out.Done != 2 || out.Quarantined != 1 || out.Failed != 0 || out.Left != 0 || out.Class != Data || out.Err == nil {
		t.Errorf("outcome %+v", out)
	}
	if !l.Inputs || shardNames(l) != "a b c" {
		t.Errorf("list %+v", l)
	}
	total := m.mustSteps(t)
	if n := total.Quarantine; len(n) != 1 || n[0].Step != "clean" || n[0].Shard != "b" || !strings.Contains(n[0].Error, "b#0 at byte 0") {
		t.Errorf("quarantine: %+v", n)
	}
	if s := total.Steps[0]; s.Shards != 3 || s.Done != 2 || s.Quarantined != 1 || s.Pending() != 0 || !total.Finished() {
		t.Errorf("step: %+v", s)
	}
	without, _ := fresh(t, crawl(t, "a", "c"))
	if total.Digest != without.Digest {
		t.Errorf("digest %s, of a run without it %s", total.Digest, without.Digest)
	}
	before := tree(t, m.store)
	for step, begun := range m.doAll(t) {
		if begun != "" {
			t.Errorf("again: %s does %s", step, begun)
		}
	}
	l, out, _ = m.do(t, "clean")
	if shardNames(l) != "a b c" || l.Done != 2 || l.Quarantined != 1 || len(l.Batches) != 0 || out.Class != Fine {
		t.Errorf("again: %+v, %+v", l, out)
	}
	if l, _, _ := m.do(t, "publish"); shardNames(l) != "a c" {
		t.Errorf("publish lists %s", shardNames(l))
	}
	if _, out := m.mustStep(t, "clean"); out.Quarantined != 1 || out.Done != 2 || out.Class != Data || out.Err != nil {
		t.Errorf("a batch with it again: %+v", out)
	}
	m.mustReport(t)
	if got := tree(t, m.store); got != before {
		t.Errorf("again: other files:\n%s", diff(before, got))
	}

	release := func() {
		t.Helper()
		if n, err := m.run().Release(t.Context()); n != 1 || err != nil {
			t.Fatalf("released %d, %v", n, err)
		}
	}
	release()
	if total := m.mustReport(t); total.Finished() || total.Digest != "" {
		t.Errorf("finished with a shard that is to be tried again: %+v", total)
	}
	names := m.doAll(t)
	if names["clean"] != "b" || names["fuzzy-match"] != "" || names["publish"] != "" {
		t.Errorf("still bad: %v", names)
	}
	if total := m.mustReport(t); total.Digest != without.Digest {
		t.Error("still bad: another digest")
	}

	put(t, in, "b.jsonl", good)
	release()
	names = m.doAll(t)
	if names["clean"] != "b" || names["publish"] != "a b c" {
		t.Errorf("mended: %v", names)
	}
	for _, s := range m.run().Plan {
		if names[s.Name] == "" {
			t.Errorf("mended: %s is not done anew", s.Name)
		}
	}
	total = m.mustReport(t)
	if want, files := fresh(t, in); total.Digest != want.Digest || len(total.Quarantine) > 0 || tree(t, m.store) != files {
		t.Errorf("mended: not as if it had been good from the start:\n%s", diff(files, tree(t, m.store)))
	}
}

// A shard that is put aside in a later step stays listed in those before, and is left
// out of those after.
func TestQuarantineInLaterSteps(t *testing.T) {
	in := crawl(t, "a", "b", "c")
	bad := "b"
	plan := func(store storage.Store) *Run {
		src := Inputs(&jsonl.Source{Store: in})
		pass := func(from textmill.Source, to string, stages ...textmill.Stage) textmill.Step {
			return textmill.Step{Name: to, Job: &textmill.Pipeline{Source: from, Stages: stages, Sink: jsonl.Sink{Store: store, Dir: to, Suffix: ".jsonl"}, Workers: 1}}
		}
		judge := textmill.StageFunc(func(_ context.Context, d *textmill.Document) (textmill.Verdict, error) {
			if strings.HasPrefix(d.ID, bad+"-3") {
				return textmill.Keep, errors.New("not for this stage")
			}
			return textmill.Keep, nil
		})
		between := func(dir string) textmill.Source { return folder{src, jsonl.Source{Store: store, Dir: dir}} }
		return &Run{Store: store, Plan: textmill.Plan{
			pass(src, "one"), pass(between("one"), "two", judge), pass(between("two"), "three"), pass(between("three"), "four"),
		}}
	}
	store := new(storage.Memory)
	do := func(step string) (string, Outcome) {
		t.Helper()
		r, b := plan(store), new(begun)
		l, err := r.List(t.Context(), step, Batching{})
		if err != nil {
			t.Fatal(err)
		}
		out, err := r.Do(t.Context(), step, l.Batches, Doing{Wrap: b.wrap})
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("%s does %s", shardNames(l), strings.Join(b.names, " ")), out
	}
	expect := func(when string, want ...string) {
		t.Helper()
		for i, s := range []string{"one", "two", "three", "four"} {
			if got, out := do(s); got != want[i] || out.Class > Data {
				t.Errorf("%s: %s: %s, want %s; %v", when, s, got, want[i], out.Err)
			}
		}
	}
	expect("at first", "a b c does a b c", "a b c does a b c", "a c does a c", "a c does a c")
	expect("again", "a b c does ", "a b c does ", "a c does ", "a c does ")
	total, err := plan(store).Report(t.Context(), func(string) bool { return false })
	if err != nil || len(total.Quarantine) != 1 || !strings.Contains(total.Quarantine[0].Error, "b#3: not for this stage") {
		t.Errorf("%+v, %v", total.Quarantine, err)
	}
	m := mustRead(t, store)
	for _, s := range m.Shards {
		if s.Name == "two/b" || s.Name == "three/b" || s.Name == "four/b" {
			t.Errorf("%s is in the manifest", s.Name)
		}
	}

	bad = "c" // the stage was set right, but is wrong about another
	if _, err := plan(store).Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	expect("released", "a b c does ", "a b c does b", "a b c does a b c", "a b c does a b c")

	// One more input, on which the same stage fails: only what follows is done anew.
	put(t, in, "d.jsonl", file("d"))
	bad = "d"
	expect("one more", "a b c d does d", "a b c d does a b c d", "a b c does a b c", "a b c does a b c")
}

// Where a shard is no input, the steps after cannot do without it: it fails.
func TestQuarantineIsForInputs(t *testing.T) {
	in := crawl(t, "a", "b")
	put(t, in, "b.jsonl", []byte("{}\n"))
	store := new(storage.Memory)
	r := &Run{Store: store, Plan: textmill.Plan{{Name: "clean", Job: &textmill.Pipeline{
		Source: jsonl.Source{Store: in}, Sink: jsonl.Sink{Store: store, Dir: "clean"},
	}}}, Tolerated: map[string]bool{"clean": true}}
	l, err := r.List(t.Context(), "clean", Batching{})
	if err != nil || l.Inputs {
		t.Fatalf("%+v, %v", l, err)
	}
	out, err := r.Do(t.Context(), "clean", all(l), Doing{})
	if err != nil || out.Class != Retry || out.Failed != 1 || out.Done != 1 || !strings.Contains(out.Err.Error(), "see awsrun.Inputs") {
		t.Errorf("%+v, %v", out, err)
	}
	if err := r.Settle(t.Context(), "clean"); err == nil || err.Error() != "step clean is not finished: 1 of 2 shards are to be done" {
		t.Errorf("settle: %v", err)
	}
	for n := range r.Quarantine(t.Context(), "clean") {
		t.Errorf("in quarantine: %+v", n)
	}
}

// Failures that are tolerated in a step go to quarantine when the next one is listed,
// those of the last when it is settled. Others are an error there.
func TestTolerated(t *testing.T) {
	in := crawl(t, "a", "b", "c")
	fail := func(_ context.Context, d *textmill.Document) (textmill.Verdict, error) {
		if strings.HasPrefix(d.ID, "b-") {
			return textmill.Keep, textmill.Fatal(errors.New("the model is down"))
		}
		return textmill.Keep, nil
	}
	m := mill{store: new(storage.Memory), inputs: in, clean: fail}
	if _, out := m.mustStep(t, "clean"); out.Class != Retry || out.Failed != 1 || out.Done != 2 || out.Quarantined != 0 {
		t.Errorf("outcome %+v", out)
	}
	if _, err := m.run().List(t.Context(), "fuzzy-match", Batching{}); err == nil || err.Error() != "step clean is not finished: 1 of 3 shards are to be done" || Classify(err) != Retry {
		t.Errorf("next step: %v", err)
	}
	m.tolerated = []string{"clean", "publish"}
	for _, s := range m.run().Plan[1:] {
		if _, out := m.mustStep(t, s.Name); out.Class != Fine {
			t.Errorf("%s: %+v", s.Name, out)
		}
	}
	total := m.mustReport(t)
	if q := total.Quarantine; len(q) != 1 || q[0].Shard != "b" || !strings.Contains(q[0].Error, "tolerated") {
		t.Errorf("quarantine %+v", q)
	}
	if without, _ := fresh(t, crawl(t, "a", "c")); total.Digest != without.Digest {
		t.Error("not the digest of a run without the shard")
	}

	// A job that was late: the shard is finished, too. It stays where it is.
	late := m
	late.clean = nil
	r := late.run()
	remove(t, m.store, spec.QuarantineDir("clean")+"/b.json")
	if _, out := late.mustStep(t, "clean"); out.Class != Fine || out.Done != 3 {
		t.Fatalf("%+v", out)
	}
	if err := r.putAside(t.Context(), "clean", "b", errUnfinished); err != nil {
		t.Fatal(err)
	}
	again := late.mustSteps(t)
	if again.Digest != total.Digest || again.Steps[0].Done != 2 || again.Steps[0].Quarantined != 1 {
		t.Errorf("late: %+v", again.Steps[0])
	}

	// In the last step, where none comes after.
	last := mill{store: new(storage.Memory), inputs: in, publish: fail, tolerated: []string{"publish"}}
	for _, s := range last.run().Plan {
		last.mustStep(t, s.Name)
	}
	if total := last.mustReport(t); total.Finished() {
		t.Error("finished, though nothing was settled")
	}
	if err := last.run().Settle(t.Context(), "publish"); err != nil {
		t.Fatal(err)
	}
	if total := last.mustReport(t); !total.Finished() || len(total.Quarantine) != 1 {
		t.Errorf("%+v", total)
	}
}

// If nothing is left, it is not for the data: the run does not go on with nothing.
func TestQuarantineOfAll(t *testing.T) {
	in := crawl(t, "a", "b")
	mistake := func(context.Context, *textmill.Document) (textmill.Verdict, error) { panic("a mistake in the stage") }
	m := mill{store: new(storage.Memory), inputs: in, clean: mistake}
	if _, out := m.mustStep(t, "clean"); out.Class != Data || out.Quarantined != 2 {
		t.Errorf("%+v", out)
	}
	_, err := m.run().List(t.Context(), "fuzzy-match", Batching{})
	want := "all 2 shards of step clean are in quarantine, so more is wrong than their data; the first, a: clean: a#0: panic: a mistake in the stage"
	if err == nil || err.Error() != want || Classify(err) != Settings {
		t.Errorf("%v\nwant %s", err, want)
	}
	m.clean = nil
	if n, err := m.run().Release(t.Context()); n != 2 || err != nil {
		t.Fatalf("%d, %v", n, err)
	}
	m.publish, m.tolerated = mistake, []string{"publish"}
	for _, s := range m.run().Plan {
		m.mustStep(t, s.Name)
	}
	if err := m.run().Settle(t.Context(), "publish"); err == nil || !strings.HasPrefix(err.Error(), "all 2 shards of step publish are in quarantine") {
		t.Errorf("%v", err)
	}
}

// Notes about what is no input any more are not reported, and those that cannot be read
// say what to do.
func TestNotes(t *testing.T) {
	in := crawl(t, "a", "b")
	put(t, in, "b.jsonl", []byte("{}\n"))
	m := mill{store: new(storage.Memory), inputs: in}
	m.mustSteps(t)
	note := spec.QuarantineDir("clean") + "/b.json"

	remove(t, in, "b.jsonl")
	if total := m.mustSteps(t); len(total.Quarantine) != 0 {
		t.Errorf("of no input any more: %+v", total.Quarantine)
	}
	put(t, in, "b.jsonl", []byte("{}\n"))
	m.mustSteps(t)
	for _, tt := range []struct{ note, want string }{
		{"{", note + " is damaged: remove it to try the shard again"},
		{"{}", note + " names no shard: remove it"},
		{strings.Repeat(" ", maxNote+1), note + " is longer than 1048576 bytes"},
	} {
		put(t, m.store, note, []byte(tt.note))
		_, err := m.run().Report(t.Context(), temporary)
		if err == nil || !strings.Contains(err.Error(), tt.want) || Classify(err) != Settings {
			t.Errorf("note %.10q: %v", tt.note, err)
		}
		var errs []error
		for _, err := range m.run().Quarantine(t.Context(), "clean") {
			errs = append(errs, err)
		}
		if len(errs) != 1 || errs[0] == nil {
			t.Errorf("note %.10q: %v", tt.note, errs)
		}
	}
	if n, err := m.run().Release(t.Context()); n != 1 || err != nil {
		t.Errorf("a note that is damaged is released as well: %d, %v", n, err)
	}

	long := errors.New(strings.Repeat("é", maxError))
	if err := m.run().putAside(t.Context(), "clean", "b", long); err != nil {
		t.Fatal(err)
	}
	for n, err := range m.run().Quarantine(t.Context(), "clean") {
		if err != nil || len(n.Error) > maxError+3 || !strings.HasSuffix(n.Error, "é…") {
			t.Errorf("%d bytes, %v", len(n.Error), err)
		}
	}
}

// Release in a store without a run is no error: a first run may be told to try again.
func TestReleaseNothing(t *testing.T) {
	r := mill{store: new(storage.Memory), inputs: crawl(t, "a")}.run()
	if n, err := r.Release(t.Context()); n != 0 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	if n, err := r.ForgetLost(t.Context(), temporary); n != 0 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
}
