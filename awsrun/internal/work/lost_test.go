package work

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/textmill/textmill/awsrun/internal/spec"
	"github.com/textmill/textmill/storage"
)

// An output that vanished, or is not what was written, is noticed by the report, and is
// made again when that is asked for. What only later steps read may be gone once they
// are done, and is made again when they need it.
func TestLost(t *testing.T) {
	in := crawl(t, "a", "b", "c")
	m := mill{store: new(storage.Memory), inputs: in}
	m.mustSteps(t)
	want := tree(t, m.store)
	forget := func(want int) {
		t.Helper()
		if n, err := m.run().ForgetLost(t.Context(), temporary); n != want || err != nil {
			t.Errorf("%d shards lost, %v; want %d", n, err, want)
		}
	}
	forget(0)

	for _, damage := range []func(){
		func() { remove(t, m.store, "documents/b.jsonl") },
		func() { put(t, m.store, "documents/b.jsonl", []byte("{}\n")) },
	} {
		damage()
		for _, step := range m.doAll(t) {
			if step != "" {
				t.Errorf("does %s by itself", step)
			}
		}
		remove(t, m.store, manifestFile)
		_, err := m.run().Report(t.Context(), temporary)
		if err == nil || err.Error() != "1 files are gone, or are not what was written, such as documents/b.jsonl: -retry makes them again" || Classify(err) != Settings {
			t.Errorf("report: %v", err)
		}
		if _, err := m.store.Stat(t.Context(), manifestFile); err == nil {
			t.Error("there is a manifest of files that are not there")
		}
		forget(1)
		if total := m.mustReport(t); total.Finished() {
			t.Error("finished without the shard")
		}
		names := m.doAll(t)
		if names["publish"] != "b" || names["clean"] != "" || names["fuzzy-match"] != "" {
			t.Errorf("%v", names)
		}
		m.mustReport(t)
		if got := tree(t, m.store); got != want {
			t.Errorf("not the same files:\n%s", diff(want, got))
		}
	}

	// In the end, temporary files are removed.
	for info := range m.store.List(t.Context(), "") {
		if temporary(info.Name) {
			remove(t, m.store, info.Name)
		}
	}
	forget(0)
	m.mustReport(t)

	// Then an input comes. The step that has to read them says what to do.
	put(t, in, "d.jsonl", file("d"))
	m.do(t, "clean")
	_, out, _ := m.do(t, "fuzzy-match")
	if out.Class != Retry || !strings.HasSuffix(out.Err.Error(), "\nif a step before has made this and it is gone since, -retry makes it again") {
		t.Errorf("%+v", out)
	}
	n, err := m.run().ForgetLost(t.Context(), temporary)
	if n < 3 || err != nil {
		t.Errorf("%d shards lost, %v", n, err)
	}
	names := m.doAll(t)
	if names["clean"] != "a b c" || names["publish"] != "a b c d" {
		t.Errorf("%v", names)
	}
	total := m.mustReport(t)
	if whole, files := fresh(t, in); total.Digest != whole.Digest || tree(t, m.store) != files {
		t.Errorf("not the same files:\n%s", diff(files, tree(t, m.store)))
	}
}

// In the first step, what is missing is an input, which nothing makes again.
func TestMissingInput(t *testing.T) {
	in := crawl(t, "a", "b")
	m := mill{store: new(storage.Memory), inputs: in}
	r := m.run()
	l, err := r.List(t.Context(), "clean", Batching{})
	if err != nil {
		t.Fatal(err)
	}
	remove(t, in, "b.jsonl")
	out, err := r.Do(t.Context(), "clean", all(l), Doing{})
	if err != nil || out.Class != Retry || out.Failed != 1 || strings.Contains(out.Err.Error(), "-retry") || !strings.Contains(out.Err.Error(), "no object for shard b") {
		t.Errorf("%+v, %v", out, err)
	}
}

// All reports are read, many at once, each once; one that is of no use says what to do.
func TestReports(t *testing.T) {
	shards := make([]string, 0, 2*held+1)
	for i := range cap(shards) {
		shards = append(shards, string(rune('a'+i%26))+strings.Repeat("x", i/26))
	}
	r := runOf(job{shards: shardsOf(shards...)})
	l, err := r.List(t.Context(), "step", Batching{})
	if err != nil {
		t.Fatal(err)
	}
	if out, err := r.Do(t.Context(), "step", all(l), Doing{Parallel: 4}); err != nil || out.Done != len(shards) {
		t.Fatalf("%+v, %v", out, err)
	}
	last, n := "", 0
	for f, err := range r.reports(t.Context(), l.List, shards) {
		if err != nil || f.Shard <= last {
			t.Fatalf("%s after %s, %v", f.Shard, last, err)
		}
		last = f.Shard
		n++
	}
	if n != len(shards) {
		t.Errorf("%d of %d reports", n, len(shards))
	}
	total, err := r.Report(t.Context(), temporary)
	if err != nil || !total.Finished() || total.Steps[0].Done != len(shards) {
		t.Errorf("%d done, %v", total.Steps[0].Done, err)
	}

	file := l.reportsDir() + "/a.json"
	for _, tt := range []struct{ report, want string }{
		{"[]", file + " is damaged: remove it to do the shard again: "},
		{"{}", file + " names no shard: remove it to do the shard again"},
		{`{"shard":"a"}`, file + " is of shard a of another run, not of a: remove it to do the shard again"},
		{`{"shard":"b","fingerprint":"` + l.Fingerprint + `"}`, file + " is of shard b of another run, not of a: remove it to do the shard again"},
	} {
		put(t, r.Store, file, []byte(tt.report))
		if _, err := r.Report(t.Context(), temporary); err == nil || !strings.HasPrefix(err.Error(), tt.want) || Classify(err) != Settings {
			t.Errorf("%s: %v", tt.report, err)
		}
	}
	broken := errors.New("broken connection")
	shut := &closed{Store: r.Store, prefix: spec.ReportsDir("step"), err: broken}
	r.Store = shut
	if _, err := r.Report(t.Context(), temporary); !errors.Is(err, broken) || strings.Count(err.Error(), "broken") != 1 {
		t.Errorf("%v", err)
	}
	if n := shut.n.Load(); n == 0 || n > 2*readers {
		t.Errorf("%d reports were asked for", n)
	}
}

// closed is a store of which nothing below a prefix can be read.
type closed struct {
	storage.Store
	prefix string
	err    error
	n      atomic.Int32 // attempts
}

func (c *closed) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	if strings.HasPrefix(name, c.prefix) {
		c.n.Add(1)
		return nil, c.err
	}
	return c.Store.Open(ctx, name)
}
