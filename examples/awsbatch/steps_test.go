package main

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/storage"
)

func names(plan textmill.Plan) string {
	var out []string
	for _, s := range plan {
		out = append(out, s.Name)
	}
	return strings.Join(out, " ")
}

// Every combination of layout and deduplication has its steps, and leaves what it leaves
// where it is said to be: in folders that are kept, or are known as temporary.
func TestSteps(t *testing.T) {
	if race {
		t.Skip("goes the ways that other tests go")
	}
	const fuzzy = "fuzzy-match fuzzy-cluster fuzzy-label fuzzy-elect fuzzy-collect"
	for _, tt := range []struct{ layout, dedup, steps, folders string }{
		{"fused", "global", "clean " + fuzzy + " publish", "clean documents fuzzy rejects tokens"},
		{"fused", "shard", "clean publish", "clean documents rejects tokens"},
		{"fused", "none", "clean publish", "clean documents rejects tokens"},
		{"staged", "global", "extract filter detoxify " + fuzzy + " global-deduplicate normalize tokenize",
			"detoxified extracted filtered fuzzy global_deduplicated normalized rejects tokenized"},
		{"staged", "shard", "extract filter detoxify deduplicate normalize tokenize",
			"deduplicated detoxified extracted filtered normalized rejects tokenized"},
		{"staged", "none", "extract filter detoxify normalize tokenize",
			"detoxified extracted filtered normalized rejects tokenized"},
	} {
		args := []string{"-layout", tt.layout, "-dedup", tt.dedup}
		store, reports := mill(t, nil, 2, args...)
		plan := planFor(t, nil, store, args...)
		if got := names(plan); got != tt.steps {
			t.Errorf("%v: steps %s, want %s", args, got, tt.steps)
		}
		folders := map[string]bool{}
		for info, err := range store.List(t.Context(), "") {
			if err != nil {
				t.Fatal(err)
			}
			folder, _, _ := strings.Cut(info.Name, "/")
			folders[folder] = true
		}
		if got := strings.Join(slices.Sorted(maps.Keys(folders)), " "); got != tt.folders {
			t.Errorf("%v: folders %s, want %s", args, got, tt.folders)
		}
		for folder := range folders {
			kept := slices.Contains([]string{"documents", "normalized", "rejects", "tokenized", "tokens"}, folder)
			if kept == (temporary[folder+"/"] > 0) {
				t.Errorf("%v: folder %s: to be kept %t, temporary for %d days", args, folder, kept, temporary[folder+"/"])
			}
		}
		near := int64(0)
		for _, step := range plan {
			if strings.HasPrefix(step.Name, "fuzzy-") {
				continue // what is found there is dropped later
			}
			for _, s := range reports[step.Name].Stages {
				near += s.Dropped["near_duplicate"]
			}
		}
		if (near > 0) != (tt.dedup != "none") {
			t.Errorf("%v: %d near-duplicates were dropped", args, near)
		}
	}
}

// A step that is done again, in any order, finds what it needs and leaves the same; and
// nothing outside of the store.
func TestStepsCanBeDoneAgain(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	for _, layout := range []string{"fused", "staged"} {
		store, _ := mill(t, nil, 2, "-layout", layout)
		before := digests(t, store, "")
		plan := planFor(t, nil, store, "-layout", layout)
		for _, step := range slices.Backward(plan) {
			if _, err := textmill.RunJob(t.Context(), step.Job, 2); err != nil {
				t.Errorf("%s: step %s again: %v", layout, step.Name, err)
			}
			if after := digests(t, store, ""); after != before {
				t.Fatalf("%s: after step %s:\n%swant\n%s", layout, step.Name, after, before)
			}
		}
	}
	err := filepath.WalkDir(temp, func(path string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			t.Errorf("%s was left behind", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Names of files may have any character that names of shards may have.
func TestOddNames(t *testing.T) {
	dir := crawl(t, "10%.warc.wet.gz", "a b.wet.gz", "%2F.wet.gz", "x.jsonl.wet.gz", "ü.wet.gz")
	fused, reports := mill(t, nil, 2, "-in", dir)
	staged, _ := mill(t, nil, 2, "-in", dir, "-layout", "staged")
	if got, want := digests(t, staged, "normalized"), digests(t, fused, "documents"); got != want {
		t.Errorf("staged\n%swant\n%s", got, want)
	}
	if n := reports["publish"].Written; n == 0 {
		t.Error("nothing was kept")
	}
}

// A partial source is one without the shards that were put aside.
type partial struct {
	textmill.Source
	aside map[string]bool
}

func (p *partial) Shards(ctx context.Context) ([]textmill.Shard, error) {
	all, err := p.Source.Shards(ctx)
	var out []textmill.Shard
	for _, s := range all {
		if !p.aside[s.Name] {
			s.Index = len(out)
			out = append(out, s)
		}
	}
	return out, err
}

// When a shard is put aside after any of the steps, the steps after that go on without it,
// and what comes out is what comes of the other inputs alone.
func TestShardPutAside(t *testing.T) {
	dir := crawl(t, fiveFiles...)
	for _, layout := range []string{"fused", "staged"} {
		var others []string
		for _, name := range []string{"a", "b", "d", "e"} {
			others = append(others, "-in", filepath.Join(dir, name+".warc.wet.gz"))
		}
		want, _ := mill(t, nil, 2, append(others, "-layout", layout)...)
		folder := map[string]string{"fused": "tokens", "staged": "tokenized"}[layout]

		for _, after := range []string{"clean", "extract", "detoxify"} {
			s := settingsOf(t, "-in", dir, "-layout", layout)
			all, err := s.open(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			store, src := new(storage.Memory), &partial{all, map[string]bool{}}
			plan, err := s.planOf(t.Context(), src, store)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(names(plan), after) {
				continue
			}
			for _, step := range plan {
				if _, err := textmill.RunJob(t.Context(), step.Job, 2); err != nil {
					t.Fatalf("%s, put aside after %s: step %s: %v", layout, after, step.Name, err)
				}
				if step.Name == after {
					src.aside["c"] = true
				}
			}
			if got, want := digests(t, store, folder), digests(t, want, folder); got != want {
				t.Errorf("%s, put aside after %s:\n%swant\n%s", layout, after, got, want)
			}
		}
	}
}
