package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/checkpoint"
	"github.com/textmill/textmill/dedup"
	"github.com/textmill/textmill/dedup/sketch"
	"github.com/textmill/textmill/filter"
	"github.com/textmill/textmill/internal/progress"
	"github.com/textmill/textmill/jsonl"
	"github.com/textmill/textmill/langid"
	"github.com/textmill/textmill/langid/lingua"
	"github.com/textmill/textmill/normalize"
	"github.com/textmill/textmill/storage"
	"github.com/textmill/textmill/tokenize"
	"github.com/textmill/textmill/toxicity"
)

// The job has these steps:
//
//	clean    WET files → what passes every filter, with sketches     (a shard per file)
//	fuzzy-…  sketches → which documents are near-duplicates          (see dedup.Fuzzy)
//	publish  what is clean and no duplicate → documents and tokens   (a shard per file)
//
// Deduplication comes after the filters, so that the copy that stays is one that
// passes them.
type steps struct {
	clean, publish *textmill.Pipeline
	fuzzy          *dedup.Fuzzy // nil without global deduplication
	shards         []textmill.Shard
	meter          *progress.Meter  // of the step under way
	rejected       map[string]int64 // documents in each file of rejects of the step clean
}

// Where things are in the output directory. Everything below workDir is the
// program's own; the large part of it is removed at the end.
const (
	workDir      = ".textmill"
	cleanDir     = workDir + "/clean"
	rejectsDir   = workDir + "/rejects"
	dedupDir     = workDir + "/dedup"
	reportsDir   = workDir + "/reports"
	runFile      = workDir + "/run.json"
	reportFile   = "report.json"
	manifestFile = "manifest.json"
)

// newSteps builds the pipelines and checks their settings. It reads nothing.
func newSteps(c *config, src textmill.Source, shards []textmill.Shard, store storage.Store) (*steps, error) {
	s := &steps{shards: shards}
	cleaning, err := cleaningStages(c)
	if err != nil {
		return nil, err
	}
	cleaned := textmill.Sink(&jsonl.Sink{Store: store, Dir: cleanDir, Suffix: ".jsonl.zst"})
	var publishing []textmill.Stage
	switch c.dedup {
	case "global":
		s.fuzzy = &dedup.Fuzzy{Store: store, Dir: dedupDir, Sketch: sketch.FineWeb(), Partitions: max(min(len(shards), 64), 1)}
		cleaned = textmill.Tee(cleaned, s.fuzzy.Signatures())
		publishing = append(publishing, s.fuzzy.Filter())
	case "shard":
		cleaning = append(cleaning, dedup.FuzzyInShard(dedup.InShardSettings{Sketch: sketch.FineWeb()}))
	}
	_, perShard := c.split(len(shards))
	s.clean = &textmill.Pipeline{
		Source:    src,
		Stages:    cleaning,
		Sink:      cleaned,
		Rejects:   &jsonl.Sink{Store: store, Dir: rejectsDir},
		MaxErrors: -1, // damaged records are put aside, however many there are
		Workers:   perShard,
	}
	s.publish = &textmill.Pipeline{
		// What the step clean has written, with the shards of the input.
		Source: &listed{&jsonl.Source{Store: store, Dir: cleanDir}, shards},
		Stages: append(publishing, normalize.NewPII(), &tokenize.Stage{Encoder: c.tokenizer}),
		Sink: textmill.Tee(
			&jsonl.Sink{Store: store, Dir: "documents"},
			&tokenize.Shards{Store: store, Dir: "tokens", Encoder: c.tokenizer, Format: formats[c.format].format}),
		Rejects: &allRejects{store: store, earlier: func(name string) int64 { return s.rejected[name] }},
		Workers: perShard,
	}
	return s, errors.Join(s.clean.Validate(), s.publish.Validate())
}

// cleaningStages are those of FineWeb, in its order, with toxicity after them.
func cleaningStages(c *config) ([]textmill.Stage, error) {
	quality, err := filter.Preset(c.preset)
	if err != nil {
		return nil, err
	}
	stages := []textmill.Stage{filter.NewURL()}
	toxic := toxicity.NewFilter(toxicity.English())
	if len(c.languages) > 0 {
		toxic.Languages = []string{"en"} // some of its words are harmless in others
		detector, err := lingua.New(lingua.Options{})
		if err != nil {
			return nil, err
		}
		stages = append(stages, &langid.Tag{Detector: detector}, &langid.Keep{Languages: c.languages})
	}
	stages = append(stages, normalize.Standard())
	stages = append(stages, quality...)
	return append(stages, toxic), nil
}

// workersPerShard is how many workers a shard is given before another is done at
// the same time. Each shard at work takes memory, some 50 MB; what its one reader
// and one writer can keep up with is about this many workers.
const workersPerShard = 4

// split returns how many shards to do at once, and with how many workers each.
func (c *config) split(shards int) (parallel, perShard int) {
	parallel = max(min(c.workers/workersPerShard, shards), 1)
	return parallel, (c.workers + parallel - 1) / parallel
}

// listed is a source whose shards are known.
type listed struct {
	textmill.Source
	shards []textmill.Shard
}

func (l *listed) Shards(context.Context) ([]textmill.Shard, error) { return l.shards, nil }

// plan returns the steps as jobs that leave out what is done already.
func (s *steps) plan(store storage.Store, fingerprint string, published map[string]bool) textmill.Plan {
	verify := checkpoint.Verify(store)
	resumed := func(step string, j textmill.Job, options ...checkpoint.Option) textmill.Job {
		j = progress.Noted(j, func(shard textmill.Shard) { s.meter.Begin(shard) })
		return checkpoint.Job(j, store, reportsDir+"/"+step, fingerprint, options...)
	}
	plan := textmill.Plan{{Name: "clean", Job: &either{
		Job: resumed("clean", s.clean, verify),
		// What the clean step wrote for these has been used, and removed.
		done: resumed("clean", s.clean),
		is:   published,
	}}}
	if s.fuzzy != nil {
		for _, step := range s.fuzzy.Steps(s.clean.Source) {
			plan = append(plan, textmill.Step{Name: step.Name, Job: resumed(step.Name, step.Job, verify)})
		}
	}
	return append(plan, textmill.Step{Name: "publish", Job: resumed("publish", s.publish, verify)})
}

// either does the shards in is as the job done does, and the others as Job does.
type either struct {
	textmill.Job
	done textmill.Job
	is   map[string]bool
}

func (e *either) RunShard(ctx context.Context, s textmill.Shard) (textmill.Report, error) {
	if e.is[s.Name] {
		return e.done.RunShard(ctx, s)
	}
	return e.Job.RunShard(ctx, s)
}

// findPublished returns the shards whose outputs are all there.
func findPublished(ctx context.Context, store storage.Store) (map[string]bool, error) {
	published := map[string]bool{}
	for f, err := range checkpoint.Reports(ctx, store, reportsDir+"/publish") {
		if err != nil {
			return nil, err
		}
		if published[f.Shard], err = allThere(ctx, store, f.Report.Outputs); err != nil {
			return nil, err
		}
	}
	return published, nil
}

func allThere(ctx context.Context, store storage.Store, objects []textmill.Object) (bool, error) {
	for _, o := range objects {
		info, err := store.Stat(ctx, o.Name)
		if errors.Is(err, fs.ErrNotExist) || err == nil && info.Size != o.Bytes {
			return false, nil
		}
		if err != nil {
			return false, fmt.Errorf("look for %s: %w", o.Name, err)
		}
	}
	return true, nil
}
