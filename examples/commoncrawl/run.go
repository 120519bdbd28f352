package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"time"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/checkpoint"
	"github.com/textmill/textmill/internal/progress"
	"github.com/textmill/textmill/manifest"
	"github.com/textmill/textmill/storage"
)

// settings is what the output depends on, beside the program.
type settings struct {
	Languages []string         `json:"languages,omitempty"`
	Preset    string           `json:"preset"`
	Dedup     string           `json:"dedup"`
	Tokenizer string           `json:"tokenizer"`
	Tokens    string           `json:"tokens"`
	Inputs    []textmill.Shard `json:"inputs"`
}

// identity is what is stored in the output directory to tell runs apart.
type identity struct {
	Fingerprint string           `json:"fingerprint"`
	Program     manifest.Program `json:"program"`
	Settings    settings         `json:"settings"`
}

func identify(c *config, shards []textmill.Shard) (identity, error) {
	id := identity{
		Program:  manifest.ThisProgram(),
		Settings: settings{c.languages, c.preset, c.dedup, c.tokenizer.Name(), c.format, shards},
	}
	var err error
	id.Fingerprint, err = manifest.Fingerprint(id.Program, id.Settings)
	return id, err
}

// claim makes the output directory this run's. It is an error if it is another's,
// unless force is set: then what the other left is removed.
func claim(ctx context.Context, store storage.Store, dir string, id identity, force bool) error {
	var old identity
	err := readJSON(ctx, store, runFile, &old)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case force:
		if err := forget(ctx, store, old); err != nil {
			return fmt.Errorf("remove the earlier run: %w", err)
		}
	case err != nil:
		return err
	case old.Fingerprint != id.Fingerprint:
		return fmt.Errorf("%s holds a run with %s; use -force to begin anew, or another -out", dir, old.difference(id))
	default:
		return nil
	}
	return manifest.WriteJSON(ctx, store, runFile, id)
}

// difference says in a few words how old differs from id.
func (old identity) difference(id identity) string {
	var what []string
	note := func(name string, a, b any) {
		if fmt.Sprint(a) != fmt.Sprint(b) {
			what = append(what, name)
		}
	}
	note("another -lang", old.Settings.Languages, id.Settings.Languages)
	note("another -preset", old.Settings.Preset, id.Settings.Preset)
	note("another -dedup", old.Settings.Dedup, id.Settings.Dedup)
	note("another -tokenizer", old.Settings.Tokenizer, id.Settings.Tokenizer)
	note("another -tokens", old.Settings.Tokens, id.Settings.Tokens)
	note("other inputs", old.Settings.Inputs, id.Settings.Inputs)
	note("another version of the program", old.Program, id.Program)
	return strings.Join(what, ", ")
}

// forget removes everything an earlier run left, and nothing else: whatever it
// may have published of its inputs, finished or not.
func forget(ctx context.Context, store storage.Store, old identity) error {
	names := []string{manifestFile, reportFile}
	for _, shard := range old.Settings.Inputs {
		names = append(names, "documents/"+shard.Name+".jsonl.gz", "rejects/"+shard.Name+".jsonl.gz")
		for _, suffix := range formats[old.Settings.Tokens].files {
			names = append(names, "tokens/"+shard.Name+suffix)
		}
	}
	for _, name := range names {
		remove := store.Remove
		if strings.HasSuffix(name, "/") {
			remove = func(ctx context.Context, name string) error { return removeAll(ctx, store, name) }
		}
		if err := remove(ctx, name); err != nil {
			return err
		}
	}
	return removeAll(ctx, store, workDir+"/")
}

