package work

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"unicode/utf8"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/awsrun/internal/spec"
	"github.com/textmill/textmill/checkpoint"
	"github.com/textmill/textmill/manifest"
)

// A List is all shards of a step, as stored for those who do them.
type List struct {
	Step string `json:"step"`

	// From stands for what the step is made from, see chain. Generation is how often that
	// has changed: what was made from the same before was written over meanwhile. The
	// reports of a step are of use only under the Fingerprint of both.
	From        string `json:"from"`
	Generation  int    `json:"generation"`
	Fingerprint string `json:"fingerprint"`

	Digest  string           `json:"digest"`            // of the shards
	Without []string         `json:"without,omitempty"` // what the steps before have put aside: names of notes
	Inputs  bool             `json:"inputs"`            // whether the shards are those of the inputs
	First   string           `json:"first,omitempty"`   // digest of the first step's shards, unless this is it
	Shards  []textmill.Shard `json:"shards"`
}

// maxShards is how many a step can have.
const maxShards = 1 << 20

// A Listing is what [Run.List] has found.
type Listing struct {
	List
	Done        int // shards that were finished before
	Quarantined int // shards that were put aside before
	Batches     []Batch
}

// Pending returns how many shards are to be done.
func (l Listing) Pending() int { return len(l.Shards) - l.Done - l.Quarantined }

// List writes down the shards of a step, and the batches that are to be done. All steps
// before must have come to their end.
func (r *Run) List(ctx context.Context, step string, b Batching) (Listing, error) {
	var out Listing
	k, err := r.find(step)
	if err != nil {
		return out, err
	}
	if _, err := r.manifest(); err != nil { // now, rather than after the last step
		return out, BadSettings(err)
	}
	if err := r.claim(ctx); err != nil {
		return out, err
	}
	c, err := r.chainTo(ctx, k)
	if err != nil {
		return out, err
	}
	if out.List, err = r.list(ctx, k, c); err != nil {
		return out, err
	}
	old, err := r.listedBefore(ctx, step)
	if err != nil {
		return out, err
	}
	if err := out.succeed(old); err != nil {
		return out, err
	}
	states, err := r.states(ctx, out.List)
	if err != nil {
		return out, err
	}
	if err := out.checkUnchanged(old, states); err != nil {
		return out, err
	}
	out.Done, out.Quarantined = count(states, finished), count(states, putAside)
	out.Batches = b.cut(out.Shards, states)
	if err := manifest.WriteJSON(ctx, r.Store, spec.ShardsFile(step), out.List); err != nil {
		return out, err
	}
	return out, manifest.WriteJSON(ctx, r.Store, spec.BatchesFile(step), out.Batches)
}

// list asks the job for its shards.
func (r *Run) list(ctx context.Context, k int, c *chain) (l List, err error) {
	l.Step, l.Without = r.Plan[k].Name, c.without
	if l.From, err = c.fingerprint(); err != nil {
		return l, err
	}
	if c.first != nil {
		l.First = c.first.Digest
	}
	v := r.view(l, c.first)
	if l.Shards, err = r.Plan[k].Job.Shards(v.attach(ctx)); err != nil {
		return l, OfRun(fmt.Errorf("list the shards of %s: %w", l.Step, err))
	}
	if err := checkShards(l.Shards); err != nil {
		return l, BadSettings(fmt.Errorf("the shards of %s: %w", l.Step, err))
	}
	if k == 0 && len(l.Shards) == 0 { // or what comes out is nothing, and looks finished
		return l, BadSettings(fmt.Errorf("step %s has nothing to do: are there inputs where the settings say?", l.Step))
	}
	l.Inputs = v.areInputs(l.Shards)
	l.Digest, err = manifest.Fingerprint(l.Shards)
	return l, err
}

func checkShards(shards []textmill.Shard) error {
	if len(shards) > maxShards {
		return fmt.Errorf("there are %d, more than %d: make larger ones", len(shards), maxShards)
	}
	seen := make(map[string]bool, len(shards))
	for i, s := range shards {
		switch {
		case s.Name == "" || !utf8.ValidString(s.Name):
			return fmt.Errorf("the name of shard %d is empty or not valid UTF-8: %q", i, s.Name)
		case seen[s.Name]:
			return fmt.Errorf("two are called %s", s.Name)
		case s.Index != i:
			return fmt.Errorf("%s is at place %d but says %d", s.Name, i, s.Index)
		}
		seen[s.Name] = true
	}
	return nil
}

// listedBefore returns the list of a step as it was written last, or nil.
func (r *Run) listedBefore(ctx context.Context, step string) (*List, error) {
	l, err := r.ReadList(ctx, step)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return &l, err
}

// succeed makes l the successor of old, which may be nil.
func (l *List) succeed(old *List) (err error) {
	if old != nil {
		l.Generation = old.Generation
		if old.From != l.From {
			l.Generation++
		}
	}
	l.Fingerprint, err = manifest.Fingerprint(l.From, l.Generation)
	return err
}

// checkUnchanged returns an error if a shard that is finished has another size than
// when the step was last listed: what was done may be of no use then, and nothing else
// would tell.
func (l *List) checkUnchanged(old *List, states []state) error {
	if old == nil || old.Fingerprint != l.Fingerprint {
		return nil
	}
	before := make(map[string]int64, len(old.Shards))
	for _, s := range old.Shards {
		before[s.Name] = s.Size
	}
	for i, s := range l.Shards {
		if size := before[s.Name]; size > 0 && s.Size > 0 && size != s.Size && states[i] == finished {
			return BadSettings(fmt.Errorf("shard %s of step %s had %d bytes when it was done, and has %d now: put back what was there, or remove %s to do it again",
				s.Name, l.Step, size, s.Size, checkpoint.File(l.reportsDir(), s.Name)))
		}
	}
	return nil
}

// ReadList returns the list of a step that was listed before.
func (r *Run) ReadList(ctx context.Context, step string) (List, error) {
	var l List
	remedy := fmt.Sprintf("remove all below %s/ to do the step again", spec.StepDir(step))
	err := readJSON(ctx, r.Store, spec.ShardsFile(step), maxList, remedy, &l)
	if errors.Is(err, fs.ErrNotExist) {
		return l, BadSettings(fmt.Errorf("step %s is not listed yet: do \"list %s\" first: %w", step, step, err))
	}
	if err == nil && (l.Step != step || len(l.Fingerprint) < shownFingerprint) {
		err = BadSettings(fmt.Errorf("%s is not the list of step %s: %s", spec.ShardsFile(step), step, remedy))
	}
	return l, err
}

// shownFingerprint is how many of its digits name a folder.
const shownFingerprint = 16

// reportsDir is where the reports are that count for a list. Those of other inputs
// are elsewhere, so none of them has to be read to know what is finished.
func (l List) reportsDir() string {
	return spec.ReportsDir(l.Step) + "/" + l.Fingerprint[:shownFingerprint]
}
