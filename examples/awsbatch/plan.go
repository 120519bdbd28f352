package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/awsrun"
	"github.com/textmill/textmill/dedup"
	"github.com/textmill/textmill/dedup/sketch"
	"github.com/textmill/textmill/jsonl"
	"github.com/textmill/textmill/storage"
	"github.com/textmill/textmill/tokenize"
)

// plan returns the steps of the job, whose files are in store.
func (s *settings) plan(ctx context.Context, store storage.Store) (textmill.Plan, error) {
	src, err := s.open(ctx)
	if err != nil {
		return nil, lasting(err)
	}
	plan, err := s.planOf(ctx, awsrun.Inputs(judged{src}), store)
	return plan, lasting(err)
}

// lasting marks an error about what the flags name as one that will be the same however
// often the run is tried, unless it is of the network or of a server.
func lasting(err error) error {
	if errors.Is(err, fs.ErrNotExist) { // first, as all errors of the system look like the network's
		return awsrun.BadSettings(err)
	}
	if _, network := errors.AsType[net.Error](err); network || overloaded(err) || errors.Is(err, context.Canceled) {
		return err
	}
	return awsrun.BadSettings(err)
}

// overloaded reports whether err is an answer of S3 by which it asks to be tried again.
func overloaded(err error) bool {
	e, ok := errors.AsType[interface {
		error
		HTTPStatusCode() int
	}](err)
	return ok && (e.HTTPStatusCode() == http.StatusTooManyRequests || e.HTTPStatusCode() >= 500)
}

// planOf returns the plan for the inputs that src has, which it does not look at.
func (s *settings) planOf(ctx context.Context, src textmill.Source, store storage.Store) (textmill.Plan, error) {
	encoder, err := s.openTokenizer(ctx)
	if err != nil {
		return nil, fmt.Errorf("-tokenizer: %w", err)
	}
	j := &job{settings: s, store: store, src: src, last: src, encoder: encoder}
	if s.dedup.value == "global" {
		j.fuzzy = &dedup.Fuzzy{
			Store: store, Dir: "fuzzy", Sketch: sketch.FineWeb(), Partitions: partitions,
			Scratch: storage.Dir(filepath.Join(os.TempDir(), "awsbatch")),
		}
	}
	layout := j.fused
	if s.layout.value == "staged" {
		layout = j.staged
	}
	err = layout()
	return j.plan, err
}

// partitions is how many shards there are at most in the steps that look for
// near-duplicates. It does not depend on the inputs, so that some can be added later.
const partitions = 64

// A job is a plan in the making: a sequence of steps, each of which reads what the one
// before has written.
type job struct {
	*settings
	store   storage.Store
	src     textmill.Source
	encoder tokenize.Encoder
	fuzzy   *dedup.Fuzzy // nil without global deduplication

	plan textmill.Plan
	last textmill.Source // what the next step reads
}

// add appends a step that gives what the step before has written to stages and then to
// sink. What does not come through is put below rejects.
//
// No step reads rejects, so each step has files of its own there and none is written
// by two.
func (j *job) add(name string, sink textmill.Sink, stages ...textmill.Stage) {
	j.plan = append(j.plan, textmill.Step{Name: name, Job: &textmill.Pipeline{
		Source:    j.last,
		Stages:    stages,
		Sink:      sink,
		Rejects:   &jsonl.Sink{Store: j.store, Dir: "rejects/" + name},
		MaxErrors: j.maxErrors,
	}})
}

// addFolder appends a step that writes JSON lines to a folder, where the next one finds
// them.
func (j *job) addFolder(name, dir, suffix string, stages ...textmill.Stage) {
	f := j.folder(dir, suffix)
	j.add(name, f.sink(), stages...)
	j.last = f
}

func (j *job) folder(dir, suffix string) *folder { return &folder{j.store, dir, suffix, j.src} }

// addFuzzy appends the steps that find near-duplicates in all shards. The step before
// them leaves sketches of what it writes, too.
func (j *job) addFuzzy() {
	p := j.plan[len(j.plan)-1].Job.(*textmill.Pipeline)
	p.Sink = textmill.Tee(p.Sink, j.fuzzy.Signatures())
	j.plan = append(j.plan, j.fuzzy.Steps(j.src)...)
}

// tokenFiles returns what stores the tokens of documents.
func (j *job) tokenFiles(dir string) textmill.Sink {
	return &tokenize.Shards{Store: j.store, Dir: dir, Encoder: j.encoder, Format: formats[j.tokens.value]}
}
