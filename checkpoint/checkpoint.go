// Package checkpoint keeps a job from doing finished shards over when it is run
// again.
//
// [Job] stores the report of each shard once everything else of it is stored. A
// shard whose report is there is finished. However a run ends, the next one
// does the shards that lack a report and takes the others' reports as they are:
// the sum is that of a run that was never interrupted. Shards that are listed in
// another order, or by another machine, are still the same shards: what counts
// is their name.
package checkpoint

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"unicode/utf8"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/storage"
)

// ErrOtherRun is returned for a shard that was finished by a run with another
// fingerprint: other inputs, settings or another program.
var ErrOtherRun = errors.New("finished by another run: give this one a folder of its own, or remove the reports and outputs of the other")

// ErrDiffers is returned if a shard was done twice and did not come to the same
// outputs, so that the job, or what it reads, is not what its fingerprint says.
var ErrDiffers = errors.New("done twice with different outputs: look for what depends on time, chance or changed inputs, then remove the report and do the shard again")

// Job returns a job that does what j does and stores the report of each shard it
// has finished in store, as dir/NAME.json. A shard whose report is there is not
// done again; its report is returned.
//
// The fingerprint is any string that is the same for runs that make the same
// outputs, and else another: a hash of inputs, settings and program, say. If the
// report was stored under another fingerprint, the error is [ErrOtherRun]. A
// report that cannot be read, or is damaged, is an error that names the file:
// as objects are stored whole or not at all, it was not left by a killed run.
//
// If two machines do the same shard at the same time, both finish it, and one
// report stays; if their outputs differ, the later one gets [ErrDiffers].
func Job(j textmill.Job, store storage.Store, dir, fingerprint string, options ...Option) textmill.Job {
	c := &job{Job: j, reports: reports{store, dir}, fingerprint: fingerprint}
	for _, o := range options {
		o(c)
	}
	return c
}

// An Option changes what [Job] does.
type Option func(*job)

// Verify has the outputs named in a stored report looked up in the given store
// before the report is trusted. If one is gone, or has another size, the shard
// is done again.
func Verify(outputs storage.Store) Option {
	return func(j *job) { j.outputs = outputs }
}

type job struct {
	textmill.Job
	reports     reports
	fingerprint string
	outputs     storage.Store // nil if they are not verified
}

// RunShard implements [textmill.Job].
func (j *job) RunShard(ctx context.Context, shard textmill.Shard) (textmill.Report, error) {
	if shard.Name == "" || !utf8.ValidString(shard.Name) {
		return textmill.Report{}, fmt.Errorf("checkpoint: shard name %q is empty or not valid UTF-8", shard.Name)
	}
	before, err := j.load(ctx, shard)
	if err != nil {
		return textmill.Report{}, err
	}
	if before != nil {
		if ok, err := j.intact(ctx, before.Report); ok || err != nil {
			return before.Report, err
		}
	}
	r, err := j.Job.RunShard(ctx, shard)
	if err != nil {
		return r, err
	}
	return r, j.finish(ctx, Finished{shard.Name, j.fingerprint, r})
}

// load returns what is stored of a shard, or nil if it is not finished.
func (j *job) load(ctx context.Context, shard textmill.Shard) (*Finished, error) {
	file := j.reports.file(shard.Name)
	f, err := j.reports.read(ctx, file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	case f.Shard != shard.Name:
		return nil, fmt.Errorf("checkpoint: %s is of shard %q, not of %q: use a store that tells the two names apart", file, f.Shard, shard.Name)
	case f.Fingerprint != j.fingerprint:
		return nil, fmt.Errorf("checkpoint: shard %s: %s: %w", shard.Name, file, ErrOtherRun)
	}
	return f, nil
}

// intact reports whether the outputs in r are there, as far as that is asked for.
func (j *job) intact(ctx context.Context, r textmill.Report) (bool, error) {
	if j.outputs == nil {
		return true, nil
	}
	for _, o := range r.Outputs {
		info, err := j.outputs.Stat(ctx, o.Name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return false, nil
		case err != nil:
			return false, fmt.Errorf("checkpoint: verify: %w", err)
		case info.Size >= 0 && info.Size != o.Bytes:
			return false, nil
		}
	}
	return true, nil
}

// finish stores the report of a shard, the last thing of it. If there is one
// already, somebody else did the shard meanwhile, or its outputs were lost.
func (j *job) finish(ctx context.Context, f Finished) error {
	other, err := j.load(ctx, textmill.Shard{Name: f.Shard})
	if err != nil {
		return err
	}
	if other != nil && !slices.Equal(other.Report.Outputs, f.Report.Outputs) {
		return fmt.Errorf("checkpoint: shard %s: %s: %w", f.Shard, j.reports.file(f.Shard), ErrDiffers)
	}
	return j.reports.write(ctx, f)
}

// reports are the stored ones.
type reports struct {
	store storage.Store
	dir   string
}

// maxReport is the size in bytes up to which a stored report is read.
const maxReport = 64 << 20

func (s reports) read(ctx context.Context, file string) (*Finished, error) {
	r, err := s.store.Open(ctx, file)
	if err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	defer r.Close()
	b, err := io.ReadAll(io.LimitReader(r, maxReport+1))
	if err != nil {
		return nil, fmt.Errorf("checkpoint: read %s: %w", file, err)
	}
	if len(b) > maxReport {
		return nil, fmt.Errorf("checkpoint: %s is longer than %d bytes: it is no report: remove it to do the shard again", file, maxReport)
	}
	f := new(Finished)
	if err := json.Unmarshal(b, f); err != nil {
		return nil, fmt.Errorf("checkpoint: %s is damaged: remove it to do the shard again: %w", file, err)
	}
	if f.Shard == "" {
		return nil, fmt.Errorf("checkpoint: %s is no report: it names no shard: remove it to do the shard again", file)
	}
	return f, nil
}

func (s reports) write(ctx context.Context, f Finished) error {
	file := s.file(f.Shard)
	b, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return fmt.Errorf("checkpoint: report of %s: %w", f.Shard, err)
	}
	w, err := s.store.Create(ctx, file)
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	defer w.Close()
	if _, err := w.Write(append(b, '\n')); err != nil {
		return fmt.Errorf("checkpoint: write %s: %w", file, err)
	}
	if err := w.Commit(ctx); err != nil {
		return fmt.Errorf("checkpoint: commit %s: %w", file, err)
	}
	return nil
}