func removeAll(ctx context.Context, store storage.Store, prefix string) error {
	var names []string
	for info, err := range store.List(ctx, prefix) {
		if err != nil {
			return err
		}
		names = append(names, info.Name)
	}
	for _, name := range names {
		if err := store.Remove(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// run does the job and prints its report.
func run(ctx context.Context, c *config, src textmill.Source, shards []textmill.Shard, stdout, stderr io.Writer) error {
	began, store := time.Now(), storage.Dir(c.out)
	s, err := newSteps(c, src, shards, store)
	if err != nil {
		return badUse{err}
	}
	id, err := identify(c, shards)
	if err != nil {
		return err
	}
	if err := claim(ctx, store, c.out, id, c.force); err != nil {
		return badUse{err}
	}
	published, err := findPublished(ctx, store)
	if err != nil {
		return err
	}
	reports, err := s.run(ctx, c, s.plan(store, id.Fingerprint, published), stderr)
	if err != nil {
		return fmt.Errorf("%w\nrun the same command again to go on from here", err)
	}
	total := reports["clean"].Then(reports["publish"])
	if err := total.Check(); err != nil {
		return err
	}
	digest, err := s.record(ctx, store, id, total)
	if err != nil {
		return err
	}
	if err := cleanUp(ctx, store, began); err != nil {
		return fmt.Errorf("clean up: %w", err)
	}
	printReport(stdout, c, total, digest)
	return nil
}

// run does the plan step by step, each under a meter.
func (s *steps) run(ctx context.Context, c *config, plan textmill.Plan, stderr io.Writer) (map[string]textmill.Report, error) {
	if err := plan.Validate(); err != nil {
		return nil, err
	}
	parallel, _ := c.split(len(s.shards))
	reports := map[string]textmill.Report{}
	for _, step := range plan {
		s.meter = progress.Start(step.Name, stderr)
		s.clean.Progress, s.publish.Progress = s.meter.Hook, s.meter.Hook
		r, err := textmill.RunJob(ctx, s.meter.Track(step.Job), parallel)
		s.meter.Stop()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", step.Name, err)
		}
		reports[step.Name] = r
		s.note(r.Outputs)
	}
	return reports, nil
}

// note remembers how many documents the step clean has rejected in each shard.
func (s *steps) note(outputs []textmill.Object) {
	if s.rejected == nil {
		s.rejected = map[string]int64{}
	}
	for _, o := range outputs {
		if strings.HasPrefix(o.Name, rejectsDir+"/") {
			s.rejected[o.Name] = o.Documents
		}
	}
}

// record writes report.json and then manifest.json, which says that the run is
// complete.
func (s *steps) record(ctx context.Context, store storage.Store, id identity, total textmill.Report) (digest string, err error) {
	total = total.WithoutTimes()
	total.Inputs, total.Outputs = nil, nil // these are in the manifest
	if err := manifest.WriteJSON(ctx, store, reportFile, total); err != nil {
		return "", err
	}
	m, err := s.manifest(ctx, store, id)
	if err != nil {
		return "", err
	}
	if err := m.Write(ctx, store, manifestFile); err != nil {
		return "", err
	}
	return m.Digest, nil
}

func (s *steps) manifest(ctx context.Context, store storage.Store, id identity) (*manifest.Manifest, error) {
	clean, err := textmill.Describe(s.clean.Stages...)
	if err != nil {
		return nil, err
	}
	publish, err := textmill.Describe(s.publish.Stages...)
	if err != nil {
		return nil, err
	}
	steps := []manifest.Step{{Name: "clean", Stages: clean}}
	if s.fuzzy != nil {
		fuzzy := textmill.StageInfo{Name: "dedup.Fuzzy", Type: "dedup.Fuzzy"}
		if fuzzy.Settings, err = json.Marshal(s.fuzzy); err != nil {
			return nil, err
		}
		for _, step := range s.fuzzy.Steps(s.clean.Source) {
			steps = append(steps, manifest.Step{Name: step.Name, Stages: []textmill.StageInfo{fuzzy}})
		}
	}
	m, err := manifest.New(id.Settings, append(steps, manifest.Step{Name: "publish", Stages: publish})...)
	if err != nil {
		return nil, err
	}
	first := map[string]textmill.Report{}
	for f, err := range checkpoint.Reports(ctx, store, reportsDir+"/clean") {
		if err != nil {
			return nil, err
		}
		first[f.Shard] = f.Report
	}
	for f, err := range checkpoint.Reports(ctx, store, reportsDir+"/publish") {
		if err != nil {
			return nil, err
		}
		both := first[f.Shard].Then(f.Report)
		both.Inputs, both.Outputs = first[f.Shard].Inputs, f.Report.Outputs
		m.Add(f.Shard, both)
	}
	return m, nil
}

// cleanUp removes what only the steps after had use for, and the unfinished files
// of runs that were killed before this one began. The lists of duplicates stay, so
// that a lost output can be made again without reading all inputs.
func cleanUp(ctx context.Context, store storage.Dir, began time.Time) error {
	_, err := store.RemoveLeftovers(ctx, began)
	return errors.Join(err,
		removeAll(ctx, store, cleanDir+"/"),
		removeAll(ctx, store, rejectsDir+"/"))
}

func printReport(w io.Writer, c *config, r textmill.Report, digest string) {
	fmt.Fprint(w, r)
	fmt.Fprintf(w, "\n%d documents kept, %d tokens (%s), %d rejects with their reasons, in %s\ndigest %s\n",
		r.Written, r.Counts["tokenize.tokens"], c.tokenizer.Name(), r.Dropped+r.Errors, c.out, digest)
}

func readJSON(ctx context.Context, store storage.Store, name string, v any) error {
	r, err := store.Open(ctx, name)
	if err != nil {
		return err
	}
	defer r.Close()
	if err := json.NewDecoder(r).Decode(v); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}
