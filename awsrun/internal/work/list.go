package work

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/awsrun/internal/spec"
	"github.com/textmill/textmill/checkpoint"
	"github.com/textmill/textmill/manifest"
)

// A List is all shards of a step, as stored for those who do them.
type List struct {
	Step string `json:"step"`

	// Fingerprint is that of the run and of the lists of all steps before. If another
	// input was added, what these steps have made is not what it was: the reports of a
	// step are of use only under the same fingerprint.
	Fingerprint string           `json:"fingerprint"`
	Digest      string           `json:"digest"` // of the shards
	Inputs      bool             `json:"inputs"` // whether the shards are those of the inputs
	Shards      []textmill.Shard `json:"shards"`
}

// maxList is the size in bytes up to which a list is read: millions of shards.
const maxList = 1 << 30

// A Listing is what [Run.List] has found.
type Listing struct {
	List
	Done        int // shards that were finished before
	Quarantined int // shards that were put aside before
	Batches     []Batch
}

// Pending returns how many shards are to be done.
func (l Listing) Pending() int { return len(l.Shards) - l.Done - l.Quarantined }

// List writes down the shards of a step, and the batches that are to be done.
func (r *Run) List(ctx context.Context, step string, b Batching) (Listing, error) {
	k, err := r.find(step)
	if err != nil {
		return Listing{}, err
	}
	if err := r.claim(ctx); err != nil {
		return Listing{}, err
	}
	if k > 0 {
		if err := r.Settle(ctx, r.Plan[k-1].Name); err != nil {
			return Listing{}, err
		}
	}
	l, err := r.list(ctx, k)
	if err != nil {
		return Listing{}, err
	}
	out := Listing{List: l}
	states, err := r.states(ctx, l)
	if err != nil {
		return Listing{}, err
	}
	for _, s := range states {
		switch s {
		case finished:
			out.Done++
		case putAside:
			out.Quarantined++
		}
	}
	out.Batches = b.cut(l.Shards, states)
	if err := manifest.WriteJSON(ctx, r.Store, spec.ShardsFile(step), l); err != nil {
		return Listing{}, err
	}
	return out, manifest.WriteJSON(ctx, r.Store, spec.BatchesFile(step), out.Batches)
}

// list asks the job for its shards.
func (r *Run) list(ctx context.Context, k int) (List, error) {
	l := List{Step: r.Plan[k].Name}
	v, err := r.view(ctx, k)
	if err != nil {
		return l, err
	}
	if l.Shards, err = r.Plan[k].Job.Shards(v.attach(ctx)); err != nil {
		return l, fmt.Errorf("list the shards of %s: %w", l.Step, err)
	}
	if err := checkShards(l.Shards); err != nil {
		return l, BadSettings(fmt.Errorf("the shards of %s: %w", l.Step, err))
	}
	l.Inputs = v.areInputs(l.Shards)
	if l.Digest, err = manifest.Fingerprint(l.Shards); err != nil {
		return l, err
	}
	l.Fingerprint, err = r.fingerprint(ctx, k)
	return l, err
}

func checkShards(shards []textmill.Shard) error {
	seen := make(map[string]bool, len(shards))
	for i, s := range shards {
		switch {
		case s.Name == "":
			return fmt.Errorf("shard %d has no name", i)
		case seen[s.Name]:
			return fmt.Errorf("two are called %s", s.Name)
		case s.Index != i:
			return fmt.Errorf("%s is at place %d but says %d", s.Name, i, s.Index)
		}
		seen[s.Name] = true
	}
	return nil
}

// fingerprint returns that of step k.
func (r *Run) fingerprint(ctx context.Context, k int) (string, error) {
	run, err := r.Identity.Fingerprint()
	if err != nil {
		return "", err
	}
	parts := []any{run, r.Sample}
	for _, s := range r.Plan[:k] {
		before, err := r.ReadList(ctx, s.Name)
		if err != nil {
			return "", err
		}
		parts = append(parts, before.Digest)
	}
	return manifest.Fingerprint(parts...)
}

// ReadList returns the list of a step that was listed before.
func (r *Run) ReadList(ctx context.Context, step string) (List, error) {
	var l List
	err := readJSON(ctx, r.Store, spec.ShardsFile(step), maxList, &l)
	if errors.Is(err, fs.ErrNotExist) {
		return l, fmt.Errorf("step %s is not listed yet: do \"list %s\" first: %w", step, step, err)
	}
	return l, err
}

// A state is how far a shard is.
type state int

const (
	pending state = iota
	finished
	putAside
)

// reportsDir is where the reports are that count for a list. Those of other inputs
// are elsewhere, so none of them has to be read to know what is finished.
func (l List) reportsDir() string { return spec.ReportsDir(l.Step) + "/" + l.Fingerprint[:16] }

// states returns how far each shard of a list is, by the names of files alone.
func (r *Run) states(ctx context.Context, l List) ([]state, error) {
	reports, err := r.names(ctx, l.reportsDir())
	if err != nil {
		return nil, err
	}
	notes, err := r.names(ctx, spec.QuarantineDir(l.Step))
	if err != nil {
		return nil, err
	}
	out := make([]state, len(l.Shards))
	for i, s := range l.Shards {
		switch {
		case reports[checkpoint.File(l.reportsDir(), s.Name)]:
			out[i] = finished
		case notes[checkpoint.File(spec.QuarantineDir(l.Step), s.Name)]:
			out[i] = putAside
		}
	}
	return out, nil
}

func (r *Run) names(ctx context.Context, dir string) (map[string]bool, error) {
	names := map[string]bool{}
	for info, err := range r.Store.List(ctx, dir+"/") {
		if err != nil {
			return nil, err
		}
		names[info.Name] = true
	}
	return names, nil
}

// Settle makes sure that nothing of a step is open. Where failures are tolerated, the
// shards that failed go to quarantine, so that the next steps do without them and it
// can be seen that they are missing.
func (r *Run) Settle(ctx context.Context, step string) error {
	l, err := r.ReadList(ctx, step)
	if err != nil {
		return err
	}
	states, err := r.states(ctx, l)
	if err != nil {
		return err
	}
	open := 0
	for i, s := range states {
		if s != pending {
			continue
		}
		if open++; r.Tolerated[step] && l.Inputs {
			why := errors.New("it was not finished, which is tolerated in this step: see the log of its job")
			if err := r.putAside(ctx, step, l.Shards[i].Name, why); err != nil {
				return err
			}
		}
	}
	if open > 0 && !(r.Tolerated[step] && l.Inputs) {
		return fmt.Errorf("step %s is not finished: %d of %d shards are to be done", step, open, len(l.Shards))
	}
	return nil
}
