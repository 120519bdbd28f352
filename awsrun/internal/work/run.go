package work

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/awsrun/internal/spec"
	"github.com/textmill/textmill/manifest"
	"github.com/textmill/textmill/storage"
)

// A Run is one run of a plan, in a store of its own.
type Run struct {
	Store    storage.Store
	Plan     textmill.Plan
	Identity Identity

	// Tolerated says for which steps jobs may fail without failing the step.
	Tolerated map[string]bool

	// Sample is how many of the inputs are used; 0 if all.
	Sample int
}

// An Identity tells runs apart: those with the same identity make the same outputs
// and may go on where another stopped.
type Identity struct {
	Name     string            `json:"name"`     // of the program's deployment
	Version  string            `json:"version"`  // of what the program makes; "" if Program tells
	Settings []string          `json:"settings"` // of the plan, as arguments
	Steps    []string          `json:"steps"`    // of the plan, in order
	Program  *manifest.Program `json:"program,omitempty"`
}

// Fingerprint stands for the identity.
func (id Identity) Fingerprint() (string, error) { return manifest.Fingerprint(id) }

// runFile is where the identity of the run in a store is.
const runFile = spec.Work + "/run.json"

// claim makes the store this run's.
func (r *Run) claim(ctx context.Context) error {
	err := r.verify(ctx)
	if errors.Is(err, fs.ErrNotExist) {
		return manifest.WriteJSON(ctx, r.Store, runFile, r.Identity)
	}
	return err
}

// verify returns an error unless the store is this run's.
func (r *Run) verify(ctx context.Context) error {
	var old Identity
	if err := readJSON(ctx, r.Store, runFile, maxRunFile, &old); err != nil {
		return err
	}
	a, err := old.Fingerprint()
	if err != nil {
		return err
	}
	b, err := r.Identity.Fingerprint()
	if err != nil {
		return err
	}
	if a != b {
		return BadSettings(fmt.Errorf("the store holds a run with %s: use another store, or remove what is in it", old.difference(r.Identity)))
	}
	return nil
}

const maxRunFile = 16 << 20

// difference says in a few words how old differs from id.
func (id Identity) difference(other Identity) string {
	var what []string
	note := func(differs bool, name string) {
		if differs {
			what = append(what, name)
		}
	}
	note(id.Name != other.Name, fmt.Sprintf("another name (%s)", id.Name))
	note(!slices.Equal(id.Settings, other.Settings), fmt.Sprintf("other settings (%s)", strings.Join(id.Settings, " ")))
	note(!slices.Equal(id.Steps, other.Steps), "other steps")
	note(id.Version != other.Version, fmt.Sprintf("another version (%s)", id.Version))
	if len(what) == 0 {
		return "another build of the program"
	}
	return strings.Join(what, ", ")
}

// find returns the place of a step in the plan.
func (r *Run) find(step string) (int, error) {
	for i, s := range r.Plan {
		if s.Name == step {
			return i, nil
		}
	}
	return 0, BadSettings(fmt.Errorf("the plan has no step %q: it has %s", step, strings.Join(r.steps(), ", ")))
}

func (r *Run) steps() []string {
	var names []string
	for _, s := range r.Plan {
		names = append(names, s.Name)
	}
	return names
}

// view returns what step k sees of the inputs.
func (r *Run) view(ctx context.Context, k int) (*view, error) {
	v := &view{sample: r.Sample, quarantined: map[string]bool{}}
	for _, s := range r.Plan[:k] {
		for note, err := range r.Quarantine(ctx, s.Name) {
			if err != nil {
				return nil, err
			}
			v.quarantined[note.Shard] = true
		}
	}
	return v, nil
}

// ReadJSON reads an object that a command wrote. If there is none, the error is
// [fs.ErrNotExist].
func ReadJSON(ctx context.Context, store storage.Store, name string, v any) error {
	return readJSON(ctx, store, name, maxRunFile, v)
}

// readJSON reads an object of at most max bytes. If there is none, the error is
// [fs.ErrNotExist].
func readJSON(ctx context.Context, store storage.Store, name string, max int64, v any) error {
	r, err := store.Open(ctx, name)
	if err != nil {
		return err
	}
	defer r.Close()
	b, err := io.ReadAll(io.LimitReader(r, max+1))
	switch {
	case err != nil:
		return fmt.Errorf("read %s: %w", name, err)
	case int64(len(b)) > max:
		return fmt.Errorf("%s is longer than %d bytes: it was not written by this program", name, max)
	}
	if err := json.Unmarshal(b, v); err != nil {
		return fmt.Errorf("%s is damaged: remove it and list the step again: %w", name, err)
	}
	return nil
}
